"""Loops where nothing can be kept on disk, and uncompiled; and that nothing else waits for the compiler."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.example_study import PLAN, make

ROOT = Path(__file__).parents[2]
# One answer of every kind of loop, to all digits.
ANSWERS = """
import warnings
warnings.simplefilter("error")
import numpy as np
from mmstats.resampling import statistics
from mmstats.resampling.bootstrap import bootstrap_interval
from mmstats.resampling.max_t import max_t
from mmstats.resampling.permutation import of_pairs, of_two_groups

rng = np.random.default_rng(1)
x, y = np.sort(rng.normal(0.5, 1, 12)), rng.normal(0, 1, 12)
pairs = [statistics.PEARSON_R, statistics.SPEARMAN_RHO, statistics.KENDALL_TAU]
of_groups = [statistics.MEAN_DIFFERENCE, statistics.HEDGES_G, statistics.MEDIAN_DIFFERENCE,
             statistics.SUPERIORITY, statistics.trimmed_mean_difference(0.2)]
for statistic in pairs + of_groups:
    intervals = ["bca-bootstrap"] + ["studentized-bootstrap"] * statistic.has_error
    for interval in intervals + ["bayesian-bootstrap"] * statistic.smooth:
        print(bootstrap_interval((x, y), statistic, interval=interval, level=0.9, resamples=99,
                                 rng=np.random.default_rng(2), paired=statistic in pairs))
rng = np.random.default_rng(3)
print(of_two_groups(x, y, welch=True, resamples=99, rng=rng).limits(0.1))
print(of_two_groups(x[:4], y[:4], welch=False, resamples=99, rng=rng).limits(0.1))
print(of_pairs(np.concatenate([x, y]), resamples=99, rng=rng).limits(0.1))
print(max_t(np.stack([x, y]), np.arange(5), resamples=99, rng=rng).p_adjusted)
"""
BRIEF = """
import numpy as np
from mmstats.resampling.permutation import of_pairs
print(of_pairs(np.sqrt(np.arange(24.0)), resamples=99, rng=np.random.default_rng(3)).limits(0.1))
"""
# What Numba meets where neither the package's folder nor the user's can be written to, whoever runs this.
NOWHERE = """
import tempfile
def refuse(*args, **kwargs):
    raise PermissionError("read-only")
tempfile.TemporaryFile = refuse
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_uncompiled_loops_give_the_same_answers() -> None:
    assert run(ANSWERS, NUMBA_DISABLE_JIT="1") == run(ANSWERS)


def test_no_folder_need_be_writable() -> None:
    assert run(NOWHERE + BRIEF, HOME="/nonexistent", NUMBA_CACHE_DIR="") == run(BRIEF)


@pytest.mark.parametrize(
    "code",
    [
        "import mmstats",
        "import mmstats.methods",
        "import mmstats.run, mmstats.study",
        "import pandas as pd, mmstats.methods as m\n"
        "g = pd.Series(pd.Categorical(list('ababab')))\n"
        "list(m.METHODS['welch'].function(pd.Series([1.0, 2, 3, 4, 5, 7]), g))\n"
        "list(m.METHODS['mann_whitney'].function(pd.Series([1.0, 2, 3, 4, 5, 7]), g))",
    ],
)
def test_nothing_waits_for_the_compiler_that_does_not_resample(code: str) -> None:
    run(f"{code}\nimport sys\nassert 'numba' not in sys.modules")


def test_a_plan_without_resampling_does_not_wait_either(tmp_path: Path) -> None:
    plan = re.sub(r"\n(interval|resamples) = .*", "", PLAN)
    folder = make(tmp_path, plan=plan)
    found = run(
        "import sys\nfrom mmstats.study import Study\n"
        f"print(len(Study.find({str(folder)!r}).compute().tidy()))\nassert 'numba' not in sys.modules"
    )
    assert int(found) > 3
