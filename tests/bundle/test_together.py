"""Which bundles can be pooled."""

import numpy as np
import pytest

from mmstats.bundle import summarise, together
from mmstats.errors import BundleError
from tests.bundle.cohort import NAMES, TEXTS, bundled, drawn


def test_cohorts_of_one_model_can() -> None:
    one, two = bundled(), bundled(drawn(2, 60), cohort="B")
    assert together([one, two]) == {"A": one.statistics, "B": two.statistics}


def test_all_reasons_why_not_come_at_once() -> None:
    order = np.random.default_rng(1).permutation(48)
    copied = bundled(drawn()[order], cohort="copy")
    other = summarise(
        drawn(3)[:, [1, 0, 2]],
        (NAMES[1], NAMES[0], NAMES[2]),
        **{**TEXTS, "formula": "score ~ age + group", "dictionary": "1" * 64},
    )
    with pytest.raises(BundleError) as failed:
        together([bundled(), copied, other])
    texts = failed.value.problems
    assert len(texts) == 5
    assert "is of the model 'score ~ age + group'" in texts[0]
    assert "follows the dictionary 111111111111" in texts[1]
    assert "has the columns age, group[MS], score" in texts[2]
    assert texts[3] == "'A' and 'copy' have the same sums: they are of the same rows."
    assert texts[4].startswith("Two bundles are called 'A'.")
    with pytest.raises(BundleError, match="no bundles"):
        together([])
