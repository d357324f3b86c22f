"""A systematic review, as its plan tells of it: question, search, flow, published results, findings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any

CERTAINTY = ("high", "moderate", "low", "very low")
MEASURES = ("RR", "OR", "RD")  # of events: risk ratio, odds ratio, risk difference
PICO = ("population", "intervention", "comparison", "outcome", "design")
REMOVED = ("duplicates", "automation", "removed_other")  # before records are screened
OTHER_WAYS = ("websites", "organisations", "citations")
TEXTS = (
    "rationale", "eligibility", "sources", "search", "selection", "collection", "items", "assessment",
    "reporting", "grading", "excluded_studies", "interpretation", "evidence_limits", "review_limits",
    "implications", "registration", "protocol", "amendments", "funding", "interests", "availability",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """Reports that were read and left out for one reason."""

    reason: str
    n: int


@dataclass(frozen=True, kw_only=True)
class OtherWays:
    """Reports that were found in other ways than in databases and registers; None where not reported."""

    websites: int | None = None
    organisations: int | None = None
    citations: int | None = None
    sought: int | None = None
    not_retrieved: int | None = None
    assessed: int | None = None
    excluded: tuple[Excluded, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReviewFlow:
    """The boxes of the flow diagram of PRISMA 2020; None where a number is not reported.

    `databases` and `registers` have the records found in each place, by its name; of an unnamed one, "".
    """

    databases: Mapping[str, int] = field(default_factory=dict)
    registers: Mapping[str, int] = field(default_factory=dict)
    duplicates: int | None = None
    automation: int | None = None
    removed_other: int | None = None
    screened: int | None = None
    excluded_screening: int | None = None
    sought: int | None = None
    not_retrieved: int | None = None
    assessed: int | None = None
    excluded: tuple[Excluded, ...] = ()
    other: OtherWays | None = None
    included_studies: int | None = None
    included_reports: int | None = None

    @property
    def found(self) -> int | None:
        """Records of all databases and registers together."""
        every = [*self.databases.values(), *self.registers.values()]
        return sum(every) if every else None

    @property
    def tells(self) -> bool:
        """Whether it tells of anything before what is included."""
        boxes = ("screened", "excluded_screening", "sought", "not_retrieved", "assessed", *REMOVED)
        known = any(getattr(self, name) is not None for name in boxes)
        return known or self.found is not None or bool(self.excluded) or self.other is not None


@dataclass(frozen=True, kw_only=True)
class Published:
    """A pooled result that somebody published, to stand beside one of ours; NaN or 0: not printed.

    Parameters
    ----------
    analysis : str
        The analysis of ours that answers the same question.
    label : str
    estimate, conf_low, conf_high, conf_level : float
        As printed: ratios, not their logarithms.
    studies, participants : int
    q, i2, p_value : float
        Cochran's Q, I squared in percent, and the p value of the effect.
    citation : str
        A BibTeX key.
    measure : str
        Its effect measure, such as SMD.
    note : str
    """

    analysis: str
    label: str
    estimate: float = nan
    conf_low: float = nan
    conf_high: float = nan
    conf_level: float = 0.95
    studies: int = 0
    participants: int = 0
    q: float = nan
    i2: float = nan
    p_value: float = nan
    citation: str = ""
    measure: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A line of the summary of findings: an outcome's analysis, and how certain its evidence is (GRADE).

    Parameters
    ----------
    analysis, outcome, certainty : str
    reasons : tuple of str
    comment : str
    assumed_risk : float
        The risk without the intervention, from 0 to 1; NaN if the plan gives none.
    measure : {"", "RR", "OR", "RD"}
        What the effect is, where the analysis does not know.
    instrument : str
        In whose units a standardised difference is told too.
    instrument_sd : float
        The standard deviation of people on the instrument.
    """

    analysis: str
    outcome: str
    certainty: str
    reasons: tuple[str, ...] = ()
    comment: str = ""
    assumed_risk: float = nan
    measure: str = ""
    instrument: str = ""
    instrument_sd: float = nan


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a plan's ``[review]`` says.

    Parameters
    ----------
    question : str
    study : str
        The variable that names studies.
    citation : str
        The variable whose levels are BibTeX keys of the studies' reports.
    pico : mapping of str to str
    characteristics : tuple of str
        Variables that the table of studies shows.
    risk_of_bias : tuple of str
        Variables with levels: judgements, the best first.
    texts : mapping of str to str
        What was done, by the keys of `TEXTS`; a key that is not there is not reported.
    flow : ReviewFlow or None
    published : tuple of Published
    findings : tuple of Finding
    """

    question: str = ""
    study: str = "study"
    citation: str = ""
    pico: Mapping[str, str] = field(default_factory=dict)
    characteristics: tuple[str, ...] = ()
    risk_of_bias: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    flow: ReviewFlow | None = None
    published: tuple[Published, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that the review shows."""
        named = (self.study, self.citation, *self.characteristics, *self.risk_of_bias)
        return tuple(dict.fromkeys(name for name in named if name))

    def of(self, analysis: str) -> tuple[Published, ...]:
        """Return the published results that stand beside an analysis."""
        return tuple(one for one in self.published if one.analysis == analysis)


def as_document(review: Review) -> dict[str, Any]:
    """Return a review as plain values, to be saved."""
    return asdict(review)


def from_document(raw: Mapping[str, Any]) -> Review:
    """Return the review that plain values tell of; numbers that are not there are None in them."""
    flow = raw["flow"]
    return Review(
        **{
            **raw,
            "characteristics": tuple(raw["characteristics"]),
            "risk_of_bias": tuple(raw["risk_of_bias"]),
            "flow": None if flow is None else ReviewFlow(**{**_boxes(flow), "other": _other(flow["other"])}),
            "published": tuple(_published(one) for one in raw["published"]),
            "findings": tuple(_finding(one) for one in raw["findings"]),
        }
    )


def _boxes(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {**raw, "excluded": tuple(Excluded(**one) for one in raw["excluded"])}


def _other(raw: Mapping[str, Any] | None) -> OtherWays | None:
    return None if raw is None else OtherWays(**_boxes(raw))


def _finding(raw: Mapping[str, Any]) -> Finding:
    unknown = {name: nan for name in ("assumed_risk", "instrument_sd") if raw.get(name) is None}
    return Finding(**{**raw, "reasons": tuple(raw["reasons"]), **unknown})


def _published(raw: Mapping[str, Any]) -> Published:
    numbers = ("estimate", "conf_low", "conf_high", "conf_level", "q", "i2", "p_value")
    return Published(**{**raw, **{name: nan for name in numbers if raw[name] is None}})
