"""Semi-partial correlation: what its square is, and how it stands to the partial one."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmstats.effects.semi_partial import explained, score_limits, t_test
from mmstats.errors import NotEstimableError
from mmstats.methods.partial_correlation import partial_correlation
from mmstats.methods.semi_partial import semi_partial

RNG = np.random.default_rng(6)
Z = RNG.normal(size=(2, 25))
X = Z[0] + RNG.normal(size=25)
Y = X - Z[1] + RNG.normal(size=25)
COVARIATES = pd.DataFrame({"a": Z[0], "b": Z[1]})


def test_its_square_is_what_x_adds() -> None:
    found = next(semi_partial(pd.Series(X), pd.Series(Y), COVARIATES))
    assert found.estimate**2 == pytest.approx(explained(Y, *Z, X) - explained(Y, *Z))


def test_it_has_the_test_of_the_partial_correlation() -> None:
    semi = next(semi_partial(pd.Series(X), pd.Series(Y), COVARIATES))
    whole = next(partial_correlation(pd.Series(X), pd.Series(Y), COVARIATES))
    assert abs(semi.estimate) < abs(whole.estimate)
    assert (semi.statistic, semi.p_value) == pytest.approx((whole.statistic, whole.p_value))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_limits_end_at_0_where_p_is_alpha(share: float) -> None:
    df = 17
    critical = stats.t.isf(0.025, df)
    r = np.sqrt((1 - share) * critical**2 / (critical**2 + df))
    assert t_test(r, share, df)[1] == pytest.approx(0.05)
    assert score_limits(r, share, df, level=0.95)[0] == pytest.approx(0, abs=1e-12)


def test_covariates_that_leave_nothing_have_a_reason() -> None:
    twice = pd.DataFrame({"a": Z[0], "b": 2 * Z[0] + 1})
    for x, y, covariates in ((Z[0], Y, COVARIATES), (X, Z[1], COVARIATES), (X, Y, twice)):
        with pytest.raises(NotEstimableError, match="nothing is left"):
            next(semi_partial(pd.Series(x), pd.Series(y), covariates))


def test_a_perfect_regression_has_a_note() -> None:
    found = next(semi_partial(pd.Series(X), pd.Series(X + Z[0]), COVARIATES))
    assert np.isnan(found.conf_low)
    assert "determine y" in found.note
