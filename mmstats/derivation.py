"""Variables made from others of the same row, as a plan writes them."""

from collections.abc import Mapping

import pandas as pd

from mmstats import expression
from mmstats.errors import MmstatsError
from mmstats.kind import Kind
from mmstats.plan import Derivation
from mmstats.variable import Variable


def derived(made: Derivation) -> Variable:
    """Return what a derived variable is: yes/no for a condition, a number otherwise."""
    label = made.label or made.name
    if expression.parse(made.value).is_condition:
        levels = dict(made.levels) or {"no": "No", "yes": "Yes"}
        return Variable(
            name=made.name, kind=Kind.BINARY, label=label, levels={k: levels[k] for k in ("no", "yes")}
        )
    return Variable(name=made.name, kind=Kind.CONTINUOUS, label=label, unit=made.unit)


def with_derived(
    made: Derivation, frame: pd.DataFrame, reasons: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return values, and why they are missing, with a derived variable; it may lack where its parts do."""
    values = expression.parse(made.value).evaluate(frame)
    if derived(made).kind is Kind.BINARY:
        words = values.map({True: "yes", False: "no"}, na_action="ignore").astype(object)
        values = pd.Series(pd.Categorical(words, categories=["no", "yes"]), index=values.index)
    why = values.isna().map({True: "made from a missing value", False: ""})
    return frame.assign(**{made.name: values}), reasons.assign(**{made.name: why})


def declare(
    made: Derivation,
    where: str,
    variables: dict[str, Variable],
    problems: list[str],
    *,
    complete: bool = True,
) -> None:
    """Add what a derived variable will be to `variables`; what is wrong with it goes to `problems`.

    Parameters
    ----------
    made : Derivation
    where : str
        The heading it stands under: ``[cohort.derive]``.
    variables : dict of str to Variable
        Those it can be made from.
    problems : list of str
    complete : bool
        Whether `variables` has all that there will be; otherwise the names it uses are not checked.
    """
    where = f"In {where} {made.name}"
    if not made.name.isidentifier():
        problems.append(f"{where}: a name holds letters, digits and '_' only, and starts with a letter.")
    if made.name in variables:
        problems.append(f"{where}: there is a variable of this name already; choose another.")
    try:
        found = _problems(made.value, variables if complete else None)
    except MmstatsError as failed:
        problems.append(f"{where}: {failed}")
        return
    problems += [f"{where}: {text}" for text in found]
    variables.setdefault(made.name, derived(made))


def _problems(text: str, variables: Mapping[str, Variable] | None) -> list[str]:
    parsed = expression.parse(text)
    return [] if variables is None else parsed.problems(variables)
