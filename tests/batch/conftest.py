"""What tests of batches share: a folder of their own, and dumps in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import main_undone
from tests.support.videos import numbered


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and undo what main() does to the process."""
    monkeypatch.chdir(tmp_path)
    with main_undone():
        yield


@pytest.fixture
def dumps() -> list[str]:
    """Three small dumps, each of another range."""
    Path("dumps").mkdir()
    for i in range(3):
        np.save(f"dumps/clip_{i}.npy", numbered(3) * (i + 1))
    return [f"dumps/clip_{i}.npy" for i in range(3)]
