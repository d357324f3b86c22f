"""Effects of studies in a table in memory, as in a notebook."""

import pandas as pd

from mmstats.effect_section import DIRECTIONS, parse_effect
from mmstats.effect_variables import computed_effects
from mmstats.errors import PlanError, unknown
from mmstats.meta.measures import measure as named_measure
from mmstats.plan import EffectPlan
from mmstats.toml import Section

MADE = ("effect", "std_error", "note")


def effect_sizes(frame: pd.DataFrame, measure: str, **columns: str | float) -> pd.DataFrame:
    """Return a table of studies with their effects, standard errors, and how these were had.

    Parameters
    ----------
    frame : DataFrame
        One row per study, or per effect.
    measure : str
        Its name, such as ``"standardised_mean_difference"``, or its alias (``"SMD"``).
    **columns : str or float
        For each column that the measure is made of, a column of the table, or the same number for all:
        ``comparison_mean="m1"``; or what papers print instead (``comparison_median``, ``t_value``,
        ``conf_low``, ...). Also the measure's options.

    Returns
    -------
    DataFrame
        The table with ``effect`` (a logarithm where it is pooled as one), ``std_error``, and ``note``: how it
        was had if not from the measure's own columns, why there is none, and every contradiction.

    Raises
    ------
    PlanError
        With everything that is wrong with the measure and the columns.

    Examples
    --------
    >>> trials = pd.DataFrame({"ratio": [1.8, 0.9], "low": [1.1, None], "high": [2.95, None]})
    >>> found = effect_sizes(trials, "OR", estimate="ratio", conf_low="low", conf_high="high")
    >>> found[["effect", "std_error"]].round(3).to_dict("list")
    {'effect': [0.588, nan], 'std_error': [0.252, nan]}
    >>> print(found["note"][1])
    not given: comparison_events, comparison_n, reference_events, reference_n
    """
    problems: list[str] = []
    made = parse_effect("effect", Section({**columns, "measure": measure}, "effect_sizes", problems))
    problems += _frame_problems(made, frame)
    if problems:
        raise PlanError("These effects cannot be computed:", problems)
    found = computed_effects(made, frame)
    notes = [
        " ".join(filter(None, [words or reason, *(text for _, text in faults if text not in reason)]))
        for words, reason, faults in zip(found.words, found.reasons, found.faults, strict=True)
    ]
    return frame.assign(effect=found.effects, std_error=found.std_errors, note=notes)


def _frame_problems(made: EffectPlan, frame: pd.DataFrame) -> list[str]:
    problems = [f"The table has a column {name!r} already: rename it." for name in MADE if name in frame]
    if made.label or made.rows or made.study != "study":
        problems.append("'label', 'rows' and 'study' are for plans.")
    for name, value in made.columns.items():
        if not isinstance(value, str) or (name == "direction" and value in DIRECTIONS):
            continue
        if value not in frame:
            problems.append(f"{name}: {unknown(value, map(str, frame), what='column')}")
        elif name == "direction":
            other = set(frame[value].dropna()) - set(DIRECTIONS)
            problems += [f"Column {value!r} holds {word!r}; allowed: positive, negative." for word in other]
        elif not pd.api.types.is_numeric_dtype(frame[value]):
            problems.append(f"Column {value!r} holds something that is not a number.")
    if made.measure and not made.columns:
        problems.append(f"Give columns: {', '.join(named_measure(made.measure).columns)}, ...")
    return problems
