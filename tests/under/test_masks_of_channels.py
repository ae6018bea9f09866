"""Masks with several channels: the alpha of gray or colours with alpha, or equal channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid import SourceError

OPACITY = np.linspace(0, 255, 96).astype(np.uint8).reshape(8, 12)
DATA = np.random.default_rng(4).random((2, 8, 12), dtype=np.float32)
OPTIONS: dict[str, Any] = {"vmin": 0, "vmax": 1, "background": "white"}


def expected() -> Any:
    return heatvid.to_rgb(DATA, alpha_mask=OPACITY, **OPTIONS)


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
def test_a_picture_of_any_mode_is_a_mask(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(OPACITY)
    if mode.endswith("A"):  # colours of no concern, under the alpha
        image = Image.new(mode, (12, 8), 77)
        image.putalpha(Image.fromarray(OPACITY))
    image.convert(mode).save(tmp_path / "mask.png")
    masked = heatvid.to_rgb(DATA, alpha_mask=tmp_path / "mask.png", **OPTIONS)
    assert np.array_equal(masked, expected())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("first", [False, True])
def test_an_array_of_masks_may_have_channels(channels: int, first: bool) -> None:
    other = OPACITY if channels == 3 else OPACITY[::-1]
    mask = np.stack([*[other] * (channels - 1), OPACITY], 0 if first else -1)
    masked = heatvid.to_rgb(DATA, alpha_mask=np.stack([mask, mask]), **OPTIONS)
    assert np.array_equal(masked, expected())


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 8, 12, 3), r"alpha_mask: array has unequal channels, as of colours; allowed are one"),
        ((2, 5, 8, 12), r"alpha_mask: array: shape .* could be read in more than one way"),
    ],
)
def test_other_channels_are_one_clear_line(shape: tuple[int, ...], message: str) -> None:
    mask = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / np.float32(np.prod(shape))
    with pytest.raises(SourceError, match=message):
        heatvid.to_rgb(DATA, alpha_mask=mask, **OPTIONS)


@pytest.mark.parametrize("shape", [(4, 5, 20, 24), (20, 24, 3), (2, 3, 24, 3)])
def test_channels_that_could_be_anywhere_are_one_clear_line(shape: tuple[int, ...]) -> None:
    with pytest.raises(heatvid.SourceError) as raised:
        heatvid.to_rgb(np.zeros((4, 20, 24)), background="white", alpha_mask=np.zeros(shape))
    words = f"alpha_mask: array: shape {shape} could be read in more than one way; allowed are (H"
    assert str(raised.value).startswith(words)
    assert "layout" not in str(raised.value)


def test_a_picture_of_colours_is_no_mask(tmp_path: Path) -> None:
    Image.fromarray(np.stack([OPACITY, OPACITY[::-1], OPACITY], -1)).save(tmp_path / "mask.png")
    with pytest.raises(SourceError, match=r"alpha_mask: .*mask.png has unequal channels"):
        heatvid.to_rgb(DATA, alpha_mask=tmp_path / "mask.png", **OPTIONS)
