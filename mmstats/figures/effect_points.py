"""Which saved row each effect of a meta-analysis of dependent effects is of."""

from collections.abc import Mapping

import pandas as pd

from mmstats.errors import ReportError
from mmstats.figures.points import points_of
from mmstats.figures.pooling import Pooling
from mmstats.formula.formula import Formula
from mmstats.formula.model_data import as_groups
from mmstats.pooled_parts import StudyPart
from mmstats.results import Results


def values_of_effects(results: Results, found: Pooling, name: str) -> Mapping[tuple[str, str], object]:
    """Return the value of a variable in the row of each effect, by the study's level and the effect's name.

    Groups tell rows apart; where they do not, as identifiers are not saved, effects and their errors do.

    Raises
    ------
    ReportError
        If the saved points lack a variable.
    """
    roles = found.result.roles
    sizes = [str(Formula.parse(str(roles["formula"])).response.variable), str(roles["std_error"])]
    known = list(dict.fromkeys(key for study in found.studies for key in study.within))
    points = points_of(results, found.result, [found.variable, *known, *sizes])
    saved = results.points_of(found.result)
    if name not in saved:
        raise ReportError(f"The saved points have no {name!r}.")
    points = points.assign(**{key: as_groups(points[key]).astype(str) for key in [found.variable, *known]})
    rows = {
        key if isinstance(key, tuple) else (key,): own.sort_values(sizes).index
        for key, own in points.groupby([found.variable, *known], sort=False)
    }
    alike: dict[tuple[str, ...], list[StudyPart]] = {}
    for study in found.studies:
        alike.setdefault((study.level, *study.within.values()), []).append(study)
    values: dict[tuple[str, str], object] = {}
    for key, own in alike.items():
        own = sorted(own, key=lambda study: (study.effect.estimate, study.effect.conf_high))
        for study, row in zip(own, rows.get(key, ()), strict=False):
            if pd.notna(value := saved.loc[row, name]):
                values[study.level, study.name] = value
    return values
