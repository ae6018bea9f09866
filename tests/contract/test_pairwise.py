"""Daily tables of cases leave out no value, and no pair of values."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from tests.support.pairwise import DAILY_ROWS, cases, table

PRODUCTS = [(8, 8, 5), (7, 5, 3, 2, 2), (5, 2, 3, 6, 2), (12, 11), (2,) * 8, (3, 12, 14)]


@pytest.mark.parametrize("lengths", PRODUCTS, ids=str)
def test_every_pair_of_values_meets(lengths: tuple[int, ...]) -> None:
    rows = [list(product(*map(range, lengths)))[i] for i in table(lengths)]
    for one, other in combinations(range(len(lengths)), 2):
        met = {(row[one], row[other]) for row in rows}
        assert len(met) == lengths[one] * lengths[other]


@pytest.mark.parametrize("lengths", PRODUCTS, ids=str)
def test_tables_are_the_same_each_time_and_short(lengths: tuple[int, ...]) -> None:
    rows = table(lengths)
    assert rows == table(lengths)
    assert rows == sorted(set(rows))
    longest_pair = np.prod(sorted(lengths)[-2:])
    assert len(rows) <= max(DAILY_ROWS, 1.5 * longest_pair)


def test_small_products_and_single_axes_are_whole() -> None:
    assert table((3, 4, 5)) == list(range(60))
    assert table((200,)) == list(range(200))


def test_rows_beyond_the_table_are_exhaustive() -> None:
    axes = {"letter": "abcdefgh", "number": range(9), "word": ("left", "right")}
    rows = cases(**axes).args[1]
    daily = [row for row in rows if not row.marks]
    assert [row.values for row in rows] == list(product(*axes.values()))
    assert len(daily) == len(table((8, 9, 2)))
    assert {mark.name for row in rows for mark in row.marks} == {"exhaustive"}
    assert daily[0].id == "a-0-left"
