"""Faults to plant are still in the files that they name."""

from __future__ import annotations

import pytest

from tests.mutations import planted
from tests.support.planted import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.file}: {fault.text}"[:80])
def test_a_fault_can_be_planted(fault: Fault) -> None:
    assert fault.instead in planted(fault)
