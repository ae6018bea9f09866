"""What tests of pages share: a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tabs import SOFTWARE, Browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser"), *SOFTWARE) as opened:
        yield opened
