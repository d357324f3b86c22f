"""Meta-analyses side by side with metafor: `python benchmarks/meta.py`.

One thread, warm, the least processor time of several repeats. Ratios say how many times as long the other
took. R reads the same studies from a temporary folder and times itself. Where R or metafor is missing, PyMARE
and pimeta stand in for it if they are installed; what is not there is said so.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from time import process_time

import numpy as np
from side_by_side import Work, in_r, least, most_memory, one_thread, table

from mmstats.meta.influence import influence, leave_one_out
from mmstats.meta.multilevel import pool_multilevel
from mmstats.meta.permutation import permutation_test
from mmstats.meta.pooling import pool
from mmstats.meta.random_term import nested

K = 13
PERMUTATIONS = 2**K
# What is timed, and how many times as long metafor is to take at least.
TARGETS = {"pool": 10, "leave one out": 50, "influence": 50, "permutation": 500, "three levels": 10}
WHAT = {
    "pool": f"{K} studies: REML, Hartung-Knapp, its interval and prediction",
    "leave one out": "the same: each study left out",
    "influence": "the same: Cook's distance, DFFITS and all else of `influence`",
    "permutation": f"the same: exact permutation test, {PERMUTATIONS:,} refits by REML",
    "three levels": "56 effects of 11 districts: random districts, and schools in them, REML",
}
TIMES = {"pool": 20.0, "leave one out": 5.0, "influence": 5.0, "three levels": 1.0, "permutation": 1.0}


def studies(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    variances = rng.uniform(0.005, 0.4, k)
    return rng.normal(-0.6, np.sqrt(variances + 0.25)), variances


def schools() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return effects, variances, districts and schools: as many as in Konstantopoulos's example."""
    rng = np.random.default_rng(2)
    sizes = [4, 4, 3, 4, 4, 3, 11, 3, 8, 6, 6]
    district = np.repeat(np.arange(len(sizes)), sizes)
    school = np.concatenate([np.arange(size) for size in sizes])
    variances = rng.uniform(0.01, 0.15, len(district))
    effects = 0.2 + 0.3 * rng.standard_normal(len(sizes))[district]
    effects += rng.normal(0, np.sqrt(0.03 + variances))
    return effects, variances, district, school


def pooled(effects: np.ndarray, variances: np.ndarray) -> None:
    found = pool(effects, variances)
    found.predict(np.ones(1))
    found.moderators()


def three_levels(
    effects: np.ndarray, variances: np.ndarray, district: np.ndarray, school: np.ndarray
) -> None:
    found = pool_multilevel(effects, variances, nested("district/school", district, school))
    assert found.coefficients.shape == (1,)


def works() -> dict[str, Work]:
    effects, variances = studies(K)
    found, rng = pool(effects, variances), np.random.default_rng(3)
    dependent = schools()
    return {
        "pool": lambda: pooled(effects, variances),
        "leave one out": lambda: leave_one_out(found),
        "influence": lambda: influence(found),
        "permutation": lambda: permutation_test(found, resamples=PERMUTATIONS, rng=rng),
        "three levels": lambda: three_levels(*dependent),
    }


R = """
suppressMessages(library(metafor))
d <- read.csv(file.path(folder, "studies.csv")); s <- read.csv(file.path(folder, "schools.csv"))
m <- rma(y, v, data = d, test = "knha")
say("pool", function() for (i in 1:20) predict(rma(y, v, data = d, test = "knha")), 20)
say("leave one out", function() for (i in 1:5) leave1out(m), 3)
say("influence", function() for (i in 1:5) influence(m), 3)
say("three levels", function() rma.mv(y, v, random = ~ 1 | district/school, data = s), 20)
say("permutation", function() permutest(m, exact = TRUE, progbar = FALSE), 1)
"""


def against_r() -> Iterator[Sequence[str]]:
    tables = {"studies": ("y,v", studies(K)), "schools": ("y,v,district,school", schools())}
    theirs = in_r(R, tables)
    for name, work in works().items():
        own = least(work, 60)
        if name in theirs:
            time = theirs[name] / TIMES[name]
            yield (
                WHAT[name],
                f"{own:.2f} ms",
                f"{time:,.1f} ms",
                f"{time / own:.0f} (at least {TARGETS[name]})",
            )
        else:
            yield WHAT[name], f"{own:.2f} ms", "", f"at least {TARGETS[name]}"


def against_python() -> Iterator[Sequence[str]]:
    effects, variances = studies(K)
    own = least(lambda: pool(effects, variances))
    try:
        from pymare.estimators import VarianceBasedLikelihoodEstimator

        y, v, x = effects[:, None], variances[:, None], np.ones((K, 1))
        time = least(lambda: VarianceBasedLikelihoodEstimator(method="REML").fit(y, v, x), 3)
        yield "REML", "PyMARE", f"{own:.2f} ms", f"{time:.1f} ms", f"{time / own:.0f}"
    except ImportError:
        print("\nPyMARE is not installed.")
    try:
        import pimeta

        time = least(lambda: pimeta.pima(effects, np.sqrt(variances), method="HK"), 3)
        yield "Hartung-Knapp prediction", "pimeta", f"{own:.2f} ms", f"{time:.1f} ms", f"{time / own:.0f}"
    except ImportError:
        print("\npimeta is not installed.")


def many() -> Iterator[Sequence[str]]:
    """Time and memory of many studies, each in a process of its own."""
    for k in (1_000, 10_000, 100_000):
        done = subprocess.run(
            [sys.executable, __file__, "peak", str(k)], capture_output=True, text=True, check=True
        )
        time, dependent, before, peak = done.stdout.split()
        yield f"{k:,}", f"{float(time):.0f} ms", f"{float(dependent):.0f} ms", f"{peak} MB", f"{before} MB"


def peak(k: int) -> None:
    pooled(*studies(5))
    three_levels(*schools())
    before = most_memory()
    effects, variances = studies(k)
    start = process_time()
    pooled(effects, variances)
    middle = process_time()
    codes = np.arange(k)
    three_levels(effects, variances, codes // 5, codes)
    end = process_time()
    print(1000 * (middle - start), 1000 * (end - middle), before, most_memory())


def main() -> None:
    print(f"Load of the machine's {os.cpu_count()} processors at the start: {os.getloadavg()[0]:.1f}.")
    table("Meta-analysis and R (metafor)", ("what", "ours", "metafor's", "metafor's / ours"), against_r())
    table("Other programs in Python", ("what", "program", "ours", "its", "its / ours"), against_python())
    table(
        "Many studies",
        ("studies", "REML, Hartung-Knapp", "three levels", "peak", "of it before"),
        many(),
    )
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    one_thread()
    if sys.argv[1:2] == ["peak"]:
        peak(int(sys.argv[2]))
    else:
        main()
