"""Kernels that tests have compiled go with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture(scope="session", autouse=True)
def kernel_cache() -> Iterator[Path]:
    """An empty folder in the place of CuPy's."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUPY_CACHE_DIR", folder)
        yield Path(folder)
