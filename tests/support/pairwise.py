"""Tables of cases: daily all pairs of values meet, and the whole product where it is asked for.

A fault that only one value shows, or two together, is found by rows in which every value of every
axis meets every value of every other one. Some sixty rows do that for products of thousands, and
what is left of the sixty after all pairs meets as many triples as it can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

DAILY_ROWS = 60
# What it is worth that a group of axes meets in new values; more than all smaller gains together.
WORTH = {1: 1_000_000, 2: 1000, 3: 1}


def cases(fewest: int = DAILY_ROWS, /, **axes: Collection[Any]) -> pytest.MarkDecorator:
    """Run a test on the product of axes; rows beyond the table are marked ``exhaustive``."""
    daily = set(table([len(values) for values in axes.values()], fewest))
    rows = []
    for i, row in enumerate(product(*axes.values())):
        marks = () if i in daily else pytest.mark.exhaustive
        rows.append(pytest.param(*row, marks=marks, id="-".join(map(str, row))))
    return pytest.mark.parametrize(list(axes), rows)


def table(lengths: Sequence[int], fewest: int = DAILY_ROWS) -> list[int]:
    """Choose rows of a product, as numbers in its order, in which all pairs of values meet.

    Each row is the one that brings most that is new, the first of several; always the same ones.
    Products of no more than ``fewest`` rows are taken whole.
    """
    places = np.indices(lengths).reshape(len(lengths), -1)
    if places.shape[1] <= fewest:
        return list(range(places.shape[1]))
    groups = [group for size in WORTH for group in combinations(range(len(lengths)), size)]
    met = [
        np.ravel_multi_index([*places[list(group)]], [lengths[axis] for axis in group])
        for group in groups
    ]
    worth = [
        np.full(own.max() + 1, WORTH[len(group)]) for own, group in zip(met, groups, strict=True)
    ]
    chosen: list[int] = []
    while True:
        gain = sum(each[own] for each, own in zip(worth, met, strict=True))
        best = int(np.argmax(gain))
        if gain[best] == 0 or (gain[best] < WORTH[2] and len(chosen) >= fewest):
            return sorted(chosen)
        chosen.append(best)
        for each, own in zip(worth, met, strict=True):
            each[own[best]] = 0
