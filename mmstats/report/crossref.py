"""Cross-references: numbers for tables, figures and sections, worded as Quarto words them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mmstats.errors import nearest
from mmstats.report.tree import Node, nodes, words

NAMES = {"fig": "Figure", "tbl": "Table", "sec": "Section"}
LABEL = re.compile(r"^(fig|tbl|sec)-")


@dataclass
class Numbers:
    """The number of each label, and every problem met while giving them."""

    of: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def caption(self, label: str) -> list[Node]:
        """Return what stands before a caption: ``Table 1: ``."""
        return words(f"{NAMES[label[:3]]}\u00a0{self.of[label]}: ")


def number(blocks: list[Node], sections: bool) -> Numbers:
    """Give every labelled table, figure and section its number, in the order of the document."""
    numbers = Numbers()
    counts = {"fig": 0, "tbl": 0}
    depth = [0] * 6
    for node in nodes(blocks):
        label = _label(node)
        if node["t"] == "Header":
            level, attributes, _ = node["c"]
            if "unnumbered" not in attributes[1]:
                depth[level - 1] += 1
                depth[level:] = [0] * (6 - level)
            if label.startswith("sec-"):
                if not sections:
                    numbers.problems.append(f"@{label} needs 'number-sections: true'.")
                _put(numbers, label, ".".join(map(str, depth[:level])))
        elif label.startswith(("fig-", "tbl-")) and node["t"] in ("Div", "Figure", "Table"):
            counts[label[:3]] += 1
            _put(numbers, label, str(counts[label[:3]]))
    return numbers


def linker(numbers: Numbers, place: Callable[[str], str]) -> Callable[[Node], list[Node] | None]:
    """Return what turns each reference into a link that reads ``Table 1``."""

    def change(node: Node) -> list[Node] | None:
        if node["t"] != "Cite":
            return None
        cited = [(c, c["citationId"][:1].lower() + c["citationId"][1:]) for c in node["c"][0]]
        if not any(LABEL.match(label) for _, label in cited):
            return None
        made: list[Node] = []
        for position, (citation, label) in enumerate(cited):
            if not LABEL.match(label):
                numbers.problems.append(
                    f"{place(label)}: a citation and a cross-reference share brackets: @{label}."
                )
                continue
            if label not in numbers.of:
                hint = nearest(label, numbers.of)
                numbers.problems.append(f"{place(label)}: nothing is labelled {label!r}.{hint}")
                continue
            made += words(", ") if position else []
            prefix = citation["citationPrefix"]
            named = citation["citationMode"]["t"] != "SuppressAuthor" and not prefix
            text = f"{NAMES[label[:3]]}\u00a0{numbers.of[label]}" if named else numbers.of[label]
            made += [*prefix, {"t": "Str", "c": "\u00a0"}] if prefix else []
            made.append({"t": "Link", "c": [["", ["quarto-xref"], []], words(text), [f"#{label}", ""]]})
            made += citation["citationSuffix"]
        return made

    return change


def _label(node: Node) -> str:
    where = {"Div": 0, "Figure": 0, "Table": 0, "Header": 1}.get(node["t"])
    return "" if where is None else str(node["c"][where][0])


def _put(numbers: Numbers, label: str, text: str) -> None:
    if label in numbers.of:
        numbers.problems.append(f"Two things are labelled {label!r}.")
    numbers.of[label] = text
