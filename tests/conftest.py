"""What all tests share: backends, a place for compiled kernels, signals, no deadlines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

# Before NumPy is loaded in workers and other children: their threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.harness.processes import heed_interrupts
from tests.support.backends import CANDIDATES, Backends

with suppress(ImportError):  # CuPy's own tests run without it
    from hypothesis import settings

    settings.register_profile("patient", settings.default, deadline=None)  # machines may be busy
    settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    names = [each.name for each in CANDIDATES]
    parser.addoption(
        "--backend", action="append", choices=names, default=[],
        help="run the contract on this backend alone; may be given several times",
    )  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def kernel_cache() -> Iterator[Path]:
    """An empty folder in the place of CuPy's; what tests have compiled goes with it."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUPY_CACHE_DIR", folder)
        yield Path(folder)


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """Those of tests are heeded in a shell's background, too."""
    heed_interrupts()


@pytest.fixture
def backends(request: pytest.FixtureRequest) -> Iterator[Backends]:
    """All backends that can run here, or those of the command line."""
    names = request.config.getoption("backend") or [each.name for each in CANDIDATES]
    made = Backends(names)
    yield made
    made.close()
