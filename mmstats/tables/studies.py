"""The studies of a review: their characteristics, and how likely each is biased."""

from collections.abc import Sequence

from mmstats import format as fmt
from mmstats import labels
from mmstats.errors import ReportError
from mmstats.pooled_parts import study_values
from mmstats.results import Results
from mmstats.tables.table import Align, Column, Row, Table


def studies_table(
    results: Results, *, id: str = "tbl-studies", caption: str = "Characteristics of the studies"
) -> Table:
    """Return the studies of a review with the characteristics that its plan names.

    A report adds the citation of each (`mmstats.pooled_parts.cited_studies`).

    Raises
    ------
    ReportError
        If the results have no review, or it names no characteristics.
    """
    names = results.review.characteristics if results.review else ()
    if results.review and not names:
        raise ReportError("The review names no characteristics of studies.")
    return _table(results, names, id, caption, "not reported")


def risk_of_bias_table(
    results: Results, *, id: str = "tbl-bias", caption: str = "Risk of bias of the studies"
) -> Table:
    """Return what was judged of each study of a review.

    Raises
    ------
    ReportError
        If the results have no review, or it names no judgements.
    """
    names = results.review.risk_of_bias if results.review else ()
    if results.review and not names:
        raise ReportError("The review names no judgements of the risk of bias.")
    return _table(results, names, id, caption, "not judged")


def _table(results: Results, names: Sequence[str], id: str, caption: str, lacking: str) -> Table:
    values = study_values(results, names)
    study = results.review.study if results.review else ""
    shown = {name: [_text(results, name, own[name], values) for own in values.values()] for name in names}
    rows = tuple(
        Row({"study": labels.level(results, study, level), **{name: shown[name][place] for name in names}})
        for place, level in enumerate(values)
    )
    gaps = any(text == fmt.DASH for texts in shown.values() for text in texts)
    return Table(
        id=id,
        columns=(
            Column("study", labels.label(results, study), "left"),
            *(Column(name, labels.with_unit(results, name), _align(results, name)) for name in names),
        ),
        rows=rows,
        caption=caption,
        notes=(f"{fmt.DASH}, {lacking}.",) if gaps else (),
    )


def _align(results: Results, name: str) -> Align:
    return "right" if results.variables[name].is_number else "left"


def _text(
    results: Results, name: str, own: Sequence[object], values: dict[str, dict[str, list[object]]]
) -> str:
    if not results.variables[name].is_number:
        return "; ".join(labels.level(results, name, str(value)) for value in own) or fmt.DASH
    every = [float(str(value)) for one in values.values() for value in one[name]]
    shown = fmt.column(every)
    return "; ".join(shown(float(str(value))) for value in own) or fmt.DASH
