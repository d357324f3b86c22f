"""The models of dependent effects that the references hold, as we write them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmstats.meta.multilevel import pool_multilevel
from mmstats.meta.multilevel_result import Multilevel
from mmstats.meta.random_term import nested, within
from mmstats.meta.sampling_covariance import sampling_covariance

MODELS = (
    "konstantopoulos2011_3level_REML", "konstantopoulos2011_3level_ML",
    "konstantopoulos2011_3level_t_contain", "konstantopoulos2011_CS", "konstantopoulos2011_year",
    "assink2016", "assink2016_vcalc0.6",
    "assink2016_deltype", "berkey1998_UN", "berkey1998_UN_REML_year", "hasselblad1998_network",
    "ishak2007_HAR",
)  # fmt: skip


def expected(references: Path) -> dict[str, Any]:
    """Return what metafor and clubSandwich say."""
    file = references / "reference" / "meta" / "multilevel_mv.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def table(references: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(references / "reference" / "data" / f"{name}.csv")


def fitted(name: str, references: Path, **options: Any) -> tuple[Multilevel, Any]:
    """Return the fit of a model, and its clusters."""
    said = expected(references)
    options = {"test": "z", **options}
    if name.startswith("konstantopoulos"):
        d = table(references, "konstantopoulos2011")
        terms = nested("district/school", d.district, d.school)
        y, v = d.yi.to_numpy(), d.vi.to_numpy()
        if name.endswith("CS"):
            terms = (within("school | district", d.school, d.district, "cs"),)
        if name.endswith("ML") and not name.endswith("REML"):
            options["restricted"] = False
        if name.endswith("contain"):
            options["test"] = "containment"
        design = np.ones((len(y), 1))
        if name.endswith("year"):
            design = np.column_stack([design, d.year - d.year.mean()])
        names = ("intercept", "year")[: design.shape[1]]
        return pool_multilevel(y, v, terms, design, names, **options), d.district
    if name.startswith("assink"):
        d = table(references, "assink2016")
        v = d.vi.to_numpy() if name == "assink2016" else sampling_covariance(d.vi.to_numpy(), d.study, 0.6)
        kinds = ("general", "overt") if name.endswith("deltype") else ()
        design = np.column_stack([np.ones(len(d)), *(d.deltype == kind for kind in kinds)]).astype(float)
        terms = nested("study/esid", d.study, d.esid)
        return pool_multilevel(d.yi.to_numpy(), v, terms, design, ("intercept", *kinds), **options), d.study
    if name.startswith("berkey"):
        d = table(references, "berkey1998")
        design = np.column_stack([d.outcome == "AL", d.outcome == "PD"]).astype(float)
        names = ("AL", "PD")
        if name.endswith("year"):
            design = np.column_stack([design, design * (d.year - 1983).to_numpy()[:, None]])
            names = (*names, "AL:year", "PD:year")
        options = {"restricted": name.endswith("year"), **options}
        term = within("outcome | trial", d.outcome, d.trial, "un")
        v = np.array(said["berkey1998_V"])
        return pool_multilevel(d.yi.to_numpy(), v, [term], design, names, **options), d.trial
    if name.startswith("hasselblad"):
        d = table(references, "hasselblad1998_wide")
        names = ("self_help", "ind_counseling", "grp_counseling")
        term = within("comp | study", d.comp, d.study, "cs", rho=0.5)
        one = said[name]
        design = d[list(names)].to_numpy(dtype=float)
        return pool_multilevel(
            np.array(one["yi"]), np.array(one["V"]), [term], design, names, **options
        ), d.study
    d = table(references, "ishak2007_long")
    # the reference's sampling errors correlate by 0.97 to the power of how many rows apart they are
    place = d.groupby("study").cumcount().to_numpy().astype(np.float64)
    return ishak(
        d, sampling_covariance(d.vi.to_numpy(), d.study, time=place, phi=0.97), "har", **options
    ), d.study


def ishak(d: pd.DataFrame, v: Any, kind: Any, **options: Any) -> Multilevel:
    """Return the model of four times, each with a mean of its own."""
    design = np.column_stack([d.time == time for time in (1, 2, 3, 4)]).astype(float)
    term = within("time | study", d.time, d.study, kind)
    return pool_multilevel(d.yi.to_numpy(), v, [term], design, ("1", "2", "3", "4"), **options)
