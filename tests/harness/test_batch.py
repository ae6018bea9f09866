"""Batches that are killed and continued, a few of what the harness does by hand."""

from __future__ import annotations

from tests.harness.batch import run


def test_batches_that_are_killed_and_continued_give_what_undisturbed_ones_do() -> None:
    assert run(rounds=1, dumps=4, frames=40, seed=1) == 0
