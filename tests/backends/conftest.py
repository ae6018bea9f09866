"""A CuPy to stand in for the real one, for the tests of the CUDA backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cuda import forget, install
from tests.support.standin_cupy import World


@pytest.fixture
def world() -> Iterator[World]:
    yield World(seed=None)
    forget()


@pytest.fixture
def cupy(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    return install(monkeypatch, world)
