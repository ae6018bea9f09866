"""A field, and a video to lie under it; an output that has to survive, and how long it took."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import heatvid
from tests.support.command import main_undone
from tests.support.quick import COUNT, EXACT, HEIGHT, WIDTH
from tests.support.running import Recorder, processes
from tests.support.typed import make_dumps
from tests.support.videos import numbered, only, pictures, rgb_of


@pytest.fixture
def data() -> np.ndarray:
    """A field whose frames all differ."""
    return numbered(COUNT, HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of noise that decodes to the RGB bytes of :func:`pictures`."""
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    frames = pictures(COUNT, HEIGHT, WIDTH)
    heatvid.render(frames[..., 0], path, background=frames, alpha=0, fps=12, **EXACT)
    np.testing.assert_array_equal(rgb_of(path, HEIGHT, WIDTH), frames)
    return path


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Recorder:
    """Note the seconds until the end, which ``pytest -rP`` shows."""
    name = request.node.name

    def write(seconds: float) -> None:
        sys.stdout.write(f"{name}: {seconds:.2f} s\n")

    return write


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Path]:
    """An existing output that has to survive, alone in its folder, and used by no process."""
    folder = tmp_path / "good"
    folder.mkdir()
    path = folder / "out.mp4"
    path.write_bytes(b"good")
    yield path
    assert path.read_bytes() == b"good"
    assert only(folder) == ["out.mp4"]
    assert processes(folder) == []


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dump of each kind that options are tried on."""
    at = tmp_path_factory.mktemp("dumps")
    make_dumps(at)
    return at


@pytest.fixture
def among_dumps(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in that folder, as if nothing had been made there before."""
    monkeypatch.chdir(dumps)
    for name in ("typed.mp4", "refused.mp4"):
        Path(name).unlink(missing_ok=True)
    with main_undone():
        yield
