"""Mixed models written out by hand, for tests that are not about formulas."""

import numpy as np

from mmstats.mixed.structure import FloatArray, MixedData, RandomTerm


def term(group: str, codes: list[int], **columns: FloatArray) -> RandomTerm:
    """Return a random term with these columns."""
    levels = tuple(str(code) for code in range(max(codes) + 1))
    matrix = np.column_stack(list(columns.values()))
    return RandomTerm(group, tuple(columns), matrix, np.array(codes, dtype=np.int64), levels)


def growth(
    people: int = 12, visits: int = 5, *, seed: int = 1, slope: float = 0.5, missing: int = 0
) -> MixedData:
    """Return people measured at visits, in two groups, with random intercepts and slopes."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(people), visits)
    time = np.tile(np.arange(visits, dtype=np.float64), people)
    group = (codes % 2).astype(np.float64)
    response = 10 + group + 0.3 * time + rng.standard_normal(people)[codes] + rng.standard_normal(len(codes))
    response += slope * rng.standard_normal(people)[codes] * time
    kept = np.sort(rng.permutation(len(codes))[missing:])
    one = np.ones(len(kept))
    fixed = np.column_stack([one, group[kept], time[kept]])
    random = term("participant", codes[kept].tolist(), intercept=one, time=time[kept])
    return MixedData(response[kept], fixed, ("intercept", "group", "time"), (random,))


def crossed(people: int = 8, items: int = 5, *, seed: int = 2) -> MixedData:
    """Return people who all meet the same items, in an order of rows that is neither's."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(people * items)
    person, item = np.repeat(np.arange(people), items)[order], np.tile(np.arange(items), people)[order]
    x = rng.standard_normal(len(order))
    response = 1 + x + rng.standard_normal(people)[person] + rng.standard_normal(items)[item]
    response += 0.5 * rng.standard_normal(people)[person] * x + rng.standard_normal(len(order))
    one = np.ones(len(order))
    random = (
        term("participant", person.tolist(), intercept=one, x=x),
        term("item", item.tolist(), intercept=one),
    )
    return MixedData(response, np.column_stack([one, x]), ("intercept", "x"), random)
