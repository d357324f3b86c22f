"""The ways in which a method makes its intervals or tests: their names, and the options that ask for them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from mmstats.methods import METHODS

# Of a linear mixed model, the t interval bears the name of its degrees of freedom.
LINEAR = {
    "kenward-roger": {"interval": "t", "df_method": "kenward-roger"},
    "satterthwaite": {"interval": "t", "df_method": "satterthwaite"},
    "profile": {"interval": "profile"},
    "parametric-bootstrap": {"interval": "parametric-bootstrap"},
    "cluster-bootstrap": {"interval": "cluster-bootstrap"},
}
GENERALISED = {
    "profile": {"interval": "profile", "penalty": "none"},
    "wald": {"interval": "wald", "penalty": "none"},
    "profile-penalised": {"interval": "profile", "penalty": "soft"},
    "parametric-bootstrap": {"interval": "parametric-bootstrap", "penalty": "none"},
}
# Options other than `interval` that decide it, and what follows their choices in the interval's name.
DECIDED = {"gee": ("covariance", "-t"), "rm_anova": ("correction", "")}


@cache
def ways(method: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the options of each way, by its name, the default first; a nameless one if there is no choice.

    Examples
    --------
    >>> list(ways("rm_anova"))
    ['greenhouse-geisser', 'huynh-feldt', 'none']
    """
    if method == "lmm":
        return LINEAR
    if method in ("glmm", "clmm"):
        return GENERALISED
    name, behind = DECIDED.get(method, ("interval", ""))
    option = METHODS[method].options.get(name)
    if option is None:
        return {"": {}}
    choices = [str(option.default), *(str(c) for c in option.choices if c != option.default)]
    return {f"{choice}{behind}": {name: choice} for choice in choices}


def default_way(method: str) -> str:
    """Return the way a method takes unless told otherwise; empty where it offers no choice."""
    return next(iter(ways(method)))


def in_a_plan(method: str, way: str) -> str:
    """Return how a plan asks for a way: the options that are not the default, or the first of them.

    Examples
    --------
    >>> in_a_plan("glmm", "profile-penalised"), in_a_plan("glmm", "profile")
    ("penalty = 'soft'", "interval = 'profile'")
    """
    asked, options = ways(method)[way], METHODS[method].options
    others = {name: value for name, value in asked.items() if value != options[name].default}
    return ", ".join(
        f"{name} = {value!r}" for name, value in (others or dict(list(asked.items())[:1])).items()
    )
