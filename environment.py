"""Make the project's environment in ``.venv``: ``python environment.py [extra ...]``.

Needs Python 3.11 or later and nothing else. uv is used when it is there, otherwise venv and pip.
Versions are those of requirements.lock.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main(extras: list[str]) -> None:
    """Create the environment if need be, and install the project with `extras` into it."""
    if sys.version_info < (3, 11):  # noqa: UP036, an older Python can read this far
        sys.exit(f"mmstats needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    wanted = f"{ROOT}[{','.join(sorted({'sources', *extras}))}]"
    stamp = HOME / ".installed"
    files = [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "requirements.lock")]
    fingerprint = "\n".join([wanted, *files])
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint:
        return
    arguments = ["--constraint", str(ROOT / "requirements.lock"), "--editable", wanted]
    uv = shutil.which("uv")
    if uv:
        _do(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(HOME))
        _do(uv, "pip", "install", "--quiet", "--python", str(PYTHON), *arguments)
    else:
        _do(*_pip(), "install", "--quiet", *arguments)
    stamp.write_text(fingerprint, encoding="utf-8")


def _pip() -> list[str]:
    """Create the environment and return the command that installs into it."""
    if not _has("ensurepip") and not _has("pip"):
        _add_ensurepip()
    if _has("ensurepip"):
        _do(sys.executable, "-m", "venv", str(HOME))
        return [str(PYTHON), "-m", "pip"]
    _do(sys.executable, "-m", "venv", "--without-pip", str(HOME))
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _add_ensurepip() -> None:
    """Debian keeps ensurepip in a package of its own: install it where that is allowed, else say how."""
    apt = shutil.which("apt-get")
    if apt is None or os.name == "nt" or os.geteuid() != 0:
        sys.exit(
            "This Python comes without pip and ensurepip, so no environment can be made. "
            "On Debian or Ubuntu, install them with `sudo apt-get install python3-venv`, then try again."
        )
    print("This Python comes without ensurepip: installing Debian's python3-venv.", flush=True)
    _do(apt, "update", "--quiet")
    _do(apt, "install", "--yes", "--quiet", "python3-venv")
    importlib.invalidate_caches()


def _do(*command: str) -> None:
    finished = subprocess.run(command, check=False)
    if finished.returncode:
        sys.exit(f"This step failed ({finished.returncode}): {' '.join(command)}")


if __name__ == "__main__":
    main(sys.argv[1:])
