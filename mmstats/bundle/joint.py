"""What several bundles of one cohort tell together, although each of them alone may be shared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from mmstats.bundle.bundle import IntArray
from mmstats.bundle.value_counts import told_problems
from mmstats.meta.sufficient import FloatArray

MOST = 4  # bundles that are added to and subtracted from each other


@dataclass(frozen=True)
class Part:
    """What one bundle is made of.

    Parameters
    ----------
    rows : float array, shape (n, m)
    names : tuple of str, length m
    who : int array, shape (n,)
        Which participant each row is, the same number in every part.
    """

    rows: FloatArray
    names: tuple[str, ...]
    who: IntArray


def joint_problems(parts: Mapping[str, Part], threshold: int) -> Iterator[str]:
    """Yield why bundles must not be shared together.

    The sums of one less those of another are about the participants whom only one of them has; and bundles of
    the same participants are as one that has more sums.

    Parameters
    ----------
    parts : mapping of str to Part
        By the name of each bundle.
    threshold : int
    """
    yield from _differences(parts, threshold)
    same: dict[frozenset[int], dict[str, Part]] = {}
    for name, part in parts.items():
        same.setdefault(frozenset(part.who.tolist()), {})[name] = part
    for some in same.values():
        if len(some) > 1:
            yield from _as_one(some, threshold)


def _differences(parts: Mapping[str, Part], threshold: int) -> Iterator[str]:
    size = max((int(part.who.max()) + 1 for part in parts.values()), default=0)
    members = {name: np.bincount(part.who, minlength=size) for name, part in parts.items()}
    seen: set[frozenset[bytes]] = set()
    for count in range(2, MOST + 1):
        for some in combinations(parts, count):
            shared = [name for name in parts[some[0]].names if all(name in parts[o].names for o in some)]
            key = frozenset(members[name].tobytes() for name in some)
            if not shared or len(key) < count or key in seen:
                continue
            for signs in product((1, -1), repeat=count - 1):
                apart = members[some[0]] + sum(s * members[o] for s, o in zip(signs, some[1:], strict=True))
                few = int(np.count_nonzero(apart))
                if 0 < few < threshold:
                    seen.add(key)
                    yield (
                        f"{', '.join(some[:-1])} and {some[-1]} together: their sums of {', '.join(shared)} "
                        f"differ by {few} participant{'s' * (few > 1)}; the least is {threshold}. Leave out "
                        "whoever lacks a value that only some of them need ('exclude' in the cohort, or "
                        "'where' in the others), or leave out one of them."
                    )


def _as_one(parts: Mapping[str, Part], threshold: int) -> Iterator[str]:
    """Look at bundles of the same participants as one, in which some products are not told."""
    columns: dict[tuple[str, bytes], FloatArray] = {}
    groups = []
    for part in parts.values():
        ordered = part.rows[np.argsort(part.who)]
        keys = [(name, own.tobytes()) for name, own in zip(part.names, ordered.T, strict=True)]
        columns |= dict(zip(keys, ordered.T, strict=True))
        groups.append(keys)
    alone = {text for part in parts.values() for text in told_problems(part.rows, part.names, threshold)}
    places = {key: at for at, key in enumerate(columns)}
    told = [tuple(places[key] for key in keys) for keys in groups]
    names = [name for name, _ in columns]
    for text in told_problems(np.column_stack(list(columns.values())), names, threshold, told):
        if text not in alone:
            yield f"{' and '.join(parts)} together: {text}"
