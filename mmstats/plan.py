"""The analysis plan: what will be read, who is in, and what will be computed, as data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mmstats.resolution import Resolution
from mmstats.review import Review

ADJUSTMENTS = ("holm", "bh")
PARTICIPANTS = "participants"
SUMMARIES = ("mean", "median", "min", "max", "sum", "count", "first")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One planned analysis: a method, and the variables and options it is given.

    Parameters
    ----------
    id : str
        Its name in results and reports.
    method : str
        The method's name.
    arguments : mapping
        The variable of each role (or a list of them, or a model formula), and any options.
    rows : str
        The table whose own rows are analysed, several of each participant; by default, each row is one.
    where : str
        A condition in the expression language; only rows for which it holds are used.
    family : str
        The family within which its p value is adjusted for multiplicity.
    tested : str
        ``quantity`` or ``quantity/term`` of the estimate whose p value joins the family;
        by default the first estimate that has a p value.
    label : str
        The words printed for it; by default made from its variables.
    """

    id: str
    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    family: str = ""
    tested: str = ""
    label: str = ""
    rows: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One value per participant made from the several rows of a long table."""

    name: str
    value: str
    by: str
    where: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """An instrument that turns a table's items into scores, and its explicit choices."""

    instrument: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """A variable made from others: a condition gives a yes/no variable, arithmetic a number."""

    name: str
    value: str
    label: str = ""
    unit: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """One table of the study: its file, its dictionary, and how its rows become one per participant.

    `derive` makes variables at its own rows, for analyses of these.
    """

    name: str
    source: str
    schema: str
    sheet: str = ""
    max_megabytes: int = 100
    score: tuple[Scoring, ...] = ()
    summarise: tuple[Summary, ...] = ()
    resolve: tuple[Resolution, ...] = ()
    derive: tuple[Derivation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EffectPlan:
    """Effects of studies as variables: ``NAME``, its standard error ``NAME_se``, and ``NAME_from``: of what.

    Parameters
    ----------
    name : str
    measure : str
        Of `mmstats.meta.measures`, or its alias.
    columns : mapping of str to str or float
        The variable, or the number for all studies, of each column that the measure is made of.
    options : mapping of str to str
        Of the measure.
    label : str
        The words printed for it; by default those of the measure.
    rows : str
        The table at whose own rows it is made, several effects of a study; by default each row is a study.
    study : str
        The variable that names studies.
    """

    name: str
    measure: str
    columns: Mapping[str, str | float] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    rows: str = ""
    study: str = "study"


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A condition under which participants leave the analysis set, and the reason to print."""

    where: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CohortPlan:
    """Who is analysed, and the variables made on the way.

    `called` is the word for several of them, such as trials.
    """

    unit: str = "participant_id"
    called: str = PARTICIPANTS
    group: str = ""
    exclude: tuple[Exclusion, ...] = ()
    derive: tuple[Derivation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of tests whose p values are adjusted together."""

    name: str
    adjust: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A titled, ordered set of analyses of a cohort made from tables.

    `note` is a notice that every report must show, such as that the data are simulated. `review` is what a
    systematic review tells of itself.
    """

    title: str
    seed: int = 0
    note: str = ""
    tables: tuple[TablePlan, ...] = ()
    cohort: CohortPlan = field(default_factory=CohortPlan)
    effects: tuple[EffectPlan, ...] = ()
    families: tuple[Family, ...] = ()
    analyses: tuple[Analysis, ...] = ()
    review: Review | None = None

    @property
    def digest(self) -> str:
        """A hash of the content, to show that the plan did not change after the data were seen.

        What plans could not say at first counts only where it is said, so that earlier hashes still hold.
        """
        content = asdict(self)
        for parts, key in (("analyses", "rows"), ("tables", "derive")):
            for part in content[parts]:
                if not part[key]:
                    del part[key]
        if self.cohort.called == PARTICIPANTS:
            del content["cohort"]["called"]
        if not self.effects:
            del content["effects"]
        if self.review is None:
            del content["review"]
        return digest(content)


def digest(value: object) -> str:
    """Return the SHA-256 of a plain value's JSON, the same for equal values."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
