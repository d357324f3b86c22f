"""Run a document's cells and inline expressions, in order, in a fresh kernel of this interpreter."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mmstats
from mmstats.errors import ReportError
from mmstats.report.qmd import Cell, Document, Line

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SECONDS = 600


@dataclass(frozen=True)
class Output:
    """One thing a cell printed or showed: its representations by media type, or a stream's text."""

    data: Mapping[str, str]
    stream: str = ""


@dataclass(frozen=True)
class Ran:
    """What a document's cells and inline expressions gave, by position of the part."""

    cells: Mapping[int, tuple[Output, ...]]
    inline: Mapping[int, tuple[Output, ...]]


@contextmanager
def kernel(folder: Path) -> Iterator[Any]:
    """Start a kernel of this interpreter, whatever kernels are installed, working in `folder`."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat.v4 import new_notebook
    from traitlets import Instance, Unicode

    with tempfile.TemporaryDirectory(prefix="mmstats-") as private:

        class OwnKernel(AsyncKernelManager):
            kernel_spec_manager = Instance(KernelSpecManager, kw={"kernel_dirs": []})
            connection_file = Unicode(str(Path(private) / "k.json"))
            transport = Unicode("ipc" if os.name == "posix" else "tcp")

        client = NotebookClient(
            new_notebook(),  # type: ignore[no-untyped-call]
            kernel_name="python3",
            kernel_manager_class=OwnKernel,
            timeout=SECONDS,
            allow_errors=True,
            shutdown_kernel="immediate",
            extra_arguments=["--HistoryManager.enabled=False"],
            resources={"metadata": {"path": str(folder)}},
        )
        with client.setup_kernel(env=_environment(private)):
            yield client


def execute(document: Document, parameters: Mapping[str, str], client: Any) -> Ran:
    """Run everything; outputs of cells whose output is not wanted are dropped.

    Raises
    ------
    ReportError
        At the first cell or expression that fails, with its place in the document.
    """
    _run(client, "%reset -f\n", lambda line: document.path.name)
    known = any(isinstance(part, Cell) and "tags" in part.options for part in document.parts)
    if parameters and not known:
        raise ReportError(f"{document.path.name} has no cell tagged [parameters], so it takes no parameters.")
    cells: dict[int, tuple[Output, ...]] = {}
    inline: dict[int, tuple[Output, ...]] = {}
    for position, part in enumerate(document.parts):
        if isinstance(part, Cell):
            if part.options.get("eval", True):
                cells[position] = _run(client, part.code, part.place)
            if "tags" in part.options:
                given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
                _run(client, given, lambda line: "the parameters")
        else:
            inline[position] = tuple(_expression(client, code, line) for line, code in part.inline())
    return Ran(cells, inline)


def _expression(client: Any, code: str, line: Line) -> Output:
    shown = [out for out in _run(client, code, lambda _: f"{line.place}, in `{code}`") if not out.stream]
    if not shown:
        raise ReportError(f"{line.place}: `{code}` has no value.")
    return shown[-1]


def _run(client: Any, code: str, place: Any) -> tuple[Output, ...]:
    from nbformat.v4 import new_code_cell

    cell = new_code_cell(code)  # type: ignore[no-untyped-call]
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    outputs = []
    for out in cell.outputs:
        if out.output_type == "error":
            raise ReportError(_failure(out, place))
        if out.output_type == "stream":
            outputs.append(Output({"text/plain": ANSI.sub("", out.text)}, stream=out.name))
        else:
            outputs.append(Output({kind: str(value) for kind, value in out.data.items()}))
    return tuple(outputs)


def _failure(error: Any, place: Any) -> str:
    trace = ANSI.sub("", "\n".join(error.traceback))
    lines = re.findall(r"^-+> (\d+) ", trace.partition("\nFile ")[0], re.MULTILINE)
    name = "" if error.ename == "ReportError" else f"{error.ename}: "
    return f"{place(int(lines[0]) if lines else 1)}: {name}{error.evalue}"


def _environment(private: str) -> dict[str, str]:
    """Return this process's environment, with the same package importable and no personal start-up files."""
    own = str(Path(mmstats.__file__).resolve().parents[1])
    paths = [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("QUARTO_")},
        "PYTHONPATH": os.pathsep.join(paths),
        "IPYTHONDIR": private,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
    }
