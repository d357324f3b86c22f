"""Mixed models side by side with other programs: `python benchmarks/mixed.py [--slow]`.

One thread, warm, the least processor time of several repeats. Ratios say how many times as long the other
took. R fits the same rows, read from a temporary folder, in one process that times itself. Programs that are
not installed are left out, and said so. `--slow` adds pbkrtest on 4,000 rows, which takes minutes.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
from side_by_side import Work, in_r, least, most_memory, one_thread, table

from mmstats.mixed.generalised.build import binomial_model, cumulative_model
from mmstats.mixed.generalised.fit import fit_generalised
from mmstats.mixed.kenward_roger import kenward_roger
from mmstats.mixed.linear import LinearFit, fit
from mmstats.mixed.refits import refit
from mmstats.mixed.satterthwaite import satterthwaite
from mmstats.mixed.structure import MixedData, RandomTerm

COUNT = 1_000
# What is timed in R, and how many times as long it is to take at least.
TARGETS = {
    "fit": 15,
    "tests": 20,
    "bootstrap": 100,
    "likelihood-ratio bootstrap": 200,
    "crossed": 1,
    "crossed, slope": 1,
}
WHAT = {
    "fit": "180 rows, random slopes: fit",
    "tests": "the same: Satterthwaite and Kenward-Roger, every coefficient",
    "bootstrap": f"the same: {COUNT:,} parametric bootstrap refits",
    "likelihood-ratio bootstrap": f"the same: likelihood-ratio test by {COUNT:,} refits of two models",
    "crossed": "200 people x 20 of 30 items, random intercepts: fit",
    "crossed, slope": "the same, and a random slope: fit",
    "crossed Kenward-Roger": "the same: Kenward-Roger of every coefficient",
    "binary": "400 rows of 40 people, yes or no: fit by Laplace's approximation",
    "binary, quadrature": "the same: 15 points of quadrature",
    "scores": "the same rows with scores 0 to 4: fit by Laplace's approximation",
    "scores, quadrature": "the same: 15 points of quadrature",
}


def term(group: str, codes: np.ndarray, **columns: np.ndarray) -> RandomTerm:
    levels = tuple(map(str, range(int(codes.max()) + 1)))
    return RandomTerm(group, tuple(columns), np.column_stack(list(columns.values())), codes, levels)


def reaction_times(people: int = 18, days: int = 10) -> MixedData:
    """Return people measured on days, like lme4's sleepstudy and of its size."""
    rng = np.random.default_rng(1)
    codes, day = np.repeat(np.arange(people), days), np.tile(np.arange(float(days)), people)
    effects = rng.standard_normal((people, 2)) * [25, 6]
    y = 251 + 10.5 * day + effects[codes, 0] + effects[codes, 1] * day + 25 * rng.standard_normal(len(codes))
    one = np.ones(len(codes))
    random = (term("person", codes, intercept=one, day=day),)
    return MixedData(y, np.column_stack([one, day]), ("intercept", "day"), random)


def people_by_items(*, slope: bool) -> MixedData:
    rng = np.random.default_rng(2)
    person = np.repeat(np.arange(200), 20)
    item = np.concatenate([rng.permutation(30)[:20] for _ in range(200)])
    x = rng.standard_normal(len(person))
    y = 1 + 0.3 * x + rng.standard_normal(200)[person] + 0.5 * rng.standard_normal(30)[item]
    y += 0.4 * rng.standard_normal(200)[person] * x + rng.standard_normal(len(person))
    one = np.ones(len(person))
    own = {"intercept": one, "x": x} if slope else {"intercept": one}
    random = (term("person", person, **own), term("item", item, intercept=one))
    return MixedData(y, np.column_stack([one, x]), ("intercept", "x"), random)


def scores(most: int) -> MixedData:
    """Return scores from 0 to `most` of 40 people, half of them at 0."""
    rng = np.random.default_rng(7)
    person, x = np.repeat(np.arange(40), 10), rng.standard_normal(400)
    value = 0.6 * x + 1.2 * rng.standard_normal(40)[person] + rng.logistic(size=400)
    y = np.digitize(value, np.arange(most)).astype(np.float64)
    one = np.ones(400)
    return MixedData(
        y, np.column_stack([one, x]), ("intercept", "x"), (term("person", person, intercept=one),)
    )


