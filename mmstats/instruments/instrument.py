"""An instrument: which columns it needs, how it is scored, and what it does when answers are missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from mmstats.errors import SchemaError, nearest, unknown
from mmstats.schema import Variable


@dataclass(frozen=True)
class Scored:
    """What scoring returns.

    Parameters
    ----------
    frame : DataFrame
        One row per unit, indexed by it, in the order in which the units first appear; numbers are
        float64, levels are categories in their declared order.
    variables : dict of str to Variable
        What each column of `frame` means.
    notes : tuple of str
        What readers must know: how many were prorated or could not be scored, and by which rule.
    """

    frame: pd.DataFrame
    variables: dict[str, Variable]
    notes: tuple[str, ...] = ()


Scorer = Callable[..., Scored]


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A questionnaire or clinical scale that a plan can name in ``score = [...]``.

    Parameters
    ----------
    name, title : str
        What plans and reports call it.
    references : tuple of str
        BibTeX keys of the papers that define its items, scoring and cut-offs.
    missing_rule : str
        What is done when answers are missing, in words for the report.
    needs : function of the options to tuple of str
        The columns it reads, besides the one that names the unit.
    scorer : function of (frame, unit, options) to Scored
    options : mapping of str to tuple of str
        The choices of each option; an empty tuple means any value that the data hold.
    required : tuple of str
        Options without a default: whoever scores must choose.
    """

    name: str
    title: str
    references: tuple[str, ...]
    missing_rule: str
    needs: Callable[..., tuple[str, ...]]
    scorer: Scorer
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def problems(self, **options: str) -> tuple[str, ...]:
        """Return everything that is wrong with the options given, so that a plan can be checked unrun."""
        found = [
            f"{self.title}: {unknown(name, self.options, what='option')}"
            for name in options
            if name not in self.options
        ]
        for name, choices in self.options.items():
            words = f"Choose one of: {', '.join(choices)}." if choices else "Choose a value of that column."
            if name not in options:
                if name in self.required:
                    found.append(f"{self.title} has no default for {name!r}. {words}")
            elif choices and options[name] not in choices:
                found.append(f"{self.title}, {name}: {unknown(str(options[name]), choices, what='choice')}")
        return tuple(found)

    def columns(self, **options: str) -> tuple[str, ...]:
        """Return the columns it reads, besides the one that names the unit.

        Raises
        ------
        SchemaError
            If an option is unknown, has a value that does not exist, or is needed and absent.
        """
        self._check(options)
        return self.needs(**options)

    def score(self, frame: pd.DataFrame, *, unit: str, **options: str) -> Scored:
        """Score every unit of a table.

        Parameters
        ----------
        frame : DataFrame
            Holds `unit` and the needed columns; never changed.
        unit : str
            The column that says whose answers a row holds.
        **options : str
            See `options`.

        Raises
        ------
        SchemaError
            If options or columns are wrong, or values are off the scale; every problem at once.
        """
        self._check(options)
        missing = [name for name in (unit, *self.needs(**options)) if name not in frame.columns]
        if missing:
            have = [str(name) for name in frame.columns]
            raise SchemaError(
                f"{self.title} needs columns that the table does not have.",
                [f"There is no column {name!r}.{nearest(name, have)}" for name in missing],
            )
        nameless = int(frame[unit].isna().sum())
        if nameless:
            raise SchemaError(
                f"{self.title}: {nameless} rows have no {unit}, so nobody can be scored by them."
            )
        return self.scorer(frame, unit, **options)

    def _check(self, options: Mapping[str, str]) -> None:
        problems = self.problems(**options)
        if problems:
            raise SchemaError(f"{self.title} cannot be scored as asked.", problems)


INSTRUMENTS: dict[str, Instrument] = {}


def register(instrument: Instrument) -> Instrument:
    """Make `instrument` known under its name.

    Raises
    ------
    ValueError
        If another one has that name.
    """
    if instrument.name in INSTRUMENTS:
        raise ValueError(f"Two instruments are called {instrument.name!r}.")
    INSTRUMENTS[instrument.name] = instrument
    return instrument


def off_scale(values: pd.Series, units: pd.Series, allowed: Iterable[float], *, limit: int = 20) -> list[str]:
    """Return a sentence for each value that is not one of `allowed`; at most `limit`, then a count."""
    steps = sorted(allowed)
    wrong = values.notna() & ~values.isin(steps)
    words = ", ".join(f"{step:g}" for step in steps)
    found = [
        f"{values.name} of {units.name} {who!r} is {value!r}; allowed are {words}."
        for who, value in zip(units[wrong], values[wrong], strict=True)
    ]
    return found[:limit] + ([f"... and {len(found) - limit} more."] if len(found) > limit else [])
