"""Mean and standard deviation from a median with quartiles, range or both, supposing a normal outcome."""

from typing import Literal

from scipy import stats

from mmstats.meta.printed.converted import Converted, demand, in_order, participants

Method = Literal["luo-shi", "wan"]


def mean_and_sd_from_median(
    median: float,
    n: int,
    *,
    quartiles: tuple[float, float] | None = None,
    extremes: tuple[float, float] | None = None,
    method: Method = "luo-shi",
) -> tuple[Converted, Converted]:
    """Return the mean and the standard deviation.

    ``luo-shi`` takes the optimal weights of Luo and others for the mean. For the standard deviation it takes
    those of Shi and others if quartiles and range are known, else the estimate of Wan and others. ``wan`` is
    all of Wan and others. Both suppose a symmetrical, nearly normal outcome: a median far from the middle of
    its quartiles says that it is not.

    Parameters
    ----------
    median : float
    n : int
    quartiles : (float, float), optional
        The first and the third.
    extremes : (float, float), optional
        The least and the greatest value.
    method : {"luo-shi", "wan"}

    Raises
    ------
    MmstatsError
        If there are neither quartiles nor extremes, or the numbers are out of order, or all equal.

    References: wan2014, luo2018, shi2020.

    Examples
    --------
    >>> mean, sd = mean_and_sd_from_median(12, 40, quartiles=(9, 17))
    >>> round(mean.value, 4), round(sd.value, 4)
    (12.7097, 6.1514)
    >>> mean.from_
    'mean from the median 12 and the quartiles 9 and 17 of n = 40 (Luo 2018), supposing a normal outcome'
    """
    given: dict[str, float] = {"median": median}
    if quartiles is not None:
        given = {"first quartile": quartiles[0], **given, "third quartile": quartiles[1]}
    if extremes is not None:
        given = {"minimum": extremes[0], **given, "maximum": extremes[1]}
    numbers = list(given.values())
    demand(
        participants("n", n, least=2),
        (len(given) > 1, "a median alone has no spread: quartiles or range are needed too."),
        in_order(**given),
        (len(given) == 1 or len(set(numbers)) > 1, "all these numbers are equal."),
    )
    mean, mean_paper = _mean(median, n, quartiles, extremes, method)
    sd, sd_paper = _sd(n, quartiles, extremes, method)
    parts = [f"the median {median:.15g}"]
    parts += [f"the quartiles {quartiles[0]:.15g} and {quartiles[1]:.15g}"] if quartiles else []
    parts += [f"the range {extremes[0]:.15g} to {extremes[1]:.15g}"] if extremes else []
    words = " and ".join([", ".join(parts[:-1]), parts[-1]])
    end = "supposing a normal outcome"
    return (
        Converted(mean, f"mean from {words} of n = {n} ({mean_paper}), {end}"),
        Converted(sd, f"standard deviation from {words} of n = {n} ({sd_paper}), {end}"),
    )


def _mean(
    median: float,
    n: int,
    quartiles: tuple[float, float] | None,
    extremes: tuple[float, float] | None,
    method: Method,
) -> tuple[float, str]:
    hinges = sum(quartiles) / 2 if quartiles else 0.0
    middle = sum(extremes) / 2 if extremes else 0.0
    if method == "wan":
        if quartiles and extremes:
            return (middle + 2 * hinges + median) / 4, "Wan 2014"
        return ((2 * hinges + median) / 3, "Wan 2014") if quartiles else ((middle + median) / 2, "Wan 2014")
    if quartiles and extremes:
        outer, inner = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        return outer * middle + inner * hinges + (1 - outer - inner) * median, "Luo 2018"
    if quartiles:
        inner = 0.7 + 0.39 / n
        return inner * hinges + (1 - inner) * median, "Luo 2018"
    outer = 4 / (4 + n**0.75)
    return outer * middle + (1 - outer) * median, "Luo 2018"


def _sd(
    n: int, quartiles: tuple[float, float] | None, extremes: tuple[float, float] | None, method: Method
) -> tuple[float, str]:
    far = float(stats.norm.ppf((n - 0.375) / (n + 0.25)))
    near = float(stats.norm.ppf((0.75 * n - 0.125) / (n + 0.25)))
    by_range = (extremes[1] - extremes[0]) / (2 * far) if extremes else 0.0
    by_quartiles = (quartiles[1] - quartiles[0]) / (2 * near) if quartiles else 0.0
    if not (quartiles and extremes):
        return by_range + by_quartiles, "Wan 2014"
    if method == "wan":
        return (by_range + by_quartiles) / 2, "Wan 2014"
    weight = 1 / (1 + 0.07 * n**0.6)
    return weight * by_range + (1 - weight) * by_quartiles, "Shi 2020"
