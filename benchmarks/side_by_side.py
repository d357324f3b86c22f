"""What benchmarks share: least times, R in a process of its own, memory, tables."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import process_time

import numpy as np

Work = Callable[[], object]
TIMING = """
args <- commandArgs(trailingOnly = TRUE); folder <- args[1]
least <- function(run, repeats) min(replicate(repeats, {
  start <- sum(proc.time()[1:2]); run(); sum(proc.time()[1:2]) - start
})) * 1000
say <- function(name, run, repeats) {
  cat(name, "\\t", suppressMessages(suppressWarnings(least(run, repeats))), "\\n", sep = "")
}
"""


def one_thread() -> None:
    """Start the program again with one thread, unless it was: libraries read that when they are loaded."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if not single.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | single)


def least(work: Work, repeats: int = 7, at_most: float = 5.0) -> float:
    """Return the least processor time, in milliseconds."""
    work()
    times: list[float] = []
    while len(times) < repeats and (sum(times) < at_most or len(times) < 2):
        start = process_time()
        work()
        times.append(process_time() - start)
    return 1000 * min(times)


def in_r(script: str, tables: Mapping[str, tuple[str, Sequence[np.ndarray]]], *args: str) -> dict[str, float]:
    """Return what an R script says of its times, in milliseconds; nothing where R or a package is missing.

    The script has `say(name, run, repeats)`, and finds each table as a file in `folder`.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, (head, columns) in tables.items():
            np.savetxt(
                Path(folder, f"{name}.csv"), np.column_stack(columns), delimiter=",", header=head, comments=""
            )
        file = Path(folder, "compare.R")
        file.write_text(TIMING + script, encoding="utf-8")
        try:
            done = subprocess.run(
                ["Rscript", str(file), folder, *args], capture_output=True, text=True, check=True
            )
        except FileNotFoundError:
            print("\nR is not installed.")
            return {}
        except subprocess.CalledProcessError as error:
            print(f"\nR did not run to its end: {error.stderr.strip().splitlines()[-1]}")
            return {}
    pairs = (line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
    return {name: float(time) for name, time in pairs}


def most_memory() -> int:
    """Return the most memory that this process has held so far, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():  # what `resource` says includes the process that started this one
        line = next(one for one in status.read_text(encoding="utf-8").splitlines() if "VmHWM" in one)
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


def table(title: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for line in lines:
        print(f"| {' | '.join(line)} |", flush=True)
