"""Arms of one trial put together into one group, as if they had been reported so."""

from collections.abc import Sequence
from math import sqrt

from mmstats.errors import MmstatsError
from mmstats.meta.printed.converted import Converted, above_zero, demand, participants


def combined_means(
    arms: Sequence[tuple[int, float, float]],
) -> tuple[Converted, Converted, Converted]:
    """Return n, mean and standard deviation of several arms taken as one group.

    The standard deviation is that of all values together: it holds the differences of the means too.

    Parameters
    ----------
    arms : sequence of (n, mean, sd)

    Examples
    --------
    >>> n, mean, sd = combined_means([(10, 4.0, 1.0), (10, 6.0, 1.0)])
    >>> n.value, mean.value, round(sd.value, 4)
    (20, 5.0, 1.4142)
    """
    _several(len(arms))
    demand(
        *(participants(f"n of arm {i}", n, least=2) for i, (n, _, _) in enumerate(arms, 1)),
        *(above_zero(f"standard deviation of arm {i}", sd) for i, (_, _, sd) in enumerate(arms, 1)),
    )
    total = sum(n for n, _, _ in arms)
    mean = sum(n * each for n, each, _ in arms) / total
    square = sum((n - 1) * sd**2 + n * (each - mean) ** 2 for n, each, sd in arms) / (total - 1)
    told = "; ".join(f"n {n}, mean {each:.15g}, standard deviation {sd:.15g}" for n, each, sd in arms)
    words = f"{len(arms)} arms taken as one group ({told})"
    return (
        Converted(total, f"n of {words}"),
        Converted(mean, f"mean of {words}"),
        Converted(sqrt(square), f"standard deviation of {words}"),
    )


def combined_events(arms: Sequence[tuple[int, int]]) -> tuple[Converted, Converted]:
    """Return events and n of several arms taken as one group.

    Parameters
    ----------
    arms : sequence of (events, n)

    Examples
    --------
    >>> events, n = combined_events([(3, 10), (4, 12)])
    >>> events.value, n.value
    (7, 22)
    """
    _several(len(arms))
    demand(
        *(participants(f"n of arm {i}", n) for i, (_, n) in enumerate(arms, 1)),
        *(
            participants(f"the number of events of arm {i}", events, least=0)
            for i, (events, _) in enumerate(arms, 1)
        ),
        *(
            (events <= n, f"arm {i} has {events:.15g} events, more than its n, {n:.15g}.")
            for i, (events, n) in enumerate(arms, 1)
        ),
    )
    words = f"{len(arms)} arms taken as one group ({'; '.join(f'{events} of {n}' for events, n in arms)})"
    return (
        Converted(sum(events for events, _ in arms), f"events of {words}"),
        Converted(sum(n for _, n in arms), f"n of {words}"),
    )


def _several(count: int) -> None:
    if count < 2:
        raise MmstatsError(f"There is {count} arm: two or more can be put together.")
