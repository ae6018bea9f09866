"""Ways of looking at a field, from end to end: the video is what ``to_rgb`` makes of the frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from tests.support.looks import (
    BANDS,
    CLASSES,
    COUNT,
    DEPTH,
    EXACT,
    FLOW,
    HEIGHT,
    LABELS,
    PICTURES,
    SQUARE,
    WIDTH,
    shown,
    written,
)
from tests.support.oracle import Picture
from tests.support.videos import canvas_bytes, planes_of, rgb_of

LOOKS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "labels": (LABELS, {"norm": "labels"}),
    "labels outlined": (
        LABELS, {"norm": "labels", "outlines": 2, "outline_color": "black",
                 "label_colors": {0: "transparent", 3: "red"}},
    ),
    "identity": (LABELS, {"norm": "identity", "cmap": "tab10"}),
    "the strongest class": (CLASSES, {"layout": "THWC", "channel": "argmax", "outlines": 1}),
    "its probability": (CLASSES, {"layout": "THWC", "channel": "max", "vmin": 0, "vmax": 1}),
    "flow": (FLOW, {"channel": "flow", "vmax": 2}),
    "flow, channels first": (
        FLOW.transpose(0, 3, 1, 2), {"layout": "TCHW", "channel": "flow", "vmax": 2}
    ),
    "speed": (FLOW, {"channel": "norm", "vmin": 0, "vmax": 3, "cmap": "magma"}),
    "bands": (BANDS, {"channel": "rgb", "vmin": 0, "vmax": 2000}),
    "moving bands": (BANDS, {"channel": "rgb", "scope": "frame", "percentiles": (5, 95)}),
    "depth": (DEPTH, {"norm": "log", "vmin": 1, "vmax": 1000, "cmap": "magma_r"}),
    "disparity": (DEPTH, {"norm": "inverse", "vmin": 1, "vmax": 1000, "cmap": "inferno_r"}),
    "power": (DEPTH, {"norm": "power", "gamma": 0.3, "vmin": 1, "vmax": 1000}),
    "symlog": (DEPTH - 30, {"norm": "symlog", "linthresh": 1, "vmin": -30, "vmax": 900}),
    "centered": (SQUARE, {"norm": "centered", "center": 0.3, "vmin": 0, "vmax": 1}),
    "logits": (4 * FLOW[..., 0], {"norm": "sigmoid"}),
    "ramp": (SQUARE, {"vmin": 0, "vmax": 1, "alpha_ramp": (0.2, 0.7), "alpha": 0.9}),
    "letterbox": (SQUARE, {"vmin": 0, "vmax": 1, "fit": "letterbox"}),
    "crop": (SQUARE, {"vmin": 0, "vmax": 1, "fit": "crop", "resample": "bicubic"}),
    "smooth": (SQUARE, {"vmin": 0, "vmax": 1, "smooth": 1.5}),
    **{
        mode: (SQUARE, {"vmin": 0, "vmax": 1, "blend": mode, "alpha": 0.7})
        for mode in ("multiply", "screen", "lighten", "darken", "add")
    },
}  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_the_same_from_render_the_writer_an_iterator_and_to_rgb(
    look: str, clip: Path, tmp_path: Path
) -> None:
    field, options = LOOKS[look]
    wanted = heatvid.to_rgb(field, background=PICTURES, **options)
    out = tmp_path / "out.mkv"
    for batch_size in (1, 4):
        over = shown(field, out, background=clip, batch_size=batch_size, **options)
        np.testing.assert_array_equal(over, wanted)
    np.testing.assert_array_equal(written(field, out, 4, background=PICTURES, **options), wanted)
    each = {**options}
    if "channel" in options:
        each["layout"] = options.get("layout", "THWC").replace("T", "")
    drawn = shown(iter(field), out, background=PICTURES, **each)
    np.testing.assert_array_equal(drawn, wanted)


@pytest.mark.parametrize("look", ["labels outlined", "flow", "moving bands", "depth", "ramp"])
def test_a_look_is_the_same_without_a_background(look: str, tmp_path: Path) -> None:
    field, options = LOOKS[look]
    wanted = heatvid.to_rgb(field, **options)
    np.testing.assert_array_equal(shown(field, tmp_path / "a.mkv", **options), wanted)
    np.testing.assert_array_equal(written(field, tmp_path / "b.mkv", 3, **options), wanted)


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_the_same_in_yuv420p(look: str, tmp_path: Path) -> None:
    """The planes are near those that the RGB picture has, but for chroma of half the size."""
    field, options = LOOKS[look]
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    slopes = np.stack(np.broadcast_arrays(40 + 6 * rows, 200 - 4 * columns, 90), -1)
    under = np.broadcast_to(slopes.astype(np.uint8), PICTURES.shape)
    rgb = heatvid.to_rgb(field, background=under, **options)
    out = tmp_path / "out.mp4"
    heatvid.render(field, out, background=under, pix_fmt="yuv420p", **EXACT, **options)
    planes = canvas_bytes(rgb, Picture("yuv420p", HEIGHT, WIDTH)).astype(int)
    assert np.abs(planes_of(out, HEIGHT, WIDTH) - planes).max() <= 2


# --- labels -----------------------------------------------------------------------------------


def test_outlines_lie_on_the_borders_of_the_classes_over_a_video(
    clip: Path, tmp_path: Path
) -> None:
    labels = np.zeros((COUNT, 12, 16), np.uint8)
    labels[:, 3:9, 4:10] = 2  # rows 6..17, columns 8..19 of the video
    got = shown(
        labels, tmp_path / "out.mkv", background=clip, norm="labels", alpha=1, outlines=2,
        outline_color="#ff00ff", label_colors={0: "transparent", 2: "#00ff00"},
    )  # fmt: skip
    line, filled = np.zeros((2, HEIGHT, WIDTH), bool)
    line[5:19, 7:21], line[7:17, 9:19] = True, False  # a pixel on either side of the border
    filled[7:17, 9:19] = True
    corners = np.ix_([5, 18], [7, 20])  # outer ones may be square or cut
    lines, outside = (got == [255, 0, 255]).all(-1), ~line & ~filled
    lines[:, *corners] = line[corners] = True
    np.testing.assert_array_equal(lines, [line] * COUNT)
    np.testing.assert_array_equal((got == [0, 255, 0]).all(-1), [filled] * COUNT)
    np.testing.assert_array_equal(got[:, outside], PICTURES[:, outside])


# --- limits -----------------------------------------------------------------------------------


def test_bands_have_limits_of_their_own(tmp_path: Path) -> None:
    result = heatvid.render(
        BANDS, tmp_path / "out.mkv", channel="rgb", percentiles=(5, 95), **EXACT
    )
    assert result.limits is not None
    wanted = np.percentile(BANDS.astype(np.float64), (5, 95), axis=(0, 1, 2)).T
    np.testing.assert_allclose(np.array(result.limits), wanted, rtol=1e-6)
    levels = rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH)
    low, high = wanted.T
    np.testing.assert_allclose(
        levels, np.clip((BANDS - low) / (high - low) * 256, 0, 255).astype(int), atol=1
    )
    np.testing.assert_array_equal(levels, heatvid.to_rgb(BANDS, channel="rgb", percentiles=(5, 95)))
    assert str(result).count(" to ") == 3


def test_a_log_depth_spans_its_positive_values(tmp_path: Path) -> None:
    depth = DEPTH.copy()
    depth[0, 0, 0], depth[0, 0, 1], depth[0, 0, 2] = 0, -5, np.nan
    out = tmp_path / "out.mkv"
    result = heatvid.render(depth, out, norm="log", cmap="magma_r", bad="#00ff00", **EXACT)
    assert result.limits == (DEPTH.min(), depth[depth > 0].max())
    got = rgb_of(out, HEIGHT, WIDTH)
    assert (got[0, 0, :3] == [0, 255, 0]).all()
    np.testing.assert_array_equal(
        got, heatvid.to_rgb(depth, norm="log", cmap="magma_r", bad="#00ff00")
    )
    # A third of the decades is a third of the way through the colours.
    level = heatvid.to_rgb(np.array([[1.0, 10.0, 1000.0]]), norm="log", cmap="gray")[0, :, 0]
    np.testing.assert_allclose(level, [0, 85, 255], atol=1)


def test_the_longest_motion_is_the_limit_of_a_flow(tmp_path: Path) -> None:
    result = heatvid.render(FLOW, tmp_path / "out.mkv", channel="flow", **EXACT)
    longest = np.hypot(FLOW[..., 0], FLOW[..., 1]).max()
    assert result.limits == pytest.approx((0, longest), rel=1e-6)
    np.testing.assert_array_equal(
        rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH), heatvid.to_rgb(FLOW, channel="flow")
    )


# --- fit --------------------------------------------------------------------------------------


def test_a_letterboxed_field_leaves_the_video_beside_it(clip: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"alpha": 1, "vmin": 0, "vmax": 1, "cmap": "gray"}
    got = shown(SQUARE, tmp_path / "a.mkv", background=clip, fit="letterbox", **options)
    side = (WIDTH - HEIGHT) // 2
    np.testing.assert_array_equal(got[:, :, :side], PICTURES[:, :, :side])
    np.testing.assert_array_equal(got[:, :, -side:], PICTURES[:, :, -side:])
    middle = heatvid.to_rgb(SQUARE, background=np.zeros((HEIGHT, HEIGHT, 3), np.uint8), **options)
    np.testing.assert_array_equal(got[:, :, side:-side], middle)


def test_a_cropped_field_fills_the_video_with_its_centre(clip: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"alpha": 1, "vmin": 0, "vmax": 1, "cmap": "gray"}
    got = shown(SQUARE, tmp_path / "a.mkv", background=clip, fit="crop", **options)
    large = heatvid.to_rgb(SQUARE, background=np.zeros((WIDTH, WIDTH, 3), np.uint8), **options)
    cut = (WIDTH - HEIGHT) // 2
    np.testing.assert_allclose(got.astype(int), large[:, cut:-cut], atol=1)


# --- channels that come one at a time ---------------------------------------------------------


def test_an_iterator_of_channels_has_moving_limits(tmp_path: Path) -> None:
    for field, mode in ((BANDS, "rgb"), (FLOW, "flow"), (FLOW, "norm")):
        options = {"channel": mode, "scope": "running", "fps": 30}
        wanted = shown(field, tmp_path / "a.mkv", **options)
        got = shown(iter(field), tmp_path / "b.mkv", layout="HWC", **options)
        np.testing.assert_array_equal(got, wanted)


def test_an_iterator_of_classes_needs_no_limits(tmp_path: Path) -> None:
    got = shown(
        iter(CLASSES.transpose(0, 3, 1, 2)), tmp_path / "a.mkv", layout="CHW",
        channel="argmax",
    )  # fmt: skip
    np.testing.assert_array_equal(got, heatvid.to_rgb(LABELS, norm="labels"))


def test_the_writer_takes_single_frames_with_channels(tmp_path: Path) -> None:
    with heatvid.VideoWriter(
        tmp_path / "a.mkv", layout="CHW", channel="flow", vmax=2, **EXACT
    ) as video:
        for frame in FLOW.transpose(0, 3, 1, 2):
            video.write(frame)
    np.testing.assert_array_equal(
        rgb_of(tmp_path / "a.mkv", HEIGHT, WIDTH), heatvid.to_rgb(FLOW, channel="flow", vmax=2)
    )


@pytest.mark.parametrize(
    ("shape", "channel", "words"),
    [
        ((4, 8, 8, 3), "flow", "has 3 channels .*channel='flow' takes 2"),
        ((4, 8, 8, 2), "rgb", "has 2 channels .*channel='rgb' takes 3 or 4"),
        ((5, 8, 8), "argmax", 'layout="HWC" or layout="CHW"'),
        ((4, 8, 8, 2), None, "has 2 channels .*channel='flow'"),
        ((4, 8, 8, 3), None, "has 3 channels .*channel='max'"),
        ((4, 8, 8, 2), 5, "channel is 5, there are 2"),
    ],
)
def test_channels_that_do_not_fit_are_refused(
    shape: tuple[int, ...], channel: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(heatvid.UsageError, match=words):
        heatvid.render(np.zeros(shape), tmp_path / "o.mp4", channel=channel, **EXACT)
    with (
        pytest.raises(heatvid.UsageError, match=words),
        heatvid.VideoWriter(tmp_path / "o.mp4", channel=channel, **EXACT) as video,
    ):
        video.write(np.zeros(shape))
    assert not list(tmp_path.iterdir())
