"""The NumPy backend renders in bands, and leaves NumPy as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from _contract import Look, random_cmap
from _contract_ways import Ask, check
from _oracle import Picture

from heatvid.backends._numpy import pixels
from heatvid.backends._numpy.backend import NumpyBackend, make

PICTURE = Picture("yuv420p", 40, 36, "tv")
BEHIND = Look(random_cmap(256, 4), alpha=0.5, background="frames")
ENDS = Look(random_cmap(256, 4), under="#0a14c8", over="transparent", bad=(0.2, 0.4, 0.6, 0.25))
BICUBIC = Look(random_cmap(256, 4), resample="bicubic")
WAYS = {
    "clamped": Ask(),
    "blended": Ask(BEHIND),
    "masked": Ask(BEHIND, masked=True),
    "marked": Ask(ENDS),
    "bicubic": Ask(BICUBIC),
    "smooth": Ask(way={"smooth": 1.5}),
    "outlined": Ask(way={"norm": "labels", "outlines": 2}),
    "rgb": Ask(way={"channel": "rgb"}),
}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[NumpyBackend]:
    """With bands of eight rows, of which a picture has five."""
    monkeypatch.setattr(pixels, "BAND_PIXELS", 8 * PICTURE.width)
    made = make()
    yield made
    made.close()


@pytest.mark.parametrize("height", [2, 9, 31, 150])  # kept, or not; in runs, or not; all used
@pytest.mark.parametrize("way", WAYS)
def test_bands_join_without_a_seam(backend: NumpyBackend, way: str, height: int) -> None:
    ask = WAYS[way]
    limits: Any = (0.1, 1.0)
    frames = np.random.default_rng(height).uniform(-0.2, 1.3, (2, height, 11, 3))
    frames[0, height // 2, 4] = np.nan
    if way == "rgb":
        limits = (limits,) * 3
    else:
        frames = frames[..., 0] * (5 if way == "outlined" else 1)
    check(backend, ask, PICTURE, frames.astype(np.float32), limits)


def test_buffers_are_as_long_as_before(backend: NumpyBackend) -> None:
    with np.errstate():
        before = np.setbufsize(4096)
        check(backend, Ask(), PICTURE, np.eye(9, dtype=np.float32)[None], (0.0, 1.0))
        assert np.setbufsize(before) == 4096
