"""``VideoWriter``: predictions as they come, in every shape, with or without what lies under."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._errors import OptionError, SourceError, UsageError
from heatvid._under.stills import StillBackground
from heatvid._under.videos import VideoBackground
from tests.support.oracle import Picture
from tests.support.videos import (
    encoded,
    expected,
    fps_of,
    numbered,
    only,
    pictures,
    planes_of,
    rgb_of,
)

HEIGHT, WIDTH, COUNT = 24, 32, 6
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "vmin": 0, "vmax": 1}


@pytest.fixture
def data() -> np.ndarray:
    return numbered(COUNT, HEIGHT, WIDTH)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "out.mkv"


@pytest.fixture
def good(out: Path) -> Iterator[Path]:
    """An existing output that has to survive, alone in its folder."""
    out.write_bytes(b"good")
    yield out
    assert out.read_bytes() == b"good"
    assert only(out.parent) == [out.name]


def test_single_frames_and_batches_give_the_same_video(data: np.ndarray, out: Path) -> None:
    wanted = heatvid.to_rgb(data, vmin=0, vmax=1)
    for sizes in ([1] * 6, [6], [2, 4], [1, 3, 2]):
        with heatvid.VideoWriter(out, batch_size=4, overwrite=True, **EXACT) as video:
            start = 0
            for size in sizes:
                video.write(data[start : start + size])
                start += size
                assert video.frames == start
        np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)
    with heatvid.VideoWriter(out, overwrite=True, **EXACT) as video:
        for frame in data:
            video.write(frame)  # without an axis of time
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


@pytest.mark.parametrize(
    "parts", [lambda data: [list(data)], lambda data: [data[:1], list(data[1:])],
              lambda data: [(data[:2], data[2:])]], ids=["frames", "later", "stacks"],
)  # fmt: skip
def test_a_list_is_a_batch(parts: Any, data: np.ndarray, out: Path) -> None:
    with heatvid.VideoWriter(out, **EXACT) as video:
        for part in parts(data):
            video.write(part)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), heatvid.to_rgb(data, vmin=0, vmax=1))


@pytest.mark.parametrize("order", [("time", "y", "x"), ("y", "x", "time"), ("x", "time", "y")])
@pytest.mark.parametrize("one", [False, True])
def test_arrays_of_xarray_lie_by_the_names_of_their_dimensions(
    one: bool, order: tuple[str, ...], data: np.ndarray, out: Path
) -> None:
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(data, dims=("time", "y", "x")).transpose(*order)
    before = threading.active_count()
    with heatvid.VideoWriter(out, **EXACT) as video:
        for part in [array.isel(time=i) for i in range(COUNT)] if one else [array]:
            video.write(part)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), heatvid.to_rgb(data, vmin=0, vmax=1))
    assert threading.active_count() == before  # what read it is let go


def test_an_iterator_is_no_batch(data: np.ndarray, good: Path) -> None:
    video = heatvid.VideoWriter(good, overwrite=True, **EXACT)
    with pytest.raises(SourceError, match=r"a generator is no batch; .*heatvid\.render takes"):
        video.write(frame for frame in data)


def test_the_callers_buffers_are_free_after_write(data: np.ndarray, out: Path) -> None:
    buffer = np.empty_like(data[:2])
    under = np.empty((2, HEIGHT, WIDTH, 3), np.uint8)
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    with heatvid.VideoWriter(out, batch_size=2, threads=2, **EXACT) as video:
        for start in range(0, COUNT, 2):
            buffer[...], under[...] = data[start : start + 2], rgb[start : start + 2]
            video.write(buffer, background=under)
            buffer[...], under[...] = np.nan, 77
    wanted = heatvid.to_rgb(data, background=rgb, vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_the_file_is_that_of_render(
    threads: int, batch_size: int, data: np.ndarray, tmp_path: Path
) -> None:
    settings = {**EXACT, "fps": 25, "batch_size": batch_size, "threads": threads}
    for suffix in (".mp4", ".mkv"):
        written, rendered = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
        with heatvid.VideoWriter(written, **settings) as video:
            video.write(data)
        heatvid.render(data, rendered, **settings)
        np.testing.assert_array_equal(
            rgb_of(written, HEIGHT, WIDTH), rgb_of(rendered, HEIGHT, WIDTH)
        )
    assert encoded(tmp_path / "a.mp4") == encoded(tmp_path / "b.mp4")


def test_whole_numbers_and_bools_need_no_limits(out: Path) -> None:
    for dtype, limits in ((np.uint8, (0, 255)), (np.bool_, (0, 1))):
        frames = (np.arange(3 * 8 * 8).reshape(3, 8, 8) % 2).astype(dtype)
        with heatvid.VideoWriter(out, lossless=True, overwrite=True) as video:
            video.write(frames)
        assert video.result is not None
        assert video.result.limits == limits
        np.testing.assert_array_equal(rgb_of(out, 8, 8), heatvid.to_rgb(frames))


def test_missing_limits_are_an_error_that_says_what_to_give(data: np.ndarray, good: Path) -> None:
    for given in ({}, {"vmin": 0}, {"percentiles": (1, 99)}):
        video = heatvid.VideoWriter(good, overwrite=True, **given)
        with pytest.raises(OptionError, match=r"give vmin and vmax, or scope='frame' or"):
            video.write(data)


@pytest.mark.parametrize("scope", ["frame", "running"])
def test_limits_may_move(scope: str, data: np.ndarray, tmp_path: Path) -> None:
    data = data * np.arange(1, COUNT + 1).reshape(-1, 1, 1)
    settings = {"scope": scope, "lossless": True}
    with heatvid.VideoWriter(tmp_path / "a.mkv", **settings) as video:
        for frame in data:
            video.write(frame)
    heatvid.render(data, tmp_path / "b.mkv", **settings)
    np.testing.assert_array_equal(
        rgb_of(tmp_path / "a.mkv", HEIGHT, WIDTH), rgb_of(tmp_path / "b.mkv", HEIGHT, WIDTH)
    )


# --- backgrounds ------------------------------------------------------------------------------


def _gray(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(rgb[..., :1], 3, axis=-1)


def test_pictures_come_with_their_predictions(data: np.ndarray, out: Path) -> None:
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    still = np.broadcast_to(rgb[:1], rgb.shape)
    cases: list[tuple[Any, np.ndarray]] = [
        (rgb, rgb),
        (rgb / np.float32(255), rgb),
        (rgb / 255, rgb),
        (rgb[0], still),
        (rgb[0] / 255, still),
        (rgb[..., 0], _gray(rgb)),
        (rgb[..., 0] / 255, _gray(rgb)),
        (rgb[0, ..., 0], _gray(still)),
        (list(rgb), rgb),
    ]
    for given, stands_for in cases:
        with heatvid.VideoWriter(out, overwrite=True, batch_size=4, **EXACT) as video:
            video.write(data, background=given)
        wanted = heatvid.to_rgb(data, background=stands_for, vmin=0, vmax=1)
        np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_one_prediction_comes_with_one_picture(data: np.ndarray, out: Path) -> None:
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    for given, stands_for in ((rgb, rgb), (rgb[..., 0], _gray(rgb)), (rgb[:, None], rgb)):
        with heatvid.VideoWriter(out, overwrite=True, batch_size=4, **EXACT) as video:
            for frame, picture in zip(data, given, strict=True):
                video.write(frame, background=picture)
        wanted = heatvid.to_rgb(data, background=stands_for, vmin=0, vmax=1)
        np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_the_video_has_the_size_of_its_pictures(out: Path) -> None:
    small, rgb = numbered(3, 6, 8), pictures(3, HEIGHT, WIDTH)
    with heatvid.VideoWriter(out, **EXACT) as video:
        for frame, picture in zip(small, rgb, strict=True):
            video.write(frame, background=picture)
    wanted = heatvid.to_rgb(small, background=rgb, vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_a_background_may_be_given_for_all(data: np.ndarray, out: Path) -> None:
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    for given in ("#204060", rgb[0], rgb, rgb[..., 0]):
        with heatvid.VideoWriter(out, background=given, overwrite=True, **EXACT) as video:
            video.write(data[:1])
            video.write(data[1:])
        wanted = heatvid.to_rgb(data, background=given, vmin=0, vmax=1)
        np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path, rgb = tmp_path / "clip.mp4", pictures(COUNT, HEIGHT, WIDTH)
    heatvid.render(rgb[..., 1], path, background=rgb, fps="24000/1001")
    return path


def test_a_video_may_lie_under_all_and_gives_its_rate(
    data: np.ndarray, clip: Path, out: Path
) -> None:
    with heatvid.VideoWriter(out, background=clip, pix_fmt="yuv420p", **EXACT) as video:
        video.write(data)
    assert video.result is not None
    assert video.result.fps == fps_of(clip) == Fraction(24000, 1001)
    wanted = expected(
        data, Picture("yuv420p", HEIGHT, WIDTH), (0, 1), alpha=0.5,
        background=planes_of(clip, HEIGHT, WIDTH),
    )  # fmt: skip
    np.testing.assert_array_equal(planes_of(out, HEIGHT, WIDTH), wanted)


@pytest.mark.parametrize("kind", ["video", "array"])
def test_too_few_or_too_many_predictions_for_a_background_are_an_error(
    kind: str, data: np.ndarray, clip: Path, good: Path
) -> None:
    given = clip if kind == "video" else pictures(COUNT, HEIGHT, WIDTH)
    settings = {**EXACT, "background": given, "overwrite": True}
    video = heatvid.VideoWriter(good, **settings)
    video.write(data)
    with pytest.raises(SourceError, match="ends after 6 frames"):
        video.write(data[:1])
    video = heatvid.VideoWriter(good, **settings)
    video.write(data[:-1])
    with pytest.raises(SourceError, match="has 6 frames, what was written has 5"):
        video.close()


def test_backgrounds_that_do_not_fit_are_an_error(data: np.ndarray, good: Path) -> None:
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    settings = {**EXACT, "overwrite": True}
    cases: list[tuple[dict[str, Any], list[Any], str]] = [
        ({"background": "red"}, [rgb], "given to both VideoWriter and write"),
        ({}, ["red"], "allowed in write.. are pictures"),
        ({}, [rgb[:4]], "4 pictures for 6 predictions; allowed are as many, or one"),
        ({}, [rgb, None], "background none, the first had 32x24"),
        ({}, [None, rgb], "background 32x24, the first had none"),
        ({}, [rgb, rgb[:, :20]], "background 32x20, the first had 32x24"),
        ({}, [rgb.astype(np.float32)], "floats in 0..255; allowed are floats in 0..1 and uint8"),
        ({}, [rgb.astype(np.int32)], "pictures of int32; allowed are uint8"),
        ({}, [np.zeros((2, 2, 2, 2, 2))], "allowed are pictures of shape"),
    ]
    for options, backgrounds, message in cases:
        video = heatvid.VideoWriter(good, **options, **settings)
        *before, last = backgrounds
        for background in before:
            video.write(data, background=background)
        with pytest.raises((OptionError, SourceError), match=message):
            video.write(data, background=last)


# --- misuse and failures ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "second",
    [np.zeros((4, 4), np.float32), np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH), np.uint8)],
    ids=["shape", "float64", "uint8"],
)
def test_a_change_of_shape_or_dtype_is_an_error(
    second: np.ndarray, data: np.ndarray, good: Path
) -> None:
    video = heatvid.VideoWriter(good, overwrite=True, **EXACT)
    video.write(data)
    with pytest.raises(SourceError, match=r"prediction 6: is .*, the first was \(24, 32\) float32"):
        video.write(second)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 3, 4, 5)), "text", 3, None, [[1, 2]]])
def test_what_is_no_prediction_is_refused(wrong: Any, good: Path) -> None:
    with pytest.raises(SourceError), heatvid.VideoWriter(good, overwrite=True, **EXACT) as video:
        video.write(wrong)


@pytest.mark.parametrize("written", [0, 1, 6])
def test_an_exception_inside_the_block_leaves_nothing_new(
    written: int, data: np.ndarray, good: Path
) -> None:
    failure = RuntimeError("mine")

    def use() -> None:
        with heatvid.VideoWriter(good, overwrite=True, batch_size=2, **EXACT) as video:
            for frame in data[:written]:
                video.write(frame)
            raise failure

    with pytest.raises(RuntimeError) as caught:
        use()
    assert caught.value is failure


def test_an_exception_inside_the_block_leaves_nothing(data: np.ndarray, out: Path) -> None:
    with pytest.raises(KeyError), heatvid.VideoWriter(out, **EXACT) as video:
        video.write({}["data"])
    assert only(out.parent) == []


def test_closing_twice_gives_the_same_result(data: np.ndarray, out: Path) -> None:
    video = heatvid.VideoWriter(out, **EXACT)
    video.write(data)
    first = video.close()
    assert video.close() is first is video.result
    assert first.frames == COUNT
    assert "<code>" in video._repr_html_()


def test_writing_after_the_end_is_an_error(data: np.ndarray, out: Path) -> None:
    with heatvid.VideoWriter(out, **EXACT) as video:
        video.write(data)
    whole = out.read_bytes()
    with pytest.raises(OptionError, match=r"out.mkv: the video is finished"):
        video.write(data)
    assert out.read_bytes() == whole


def test_no_predictions_at_all_are_an_error(good: Path) -> None:
    with pytest.raises(SourceError, match=r"out.mkv: no predictions were written"):
        heatvid.VideoWriter(good, overwrite=True, **EXACT).close()


def test_an_existing_output_is_kept_unless_overwrite_says_so(data: np.ndarray, good: Path) -> None:
    with pytest.raises(OptionError, match=r"out.mkv: exists already"):
        heatvid.VideoWriter(good, **EXACT)


def test_an_unknown_option_is_refused_with_a_guess(out: Path) -> None:
    with pytest.raises(OptionError, match=r"cmpa: no such option; did you mean 'cmap'\?"):
        heatvid.VideoWriter(out, cmpa="magma")
    with pytest.raises(OptionError, match="frames: no such option"):
        heatvid.VideoWriter(out, frames="1:2")


def test_abort_leaves_no_thread_and_no_file(data: np.ndarray, out: Path) -> None:
    before = threading.active_count()
    video = heatvid.VideoWriter(out, **EXACT)
    video.write(data)
    video.abort()
    assert threading.active_count() == before
    assert only(out.parent) == []


def test_a_still_picture_is_copied_once_a_slot(
    data: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, slots = StillBackground.read, []

    def counted(self: StillBackground, start: int, out: np.ndarray) -> None:
        slots.append(out.ctypes.data)
        read(self, start, out)

    monkeypatch.setattr(StillBackground, "read", counted)
    still = pictures(1, HEIGHT, WIDTH)[0]
    with heatvid.VideoWriter(
        tmp_path / "o.mkv", background=still, batch_size=2, threads=1, **EXACT
    ) as video:
        for _ in range(9):
            video.write(data)
    assert video.frames == 9 * len(data)
    assert slots
    assert len(slots) == len(set(slots))


# --- threads, forks, writers that are forgotten, frames that are refused --------------------------


def test_several_threads_lose_no_frame(out: Path) -> None:
    threads, each = 6, 30
    video = heatvid.VideoWriter(out, batch_size=4, threads=2, lossless=True, preset="ultrafast")

    def write(thread: int) -> None:
        for i in range(each):
            video.write(np.full((16, 16), thread * each + i, np.uint8))

    writers = [threading.Thread(target=write, args=(i,), daemon=True) for i in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
    video.close()
    grays = rgb_of(out, 16, 16)[:, 0, 0]
    wanted = heatvid.to_rgb(np.arange(threads * each, dtype=np.uint8).reshape(-1, 1, 1))[:, 0, 0]
    assert sorted(map(tuple, grays)) == sorted(map(tuple, wanted))


def test_an_abort_ends_the_writing_of_another_thread(out: Path) -> None:
    video = heatvid.VideoWriter(out, **EXACT)
    ended: list[BaseException] = []

    def write() -> None:
        try:
            while True:
                video.write(np.zeros((64, 64), np.float32))
        except heatvid.HeatvidError as error:
            ended.append(error)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    while video.frames < 20 and writer.is_alive():
        threading.Event().wait(0.01)
    video.abort()
    writer.join(60)
    assert len(ended) == 1
    assert only(out.parent) == []
    with pytest.raises(OptionError, match="the video is finished"):
        video.write(np.zeros((64, 64), np.float32))
    with pytest.raises(OptionError, match="the video was given up; open another"):
        video.close()


FORKED = """
import os, signal, sys, time
import numpy as np, heatvid
signal.alarm(30)  # whoever waits for ever, ends
video = heatvid.VideoWriter(sys.argv[1], vmin=0, vmax=1, preset="ultrafast", threads=2)
for i in range(20):
    video.write(np.zeros((16, 16), np.float32))
