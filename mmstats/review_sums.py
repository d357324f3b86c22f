"""What must add up in a review: the boxes of its flow, and the numbers of a published result."""

from collections.abc import Iterator
from math import isnan

from mmstats.review import OTHER_WAYS, REMOVED, OtherWays, Published, ReviewFlow


def flow_problems(flow: ReviewFlow) -> Iterator[str]:
    """Yield each place where the boxes do not add up; a box that is not reported is not held to anything.

    What was removed, and is not told, counts as nobody.

    Examples
    --------
    >>> list(flow_problems(ReviewFlow(databases={"PubMed": 90}, duplicates=10, screened=70)))
    ['90 records were found and 10 removed before screening, which leaves 80, but 70 were screened.']
    """
    found = flow.found
    removed = sum(getattr(flow, name) or 0 for name in REMOVED)
    excluded = sum(one.n for one in flow.excluded)
    if found is not None:
        told = f"{found} records were found and {removed} removed before screening"
        yield from _unequal(told, found - removed, flow.screened, "were screened")
    words = ("records were screened", "excluded", "reports were sought")
    yield from _steps(flow.screened, flow.excluded_screening, flow.sought, *words)
    words = ("reports were sought", "not retrieved", "were assessed")
    yield from _steps(flow.sought, flow.not_retrieved, flow.assessed, *words)
    included = None if flow.assessed is None else flow.assessed - excluded
    told = f"{flow.assessed} reports were assessed and {excluded} excluded"
    if flow.other:
        yield from _other_problems(flow.other)
        own = sum(one.n for one in flow.other.excluded)
        told += f", and in other ways {flow.other.assessed} and {own}"
        unknown = included is None or flow.other.assessed is None
        included = None if unknown else (included or 0) + (flow.other.assessed or 0) - own
    if included is not None:
        yield from _unequal(told, included, flow.included_reports, "are included")
    if None not in (flow.included_studies, flow.included_reports) and (
        bool(flow.included_studies) is not bool(flow.included_reports)
    ):
        yield (
            f"{flow.included_studies} studies are included with {flow.included_reports} reports: there is "
            "no study without a report, and no report without a study."
        )


def _other_problems(other: OtherWays) -> Iterator[str]:
    known = [count for name in OTHER_WAYS if (count := getattr(other, name)) is not None]
    if known and other.sought is not None and other.sought > sum(known):
        yield f"in other ways {sum(known)} records were found, but {other.sought} reports were sought."
    words = ("reports were sought in other ways", "not retrieved", "were assessed")
    yield from _steps(other.sought, other.not_retrieved, other.assessed, *words)
    excluded = sum(one.n for one in other.excluded)
    if other.assessed is not None and excluded > other.assessed:
        yield f"in other ways {other.assessed} reports were assessed, but {excluded} excluded."


def _steps(before: int | None, out: int | None, after: int | None, *words: str) -> Iterator[str]:
    if before is not None:
        left = before - (out or 0)
        yield from _unequal(f"{before} {words[0]} and {out or 0} {words[1]}", left, after, words[2])


def _unequal(told: str, left: int, after: int | None, words: str) -> Iterator[str]:
    if after is not None and left != after:
        yield f"{told}, which leaves {left}, but {after} {words}."


def contradictions(one: Published) -> Iterator[str]:
    """Yield what cannot all be true of a published result, beyond the rounding of what is printed.

    Examples
    --------
    >>> wrong = Published(analysis="a", label="b", studies=10, q=12.0, i2=60)
    >>> list(contradictions(wrong))
    ['Q = 12 of 10 studies makes I² 25%, but 60% is printed.']
    """
    low, high = one.conf_low, one.conf_high
    if one.estimate < low or one.estimate > high:
        yield f"The estimate {one.estimate:g} is not in its interval, {low:g} to {high:g}."
    if isnan(one.q) or isnan(one.i2) or not one.studies:
        return
    least, most = (_i2(one.q + side * _rounding(one.q), one.studies - 1) for side in (-1, 1))
    room = _rounding(one.i2)
    if not least - room <= one.i2 <= most + room:
        yield (
            f"Q = {one.q:g} of {one.studies} studies makes I² {_i2(one.q, one.studies - 1):.0f}%, "
            f"but {one.i2:g}% is printed."
        )


def _i2(q: float, df: int) -> float:
    return max(0.0, 100 * (q - df) / q) if q > 0 else 0.0


def _rounding(value: float) -> float:
    """Return half a unit of the last decimal that a number is written with, and a hair."""
    decimals = len(repr(float(value)).partition(".")[2].rstrip("0"))
    return 0.5 * 10.0**-decimals + 1e-9
