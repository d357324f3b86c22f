"""Resampling side by side with other programs: `python benchmarks/resampling.py`.

One thread, warm, the least processor time of several interleaved repeats, so that what else runs on the
machine matters little. Ratios say how many times as long the other took.
Programs that are not installed are left out, and said so.
"""

import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
from scipy import stats
from side_by_side import Work, one_thread, table

from mmstats.resampling import statistics
from mmstats.resampling.bootstrap import bootstrap_interval
from mmstats.resampling.max_t import max_t
from mmstats.resampling.permutation import of_two_groups
from mmstats.resampling.statistic import Statistic

COUNT = 10_000


def least(works: dict[str, Work], repeats: int = 7, at_most: float = 8.0) -> dict[str, float]:
    """Return the least time of each, in milliseconds; each stops after `at_most` seconds of its own.

    Each turn of a quick work is of 30 milliseconds, so that all have the same chance of a quiet moment.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for name, work in works.items():
            turn = process_time()
            while process_time() - turn < 0.03 and (sum(times[name]) < at_most or len(times[name]) < 2):
                start = process_time()
                work()
                times[name].append(process_time() - start)
    return {name: 1000 * min(values) for name, values in times.items()}


def hedges_g(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    n, m = x.shape[axis], y.shape[axis]
    pooled = ((n - 1) * x.var(axis, ddof=1) + (m - 1) * y.var(axis, ddof=1)) / (n + m - 2)
    found: np.ndarray = (1 - 3 / (4 * (n + m) - 9)) * (x.mean(axis) - y.mean(axis)) / np.sqrt(pooled)
    return found


def pearson(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    x, y = x - x.mean(axis, keepdims=True), y - y.mean(axis, keepdims=True)
    found: np.ndarray = (x * y).sum(axis) / np.sqrt((x * x).sum(axis) * (y * y).sum(axis))
    return found


def spearman(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    return pearson(stats.rankdata(x, axis=axis), stats.rankdata(y, axis=axis), axis)


def kendall(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    a = np.sign(x[..., :, None] - x[..., None, :])
    b = np.sign(y[..., :, None] - y[..., None, :])
    found: np.ndarray = np.einsum("...ij,...ij->...", a, b) / np.sqrt(
        np.einsum("...ij,...ij->...", a, a) * np.einsum("...ij,...ij->...", b, b)
    )
    return found


def superiority(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    n, m = x.shape[axis], y.shape[axis]
    ranks = stats.rankdata(np.concatenate([x, y], axis=axis), axis=axis)
    found: np.ndarray = (ranks[..., :n].sum(axis) - n * (n + 1) / 2) / (n * m)
    return found


# Name, ours, SciPy's fastest vectorised way, whether rows are pairs, target against drawing alone.
CASES: list[tuple[str, Statistic, Callable[..., np.ndarray], bool, int]] = [
    ("mean difference", statistics.MEAN_DIFFERENCE, lambda x, y, axis: x.mean(axis) - y.mean(axis), False, 6),
    ("Hedges' g", statistics.HEDGES_G, hedges_g, False, 6),
    ("Pearson", statistics.PEARSON_R, pearson, True, 6),
    ("Spearman", statistics.SPEARMAN_RHO, spearman, True, 15),
    ("Kendall", statistics.KENDALL_TAU, kendall, True, 15),
    (
        "median difference",
        statistics.MEDIAN_DIFFERENCE,
        lambda x, y, axis: np.median(x, axis) - np.median(y, axis),
        False,
        15,
    ),
    ("superiority", statistics.SUPERIORITY, superiority, False, 15),
    (
        "trimmed means",
        statistics.trimmed_mean_difference(0.2),
        lambda x, y, axis: stats.trim_mean(x, 0.2, axis) - stats.trim_mean(y, 0.2, axis),
        False,
        15,
    ),
]


def ours(samples: Sequence[np.ndarray], statistic: Statistic, *, paired: bool, count: int = COUNT) -> Work:
    rng = np.random.default_rng(1)
    return lambda: bootstrap_interval(
        samples, statistic, interval="bca-bootstrap", level=0.95, resamples=count, rng=rng, paired=paired
    )


def data(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    x = np.sort(rng.normal(0.5, 1, n))
    return x, x * 0.3 + rng.normal(0, 1.5, n)


def drawing(n: int, *, paired: bool) -> dict[str, Work]:
    """Return what it takes to draw the indices alone, by NumPy and by the engine."""
    from mmstats.resampling.kernels.drawing import draw_indices

    rng, samples = np.random.default_rng(1), 1 if paired else 2
    buffer = np.empty(n * COUNT, dtype=np.uint32)
    seed = np.uint64(7)
    return {
        "numpy": lambda: [rng.integers(0, n, (COUNT, n)) for _ in range(samples)],
        "indices": lambda: [draw_indices(buffer, n, seed, 0) for _ in range(samples)],
    }


def bootstraps(n: int) -> Iterator[Sequence[str]]:
    x, y = data(n)
    for name, statistic, function, paired, target in CASES:
        batch = max(1, 40_000_000 // (n * n)) if function is kendall else None
        rng = np.random.default_rng(1)
        works: dict[str, Work] = {
            "ours": ours((x, y), statistic, paired=paired),
            "scipy": partial(
                stats.bootstrap,
                (x, y),
                function,
                paired=paired,
                vectorized=True,
                n_resamples=COUNT,
                method="BCa",
                batch=batch,
                rng=rng,
            ),
            **drawing(n, paired=paired),
        }
        t = least(works)
        aim = 8 if n <= 20 else 6
        yield (
            name,
            f"{t['ours']:.2f} ms",
            f"{t['scipy'] / t['ours']:.0f} (at least {aim})",
            f"{t['ours'] / t['numpy']:.1f} (at most {target})",
            f"{t['ours'] / t['indices']:.1f}",
        )


def others() -> Iterator[Sequence[str]]:
    x, y = data(20)
    one = ours((x,), statistics.MEAN, paired=True)
    two = ours((x, y), statistics.PEARSON_R, paired=True)
    works: dict[str, Work] = {"mean": one, "pearson": two}
    try:
        from arch.bootstrap import IIDBootstrap

        works["arch mean"] = lambda: IIDBootstrap(x, seed=1).conf_int(
            lambda v: v.mean(), reps=COUNT, method="bca"
        )
        works["arch pearson"] = lambda: IIDBootstrap(x, y, seed=1).conf_int(
            lambda a, b: np.corrcoef(a, b)[0, 1], reps=COUNT, method="bca"
        )
    except ImportError:
        print("\narch is not installed.")
    try:
        import pingouin

        def percentile(statistic: str, *columns: np.ndarray) -> object:
            return pingouin.compute_bootci(
                *columns, func=statistic, n_boot=COUNT, method="per", seed=1, paired=len(columns) > 1
            )

        works["pingouin mean"] = lambda: percentile("mean", x)
        works["pingouin pearson"] = lambda: percentile("pearson", x, y)
    except ImportError:
        print("\npingouin is not installed.")
    t = least(works, repeats=3)
    for name in works:
        program, _, what = name.partition(" ")
        if what:
            yield program, what, f"{t[name]:.0f} ms", f"{t[name] / t[what]:.0f}"
    yield from in_r(x, y)


R = """
x <- c(%s); y <- c(%s); both <- c(x, y); group <- rep(1:2, c(length(x), length(y)))
least <- function(run) min(replicate(3, {
  start <- sum(proc.time()[1:2]); run(); sum(proc.time()[1:2]) - start
})) * 1000
if (requireNamespace("boot", quietly = TRUE)) cat("boot", least(function() {
  difference <- function(d, i) mean(d[i[group == 1]]) - mean(d[i[group == 2]])
  drawn <- boot::boot(both, difference, 10000, strata = group)
  boot::boot.ci(drawn, type = "bca")
}), "\n")
if (requireNamespace("coin", quietly = TRUE)) cat("coin", least(function() coin::pvalue(coin::oneway_test(
  both ~ factor(group), distribution = coin::approximate(nresample = 10000)))), "\n")
