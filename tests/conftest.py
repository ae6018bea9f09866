"""What all tests may ask for: the backends of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.backends import CANDIDATES, Backends


def pytest_addoption(parser: pytest.Parser) -> None:
    names = [each.name for each in CANDIDATES]
    parser.addoption(
        "--backend", action="append", choices=names, default=[],
        help="run the contract on this backend alone; may be given several times",
    )  # fmt: skip


@pytest.fixture
def backends(request: pytest.FixtureRequest) -> Iterator[Backends]:
    """All backends that can run here, or those of the command line."""
    names = request.config.getoption("backend") or [each.name for each in CANDIDATES]
    made = Backends(names)
    yield made
    made.close()
