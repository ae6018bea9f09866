"""A few of the random plans; see plans.py for many."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.harness.plans import differs, plan
from tests.support.backends import CANDIDATES, missing

HERE = [candidate.name for candidate in CANDIDATES if missing(candidate) is None]


@pytest.mark.parametrize("names", [("numpy", other) for other in HERE[1:]], ids=lambda n: n[1])
def test_random_plans_are_one_picture_or_one_refusal(names: tuple[str, str]) -> None:
    count = 40 if names[1] == "numba" else 4  # the others compile each plan
    wrong = {number: differs(1, number, names)[0] for number in range(count)}
    assert wrong == dict.fromkeys(range(count))


def test_a_plan_is_known_by_its_number() -> None:
    for one, other in combinations([plan(0, 7), plan(0, 7)], 2):
        assert one[0].tobytes() == other[0].tobytes()
        assert repr(one[1]) == repr(other[1])
