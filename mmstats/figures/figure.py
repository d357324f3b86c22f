"""A finished figure: a drawing, and the words that say what is to be seen in it."""

import io
import os
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Drawing

from mmstats.errors import ReportError, unknown
from mmstats.figures.style import look
from mmstats.writing import write_whole

DPI = 300
MM_PER_INCH = 25.4


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A drawing of fixed size with its text alternative.

    It shows itself in a notebook and in Quarto: as SVG, PDF or PNG if ``QUARTO_FIG_FORMAT`` asks for one
    of them, else as SVG with a PNG beside it for documents that cannot hold SVG. The same figure gives
    the same bytes; its text is outlines in SVG and an embedded font in PDF.

    Parameters
    ----------
    id : str
        Its name: small letters, digits and hyphens.
    drawing : matplotlib.figure.Figure
    alt : str
        What is to be seen, with the numbers, for those who do not see it (``fig-alt``).
    caption : str
        The words below it in a report (``fig-cap``).
    """

    id: str
    drawing: Drawing
    alt: str
    caption: str = ""

    @property
    def width(self) -> float:
        """Its width in millimetres."""
        return float(self.drawing.get_figwidth()) * MM_PER_INCH

    @property
    def height(self) -> float:
        """Its height in millimetres."""
        return float(self.drawing.get_figheight()) * MM_PER_INCH

    def svg(self) -> str:
        """Return it as SVG, with its text alternative inside."""
        text = self._printed("svg", {"Date": None, "Creator": None}).decode()
        text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
        told = f'<svg role="img" aria-label="{escape(self.alt, quote=True)}" '
        return text.replace("<svg ", told, 1)

    def pdf(self) -> bytes:
        """Return it as PDF."""
        return self._printed("pdf", {"CreationDate": None, "Creator": None, "Producer": None})

    def png(self, dpi: int = DPI) -> bytes:
        """Return it as PNG."""
        return self._printed("png", {"Software": None}, dpi=dpi)

    def save(self, path: str | Path) -> Path:
        """Write it as ``.svg``, ``.pdf`` or ``.png``, whole or not at all, and return the path.

        Raises
        ------
        ReportError
            If the path ends in something else.
        StudyError
            If it cannot be written.
        """
        path = Path(path)
        kinds: dict[str, Callable[[], bytes]] = {
            ".svg": lambda: self.svg().encode(),
            ".pdf": self.pdf,
            ".png": self.png,
        }
        if path.suffix.lower() not in kinds:
            raise ReportError(f"{path.name}: {unknown(path.suffix, kinds, what='kind of figure file')}")
        return write_whole(path, kinds[path.suffix.lower()]())

    def _printed(self, kind: str, metadata: dict[str, str | None], dpi: int = DPI) -> bytes:
        out = io.BytesIO()
        with look(**{"svg.hashsalt": self.id, "svg.fonttype": "path", "pdf.fonttype": 42}):
            self.drawing.savefig(out, format=kind, metadata=metadata, dpi=dpi)
        return out.getvalue()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        wanted = os.environ.get("QUARTO_FIG_FORMAT", "")
        data: dict[str, Any] = {"text/plain": self.alt}
        if wanted == "pdf":
            data["application/pdf"] = b64encode(self.pdf()).decode()
        if wanted not in ("png", "retina", "jpeg", "pdf"):
            data["image/svg+xml"] = self.svg()
        if wanted not in ("svg", "pdf"):
            data["image/png"] = b64encode(self.png()).decode()
        size = {
            "width": round(self.width / MM_PER_INCH * 96),
            "height": round(self.height / MM_PER_INCH * 96),
        }
        return data, {"image/png": size}
