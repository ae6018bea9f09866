"""What tests of the command share: a folder of their own, and a dump in it."""

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
def data() -> np.ndarray:
    frames = numbered()
    np.save("data.npy", frames)
    return frames
