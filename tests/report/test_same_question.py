"""What the manuscript says where a linear and an ordinal model have the same formula."""

from collections.abc import Sequence
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest

from mmstats import saved
from mmstats.effects.coefficient import RESIDUAL_SD
from mmstats.effects.cumulative_logit import PROPORTIONALITY
from mmstats.effects.f_test import F_TEST
from mmstats.effects.odds_ratio import ODDS_RATIO
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Kind
from mmstats.mixed.quantities import CONTRAST, MARGINAL_MEAN
from mmstats.report import Report
from mmstats.report.blocks import Float
from mmstats.report.sections.findings import findings
from mmstats.report.sections.models import models
from mmstats.report.sections.same_question import same_question
from mmstats.report.tree import as_text, read
from mmstats.results import Result
from mmstats.variable import Variable
from tests.display_results import COEFFICIENT, estimate
from tests.mixed_results import mixed_results, model

FORMULA = "score ~ group * hand + task + (1 | participant_id)"
LIKELIHOOD_RATIO = Quantity("likelihood_ratio", "Likelihood-ratio test")
SCORE = Variable(name="score", kind=Kind.ORDINAL, label="Score", allowed=(0, 1, 2, 3, 4))
OPTIONS = {"level": 0.95, "contrasts": "treatment", "df_method": "kenward-roger"}


def linear(formula: str = FORMULA, *, hand: float = 0.3, hand_p: float = 0.2) -> Result:
    def test(term: str, value: float, df: float, p: float) -> Estimate:
        return Estimate(quantity=F_TEST, term=term, estimate=value, df=df, df2=38, p_value=p, n=144)

    def difference(term: str, value: float, p: float) -> Estimate:
        ends = (value - 0.2, value + 0.2)
        return estimate(COEFFICIENT, value, *ends, term=term, df=45.2, p_value=p, n=144)

    def mean(term: str, value: float) -> Estimate:
        return estimate(MARGINAL_MEAN, value, value - 0.2, value + 0.2, term=term, df=38, n=144)

    rows = (
        test("group", 18.4, 1, 0.0001),
        difference("group[MS]", 0.5, 0.001),
        test("hand", 6.4, 1, 0.01),
        difference("hand[left]", hand, hand_p),
        test("task", 5.6, 2, 0.004),
        difference("task[fist]", -0.4, 0.01),
        difference("task[turn]", 0.1, 0.3),
        test("group:hand", 3.5, 1, 0.06),
        difference("group[MS]:hand[left]", 0.2, 0.06),
        estimate(RESIDUAL_SD, 0.4, 0.3, 0.5, n=144),
        mean("group[HC]", 0.1),
        mean("group[MS]", 0.6),
        estimate(CONTRAST, 0.57, 0.3, 0.84, term="group[MS] - group[HC]", df=38, p_value=0.0001, n=144),
        mean("hand[right]", 0.3),
        mean("hand[left]", 0.4),
    )
    return model("linear", formula, rows, options=OPTIONS)


def ordinal(formula: str = FORMULA, *, hand: float = 2.0) -> Result:
    def ratio(term: str, value: float, p: float) -> Estimate:
        return estimate(ODDS_RATIO, value, value / 2, value * 2, term=term, p_value=p, n=144)

    def proportional(term: str, p: float, note: str = "") -> Estimate:
        value = nan if note else 1.9
        return Estimate(
            quantity=PROPORTIONALITY, term=term, estimate=value, df=2, p_value=p, n=144, note=note
        )

    rows = (
        ratio("group[MS]", 17.0, 0.0001),
        ratio("hand[left]", hand, 0.4),
        Estimate(quantity=LIKELIHOOD_RATIO, term="task", estimate=17.0, df=2, p_value=0.0007, n=144),
        ratio("task[fist]", 0.5, 0.1),
        ratio("task[turn]", 1.2, 0.8),
        ratio("group[MS]:hand[left]", 1.3, 0.7),
        proportional("group", 0.86),
        proportional("hand", 0.38),
        proportional("task", 0.19),
        proportional("group:hand", nan, "It needs more rows."),
    )
    options = {"level": 0.95, "link": "logit", "points": 1, "interval": "profile"}
    return model("ordinal", formula, rows, "clmm", title="Cumulative-link mixed model", options=options)


