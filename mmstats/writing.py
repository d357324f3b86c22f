"""Writing a file whole or not at all."""

import os
from pathlib import Path

from mmstats.errors import StudyError


def write_whole(path: Path, text: str) -> None:
    """Write a text file by way of a temporary neighbour, so that readers see the old or the new one.

    Raises
    ------
    StudyError
        If it cannot be written; what was there stays.
    """
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as failed:
        if new.exists():
            new.unlink()
        raise cannot_write(path, failed) from None


def cannot_write(path: Path, failed: OSError) -> StudyError:
    """Return the error that says what could not be written, why, and the way out."""
    return StudyError(
        f"{path} cannot be written: {failed.strerror or failed}. What was there before is still whole. Make "
        "room, or say who may write there, or choose another place with --out."
    )
