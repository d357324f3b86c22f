"""One text for one content, its digest, and its signature."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmstats.errors import BundleError

SHORTEST = 16  # bytes of a key
LONGEST = 65_536


def canonical(content: Mapping[str, Any]) -> bytes:
    r"""Return the JSON text that digests are of: sorted keys, no spaces, ASCII, shortest exact numbers.

    Examples
    --------
    >>> canonical({"n": 3, "cohort": "é"})
    b'{"cohort":"\\u00e9","n":3}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 digest of the canonical text, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content)).hexdigest()


def signature(content: Mapping[str, Any], key: bytes) -> str:
    """Return the HMAC-SHA256 of the canonical text, as 64 hexadecimal digits."""
    return hmac.new(key, canonical(content), hashlib.sha256).hexdigest()


def agree(one: str, other: str) -> bool:
    """Return whether two digests are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def read_key(path: Path) -> bytes:
    """Return the key that a file holds, without spaces and line ends around it.

    Raises
    ------
    BundleError
        If it cannot be read, or is too short to protect anything.
    """
    try:
        with path.open("rb") as file:
            key = file.read(LONGEST + 1).strip()
    except OSError as failed:
        raise BundleError(f"The key {path.name} cannot be read: {failed.strerror}.") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise BundleError(
            f"The key {path.name} has {len(key)} bytes; it needs {SHORTEST} to {LONGEST}. Make one from "
            "random numbers, and give it to both sides by another way than the bundle."
        )
    return key