def report(folder: Path, items: Sequence[Result]) -> Report:
    base = mixed_results()
    variables = {**base.variables, "score": SCORE}
    saved.save(replace(base, items=tuple(items), variables=variables), folder / "results")
    return Report(folder)


def told(folder: Path, *items: Result) -> str:
    """Return the words after the tables and figures of some results."""
    blocks = findings(report(folder, items)).blocks
    last = max(place for place, block in enumerate(blocks) if isinstance(block, Float))
    text = "\n\n".join(block for block in blocks[last + 1 :] if isinstance(block, str))
    return as_text(read(text)["blocks"]).replace("\u00a0", " ")


def test_two_models_of_one_question_are_compared(tmp_path: Path) -> None:
    text = told(tmp_path, linear(), ordinal())
    assert "was fitted twice to 144 rows of 24 participants" in text
    assert (
        "(at Hand: Right hand): difference 0.50 [0.30, 0.70], df = 45.2, p = .001; "
        "odds ratio 17.00 [8.50, 34.00], p < .001." in text
    )
    assert "Task: F(2, 38) = 5.60, p = .004; χ²(2) = 17.00, p < .001." in text
    assert (
        "In each of these four comparisons the models agree in direction and on whether p is below .05"
        in text
    )
    assert "F(1, 38) = 18.40, p < .001" in text
    assert "difference 0.57 [0.30, 0.84], df = 38, p < .001" in text
    assert "the interval of one marginal mean goes beyond the scores that exist" in text
    assert "Hand, p = .380; Task, p = .190)" in text
    assert "could not be tested for Group × Hand" in text


def test_where_they_differ_is_named(tmp_path: Path) -> None:
    text = told(tmp_path, linear(hand_p=0.02), ordinal(hand=0.8))
    hand = "Hand: Left hand (at Group: Healthy control)"
    assert (
        f"The models differ in direction for {hand} and differ on whether p is below .05 for {hand}" in text
    )


def test_an_answer_that_is_missing_is_said(tmp_path: Path) -> None:
    without = ordinal()
    rows = tuple(
        replace(e, estimate=nan, conf_low=nan, conf_high=nan, p_value=nan, note="Nobody has it.")
        if e.term == "hand[left]"
        else e
        for e in without.estimates
    )
    text = told(tmp_path, linear(), replace(without, estimates=rows))
    assert "In each of these three comparisons" in text
    assert "One of them has no answer for Hand: Left hand" in text


@pytest.mark.parametrize(
    "other",
    [
        ordinal("score ~ group + hand + task + (1 | participant_id)"),
        replace(ordinal(), analysis=replace(ordinal().analysis, where="hand == 'left'")),
        replace(ordinal(), analysis=replace(ordinal().analysis, rows="others")),
        replace(ordinal(), options={**ordinal().options, "level": 0.9}),
        replace(ordinal(), estimates=(), status="not estimable", reason="One value only."),
    ],
    ids=["formula", "condition", "rows", "level", "no answer"],
)
def test_models_of_other_questions_are_not_compared(other: Result) -> None:
    base = mixed_results()
    items = (linear(), other)
    made = Report.__new__(Report)
    made.style = "apa"
    made.__dict__["results"] = replace(base, items=items, variables={**base.variables, "score": SCORE})
    assert list(same_question(made, items, [])) == []


def test_spaces_in_a_formula_are_no_other_question(tmp_path: Path) -> None:
    assert "one question, two models" in told(tmp_path, linear(), ordinal(FORMULA.replace(" ", "")))


def test_methods_say_how_thresholds_have_their_limits() -> None:
    threshold = estimate(
        Quantity("threshold", "Threshold"), 1.0, 0.5, 1.5, term="0|1", interval="wald", n=144
    )
    found = replace(ordinal(), estimates=(threshold,))
    assert "thresholds by Wald" in models(replace(mixed_results(), items=(found,)))
