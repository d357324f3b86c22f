"""Write the method pages from the docstrings: ``python -m docs.build`` (or ``make docs``)."""

import inspect
import re
from pathlib import Path

import pypandoc

from mmstats.methods import METHODS
from mmstats.registry import Method, Option, Role

FOLDER = Path(__file__).parent / "methods"
REPORTS = Path(__file__).parents[1] / "reports"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    made = {f"{name}.md": page(method) for name, method in METHODS.items()}
    rows = [
        f"| [`{name}`]({name}.md) | {method.title} | {method.summary} |" for name, method in METHODS.items()
    ]
    head = (
        "# Methods",
        "What a plan can name, made from the code's own documentation.",
        "| in a plan | title | what it estimates |\n|---|---|---|\n" + "\n".join(rows),
    )
    return {"index.md": "\n\n".join(head) + "\n", **made}


def page(method: Method) -> str:
    """Return one method's page."""
    roles = [
        f"| `{name}` | {_takes(spec)} | "
        f"{'several' if spec.many else 'one'}{', may be left out' if spec.optional else ''} |"
        for name, spec in method.roles.items()
    ]
    options = [f"| `{name}` | {_values(spec)} | {_default(spec)} |" for name, spec in method.options.items()]
    parts = [
        f"# {method.title}",
        f'In a plan: `method = "{method.name}"`.',
        "| role | takes | how many |\n|---|---|---|\n" + "\n".join(roles),
        "| option | values | default |\n|---|---|---|\n" + "\n".join(options) if options else "",
        described(inspect.getdoc(method.function) or ""),
        "## References",
        references(method.references),
        f"Reference values: [`tests/reference/{method.name}.R`](../../tests/reference/{method.name}.R).",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def described(text: str) -> str:
    """Return a numpydoc docstring as Markdown: sections as headings, parameters as a list."""
    text = re.sub(r"(?m)^References: .*(\n.+)*$", "", text)
    text = re.sub(r"(?m)^(\w[\w ]*)\n-{3,}$", r"## \1\n", text)
    text = re.sub(
        r"(?m)^(\w+)(?: : (.+))?\n((?:    .+\n?)+)",
        lambda found: (
            f"- **{found[1]}**{f' ({found[2]})' if found[2] else ''}: {' '.join(found[3].split())}\n"
        ),
        text,
    )
    text = re.sub(r"(?m)^(\w+) : (.+)$", r"- **\1** (\2)", text)
    return re.sub(r"(?ms)(^>>> .*?)(?=\n\n|\Z)", r"```pycon\n\1\n```", text).strip()


def references(keys: tuple[str, ...]) -> str:
    """Return the papers, in the order of `keys`, as a bibliography prints them."""
    cited = f"---\nnocite: '{', '.join(f'@{key}' for key in keys)}'\n---\n"
    files = (f"--bibliography={REPORTS / 'references.bib'}", f"--csl={REPORTS / 'numeric.csl'}")
    arguments = ["--citeproc", "--wrap=none", *files]
    text = pypandoc.convert_text(cited, "plain", format="markdown", extra_args=arguments)
    return "\n".join(f"{line}  " for line in text.splitlines() if line.strip())


def _takes(role: Role) -> str:
    if role.formula:
        return "a model formula with a random part" if role.random else "a model formula"
    return str(role.kind)


def _values(option: Option) -> str:
    return " · ".join(f"`{choice}`" for choice in option.choices) or str(option.limit or option.type.__name__)


def _default(option: Option) -> str:
    return "required" if option.required else f"`{option.default}`"


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
