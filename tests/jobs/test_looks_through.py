"""What lets a background through, from end to end: masks, ramps of opacity and blends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from tests.support.looks import (
    COUNT,
    EXACT,
    HEIGHT,
    PICTURES,
    SQUARE,
    WIDTH,
    shown,
    written,
)
from tests.support.videos import numbered

# --- masks ------------------------------------------------------------------------------------

STEPS = np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
MASKS: dict[str, Any] = {
    "one": STEPS,
    "one a frame": np.stack([STEPS ** (i + 1) for i in range(COUNT)]),
    "bytes": np.rint(STEPS * 255).astype(np.uint8),
    "bools": STEPS > 0.5,
    "smaller": np.stack([STEPS[::2, ::2] * i / 5 for i in range(COUNT)]),
    "doubles": STEPS.astype(np.float64),
}


def enlarged(masks: np.ndarray) -> np.ndarray:
    """Masks at the size of the frames, linear between the middles of their pixels."""
    for axis, size in ((1, HEIGHT), (2, WIDTH)):
        own = np.arange(masks.shape[axis])
        places = (np.arange(size) + 0.5) * len(own) / size - 0.5
        lines = np.moveaxis(masks, axis, -1)
        lines = np.apply_along_axis(lambda line: np.interp(places, own, line), -1, lines)  # noqa: B023
        masks = np.moveaxis(lines, -1, axis)
    return masks


WEIGHTS = {
    **MASKS, "bytes": MASKS["bytes"] / 255, "bools": MASKS["bools"].astype(float),
    "smaller": enlarged(MASKS["smaller"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("blend", ["over", "screen"])
def test_a_mask_weakens_each_pixel(kind: str, blend: str, clip: Path, tmp_path: Path) -> None:
    mask, options = MASKS[kind], {"vmin": 0, "vmax": 1, "alpha": 0.8, "blend": blend}
    wanted = heatvid.to_rgb(SQUARE, background=PICTURES, alpha_mask=mask, **options)
    full = heatvid.to_rgb(SQUARE, background=PICTURES, **options).astype(float)
    weight = WEIGHTS[kind][..., None]
    np.testing.assert_allclose(wanted, PICTURES + (full - PICTURES) * weight, atol=1.01)
    out = tmp_path / "out.mkv"
    np.save(tmp_path / "mask.npy", mask)
    for given in (mask, tmp_path / "mask.npy"):
        got = shown(SQUARE, out, background=clip, alpha_mask=given, batch_size=4, **options)
        np.testing.assert_array_equal(got, wanted)
    drawn = written(SQUARE, out, 4, background=clip, alpha_mask=mask, **options)
    np.testing.assert_array_equal(drawn, wanted)


def test_masks_may_come_as_images_and_from_an_iterator(tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    masks = np.rint(MASKS["one a frame"] * 255).astype(np.uint8)
    for i, mask in enumerate(masks):
        Image.fromarray(mask).save(folder / f"{i}.png")
    data = numbered(COUNT, HEIGHT, WIDTH)
    wanted = heatvid.to_rgb(data, background="teal", alpha_mask=masks)
    for given in (folder, str(folder / "*.png"), iter(masks)):
        got = shown(data, tmp_path / "out.mkv", background="teal", alpha_mask=given)
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("count", [2, COUNT - 1, COUNT + 1])
@pytest.mark.parametrize("stream", [False, True])
def test_masks_of_another_number_are_refused(count: int, stream: bool, tmp_path: Path) -> None:
    masks, data = np.ones((count, HEIGHT, WIDTH)), numbered(COUNT, HEIGHT, WIDTH)
    source = iter(data) if stream else data
    words = r"alpha_mask: array has \d frames|alpha_mask: array ends after \d frames"
    for batch_size in (1, 4):
        with pytest.raises(heatvid.UsageError, match=words) as error:
            heatvid.render(
                source if not stream else iter(data), tmp_path / "o.mkv", alpha_mask=masks,
                vmin=0, vmax=1, batch_size=batch_size, **EXACT,
            )  # fmt: skip
        assert "allowed are equal lengths, or one mask" in str(error.value)
    with pytest.raises(heatvid.UsageError, match=words):
        written(data, tmp_path / "o.mkv", alpha_mask=masks, vmin=0, vmax=1)
    with pytest.raises(heatvid.UsageError, match=words):
        heatvid.to_rgb(data, alpha_mask=masks)
    assert not (tmp_path / "o.mkv").exists()


@pytest.mark.parametrize(
    "mask",
    [np.full((HEIGHT, WIDTH), 255.0), np.full((HEIGHT, WIDTH), -0.5), np.ones((3, 3), np.int64),
     np.ones(5), "nothing.npy"],
    ids=["levels", "negative", "int64", "a row", "no file"],
)  # fmt: skip
def test_what_is_no_mask_is_refused_in_one_line(mask: Any, tmp_path: Path) -> None:
    data = numbered(COUNT, HEIGHT, WIDTH)
    with pytest.raises(heatvid.UsageError, match=r"^alpha_mask: ") as error:
        heatvid.to_rgb(data, alpha_mask=mask)
    assert "\n" not in str(error.value)
    with pytest.raises(heatvid.UsageError, match=r"^alpha_mask: "):
        heatvid.render(data, tmp_path / "o.mkv", alpha_mask=mask, **EXACT)
    assert not (tmp_path / "o.mkv").exists()


def test_a_probability_a_rounding_above_1_is_a_mask() -> None:
    data = numbered(1, HEIGHT, WIDTH)
    nearly = np.full((HEIGHT, WIDTH), 1 + 1e-6, np.float32)
    np.testing.assert_array_equal(heatvid.to_rgb(data, alpha_mask=nearly), heatvid.to_rgb(data))


# --- opacity ----------------------------------------------------------------------------------


def test_a_ramp_lets_the_video_through_below_and_nothing_above(clip: Path, tmp_path: Path) -> None:
    data = numbered(COUNT, HEIGHT, WIDTH)
    limits: dict[str, Any] = {"vmin": 0, "vmax": 1}
    got = shown(data, tmp_path / "a.mkv", background=clip, alpha=1, alpha_ramp=(0.3, 0.6), **limits)
    np.testing.assert_array_equal(got[data < 0.29], PICTURES[data < 0.29])
    opaque = heatvid.to_rgb(data, **limits)
    np.testing.assert_array_equal(got[data > 0.61], opaque[data > 0.61])


def test_a_ramp_beyond_all_values_is_refused(tmp_path: Path) -> None:
    data = numbered(COUNT, HEIGHT, WIDTH) / 1000
    words = r"alpha_ramp: got \(0.2, 0.6\) for values 0 to 0.001; allowed are values among them"
    with pytest.raises(heatvid.OptionError, match=words):
        heatvid.to_rgb(data, alpha_ramp=(0.2, 0.6))
    with pytest.raises(heatvid.OptionError, match=words):
        heatvid.render(data, tmp_path / "o.mkv", alpha_ramp=(0.2, 0.6), **EXACT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["multiply", "screen", "lighten", "darken", "add"])
def test_blends_over_a_picture_are_those_of_every_paint_program(mode: str, tmp_path: Path) -> None:
    Image.fromarray(PICTURES[0]).save(tmp_path / "still.png")
    data = numbered(COUNT, HEIGHT, WIDTH)
    limits: dict[str, Any] = {"vmin": 0, "vmax": 1}
    got = shown(
        data, tmp_path / "a.mkv", background=tmp_path / "still.png", alpha=1, blend=mode, **limits
    )
    c, b = heatvid.to_rgb(data, **limits) / 255, PICTURES[:1] / 255
    wanted = {
        "multiply": c * b, "screen": 1 - (1 - c) * (1 - b), "lighten": np.maximum(c, b),
        "darken": np.minimum(c, b), "add": np.minimum(c + b, 1),
    }[mode]  # fmt: skip
    np.testing.assert_allclose(got, wanted * 255, atol=0.51)
    opacity = shown(
        data, tmp_path / "b.mkv", background=tmp_path / "still.png", alpha=0.3, blend=mode, **limits
    )
    np.testing.assert_allclose(opacity, (b * 0.7 + wanted * 0.3) * 255, atol=1.01)
