"""Methods that a study brings in a Python file of its own: named on the command line, never by a plan."""

import hashlib
import sys
from dataclasses import dataclass, field, replace
from importlib.abc import InspectLoader
from importlib.util import decode_source, module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType

from mmstats.errors import StudyError
from mmstats.methods import METHODS

PREFIX = "mmstats_own_"


@dataclass(frozen=True)
class OwnMethods:
    """A file of methods that was imported; it travels to other processes with its content.

    Parameters
    ----------
    path : Path
    content : bytes
        The file as it was read.
    names : tuple of str
        The methods it has.
    """

    path: Path
    content: bytes = field(repr=False)
    names: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def module(self) -> str:
        """The name of the module it is imported as."""
        return f"{PREFIX}{self.digest[:16]}"

    def register(self) -> None:
        """Let its methods be those of this process: in place of other own ones of their names, if need be.

        Another process has no need of the file. One that carried out an earlier version of it, as a worker
        of a cluster may have, must not carry it out again.

        Raises
        ------
        StudyError
            If the file cannot be run.
        """
        if all(name in METHODS and METHODS[name].function.__module__ == self.module for name in self.names):
            return
        for name in self.names:
            if name in METHODS and METHODS[name].function.__module__.startswith(PREFIX):
                del METHODS[name]
        sys.modules.pop(self.module, None)
        _run(self)


def load(path: Path) -> OwnMethods:
    """Import a Python file, so that the functions it marks with `mmstats.method` can be named by a plan.

    The file is run as any program is: give only one that you trust. Loading the same file again does nothing
    new.

    Raises
    ------
    StudyError
        If it cannot be read or run, has no method, or has one whose name is taken.
    """
    if not path.is_file():
        raise StudyError(f"There is no file {path} of methods. Give a Python file, such as --methods own.py.")
    try:
        own = OwnMethods(path, path.read_bytes())
    except OSError as failed:
        raise StudyError(f"The methods in {path} cannot be read: {failed.strerror}.") from None
    if own.module not in sys.modules:
        _run(own)
    names = tuple(sorted(n for n, m in METHODS.items() if m.function.__module__ == own.module))
    if not names:
        raise StudyError(
            f"{path} has no method. Mark a function with @mmstats.method(title=..., references=(...))."
        )
    return replace(own, names=names)


def _run(own: OwnMethods) -> None:
    """Import the content as a module; if that fails, nothing of it stays."""
    loader = _Loader(own.content, own.path)
    spec = spec_from_loader(own.module, loader, origin=str(own.path))
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[own.module] = module
    known = dict(METHODS)
    try:
        loader.exec_module(module)
    except Exception as failed:
        del sys.modules[own.module]
        METHODS.clear()
        METHODS.update(known)
        raise StudyError(f"The methods in {own.path} cannot be used: {_words(failed, own.path)}") from failed


class _Loader(InspectLoader):
    """Imports bytes that were read already, and whose digest is known; nothing is written beside the file."""

    def __init__(self, content: bytes, path: Path) -> None:
        self.content = content
        self.path = path

    def get_source(self, fullname: str) -> str:
        """Return the text of the file."""
        return decode_source(self.content)

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled file."""
        return self.source_to_code(self.content, str(self.path))


def _words(failed: Exception, path: Path) -> str:
    """Return what went wrong, and in which line of the file."""
    if isinstance(failed, SyntaxError):
        return f"{failed.msg} (line {failed.lineno})."
    trace, line = failed.__traceback__, 0
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else line
        trace = trace.tb_next
    return f"{type(failed).__name__}: {failed}" + (f" (line {line})." if line else ".")