"""


def in_r(x: np.ndarray, y: np.ndarray) -> Iterator[Sequence[str]]:
    script = R % tuple(",".join(map(repr, values.tolist())) for values in (x, y))
    try:
        found = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        print("\nR is not installed.")
        return
    t = least(
        {"boot": ours((x, y), statistics.MEAN_DIFFERENCE, paired=False), "coin": permutation(x, y, False)}
    )
    what = {"boot": "mean difference, BCa", "coin": "permutation p"}
    for line in filter(None, found.splitlines()):
        name, time = line.split()
        yield f"R {name}", what[name], f"{float(time):.0f} ms", f"{float(time) / t[name]:.0f}"


def permutation(x: np.ndarray, y: np.ndarray, welch: bool) -> Work:
    rng = np.random.default_rng(1)
    return lambda: of_two_groups(x, y, welch=welch, resamples=COUNT, rng=rng).p_value(0.0)


def permutation_limits(x: np.ndarray, y: np.ndarray, welch: bool, rng: np.random.Generator) -> Work:
    return lambda: of_two_groups(x, y, welch=welch, resamples=COUNT, rng=rng).limits(0.05)


def permutations() -> Iterator[Sequence[str]]:
    for n in (20, 200):
        x, y = data(n)
        rng = np.random.default_rng(1)

        def welch_t(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
            squared = x.var(axis, ddof=1) / x.shape[axis] + y.var(axis, ddof=1) / y.shape[axis]
            found: np.ndarray = (x.mean(axis) - y.mean(axis)) / np.sqrt(squared)
            return found

        for name, function, welch in (("difference", CASES[0][2], False), ("Welch's t", welch_t, True)):
            works: dict[str, Work] = {
                "ours": permutation(x, y, welch),
                "interval": permutation_limits(x, y, welch, rng),
                "scipy": partial(
                    stats.permutation_test, (x, y), function, vectorized=True, n_resamples=COUNT, rng=rng
                ),
            }
            t = least(works)
            yield (
                f"{name}, {n} + {n}",
                f"{t['ours']:.2f} ms",
                f"{t['scipy'] / t['ours']:.0f} (at least 20)",
                f"{t['interval']:.1f} ms",
            )


def p_values(values: np.ndarray, n: int, rng: np.random.Generator) -> list[float]:
    return [
        of_two_groups(row[:n], row[n:], welch=True, resamples=COUNT, rng=rng).p_value(0.0) for row in values
    ]


def several() -> Iterator[Sequence[str]]:
    for n in (20, 200):
        values = np.random.default_rng(n).normal(size=(40, 2 * n))
        rng, members = np.random.default_rng(1), np.arange(n)
        works: dict[str, Work] = {
            "together": partial(max_t, values, members, resamples=COUNT, rng=rng),
            "singly": partial(p_values, values, n, rng),
        }
        t = least(works, repeats=5)
        yield (
            f"40 outcomes, {n} + {n}",
            f"{t['together']:.0f} ms",
            f"{t['singly'] / t['together']:.2f} (more than 1)",
        )


def memory() -> Iterator[Sequence[str]]:
    x, y = data(200)
    for name, statistic in (
        ("mean difference", statistics.MEAN_DIFFERENCE),
        ("superiority", statistics.SUPERIORITY),
    ):
        for count in (10_000, 1_000_000):
            work = ours((x, y), statistic, paired=False, count=count)
            tracemalloc.start()
            work()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            yield name, f"{count:,}", f"{peak / 2**20:.1f} MB", f"{8 * count / 2**20:.1f} MB"


def everything() -> None:
    """Call each loop once."""
    x, y = data(20)
    rng = np.random.default_rng(1)
    for _, statistic, _, paired, _ in CASES:
        for interval in ("bca-bootstrap", "studentized-bootstrap", "bayesian-bootstrap"):
            if interval != "bayesian-bootstrap" or statistic.smooth:
                bootstrap_interval(
                    (x, y),
                    statistic,
                    interval=interval,
                    level=0.95,
                    resamples=999,
                    rng=rng,
                    paired=paired,
                )
    from mmstats.resampling.permutation import of_pairs

    for size in (5, 20):
        of_two_groups(x[:size], y[:size], welch=True, resamples=99, rng=rng).limits(0.05)
    of_pairs(np.sqrt(np.abs(x)), resamples=99, rng=rng)
    max_t(np.stack([x, y]), np.arange(8), resamples=99, rng=rng)


def compiling() -> Iterator[Sequence[str]]:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(root)}
        for name in ("first process, nothing kept", "second process"):
            done = subprocess.run(
                [sys.executable, __file__, "everything"],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            yield name, f"{float(done.stdout):.1f} s"


def main() -> None:
    for n in (20, 200):
        table(
            f"BCa, {COUNT:,} resamples, {n} + {n}",
            ("statistic", "ours", "SciPy / ours", "ours / NumPy's indices", "ours / our indices"),
            bootstraps(n),
        )
    table("Other programs, 20 values or 20 + 20", ("program", "what", "its time", "its / ours"), others())
    table(
        f"{COUNT:,} permutations", ("statistic", "p value", "SciPy / ours", "p and interval"), permutations()
    )
    table(
        f"Max-T, {COUNT:,} permutations",
        ("what", "together", "single tests / together"),
        several(),
    )
    table("Memory, 200 + 200", ("statistic", "resamples", "peak", "of it the replicates"), memory())
    table("Compilation of every loop", ("when", "time"), compiling())


if __name__ == "__main__":
    one_thread()
    if sys.argv[1:] == ["everything"]:
        start = process_time()
        everything()
        print(process_time() - start)
    else:
        main()
