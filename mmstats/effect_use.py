"""Whether an analysis takes an effect of the plan for what it is: its own standard error, and its scale."""

from mmstats.effect_variables import effect_names
from mmstats.formula import Formula, FormulaError
from mmstats.meta.measures import measure
from mmstats.plan import Analysis, Plan


def effect_use_problems(analysis: Analysis, plan: Plan) -> list[str]:
    """Return what is wrong with an analysis's use of the effects that its plan makes."""
    given = _effect(analysis)
    made = next((each for each in plan.effects if each.name == given and each.measure), None)
    if made is None:
        return []
    problems = []
    error = analysis.arguments.get("std_error")
    own = effect_names(made)[1]
    if isinstance(error, str) and error != own:
        problems.append(f"the standard error of {given!r} is {own!r}, but std_error is {error!r}.")
    chosen = measure(made.measure)
    if analysis.arguments.get("scale") == "logarithms" and chosen.scale.name != "log":
        problems.append(
            f"scale = 'logarithms' gives back ratios, but {given!r} is no logarithm of one: it is a "
            f"{chosen.quantity.label.lower()}. Leave 'scale' out."
        )
    return problems


def _effect(analysis: Analysis) -> str:
    """Return the variable that an analysis pools, or that its formula is about."""
    if "effect" in analysis.arguments:
        return str(analysis.arguments["effect"])
    try:
        return str(Formula.parse(str(analysis.arguments.get("formula", ""))).response or "")
    except FormulaError:  # which is told with the formula
        return ""
