"""Reports: Quarto documents over saved results, rendered by Quarto or by the embedded engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmstats.pooled_study import PooledStudy
    from mmstats.report.render import render
    from mmstats.report.saved_values import Report
    from mmstats.results import Results
    from mmstats.study import Study

TEMPLATES = ("manuscript", "meta_analysis", "data_quality", "methods")
BIBLIOGRAPHY = "references.bib"  # of a study, beside its plan
__all__ = ["Report", "render", "render_study", "templates"]


def __getattr__(name: str) -> Any:
    if name == "Report":
        from mmstats.report.saved_values import Report

        return Report
    if name == "render":
        from mmstats.report.render import render

        return render
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def suitable(results: "Results") -> tuple[str, ...]:
    """Return which of the shipped documents suit some results.

    Those that pool studies, or have a review, get its report; and no manuscript if they have nothing else.
    """
    from mmstats.labels import DESCRIBE
    from mmstats.pooled_parts import is_of_studies

    others = [r for r in results if r.analysis.method != DESCRIBE and not is_of_studies(r)]
    pooled = results.review is not None or any(is_of_studies(r) for r in results)
    left_out = {"manuscript"} if pooled and not others else set() if pooled else {"meta_analysis"}
    return tuple(name for name in TEMPLATES if name not in left_out)


def templates(folder: Path, names: Sequence[str]) -> list[Path]:
    """Return the documents of a study: its own where it has them, shipped ones otherwise, and any more."""
    from mmstats.shipped import shipped

    own = {path.stem: path for path in sorted(folder.glob("*.qmd"))}
    found = [own.pop(name) if name in own else shipped("reports", f"{name}.qmd") for name in names]
    return found + [path for name, path in own.items() if not name.startswith("_")]


def render_study(
    study: "Study | PooledStudy", *, formats: Sequence[str] = ("html", "docx", "pdf"), engine: str = "auto"
) -> list[Path]:
    """Render the reports of a study that has been run, into its folder ``report/``.

    Parameters
    ----------
    study : Study or PooledStudy
    formats : sequence of {"html", "docx", "pdf"}
    engine : {"auto", "quarto", "embedded"}
        By default Quarto if it is on the path, and the embedded engine if not.

    Raises
    ------
    StudyError
        If it has no results yet.
    ReportError
        If a report cannot be rendered: what it asks for, where, and what there is.
    """
    from mmstats.report.render import render

    results = study.results()
    own = study.folder / BIBLIOGRAPHY
    return render(
        templates(study.folder, suitable(results)),
        study_results=study.results_folder,
        formats=formats,
        out=study.out / "report",
        engine=engine,
        title=results.title,
        note=results.note,
        bibliography=own if own.is_file() else None,
    )
