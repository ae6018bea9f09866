"""Panels of one video: their scale, their texts, in step, by every way in, and when they fail."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid import OptionError, Panel, SourceError, difference, grid, open_source
from tests.support.lines import clear_line
from tests.support.videos import encoded, rgb_of

EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "progress": False}
GAP = 8


def field(seed: int = 0, frames: int = 5, height: int = 12, width: int = 20) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((frames, height, width), np.float32)


def shown(rows: Any, out: Path, **options: Any) -> NDArray[np.uint8]:
    """All frames of a composition in a lossless video, shape (n, H, W, 3)."""
    source = grid(rows) if isinstance(rows, list) else rows
    result = heatvid.render(source, out, **{**EXACT, "overwrite": True, **options})
    return rgb_of(out, result.height, result.width)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.mp4"


# --- one scale ------------------------------------------------------------------------------------


def test_panels_of_one_quantity_have_one_scale(out: Path) -> None:
    a, b = field(0), field(1) * 3 - 1
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    frames = shown([[a, b]], out)
    np.testing.assert_array_equal(frames[:, :, :20], heatvid.to_rgb(a, vmin=low, vmax=high))
    np.testing.assert_array_equal(frames[:, :, 20 + GAP :], heatvid.to_rgb(b, vmin=low, vmax=high))
    assert (frames[:, :, 20 : 20 + GAP] == 0).all()


def test_own_limits_are_those_of_each_panel(out: Path) -> None:
    a, b = field(0), field(1) * 3 - 1
    frames = shown([[a], [b]], out, own_limits=True)
    np.testing.assert_array_equal(frames[:, :12], heatvid.to_rgb(a))
    np.testing.assert_array_equal(frames[:, 12 + GAP :], heatvid.to_rgb(b))


@pytest.mark.parametrize(
    "dtypes", [("f4", "f4"), ("i2", "f4"), ("f8", "i4"), ("f2", "f2"), ("u2", "i2")]
)
def test_percentiles_are_those_of_all_values_of_all_panels(
    dtypes: tuple[str, str], out: Path
) -> None:
    a, b = ((field(i, 5, 9, 7 + i) * 200).astype(own) for i, own in enumerate(dtypes))
    together = np.concatenate([a.reshape(-1), b.reshape(-1)]).astype(np.float64)
    result = heatvid.render(grid([[a, b]]), out, percentiles=(2.5, 91), **EXACT)
    assert result.limits == pytest.approx(np.percentile(together, (2.5, 91)), rel=1e-15)


def test_limits_that_move_are_shared_by_panels_of_one_quantity(out: Path) -> None:
    a, b = field(0), field(1) * 3 - 1
    frames = shown([[a, b]], out, scope="frame")
    for i, frame in enumerate(frames):
        limits = min(a[i].min(), b[i].min()), max(a[i].max(), b[i].max())
        wanted = [heatvid.to_rgb(one[i], limits=limits) for one in (a, b)]
        np.testing.assert_array_equal(frame[:, :20], wanted[0])
        np.testing.assert_array_equal(frame[:, 20 + GAP :], wanted[1])


def test_a_difference_has_a_scale_of_its_own_around_zero(out: Path) -> None:
    a, b = field(0), field(1) * 2
    frames = shown([[a, b, difference(a, b, "")]], out, vmin=0, vmax=3, cmap="magma")
    wanted = heatvid.to_rgb(b - a, norm="centered", cmap="coolwarm")
    np.testing.assert_array_equal(frames[:, :, 2 * (20 + GAP) :], wanted)
    np.testing.assert_array_equal(
        frames[:, :, :20], heatvid.to_rgb(a, vmin=0, vmax=3, cmap="magma")
    )


def test_uint8_keeps_its_range_beside_floats(out: Path) -> None:
    a, b = (field(0) * 99).astype(np.uint8), field(1)
    frames = shown([[a, b]], out)
    np.testing.assert_array_equal(frames[:, :, :20], heatvid.to_rgb(a))
    np.testing.assert_array_equal(frames[:, :, 20 + GAP :], heatvid.to_rgb(b))


# --- channels -----------------------------------------------------------------------------------

BARE: dict[str, Any] = {"layout": "THWC", "channel": "grid", "gap": 0}


@pytest.mark.parametrize(
    ("channels", "rows", "columns"),
    [(2, 1, 2), (3, 2, 2), (4, 2, 2), (5, 2, 3), (7, 3, 3), (12, 3, 4)],
)
@pytest.mark.parametrize("own", [False, True])
def test_each_channel_has_a_panel_in_a_grid_as_square_as_can_be(
    channels: int, rows: int, columns: int, own: bool
) -> None:
    values = np.random.default_rng(0).random((3, 8, 10, channels)) * np.arange(1, channels + 1)
    frames = heatvid.to_rgb(values, captions=[""] * channels, own_limits=own, **BARE)
    assert frames.shape == (3, 8 * rows, 10 * columns, 3)
    for i in range(channels):
        top, left = i // columns * 8, i % columns * 10
        span = values[..., i] if own else values
        wanted = heatvid.to_rgb(values[..., i], vmin=span.min(), vmax=span.max())
        np.testing.assert_array_equal(frames[:, top : top + 8, left : left + 10], wanted)
    for i in range(channels, rows * columns):
        top, left = i // columns * 8, i % columns * 10
        assert not frames[:, top : top + 8, left : left + 10].any()


def test_bars_of_channels_tell_the_limits_of_each_where_they_move() -> None:
    frames = np.stack([field(0, 3, 60, 80), field(1, 3, 60, 80) * 100], -1)
    options: dict[str, Any] = {"colorbar": "right", "scope": "frame", "zoom": 3}
    both = heatvid.to_rgb(frames, channel="grid", layout="THWC", own_limits=True, columns=1,
                          captions=["", ""], gap=0, **options)  # fmt: skip
    for i, top in enumerate((0, 180)):
        alone = heatvid.to_rgb(frames[..., i], **options)
        width = min(alone.shape[2], both.shape[2])
        np.testing.assert_array_equal(both[:, top : top + 180, :width], alone[:, :, :width])


def test_channels_have_their_numbers_over_them() -> None:
    values = np.random.default_rng(0).random((2, 40, 60, 3))
    named = heatvid.to_rgb(values, captions=["channel 0", "channel 1", "channel 2"], **BARE)
    np.testing.assert_array_equal(heatvid.to_rgb(values, **BARE), named)


@pytest.mark.parametrize("name", ["out.html", "%d.exr"])
def test_a_grid_of_channels_is_refused_where_values_are_kept(name: str, tmp_path: Path) -> None:
    options = {"layout": "THWC", "channel": "grid"}
    with pytest.raises(OptionError) as refused:
        heatvid.render(np.zeros((2, 8, 10, 3)), tmp_path / name, **options)
    clear_line(refused.value, "channel: got 'grid'")


# --- every way in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"panels": "background,heat,overlay", "title": "A title", "zoom": 3},
        {"panels": "heat,overlay", "text": "{frame} {value:max:.3f}", "size": (99, 161)},
        {"colorbar": "right", "zoom": 6, "scope": "frame", "text": "{frame}"},
    ],
)
def test_writer_and_to_rgb_show_what_render_shows(options: dict[str, Any], out: Path) -> None:
    """But that a text has room for any number of frames where it is not known."""
    values = field(0)
    pictures = np.random.default_rng(1).integers(0, 256, (5, 12, 20, 3), np.uint8)
    look = {"vmin": 0, "vmax": 1, "background": pictures, **options}
    look = {name: own for name, own in look.items() if "scope" not in look or name[0] != "v"}
    frames = shown(values, out, **look)
    np.testing.assert_array_equal(frames, heatvid.to_rgb(values, **look))
    other = out.with_name("written.mp4")
    with heatvid.VideoWriter(other, **look, **EXACT) as video:
        video.write(values[:2])
        video.write(values[2:])
    frames = shown(iter(values), out, **look)
    np.testing.assert_array_equal(rgb_of(other, *frames.shape[1:3]), frames)


def test_one_panel_is_the_source_itself(out: Path) -> None:
    values = field(0)
    other = out.with_name("alone.mp4")
    heatvid.render(grid([[values]]), out, **EXACT)
    heatvid.render(values, other, **EXACT)
    assert encoded(out) == encoded(other)


def test_batches_threads_and_backends_make_no_difference(out: Path) -> None:
    rows = [[field(0), field(1, 5, 9, 30)], [None, field(2)]]
    look = {"captions": ["A", "B", "C"], "text": "{frame} {time:.2f}"}
    usual = shown(rows, out, **look)
    for options in ({"batch_size": 1}, {"batch_size": 2, "threads": 3}, {"threads": 1}):
        np.testing.assert_array_equal(shown(rows, out, **look, **options), usual)


# --- in step --------------------------------------------------------------------------------------


def test_streams_of_unknown_length_go_side_by_side(out: Path) -> None:
    a, b = field(0, 40), field(1, 40)
    options = {"vmin": 0, "vmax": 1, "batch_size": 3}
    streamed = shown([[iter(a), iter(b)]], out, **options)
    np.testing.assert_array_equal(streamed, shown([[a, b]], out, **options))


@pytest.mark.parametrize("suffix", [".mkv", ".html"])
@pytest.mark.parametrize("made", [iter, lambda frames: open_source(iter(frames))])
@pytest.mark.parametrize("twice", [lambda one: [one, one], lambda one: [difference(one, one)]])
def test_one_iterator_for_several_panels_is_refused(
    twice: Any, made: Any, suffix: str, out: Path
) -> None:
    shown = grid([twice(made(field(0, 8)))])
    with pytest.raises(SourceError, match="panels: one iterator is given for several") as refused:
        heatvid.render(shown, out.with_suffix(suffix), vmin=0, vmax=1)
    clear_line(refused.value)
    assert os.listdir(out.parent) == []


@pytest.mark.parametrize("batch_size", [2, 3, 4, 64])
@pytest.mark.parametrize("kinds", [(iter, iter), (iter, np.array), (np.array, iter)])
@pytest.mark.parametrize("lengths", [(8, 12), (12, 8), (8, 9), (0, 0)])
def test_other_lengths_are_refused(
    lengths: tuple[int, int], kinds: Any, batch_size: int, out: Path
) -> None:
    a, b = (kind(field(i, n)) for i, (kind, n) in enumerate(zip(kinds, lengths, strict=True)))
    with pytest.raises((OptionError, SourceError)) as refused:
        heatvid.render(grid([[a, b]]), out, vmin=0, vmax=1, batch_size=batch_size, **EXACT)
    clear_line(refused.value)
    assert os.listdir(out.parent) == []


def test_lengths_that_are_known_are_told(out: Path) -> None:
    np.save(out.with_name("a.npy"), field(0, 8))
    np.save(out.with_name("b.npy"), field(1, 9))
    names = [out.with_name(name) for name in ("a.npy", "b.npy")]
    with pytest.raises(OptionError, match=r"a\.npy has 8 frames, .*b\.npy has 9 frames"):
        heatvid.render(grid([names]), out, **EXACT)


def numbered(count: int) -> NDArray[np.uint8]:
    """Frames that are their numbers."""
    return np.tile(np.arange(count, dtype=np.uint8)[:, None, None], (1, 8, 8))


def test_sources_of_other_rates_are_shown_at_their_own_times(out: Path) -> None:
    look: dict[str, Any] = {"norm": "identity", "cmap": "gray"}
    fast, slow = Panel(numbered(60), source_fps=30), Panel(numbered(12), source_fps=6)
    frames = shown([[slow, fast]], out, **look)[:, 0, :, 0]
    assert frames[:, 0].tolist() == [i // 5 for i in range(60)]
    assert frames[:, 16].tolist() == list(range(60))
    frames = shown([[slow, fast]], out, fps=15, **look)[:, 0, :, 0]
    assert frames[:, 16].tolist() == list(range(0, 60, 2))
    assert frames[:, 0].tolist() == [2 * i // 5 for i in range(30)]


def test_the_fastest_tells_how_long_all_last(out: Path) -> None:
    look: dict[str, Any] = {"norm": "identity", "cmap": "gray"}
    fast = Panel(numbered(60), source_fps=30)
    for count in (11, 13):  # up to one frame of its own
        frames = shown([[fast, Panel(numbered(count), source_fps=6)]], out, **look)[:, 0, 16, 0]
        assert frames.tolist() == [min(i // 5, count - 1) for i in range(60)]
    with pytest.raises(OptionError, match="allowed are equal times") as refused:
        shown([[fast, Panel(numbered(14), source_fps=6)]], out, **look)
    clear_line(refused.value, "panels: ")


# --- faults ---------------------------------------------------------------------------------------


def failing(error: BaseException, after: int) -> Iterator[NDArray[np.float32]]:
    yield from field(0, after)
    raise error


@pytest.mark.parametrize("error", [ValueError("lost"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("after", [1, 2, 7])
def test_a_source_that_fails_in_the_middle_leaves_nothing(
    error: BaseException, after: int, out: Path
) -> None:
    def render() -> None:
        sources = [iter(field(1, 50)), failing(error, after)]
        with pytest.raises(type(error)):
            heatvid.render(grid([sources]), out, vmin=0, vmax=1, batch_size=2, **EXACT)

    render()
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    render()
    gc.collect()
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
    assert os.listdir(out.parent) == []


@pytest.mark.parametrize("bad", ["none.npy", "text.npy", "short.npy", "channels.npy"])
def test_files_are_closed_where_another_panel_is_refused(bad: str, tmp_path: Path) -> None:
    np.save(tmp_path / "good.npy", field(0))
    np.save(tmp_path / "short.npy", field(0, 3))
    np.save(tmp_path / "channels.npy", field(0).reshape(5, 12, 4, 5))
    (tmp_path / "text.npy").write_text("no array")
    before = os.listdir("/proc/self/fd")
    rows = [[tmp_path / "good.npy", difference(tmp_path / "good.npy", tmp_path / bad)]]
    for panels in (rows, [[tmp_path / "good.npy", tmp_path / bad]]):
        with pytest.raises(heatvid.UsageError, match=bad) as refused:
            heatvid.render(grid(panels), tmp_path / "out.mp4", **EXACT)
        clear_line(refused.value)
    del refused
    gc.collect()
    assert os.listdir("/proc/self/fd") == before


def test_a_source_that_is_open_stays_open(out: Path) -> None:
    np.save(out.with_name("a.npy"), field(0))
    with heatvid.open_source(out.with_name("a.npy")) as source:
        shown([[source, source, difference(source, source)]], out)
        assert len(source.read(0, 5)) == 5


def test_an_output_that_is_an_input_of_a_panel_is_refused(out: Path) -> None:
    heatvid.render(field(0), out, **EXACT)
    for panel in (out, Panel(field(0), background=out), difference(field(0), out)):
        with pytest.raises(OptionError, match="is also an input"):
            heatvid.render(grid([[field(1), panel]]), out, overwrite=True, **EXACT)


def test_names_are_of_the_panels_whose_values_are_labels(out: Path) -> None:
    labels = np.ones((5, 12, 20), np.uint8)
    names: dict[str, Any] = {"label_names": {1: "a car"}, "colorbar": "right", "zoom": 8}
    heatvid.render(grid([[field(0), Panel(labels, norm="labels")]]), out, **names, **EXACT)
    with pytest.raises(OptionError, match=r"label_names: .*allowed with norm='labels'") as refused:
        heatvid.render(grid([[field(0), field(1)]]), out.with_name("b.mkv"), **names, **EXACT)
    clear_line(refused.value)


# --- what is refused ------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "panels": ({"panels": "background"}, "beside heat or overlay"),
    "columns": ({"columns": 3}, "several panels"),
    "gap": ({"gap": 3}, "several panels"),
    "own_limits": ({"own_limits": True}, "several panels"),
    "label": ({"label": "m"}, "colorbar"),
    "text_place": ({"text_place": "top"}, "text="),
    "label_names": ({"label_names": {1: "a"}}, "legend="),
    "pixel_size": ({"pixel_size": 2}, "scale_bar="),
    "unit": ({"unit": "m"}, "scale_bar="),
    "zoom": ({"zoom": 2, "pix_fmt": "gray"}, "with colours"),
    "title": ({"title": "A", "encode_depth": "lerobot"}, "with colours"),
    "frame": ({"size": (30000, 30000)}, "268435456 pixels"),
    "captions": ({"captions": ["a", "b"]}, "one each"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_without_a_meaning_are_refused(name: str, out: Path) -> None:
    options, allowed = REFUSED[name]
    with pytest.raises(OptionError, match=allowed) as refused:
        heatvid.render(field(0), out, progress=False, **options)
    clear_line(refused.value, f"{name}: ")


@pytest.mark.parametrize("name", ["%03d.exr", "out.tif", "out.mkv"])
def test_panels_are_refused_where_values_are_kept(name: str, tmp_path: Path) -> None:
    options = {"pix_fmt": "gray"} if name == "out.mkv" else {}
    source = grid([[field(0, 1), field(1, 1)]])
    with pytest.raises(OptionError) as refused:
        heatvid.render(source, tmp_path / name, **options)
    clear_line(refused.value)


def test_pictures_are_refused_in_10_bits(out: Path) -> None:
    pictures = np.zeros((5, 12, 20, 3), np.uint8)
    for panels in ("background,heat", "heat,overlay"):
        with pytest.raises(OptionError, match="10 bits"):
            heatvid.render(
                field(0), out.with_suffix(".mov"), background=pictures, panels=panels,
                codec="prores",
            )  # fmt: skip


@pytest.mark.parametrize("name", ["out.gif", "out.webm", "out.apng", "%03d.png", "%03d.jpg"])
def test_panels_go_into_any_output_of_colours(name: str, tmp_path: Path) -> None:
    result = heatvid.render(grid([[field(0), field(1)]]), tmp_path / name, captions=["A", "B"])
    assert (result.width, result.frames) == (48, 5)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 40), (3, 40, 1)])
def test_the_smallest_fields_are_composed(shape: tuple[int, int, int], out: Path) -> None:
    one = np.ones(shape, np.float32)
    frames = shown([[one, difference(one, one)], [one, None]], out, title="T", captions=["a"] * 3)
    assert len(frames) == shape[0]
