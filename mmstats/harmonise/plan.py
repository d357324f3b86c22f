"""The plan of a pooling study, as data: cohorts, how each comes to the shared dictionary, what is pooled."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from mmstats.meta.pooling import Tau2Method, Test
from mmstats.plan import Analysis, Plan, digest


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """Where a cohort has a shared variable, and what is done to its values.

    Parameters
    ----------
    name : str
        The shared variable.
    source : str
        The cohort's own; empty if `absent` says why there is none.
    multiply, add : float
        Of numbers: first multiplied, then added to.
    unit : str
        That conversion in words: ``months to years``.
    codes : mapping of str to str
        The cohort's levels, and the shared level of each.
    instrument : str
        The scale it was measured with.
    absent : str
    """

    name: str
    source: str = ""
    multiply: float = 1.0
    add: float = 0.0
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    instrument: str = ""
    absent: str = ""

    @property
    def converts(self) -> bool:
        """Whether numbers change."""
        return (self.multiply, self.add) != (1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class CohortSource:
    """One cohort: its own table, how it is mapped, and the bundles it shares in place of rows.

    Parameters
    ----------
    name, label : str
    own : Plan or None
        The plan of its table, exclusions and derived variables, in its own words; None if only bundles are.
    unit : str
        Its own name of the participants' identifier.
    mapped : tuple of Mapped
    bundles : str
        The folder with its bundles. Then its table is only read where it is, by `mmstats summarise`.
    """

    name: str
    label: str
    own: Plan | None = None
    unit: str = ""
    mapped: tuple[Mapped, ...] = ()
    bundles: str = ""

    @property
    def of(self) -> dict[str, Mapped]:
        """Where each shared variable comes from."""
        return {one.name: one for one in self.mapped}


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The straight line from one instrument's scores to another's, and who found it."""

    instrument: str
    slope: float
    intercept: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How instruments with different scales meet in one variable.

    Parameters
    ----------
    variable : str
    way : {"standardise", "convert"}
        In each cohort, less the mean and over the standard deviation of those for whom `where` holds (of all
        without it); or by lines to the scores of the instrument `to`.
    where : str
    to : str
    lines : tuple of Conversion
    """

    variable: str
    way: str
    where: str = ""
    to: str = ""
    lines: tuple[Conversion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PooledAnalysis:
    """What is pooled: a coefficient of a linear model, or what a method estimates in each cohort.

    Parameters
    ----------
    id, label : str
    formula : str
        Of a linear model of every cohort.
    term : str
        Its pooled coefficient, as columns are called: ``age``, ``group[MS]``, ``group[MS]:age``.
    random : bool
        Whether the coefficient differs between cohorts, in one stage.
    within : str
        The moderator of a pooled interaction, of which the part within cohorts is pooled and the part between
        them is estimated beside it.
    where : str
        A condition on participants.
    tau2, test : str
        How two stages estimate the variance between cohorts, and test (`mmstats.meta.pooling.pool`).
    each : Analysis or None
        In place of a formula: a method that every cohort's rows are analysed by.
    """

    id: str
    label: str = ""
    formula: str = ""
    term: str = ""
    random: bool = True
    within: str = ""
    where: str = ""
    tau2: Tau2Method = "reml"
    test: Test = "hartung-knapp"
    each: Analysis | None = None

    @property
    def model(self) -> str:
        """What a bundle for it says it is of."""
        where = f"; where {self.where}" if self.where else ""
        return f"{self.formula}{where}{f'; within {self.within}' if self.within else ''}"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the plan says of participants who seem to be in two cohorts."""

    cohorts: tuple[str, str]
    drop: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PoolingPlan:
    """Cohorts, the dictionary they all come to, and what is pooled."""

    title: str
    seed: int = 0
    note: str = ""
    schema: str = ""
    unit: str = "participant_id"
    cohorts: tuple[CohortSource, ...] = ()
    scales: tuple[Scale, ...] = ()
    duplicates: tuple[Decision, ...] = ()
    analyses: tuple[PooledAnalysis, ...] = ()

    @property
    def digest(self) -> str:
        """A hash of the content, to show that the plan did not change after the data were seen."""
        return digest(asdict(self))

    def cohort(self, name: str) -> CohortSource:
        """Return the cohort of a name."""
        return next(one for one in self.cohorts if one.name == name)
