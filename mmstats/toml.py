"""Reading a TOML document into values, with every mistake of it collected rather than the first raised."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mmstats.errors import MmstatsError, unknown

MEGABYTES = 5
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def read_toml(path: Path | Traversable, error: type[MmstatsError], *, what: str = "") -> dict[str, Any]:
    """Return the document at `path`, which errors call `what`, by default the file's name.

    Raises
    ------
    MmstatsError
        Of the kind `error`: there is no such file, it cannot be opened, it is not UTF-8, or it is not TOML
        (with line and column).
    """
    what = what or path.name
    try:
        if path.is_dir():
            raise error(f"{what} is a folder, not a file.")
        with path.open("rb") as file:
            content = file.read(MEGABYTES * 1_000_000 + 1)
    except FileNotFoundError:
        raise error(f"There is no file {what}.") from None
    except OSError as failed:
        raise error(f"{what} cannot be opened: {failed.strerror}. Check who may read it.") from None
    if len(content) > MEGABYTES * 1_000_000:
        raise error(f"{what} has more than {MEGABYTES} MB; it is hardly the right file.")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as failed:
        line = content.count(b"\n", 0, failed.start) + 1
        raise error(f"{what} is not UTF-8 text (line {line}). Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as failed:
        raise error(f"{what} is not valid TOML: {failed}.") from None
    except RecursionError:
        raise error(f"{what} is not valid TOML: its brackets are nested too deeply.") from None
    except ValueError as failed:  # a date that does not exist, a number of thousands of digits
        raise error(f"{what} is not valid TOML: a value cannot be read ({failed}).") from None


class Section:
    """One table of a TOML document; what is wrong with it is appended to a shared list.

    Parameters
    ----------
    raw : object
        The value found in the document; anything but a table is a problem.
    where : str
        What to call it in problems: ``analysis 'mm-severity'``.
    problems : list of str
        Where problems go.
    """

    def __init__(self, raw: object, where: str, problems: list[str]) -> None:
        self.where = where
        self.problems = problems
        if not isinstance(raw, dict):
            self.problem(f"a table is needed, such as {{ name = value }}; it has {raw!r}.")
            raw = {}
        self.raw: dict[str, Any] = raw

    def problem(self, text: str) -> None:
        """Record what is wrong here."""
        self.problems.append(f"In {self.where}, {text}")

    def only(self, known: Sequence[str]) -> None:
        """Record every key that is not among `known`."""
        for key in self.raw:
            if key not in known:
                self.problems.append(f"In {self.where}: {unknown(key, known, what='key')}")

    def get(self, key: str, kind: type, default: Any = None, *, required: bool = False) -> Any:
        """Return the value of `key`; if it is of the wrong type, record so and return `default`."""
        if key not in self.raw:
            if required:
                self.problem(f"{key!r} is missing; it takes {_WORDS[kind]}.")
            return default
        value = self.raw[key]
        if isinstance(value, bool) is not (kind is bool) or not isinstance(
            value, (int, float) if kind is float else kind
        ):
            self.problem(f"{key!r} takes {_WORDS[kind]}; it has {value!r}.")
            return default
        return value

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Return a text, stripped; an empty one counts as missing when it is required."""
        value = str(self.get(key, str, default, required=required)).strip()
        if required and key in self.raw and isinstance(self.raw[key], str) and not value:
            self.problem(f"{key!r} is empty.")
        return value

    def one_of(self, key: str, choices: Sequence[str], default: str = "", *, required: bool = False) -> str:
        """Return a text that is among `choices`, or record the nearest and return `default`."""
        value = self.text(key, default, required=required)
        if value and value not in choices:
            self.problems.append(f"In {self.where}: {unknown(value, choices, what=key)}")
            return default
        return value

    def section(self, key: str, where: str = "") -> "Section":
        """Return the table under `key`, empty when there is none."""
        return Section(self.raw.get(key, {}), where or f"[{key}]", self.problems)

    def named(self, key: str) -> Mapping[str, Any]:
        """Return the tables, or values, named under `key`."""
        return self.section(key).raw

    def each(self, key: str) -> list[Any]:
        """Return the list under `key`, empty when there is none."""
        value = self.get(key, list, [])
        return list(value)
