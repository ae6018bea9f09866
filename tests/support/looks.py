"""Fields of every kind, and what a video of one shows: for tests of looks from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import heatvid
from tests.support.quick import COUNT, EXACT, HEIGHT, WIDTH
from tests.support.videos import numbered, pictures, rgb_of

RNG = np.random.default_rng(3)
CLASSES = RNG.random((COUNT, 12, 16, 5), np.float32)
LABELS = CLASSES.argmax(-1).astype(np.uint8)
FLOW = RNG.normal(size=(COUNT, HEIGHT, WIDTH, 2)).astype(np.float32)
BANDS = (RNG.gamma(2, 100, (COUNT, HEIGHT, WIDTH, 3)) * [1, 3, 9]).astype(np.float32)
DEPTH = (10 ** (3 * numbered(COUNT, HEIGHT, WIDTH))).astype(np.float32)
SQUARE = numbered(COUNT, 12, 12)


PICTURES = pictures(COUNT, HEIGHT, WIDTH)


def shown(field: Any, out: Path, **options: Any) -> np.ndarray:
    """What a lossless video of a field shows."""
    result = heatvid.render(field, out, overwrite=True, **EXACT, **options)
    return rgb_of(out, result.height, result.width)


def written(field: Any, out: Path, size: int = 4, **options: Any) -> np.ndarray:
    """What a VideoWriter writes, given ``size`` frames at a time."""
    with heatvid.VideoWriter(out, overwrite=True, **EXACT, **options) as video:
        for start in range(0, len(field), size):
            video.write(field[start : start + size])
    assert video.result is not None
    return rgb_of(out, video.result.height, video.result.width)
