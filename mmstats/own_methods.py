"""Methods that a study brings in a Python file of its own: named on the command line, never by a plan."""

import hashlib
import sys
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.util import decode_source, module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType

from mmstats.errors import StudyError
from mmstats.methods import METHODS


@dataclass(frozen=True)
class OwnMethods:
    """A file of methods that was imported.

    Parameters
    ----------
    path : Path
    digest : str
        The SHA-256 of the file's bytes.
    names : tuple of str
        The methods it has.
    """

    path: Path
    digest: str
    names: tuple[str, ...]


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
        content = path.read_bytes()
    except OSError as failed:
        raise StudyError(f"The methods in {path} cannot be read: {failed.strerror}.") from None
    digest = hashlib.sha256(content).hexdigest()
    module_name = f"mmstats_own_{digest[:16]}"
    if module_name not in sys.modules:
        loader = _Loader(content, path)
        spec = spec_from_loader(module_name, loader, origin=str(path))
        assert spec is not None
        module = module_from_spec(spec)
        sys.modules[module_name] = module
        known = dict(METHODS)
        try:
            loader.exec_module(module)
        except Exception as failed:
            del sys.modules[module_name]
            METHODS.clear()
            METHODS.update(known)
            raise StudyError(f"The methods in {path} cannot be used: {_words(failed, path)}") from failed
    names = tuple(sorted(n for n, m in METHODS.items() if m.function.__module__ == module_name))
    if not names:
        raise StudyError(
            f"{path} has no method. Mark a function with @mmstats.method(title=..., references=(...))."
        )
    return OwnMethods(path, digest, names)


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
