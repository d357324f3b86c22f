"""What `mm.analyze` costs beside the method: ``python benchmarks/analyze.py [METHOD]``.

A frame of 40 rows and 4 columns; the lower quartile of many rounds, after a warm one.
"""

import sys
import time
from collections.abc import Callable
from statistics import quantiles

import numpy as np
import pandas as pd

import mmstats as mm
from mmstats.methods import METHODS

MOST = 2.0  # milliseconds that may be added


def milliseconds(*works: Callable[[], object], rounds: int = 300) -> list[float]:
    """Return the lower quartile of each one's time; they take turns, so that all are slowed alike."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            started = time.perf_counter()
            work()
            times.append(1e3 * (time.perf_counter() - started))
    return [quantiles(times)[0] for times in taken]


def main(method: str = "welch") -> int:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "score": random.normal(50, 10, 40),
            "arm": np.repeat(["HC", "MS"], 20),
            "age": random.normal(40, 8, 40),
            "sex": np.tile(["f", "m"], 20),
        }
    )
    group = frame["arm"].astype("category")
    alone, whole = milliseconds(
        lambda: tuple(METHODS[method].function(frame["score"], group)),
        lambda: mm.analyze(frame, method, outcome="score", group="arm"),
    )
    added = whole - alone
    print(f"{method}: {alone:.2f} ms alone, {whole:.2f} ms by mm.analyze")
    print(f"ratio {whole / alone:.2f}, added {added:.2f} ms (at most {MOST:g})")
    return 0 if added <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
