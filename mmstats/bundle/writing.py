"""Writing a bundle, with its digest and, given a key, its signature."""

import json
from pathlib import Path

from mmstats.bundle.bundle import Bundle
from mmstats.bundle.canonical import signature
from mmstats.writing import write_whole


def bundle_text(bundle: Bundle, key: bytes | None = None) -> str:
    """Return the document as it is written: a line for each part, so that people can read it.

    Parameters
    ----------
    bundle : Bundle
    key : bytes, optional
        What only those know who may write bundles that the reader believes.
    """
    content = dict(bundle.content)
    content["digest"] = bundle.digest
    if key is not None:
        content["signature"] = signature(bundle.content, key)
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=True) + "\n"


def save_bundle(bundle: Bundle, path: Path, key: bytes | None = None) -> Path:
    """Write a bundle, whole or not at all, and return its path."""
    return write_whole(path, bundle_text(bundle, key))
