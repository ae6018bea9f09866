"""One clock, wherever frames come from: times of their own, archives, pictures; and its sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import heatvid
from heatvid import OptionError, SourceError
from heatvid._frames import AnyArray
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.options import make_options
from heatvid._video.sound import first_picture
from heatvid.sources import Source, open_source
from heatvid.sources._about import About
from heatvid.sources._retimed import RetimedSource, retimed
from tests.support.clicks import clicks, heard, video_with_clicks
from tests.support.videos import rgb_of

HEIGHT, WIDTH = 4, 8
GRAY: dict[str, Any] = {
    "lossless": True, "preset": "ultrafast", "overwrite": True, "norm": "identity", "cmap": "gray",
}  # fmt: skip
MOMENTS = np.array([0, 200, 250, 700, 1000, 1900], "timedelta64[ms]")


def labelled(count: int, dtype: str = "uint8") -> NDArray[Any]:
    return np.tile(np.arange(count).astype(dtype)[:, None, None], (1, HEIGHT, WIDTH))


class Counted(Source):
    """Frames of an array, with names and times; what is read of it is counted."""

    def __init__(self, frames: AnyArray, times: Any = None) -> None:
        self.name, self.length, self.frames = "counted", len(frames), frames
        self.frame_shape, self.dtype = frames.shape[1:], frames.dtype
        self.names = tuple(f"frame {i}" for i in range(len(frames)))
        self.about = About(times=times)
        self.read_frames: list[int] = []

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        self.read_frames += range(start, min(start + count, len(self)))
        return self.frames[start : start + count].copy()


def dated(moments: Any = MOMENTS) -> Counted:
    times = np.datetime64("2026-11-29T00:00:00", "us") + moments
    return Counted(labelled(len(times)), times)


def shown(source: Any, out: Path, **options: Any) -> list[int]:
    result = heatvid.render(source, out, **{**GRAY, **options})
    frames: list[int] = rgb_of(out, HEIGHT, WIDTH)[:, 0, 0, 0].tolist()
    assert len(frames) == result.frames
    return frames


# --- times ----------------------------------------------------------------------------------------


def test_frames_last_until_the_next_ones_time(tmp_path: Path) -> None:
    lasts = 1.9 + 0.3  # the middle one of the gaps
    wanted = [
        max(i for i, own in enumerate(MOMENTS) if own <= np.timedelta64(40 * k, "ms"))
        for k in range(int(np.ceil(lasts * 25 - 1e-9)))
    ]
    assert shown(dated(), tmp_path / "o.mp4", hold="previous", fps=25) == wanted
    faster = shown(dated(), tmp_path / "o.mp4", hold="previous", fps=25, speed=2)
    assert faster == wanted[::2]
    plain = shown(dated(), tmp_path / "o.mp4", fps=25)
    assert plain == shown(dated(), tmp_path / "o.mp4", source_fps=25) == list(range(6))


def test_pictures_that_are_as_many_have_the_same_times(tmp_path: Path) -> None:
    pictures = np.tile(labelled(6)[..., None], 3) + 100
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    options: dict[str, Any] = {"hold": "nearest", "fps": 10, "background": pictures}
    under = shown(dated(), tmp_path / "o.mp4", **options, alpha=1, alpha_mask=mask)
    over = shown(dated(), tmp_path / "o.mp4", hold="previous", fps=10)
    assert under == [100 + i for i in over]


def test_hours_take_a_speed(tmp_path: Path) -> None:
    hourly = dated(np.arange(5) * np.timedelta64(3600, "s"))
    with pytest.raises(
        OptionError,
        match="hold: got 'previous', by which counted lasts 18000 s; allowed is that wi",
    ):
        shown(hourly, tmp_path / "o.mp4", hold="previous")
    got = shown(hourly, tmp_path / "o.mp4", hold="previous", speed=3600, fps=10)
    assert got == [i for i in range(5) for _ in range(10)]


@pytest.mark.parametrize("moments", [[0, 2, 1], [0, "NaT", 1]])
def test_times_that_do_not_rise_are_refused(moments: Any, tmp_path: Path) -> None:
    source = dated(np.array(moments, "timedelta64[s]"))
    with pytest.raises(SourceError, match="counted: its times do not rise; source_fps= says how"):
        shown(source, tmp_path / "o.mp4", hold="previous")


def test_chosen_frames_keep_their_times(tmp_path: Path) -> None:
    wanted = shown(dated(MOMENTS[1:5] - MOMENTS[1]), tmp_path / "o.mp4", hold="previous", fps=20)
    got = shown(dated(), tmp_path / "o.mp4", hold="previous", fps=20, frames="1:5")
    assert got == [1 + i for i in wanted]


# --- clocks ---------------------------------------------------------------------------------------


def feed_of(source: Any, **options: Any) -> SourceFeed:
    return SourceFeed(make_options(options), open_source(source))


def test_clocks_tell_the_time_of_what_is_shown() -> None:
    with feed_of(labelled(12), source_fps=6, fps=30, speed=4) as feed:
        assert feed.length == 15
        assert feed.clock.seconds(0, 15) == pytest.approx(np.arange(15) * 4 / 30)
    with feed_of(labelled(12), fps=24) as feed:
        assert feed.clock.seconds(3, 2) == pytest.approx([3 / 24, 4 / 24])
    source = dated()
    assert source.about.times is not None
    with feed_of(source, hold="previous", fps=10) as feed:
        times = source.about.times[[0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 4]]
        assert feed.about.times is not None
        assert (feed.about.times[:11] == times).all()
        assert feed.source.names is not None
        assert feed.source.names[:3] == ("frame 0", "frame 0", "frame 1")
    with feed_of(source, hold="linear", fps=10, norm="linear") as feed:
        times = source.about.times[0] + np.arange(19) * np.timedelta64(100, "ms")
        assert feed.about.times is not None
        off = np.abs(feed.about.times[:19] - times)
        assert off.max() <= np.timedelta64(1, "us")


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", ["previous", "nearest", "linear"])
@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_each_frame_is_read_once(hold: str, batch_size: int, tmp_path: Path) -> None:
    source = Counted(labelled(7, "float32") / 10)
    heatvid.render(
        source, tmp_path / "o.mp4", source_fps=7, fps=30, hold=hold, batch_size=batch_size, vmin=0,
        vmax=1, preset="ultrafast",
    )  # fmt: skip
    assert source.read_frames == list(range(7))


def test_frames_that_are_not_shown_are_not_read(tmp_path: Path) -> None:
    source = Counted(labelled(20))
    assert shown(source, tmp_path / "o.mp4", speed=6) == [0, 6, 12, 18]
    assert source.read_frames == [0, 6, 12, 18]


def test_frames_of_a_stream_that_are_not_shown_are_dropped(tmp_path: Path) -> None:
    assert shown(iter(labelled(20)), tmp_path / "o.mp4", speed=6) == [0, 6, 12, 18]


def test_limits_of_an_archive_are_found_in_one_pass_and_frames_come_of_it(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((9, HEIGHT, WIDTH)).astype(np.float32)
    np.savez_compressed(tmp_path / "a.npz", values)
    looks: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "cmap": "magma"}
    result = heatvid.render(tmp_path / "a.npz", tmp_path / "o.mp4", source_fps=9, fps=20, **looks)
    assert result.limits == (values.min(), values.max())
    wanted = heatvid.to_rgb(values[np.arange(20) * 9 // 20], limits=result.limits, cmap="magma")
    assert np.array_equal(rgb_of(tmp_path / "o.mp4", HEIGHT, WIDTH), wanted)


def test_files_of_every_kind_are_held_alike(tmp_path: Path) -> None:
    frames = labelled(6)
    wanted = [k * 6 // 25 for k in range(25)]
    np.save(tmp_path / "plain.npy", frames)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(frames))
    (tmp_path / "folder").mkdir()
    for i, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"folder/{i}.png")
    for name in ("plain.npy", "fortran.npy", "folder"):
        for batch_size in (1, 4, 25):
            got = shown(
                tmp_path / name, tmp_path / "o.mp4", source_fps=6, fps=25, batch_size=batch_size
            )
            assert got == wanted, (name, batch_size)
    for name in ("plain.npy", "folder"):
        got = shown(tmp_path / name, tmp_path / "o.mp4", source_fps=6, fps=25, frames="::-2")
        assert got == [1 + (24 - k) * 3 // 25 * 2 for k in range(25)]


def test_pictures_of_a_folder_lie_under_several_frames_each(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for i in range(5):
        picture = np.full((HEIGHT, WIDTH, 3), 10 * i, np.uint8)
        Image.fromarray(picture).save(tmp_path / f"folder/{i}.png")
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    for batch_size in (1, 3, 20):
        got = shown(
            labelled(20), tmp_path / "o.mp4", background=tmp_path / "folder", fps=5, source_fps=20,
            speed="1/4", batch_size=batch_size, alpha=1, alpha_mask=mask,
        )  # fmt: skip
        assert got == [10 * (k // 4) for k in range(20)]


def test_values_of_a_stream_between_its_frames(tmp_path: Path) -> None:
    values = labelled(5, "float64") / 5
    options: dict[str, Any] = {"source_fps": 2, "fps": 7, "vmin": 0, "vmax": 1}
    options |= {"lossless": True, "preset": "ultrafast", "hold": "linear"}
    heatvid.render(iter(values), tmp_path / "stream.mp4", **options)
    heatvid.render(values, tmp_path / "array.mp4", **options)
    stream, array = (rgb_of(tmp_path / f"{n}.mp4", HEIGHT, WIDTH) for n in ("stream", "array"))
    assert len(stream) == 18
    assert np.array_equal(stream, array)


def test_chosen_frames_of_a_stream_are_further_apart(tmp_path: Path) -> None:
    got = shown(iter(labelled(12)), tmp_path / "o.mp4", source_fps=6, fps=6, frames="1::3")
    assert got == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10]


# --- other rates than the output's, for those who show several sources ---------------------------


def test_a_source_is_given_any_rate_and_length() -> None:
    def frames_of(source: Source) -> list[float]:
        batches = [batch.data[:, 0, 0].copy() for batch in source.batches(4)]
        return np.concatenate(batches).tolist()

    def given(**options: Any) -> RetimedSource:
        return retimed(open_source(labelled(4)), fps=Fraction(30), **options)

    assert frames_of(given(own_fps=Fraction(15))) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert frames_of(given(own_fps=Fraction(60))) == [0, 2]
    assert frames_of(given(own_fps=Fraction(15), length=10)) == [0, 0, 1, 1, 2, 2, 3, 3, 3, 3]
    assert frames_of(given(own_fps=Fraction(15), length=3)) == [0, 0, 1]
    assert frames_of(given(own_fps=Fraction(15), length=4, speed=Fraction(2))) == [0, 1, 2, 3]
    between = given(own_fps=Fraction(15), hold="linear")
    assert between.dtype == np.float32
    assert frames_of(between) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3]
    stream = retimed(
        open_source(iter(labelled(4))), fps=Fraction(30), own_fps=Fraction(20), length=8
    )
    assert frames_of(stream) == [0, 0, 1, 2, 2, 3, 3, 3]


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webm"])
def test_every_output_has_the_frames(suffix: str, tmp_path: Path) -> None:
    result = heatvid.render(labelled(4) * 60, tmp_path / f"o{suffix}", source_fps=4, fps=20)
    assert (result.frames, result.fps) == (20, 20)
    frames = rgb_of(result.path, HEIGHT, WIDTH)
    assert len(frames) == 20
    assert len({frame.tobytes() for frame in frames[::5]}) == 4


def test_depth_is_held_too(tmp_path: Path) -> None:
    depth = labelled(3, "float32") + 1
    depth = np.tile(depth, (1, 16, 8))
    heatvid.render(depth, tmp_path / "o.mp4", encode_depth="lerobot", source_fps=3, fps=9)
    with open_source(tmp_path / "o.mp4") as source:
        metres = source.read(0, 9)[:, 0, 0]
    assert metres == pytest.approx([1, 1, 1, 2, 2, 2, 3, 3, 3], rel=0.01)


def test_a_writer_has_no_rate_of_predictions(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="source_fps: no such option"):
        heatvid.VideoWriter(tmp_path / "o.mp4", source_fps=6)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("options", "frames", "first"),
    [
        ({}, 120, Fraction(0)),
        ({"fps": 50}, 200, Fraction(0)),
        ({"frames": "3:19"}, 80, Fraction(3, 6)),
        ({"frames": "4:20", "fps": 25}, 67, Fraction(17, 25)),
    ],
)
def test_sound_stays_in_step(
    options: dict[str, Any], frames: int, first: Fraction, tmp_path: Path
) -> None:
    clip = video_with_clicks(tmp_path / "clip.mp4", "aac")
    values = np.zeros((24, 24, 32), np.float32)
    result = heatvid.render(
        values, tmp_path / "o.mp4", background=clip, source_fps=6, audio=True, vmin=0, vmax=1,
        preset="ultrafast", **options,
    )  # fmt: skip
    assert result.frames == frames
    at = first_picture(clip).seconds + first
    end = round(frames / result.fps * 44100)
    wanted = [place for place in clicks(heard(clip, at)) if place < end - 40]
    assert len(wanted) >= 2
    assert clicks(heard(tmp_path / "o.mp4"))[: len(wanted)] == wanted
