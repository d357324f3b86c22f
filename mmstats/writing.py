"""Writing a file whole or not at all."""

import os
from pathlib import Path

from mmstats.errors import StudyError


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file by way of a temporary neighbour, so that readers see the old or the new one.

    Parameters
    ----------
    path : Path
        Its folder is made if there is none.
    content : str or bytes
        Text is written as UTF-8, its line ends as they are.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    StudyError
        If it cannot be written; what was there stays.
    """
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        return new.replace(path)
    except OSError as failed:
        if new.exists():
            new.unlink()
        raise cannot_write(path, failed) from None


def cannot_write(path: Path, failed: OSError) -> StudyError:
    """Return the error that says what could not be written, why, and the way out."""
    return StudyError(
        f"{path} cannot be written: {failed.strerror or failed}. What was there before is still whole. Make "
        "room, or say who may write there, or choose another place (--out)."
    )
