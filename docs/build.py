"""Write the method pages from the docstrings: ``python -m docs.build``. A test holds them up to date."""

import inspect
import re
from pathlib import Path

from mmstats.methods import METHODS
from mmstats.registry import Method, Option

FOLDER = Path(__file__).parent / "methods"
BIBLIOGRAPHY = Path(__file__).parents[1] / "reports" / "references.bib"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    entries = bibliography(BIBLIOGRAPHY.read_text(encoding="utf-8"))
    made = {f"{name}.md": page(method, entries) for name, method in METHODS.items()}
    rows = [
        f"| [`{name}`]({name}.md) | {method.title} | {method.summary} |" for name, method in METHODS.items()
    ]
    head = (
        "# Methods",
        "What a plan can name, made from the code's own documentation.",
        "| in a plan | title | what it estimates |\n|---|---|---|\n" + "\n".join(rows),
    )
    return {"index.md": "\n\n".join(head) + "\n", **made}


def page(method: Method, entries: dict[str, dict[str, str]]) -> str:
    """Return one method's page."""
    roles = [
        f"| `{name}` | {'a model formula' if spec.formula else spec.kind} | "
        f"{'several' if spec.many else 'one'}{', may be left out' if spec.optional else ''} |"
        for name, spec in method.roles.items()
    ]
    options = [f"| `{name}` | {_values(spec)} | `{spec.default}` |" for name, spec in method.options.items()]
    text = inspect.getdoc(method.function) or ""
    text = re.sub(r"(?m)^(\w[\w ]*)\n-{3,}$", r"**\1**\n", text)
    text = re.sub(r"(?ms)(^>>> .*?)(?=\n\n|\Z)", r"```pycon\n\1\n```", text)
    cited = [_reference(key, entries) for key in method.references]
    parts = [
        f"# {method.title}",
        f'In a plan: `method = "{method.name}"`.',
        "| role | takes | how many |\n|---|---|---|\n" + "\n".join(roles),
        "| option | values | default |\n|---|---|---|\n" + "\n".join(options) if options else "",
        text,
        "**References**\n\n" + "\n".join(cited),
        f"Reference values: [`tests/reference/{method.name}.R`](../../tests/reference/{method.name}.R).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _values(option: Option) -> str:
    return " · ".join(f"`{choice}`" for choice in option.choices) or str(option.limit or option.type.__name__)


def bibliography(text: str) -> dict[str, dict[str, str]]:
    """Return the fields of each entry of a BibTeX file whose fields stand on lines of their own."""
    found = {}
    for key, body in re.findall(r"(?ms)^@\w+\{([\w-]+),\n(.*?)^\}", text):
        fields = re.findall(r"(?m)^\s*(\w+)\s*=\s*[{\"](.*?)[}\"],?\s*$", body)
        found[key] = {name.lower(): value.replace("{", "").replace("}", "") for name, value in fields}
    return found


def _reference(key: str, entries: dict[str, dict[str, str]]) -> str:
    entry = entries[key]
    where = entry.get("journal") or entry.get("booktitle") or entry.get("publisher", "")
    doi = f" [doi:{entry['doi']}](https://doi.org/{entry['doi']})" if "doi" in entry else ""
    return f"- {entry['author']} ({entry['year']}). {entry['title']}. *{where}*.{doi}"


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
