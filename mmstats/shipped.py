"""Where dictionaries, report templates and example studies are: in the installed package, else beside it."""

from pathlib import Path

from mmstats.errors import StudyError

_PACKAGE = Path(__file__).parent
ROOTS = (_PACKAGE / "_shipped", _PACKAGE.parent)


def shipped(*parts: str) -> Path:
    """Return the path of a shipped file or folder.

    Raises
    ------
    StudyError
        If it is in neither place.

    Examples
    --------
    >>> shipped("data_schemas").name
    'data_schemas'
    """
    for root in ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise StudyError(f"{'/'.join(parts)} is not shipped with this installation of mmstats.")


def in_installation(path: Path) -> bool:
    """Whether `path` lies inside the installed package, where nothing may be written."""
    return path.resolve().is_relative_to((_PACKAGE / "_shipped").resolve())
