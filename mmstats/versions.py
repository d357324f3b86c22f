"""What computes: the versions of Python, of this package and of those it computes with."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mmstats import __version__

PACKAGES = ("numpy", "scipy", "numba", "pandas", "statsmodels", "formulaic", "pandera")


@cache
def packages() -> dict[str, str]:
    """Return the version of each package that results depend on."""
    return {"mmstats": __version__, **{name: version(name) for name in PACKAGES}}


@cache
def versions() -> dict[str, str]:
    """Return all that must be the same on two computers for the same bytes, down to this package's source.

    Examples
    --------
    >>> versions()["mmstats"] == __version__
    True
    """
    return {
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **packages(),
        "mmstats's source": _source()[:12],
    }


def _source() -> str:
    """Return the SHA-256 of every Python file of this package."""
    home = Path(__file__).parent
    total = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        total.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
