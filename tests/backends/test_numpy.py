"""The NumPy backend renders in bands, and leaves NumPy as it was."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from heatvid.backends._numpy import pixels
from heatvid.backends._numpy.backend import NumpyBackend
from tests.support.backends import Backends
from tests.support.contract import Look, random_cmap
from tests.support.contract_ways import Ask, check, inputs_for, plan_for
from tests.support.oracle import Picture

NUMPY = Backends(["numpy"])
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

LARGE = Picture("yuv420p", 480, 640, "tv")
CHANNELS = {"rgb": 3, "flow": 2, "argmax": 5}  # of those that have several
LARGE_WAYS = {
    "blended": Ask(BEHIND),
    "masked": Ask(BEHIND, masked=True),
    "rgb": Ask(BEHIND, way={"channel": "rgb"}),
    "masked rgb": Ask(BEHIND, masked=True, way={"channel": "rgb", "blend": "multiply"}),
    "screen": Ask(BEHIND, way={"blend": "screen"}),
    "flow": Ask(way={"channel": "flow"}),
    "argmax": Ask(way={"channel": "argmax"}),
    "outlined": Ask(way={"norm": "labels", "outlines": 2}),
    "smooth": Ask(way={"smooth": 1.5}),
}


@pytest.fixture(autouse=True)
def bands_of_eight_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which a picture has five."""
    monkeypatch.setattr(pixels, "BAND_PIXELS", 8 * PICTURE.width)


@pytest.mark.parametrize("height", [2, 9, 31, 150])  # kept, or not; in runs, or not; all used
@pytest.mark.parametrize("way", WAYS)
def test_bands_join_without_a_seam(way: str, height: int) -> None:
    ask = WAYS[way]
    limits: Any = (0.1, 1.0)
    frames = np.random.default_rng(height).uniform(-0.2, 1.3, (2, height, 11, 3))
    frames[0, height // 2, 4] = np.nan
    if way == "rgb":
        limits = (limits,) * 3
    else:
        frames = frames[..., 0] * (5 if way == "outlined" else 1)
    check(NUMPY, ask, PICTURE, frames.astype(np.float32), limits)


def test_buffers_are_as_long_as_before() -> None:
    with np.errstate():
        before = np.setbufsize(4096)
        check(NUMPY, Ask(), PICTURE, np.eye(9, dtype=np.float32)[None], (0.0, 1.0))
        assert np.setbufsize(before) == 4096


@pytest.mark.parametrize("way", LARGE_WAYS)
def test_no_memory_as_large_as_a_frame_is_taken_for_one(way: str) -> None:
    ask, backend = LARGE_WAYS[way], NumpyBackend()
    mode = ask.way.get("channel")
    shape = (LARGE.height, LARGE.width, *([CHANNELS[mode]] if mode else []))
    limits: Any = ((0.1, 1.0),) * 3 if mode == "rgb" else (0.1, 1.0)
    mask_shape = (LARGE.height, LARGE.width) if ask.masked else None
    behind, masks = inputs_for(ask, LARGE, 1)
    backend.prepare(plan_for(ask, LARGE, shape, np.float32, limits, mask_shape))
    slot = backend.slot(())
    slot.data = np.random.default_rng(0).uniform(-0.2, 1.3, (1, *shape)).astype(np.float32)
    slot.data[0, ::7, ::9] = np.nan
    if behind is not None:
        slot.background[:] = behind
    if masks is not None:
        slot.mask[:] = masks
    backend.render(slot)  # the slot has all that it needs from here on
    tracemalloc.start()
    backend.render(slot)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LARGE.frame_bytes