def simulated(found: LinearFit, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return responses drawn from a fit, shape (n, count)."""
    values = found.residual_sd * rng.standard_normal((found.rows, count))
    values += (found.data.fixed @ found.coefficients)[:, None]
    for one, factor in zip(found.data.random, found.factors, strict=True):
        effects = factor @ rng.standard_normal((len(one.levels), one.size, count))
        for column in range(one.size):
            values += one.matrix[:, column, None] * effects[one.codes, column]
    return values


def every_test(found: LinearFit) -> None:
    for made in (satterthwaite(found), kenward_roger(found)):
        for contrast in np.eye(len(found.data.names)):
            made.test(contrast)


def nested_bootstrap(large: MixedData, small: MixedData) -> float:
    rng = np.random.default_rng(3)
    one, other = fit(large, restricted=False), fit(small, restricted=False)
    drawn = simulated(other, COUNT, rng)
    found = refit(other, drawn).deviance - refit(one, drawn).deviance
    return float((1 + (found >= other.deviance - one.deviance).sum()) / (1 + COUNT))


def works() -> dict[str, Work]:
    rng = np.random.default_rng(4)
    data = reaction_times()
    found = fit(data)
    smaller = MixedData(data.response, data.fixed[:, :1], ("intercept",), data.random)
    crossed, slopes = people_by_items(slope=False), people_by_items(slope=True)
    fitted, five = fit(slopes), scores(4)
    binary = binomial_model(scores(1))
    ordinal = cumulative_model(replace(five, fixed=five.fixed[:, 1:], names=("x",)))
    return {
        "fit": lambda: fit(data),
        "tests": lambda: every_test(found),
        "bootstrap": lambda: refit(found, simulated(found, COUNT, rng)),
        "likelihood-ratio bootstrap": lambda: nested_bootstrap(data, smaller),
        "crossed": lambda: fit(crossed),
        "crossed, slope": lambda: fit(slopes),
        "crossed Kenward-Roger": lambda: every_test(fitted),
        "binary": lambda: fit_generalised(binary, 1),
        "binary, quadrature": lambda: fit_generalised(binary, 15),
        "scores": lambda: fit_generalised(ordinal, 1),
        "scores, quadrature": lambda: fit_generalised(ordinal, 15),
    }


R = """
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
slow <- args[2] == "slow"
d <- read.csv(file.path(folder, "reaction.csv")); d$person <- factor(d$person)
m <- lme4::lmer(y ~ day + (day | person), d)
say("fit", function() for (i in 1:10) lme4::lmer(y ~ day + (day | person), d), 5)
t <- lmerTest::lmer(y ~ day + (day | person), d)
say("tests", function() {
  s <- lmerTest::as_lmerModLmerTest(m)
  for (i in 1:2) contest(s, diag(2)[i, ], joint = FALSE)
  for (i in 1:2) contest(s, diag(2)[i, ], joint = FALSE, ddf = "Kenward-Roger")
}, 3)
say("bootstrap", function() bootMer(m, function(f) c(fixef(f), sigma(f)), nsim = 100), 1)
a <- lme4::lmer(y ~ day + (day | person), d, REML = FALSE)
b <- lme4::lmer(y ~ 1 + (day | person), d, REML = FALSE)
say("likelihood-ratio bootstrap", function() PBmodcomp(a, b, nsim = 100), 1)
e <- read.csv(file.path(folder, "crossed.csv")); e$person <- factor(e$person); e$item <- factor(e$item)
say("crossed", function() lme4::lmer(y ~ x + (1 | person) + (1 | item), e), 3)
say("crossed, slope", function() lme4::lmer(y ~ x + (x | person) + (1 | item), e), 3)
s <- read.csv(file.path(folder, "scores.csv")); s$person <- factor(s$person); s$score <- factor(s$y)
y <- read.csv(file.path(folder, "binary.csv")); y$person <- factor(y$person)
say("binary", function() glmer(y ~ x + (1 | person), y, binomial), 3)
say("binary, quadrature", function() glmer(y ~ x + (1 | person), y, binomial, nAGQ = 15), 3)
if (requireNamespace("ordinal", quietly = TRUE)) {
  say("scores", function() ordinal::clmm(score ~ x + (1 | person), s), 3)
  say("scores, quadrature", function() ordinal::clmm(score ~ x + (1 | person), s, nAGQ = 15), 3)
}
if (slow) {
  s <- lmerTest::lmer(y ~ x + (x | person) + (1 | item), e)
  say("crossed Kenward-Roger", function() for (i in 1:2) contest(s, diag(2)[i, ], joint = FALSE,
    ddf = "Kenward-Roger"), 1)
}
"""
TIMES = {
    "fit": 10.0,
    "bootstrap": 100 / COUNT,
    "likelihood-ratio bootstrap": 100 / COUNT,
}  # what R did of ours


def in_lme4(*, slow: bool) -> dict[str, float]:
    """Return R's times, in milliseconds, of as much as ours do."""
    data, items = reaction_times(), people_by_items(slope=True)
    binary, five = scores(1), scores(4)
    tables = {
        "binary": ("y,x,person", (binary.response, binary.fixed[:, 1], binary.random[0].codes)),
        "scores": ("y,x,person", (five.response, five.fixed[:, 1], five.random[0].codes)),
        "reaction": ("y,day,person", (data.response, data.fixed[:, 1], data.random[0].codes)),
        "crossed": ("y,x,person,item",
                    (items.response, items.fixed[:, 1], items.random[0].codes, items.random[1].codes)),
    }  # fmt: skip
    found = in_r(R, tables, "slow" if slow else "quick")
    return {name: time / TIMES.get(name, 1.0) for name, time in found.items()}


def in_python() -> Iterator[Sequence[str]]:
    """Compare with Python's programs."""
    data = reaction_times()
    own = least(lambda: fit(data))
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM

        groups, columns = data.random[0].codes, data.random[0].matrix
        time = least(lambda: MixedLM(data.response, data.fixed, groups, columns).fit(), 3)
        yield WHAT["fit"], "statsmodels", f"{own:.2f} ms", f"{time:.0f} ms", f"{time / own:.0f}"
    except ImportError:
        print("\nstatsmodels is not installed.")
    try:
        import mixedlm
        import pandas as pd

        frame = pd.DataFrame({"y": data.response, "day": data.fixed[:, 1], "person": data.random[0].codes})
        time = least(lambda: mixedlm.lmer("y ~ day + (day | person)", frame), 3)
        yield WHAT["fit"], "mixedlm", f"{own:.2f} ms", f"{time:.0f} ms", f"{time / own:.0f}"
    except ImportError:
        print("\nmixedlm is not installed.")


def linear(*, slow: bool) -> Iterator[Sequence[str]]:
    theirs = in_lme4(slow=slow)
    for name, work in works().items():
        own = least(work)
        time = theirs.get(name)
        aim = f" (at least {TARGETS[name]})" if name in TARGETS else ""
        yield (
            WHAT[name],
            f"{own:.2f} ms",
            "" if time is None else f"{time:,.0f} ms",
            aim.strip(" ()") if time is None else f"{time / own:.0f}{aim}",
        )


def refits() -> Iterator[Sequence[str]]:
    rng = np.random.default_rng(5)
    for people in (18, 180, 1_800):
        found = fit(reaction_times(people))
        for count in (10, 100, 1_000):
            if people * count > 180_000:
                continue
            drawn = simulated(found, count, rng)
            time = least(partial(refit, found, drawn), 3)
            yield f"{10 * people:,}", f"{count:,}", f"{time / count:.3f} ms"


def rows() -> Iterator[Sequence[str]]:
    """Time and memory of many rows, each in a process of its own."""
    for what in ("crossed", "10000", "100000", "1000000"):
        done = subprocess.run(
            [sys.executable, __file__, "peak", what], capture_output=True, text=True, check=True
        )
        time, before, peak = done.stdout.split()
        name = (
            f"{WHAT['crossed']}, random slope, Kenward-Roger"
            if what == "crossed"
            else f"{int(what):,} rows, random intercept"
        )
        yield name, f"{float(time):.0f} ms", f"{peak} MB", f"{before} MB"


def peak(what: str) -> None:
    if what == "crossed":
        data = people_by_items(slope=True)
    else:
        n, rng = int(what), np.random.default_rng(6)
        codes, x, one = np.arange(n) % (n // 20), rng.standard_normal(n), np.ones(n)
        y = x + rng.standard_normal(n // 20)[codes] + rng.standard_normal(n)
        data = MixedData(y, np.column_stack([one, x]), ("intercept", "x"), (term("p", codes, intercept=one),))
    fit(reaction_times(3))
    before = most_memory()
    start = process_time()
    every_test(fit(data))
    time = 1000 * (process_time() - start)
    print(time, before, most_memory())


def compiling() -> Iterator[Sequence[str]]:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(root)}
        for name in ("first process, nothing kept", "second process"):
            done = subprocess.run(
                [sys.executable, __file__, "everything"],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            yield name, f"{float(done.stdout):.1f} s"


def main(*, slow: bool) -> None:
    print(f"Load of the machine's {os.cpu_count()} processors at the start: {os.getloadavg()[0]:.1f}.")
    table(
        "Mixed models and R (lme4, lmerTest, pbkrtest, ordinal)",
        ("what", "ours", "R's", "R's / ours"),
        linear(slow=slow),
    )
    table("Other programs in Python", ("what", "program", "ours", "its", "its / ours"), in_python())
    table("One refit among many", ("rows", "refits", "time of each"), refits())
    table("Time and memory", ("what", "time", "peak", "of it before the fit"), rows())
    table("Compilation of the linear engine", ("when", "time"), compiling())
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    one_thread()
    if sys.argv[1:2] == ["peak"]:
        peak(sys.argv[2])
    elif sys.argv[1:] == ["everything"]:
        start = process_time()
        found = fit(reaction_times(3))
        every_test(found)
        refit(found, found.response[:, None])
        print(process_time() - start)
    else:
        main(slow="--slow" in sys.argv)
