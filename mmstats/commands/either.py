"""A study by its name: of one cohort, or the pooling of several."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmstats.pooled_study import PooledStudy
    from mmstats.study import Study


def either(
    name: str,
    *,
    data: Path | None = None,
    out: Path | None = None,
    methods: Path | None = None,
    bundles: tuple[Path, ...] = (),
    key: Path | None = None,
) -> "Study | PooledStudy":
    """Return the study of a name.

    Raises
    ------
    StudyError
        If there is none; if it pools cohorts, and a file of methods is given, or does not, and bundles are.
    """
    from mmstats.errors import PlanError, StudyError
    from mmstats.harmonise.plan_file import plans_pooling
    from mmstats.study import Study
    from mmstats.toml import read_toml

    found = Study.find(name, data=data, out=out, methods=methods)
    if not plans_pooling(read_toml(found.folder / "plan.toml", PlanError)):
        if bundles or key:
            raise StudyError("Only a pooling of cohorts takes bundles: leave --bundle and --key out.")
        return found
    from mmstats.pooled_study import PooledStudy

    if methods is not None:
        raise StudyError("A pooling study takes registered methods only: leave --methods out.")
    return PooledStudy(found, bundles, key)