pid = os.fork()
if pid == 0:
    signal.alarm(10)  # which it has not inherited
    for use in (lambda: video.write(np.zeros((16, 16), np.float32)), video.close):
        try:
            use()
        except heatvid.OptionError as error:
            print(error, flush=True)
    video.abort()
    sys.exit(0)
os.waitpid(pid, 0)
video.write(np.zeros((16, 16), np.float32))
print(video.close().frames)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_refused_at_once_and_harms_nothing(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(out)], capture_output=True, text=True, timeout=60
    )
    refusal = f"{out}: was opened by another process, of which this one is a fork; open another "
    assert done.stdout == f"{refusal}VideoWriter here\n" * 2 + "21\n", done.stderr
    assert only(out.parent) == [out.name]


@pytest.mark.parametrize("name", ["out.mkv", "%d.png"])
@pytest.mark.parametrize("written", [0, 1, 9])
def test_a_forgotten_writer_leaves_nothing(
    data: np.ndarray, tmp_path: Path, name: str, written: int
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    before = threading.active_count()
    video = heatvid.VideoWriter(folder / name, batch_size=2, threads=2, **EXACT)
    for _ in range(written):
        video.write(data[:1])
    assert written == 0 or only(folder) != []
    del video
    gc.collect()
    assert only(folder) == []
    assert threading.active_count() == before


WRONG: dict[str, tuple[Any, Any]] = {
    "shape": (np.zeros((4, 4), np.float32), None),
    "dtype": (np.zeros((HEIGHT, WIDTH)), None),
    "axes": (np.zeros((2, 3, 4, 5, 6), np.float32), None),
    "text": ("text", None),
    "none": (None, None),
    "background": (np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((7, 7, 3), np.uint8)),
    "no background": (np.zeros((HEIGHT, WIDTH), np.float32), "red"),
    "levels": (np.zeros((HEIGHT, WIDTH), np.float32), np.full((HEIGHT, WIDTH, 3), 99.0)),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("first", [0, 2])
def test_a_wrong_frame_is_refused_and_the_video_goes_on(
    data: np.ndarray, out: Path, wrong: str, first: int
) -> None:
    under = pictures(COUNT, HEIGHT, WIDTH) if wrong == "levels" else None
    with heatvid.VideoWriter(out, batch_size=4, **EXACT) as video:
        for i, frame in enumerate(data):
            if i == first and (first or wrong not in ("shape", "dtype", "background", "levels")):
                with pytest.raises(UsageError):
                    video.write(WRONG[wrong][0], background=WRONG[wrong][1])
            video.write(frame, background=None if under is None else under[i])
    wanted = heatvid.to_rgb(data, background=under, vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_predictions_beyond_a_background_are_refused_as_a_whole(
    data: np.ndarray, out: Path
) -> None:
    under = pictures(COUNT, HEIGHT, WIDTH)
    with heatvid.VideoWriter(out, background=under, batch_size=4, **EXACT) as video:
        video.write(data[:2])
        with pytest.raises(SourceError, match="ends after 6 frames"):
            video.write(data)
        assert video.frames == 2
        video.write(data[2:])
    wanted = heatvid.to_rgb(data, background=under, vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_a_path_is_not_an_array(data: np.ndarray, tmp_path: Path, good: Path) -> None:
    path = tmp_path / "data.npy"
    np.save(path, data)
    with heatvid.VideoWriter(good.with_name("other.mkv"), **EXACT) as video:
        for given in (path, str(path), os.fsencode(path), [str(path)]):
            with pytest.raises(SourceError, match="a path is not an array; allowed are arrays"):
                video.write(given)
        video.write(data)
    good.with_name("other.mkv").unlink()


def test_a_mask_that_fails_to_open_leaves_no_background_open(clip: Path, out: Path) -> None:
    closed = []
    close = VideoBackground.close

    def note(self: VideoBackground) -> None:
        closed.append(True)
        close(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VideoBackground, "close", note)
        with pytest.raises(UsageError, match="alpha_mask"):
            heatvid.VideoWriter(out, background=clip, alpha_mask="none.npy", **EXACT)
    assert closed == [True]
