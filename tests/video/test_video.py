"""What videos hold, and how they are decoded into canvases and fields."""

from __future__ import annotations

import gc
import os
import signal
import stat
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid._canvas import Canvas, ColorRange
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._errors import SourceError
from heatvid._frames import Bytes
from heatvid._video.info import VideoInfo, probe
from heatvid._video.process_decoder import ProcessDecoder
from heatvid._video.rates import Packet, frame_rate
from heatvid._video.reader import VideoReader
from heatvid.sources import _video, open_source
from heatvid.sources._video import VideoSource
from tests.support.sources import as_slice
from tests.support.videos import ffmpeg, one_to_one, turned

HEIGHT, WIDTH = 96, 128
PATTERN = f"testsrc2=s={WIDTH}x{HEIGHT}:r="


def decoded(path: Path, pixel_format: str) -> bytes:
    """What plain decoding gives."""
    return ffmpeg(
        "-i", path, "-map", "0:V:0", *one_to_one(), "-pix_fmt", pixel_format, "-f", "rawvideo", "-"
    )


def read_all(info: VideoInfo, canvas: Canvas, start_frame: int = 0) -> Bytes:
    out = np.empty((info.frames + 3, canvas.frame_bytes), np.uint8)
    reader = VideoReader(info, canvas, start_frame=start_frame)
    count = reader.read(len(out), out)
    reader.close()
    return out[:count]


def write(path: Path, canvas: Canvas, frames: Bytes, **options: object) -> VideoInfo:
    settings = {"fps": Fraction(30), "preset": "ultrafast", "lossless": True, **options}
    with VideoSink(OutputSettings(path, canvas, **settings)) as encoder:  # type: ignore[arg-type]
        encoder.write(frames)
    return probe(path)


def frames_of(canvas: Canvas, count: int = 7) -> Bytes:
    random = np.random.default_rng(0)
    return random.integers(16, 235, (count, canvas.frame_bytes), dtype=np.uint8)


# --- how many frames, how fast ---------------------------------------------------------------


X264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "5", "-lag-in-frames", "16",
       "-auto-alt-ref", "1", "-b:v", "100k")  # fmt: skip
VP8 = (
    "-c:v",
    "libvpx",
    "-cpu-used",
    "5",
    "-auto-alt-ref",
    "1",
    "-lag-in-frames",
    "16",
    "-b:v",
    "100k",
)


@pytest.mark.parametrize(
    ("name", "fps", "codec"),
    [
        ("ntsc.mp4", "30000/1001", X264),
        ("ntsc.mkv", "30000/1001", X264),
        ("film.mov", "24000/1001", X264),
        ("thirty.mkv", "30", X264),
        ("odd.mp4", "37/3", X264),
        ("hidden.webm", "24000/1001", VP9),
        ("hidden_vp8.webm", "25", VP8),
        ("old.avi", "17", ("-c:v", "mpeg4", "-bf", "2")),
        ("raw.h264", "25", X264),
        ("flash.flv", "25", X264),
        ("ten.gif", "10", ()),
        ("tens.mov", "60000/1001", ("-pix_fmt", "yuv422p10le", "-c:v", "prores_ks")),
    ],
)
def test_frames_and_rate_are_exact(
    tmp_path: Path, name: str, fps: str, codec: tuple[str, ...]
) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", PATTERN + fps, "-frames:v", "33", *codec, path)
    info = probe(path)
    assert info.frames == 33 == len(decoded(path, "gray")) // (HEIGHT * WIDTH)
    assert info.fps == Fraction(fps)
    assert (info.height, info.width, info.path) == (HEIGHT, WIDTH, str(path))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_rate_of_a_few_frames_is_exact(tmp_path: Path, suffix: str, count: int) -> None:
    path = tmp_path / f"short{suffix}"
    ffmpeg("-f", "lavfi", "-i", PATTERN + "30000/1001", "-frames:v", str(count), *X264, path)
    assert (probe(path).fps, probe(path).frames) == (Fraction(30000, 1001), count)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of H.264 with B-frames, its index first."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", PATTERN + "30:d=3", *X264, "-movflags", "+faststart", path)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_variable_rate_gives_its_mean_and_no_frame_twice(
    clip: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"variable{suffix}"
    ffmpeg("-i", clip, "-vf", "select='lt(n,30)+not(mod(n,3))'", *one_to_one(), *X264, path)
    with pytest.warns(UserWarning, match="has a variable frame rate; its frames are shown evenly"):
        info = probe(path)
    assert info.frames == len(read_all(info, Canvas("yuv420p", HEIGHT, WIDTH)))
    assert info.frames == len(decoded(path, "gray")) // (HEIGHT * WIDTH) > 45  # 4.2 cuts some off
    assert float(info.fps) == pytest.approx(49 / (87 / 30), rel=0.05)


def test_frames_cut_off_by_an_edit_list_are_not_counted(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "edited.mp4"
    ffmpeg("-ss", "1.1", "-i", clip, "-c", "copy", path)
    info = probe(path)
    assert info.frames == len(decoded(path, "gray")) // (HEIGHT * WIDTH) < 90
    assert len(read_all(info, Canvas("yuv420p", HEIGHT, WIDTH))) == info.frames


def test_of_two_videos_the_first_is_shown_with_a_warning(clip: Path, tmp_path: Path) -> None:
    ffmpeg(
        *("-i", clip, "-f", "lavfi", "-i", "testsrc=s=32x16:r=5:d=1"),
        *("-map", "0:v", "-map", "1:v", "-c:v", "mpeg4", tmp_path / "two.mkv"),
    )
    with pytest.warns(UserWarning, match=r"two\.mkv: holds 2 videos; the first is shown$"):
        info = probe(tmp_path / "two.mkv")
    assert (info.height, info.width) == (probe(clip).height, probe(clip).width)


def test_an_attached_picture_is_not_the_video(clip: Path, tmp_path: Path) -> None:
    picture, path = tmp_path / "cover.png", tmp_path / "covered.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1", picture)
    ffmpeg("-i", picture, "-i", clip, "-map", "0:v", "-map", "1:v", "-c:v:1", "copy",
           "-c:v:0", "png", "-disposition:v:0", "attached_pic", path)  # fmt: skip
    info = probe(path)
    assert (info.frames, info.height, info.width) == (90, HEIGHT, WIDTH)
    assert len(read_all(info, Canvas("yuv420p", HEIGHT, WIDTH))) == 90


def test_rotation_is_applied(clip: Path, tmp_path: Path) -> None:
    info = probe(turned(clip))
    assert (info.height, info.width) == (WIDTH, HEIGHT)
    assert len(read_all(info, Canvas("yuv420p", WIDTH, HEIGHT))) == 90


def test_rates_come_from_times() -> None:
    def packets(*times: int, duration: int = 0) -> list[Packet]:
        return [Packet(time, duration, 1) for time in times]

    assert frame_rate(Fraction(1, 30000), packets(0, 2002, 1001)) == Fraction(30000, 1001)
    assert frame_rate(Fraction(1, 1000), packets(0, 33, 67, 100), 29.97) == Fraction(30000, 1001)
    assert frame_rate(Fraction(1, 1000), packets(0, 33, 67, 100), 30.0) == 30
    assert frame_rate(Fraction(1, 1000), packets(0, 100, 400)) == 5
    assert frame_rate(Fraction(1, 17), packets(0, 1, 2)) == 17
    assert frame_rate(Fraction(1, 90000), packets(0, duration=3003)) == Fraction(30000, 1001)
    assert frame_rate(Fraction(1, 1200000), packets(-(1 << 63), -(1 << 63)), 23.98) == Fraction(
        24000, 1001
    )
    assert frame_rate(Fraction(1, 1000), packets(5)) == 25


# --- pixels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("color_range", ["tv", "pc"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_video_that_is_what_the_canvas_asks_for_passes_through(
    tmp_path: Path, suffix: str, color_range: ColorRange
) -> None:
    canvas = Canvas("yuv420p", HEIGHT, WIDTH, color_range)
    frames = frames_of(canvas)
    info = write(tmp_path / f"x{suffix}", canvas, frames)
    assert (info.color_range, info.matrix) == (color_range, "bt709")
    np.testing.assert_array_equal(read_all(info, canvas), frames)


@pytest.mark.parametrize("color_range", ["tv", "pc"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_444_video_passes_through(tmp_path: Path, suffix: str, color_range: ColorRange) -> None:
    canvas = Canvas("yuv444p", 47, 63, color_range)
    frames = frames_of(canvas)
    info = write(tmp_path / f"x{suffix}", canvas, frames)
    assert info.pixel_format.replace("j", "") == "yuv444p"
    np.testing.assert_array_equal(read_all(info, canvas), frames)


@pytest.mark.parametrize("color_range", ["tv", "pc"])
@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (47, 63)], ids=str)
def test_a_420_video_is_only_interleaved_for_nv12(
    tmp_path: Path, size: tuple[int, int], color_range: ColorRange
) -> None:
    stored = Canvas("yuv420p", HEIGHT, WIDTH, color_range)
    info = write(tmp_path / "x.mp4", stored, frames_of(stored))
    wanted, canvas = Canvas("yuv420p", *size, color_range), Canvas("nv12", *size, color_range)
    for planes, pairs in zip(read_all(info, wanted), read_all(info, canvas), strict=True):
        for plane, samples in zip(wanted.planes, canvas.samples_of(pairs), strict=True):
            np.testing.assert_array_equal(samples, plane.of(planes))


def test_an_untagged_hd_video_passes_through(tmp_path: Path) -> None:
    path = tmp_path / "hd.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30", "-frames:v", "2", *X264, path)
    assert probe(path).matrix is None
    got = read_all(probe(path), Canvas("yuv420p", 720, 1280))
    assert got.tobytes() == decoded(path, "yuv420p")


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_an_rgb_video_gives_its_own_rgb(tmp_path: Path, suffix: str) -> None:
    canvas = Canvas("rgb24", 47, 63)
    frames = frames_of(canvas)
    info = write(tmp_path / f"x{suffix}", canvas, frames)
    np.testing.assert_array_equal(read_all(info, canvas), frames)


MATRICES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114)}


def to_planes(rgb: NDArray[np.uint8], matrix: str, color_range: str) -> Bytes:
    """I420 bytes of RGB that is even over 2×2 blocks."""
    red, blue = MATRICES[matrix]
    r, g, b = np.moveaxis(rgb.astype(float), -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = ((b - y) / (2 - 2 * blue))[::2, ::2], ((r - y) / (2 - 2 * red))[::2, ::2]
    if color_range == "tv":
        y, cb, cr = y * 219 / 255 + 16, cb * 224 / 255, cr * 224 / 255
    planes = [plane.ravel() for plane in (y, cb + 128, cr + 128)]
    return np.rint(np.concatenate(planes)).clip(0, 255).astype(np.uint8)


def patches() -> NDArray[np.uint8]:
    colours = np.random.default_rng(1).integers(
        0, 256, (HEIGHT // 16, WIDTH // 16, 3), dtype=np.uint8
    )
    return colours.repeat(16, 0).repeat(16, 1)


def write_tagged(path: Path, planes: Bytes, matrix: str | None, color_range: str) -> VideoInfo:
    """A lossless H.264 video with these tags, or without."""
    pixel_format = "yuvj420p" if color_range == "pc" else "yuv420p"
    tags = () if matrix is None else ("-colorspace", matrix, "-color_range", color_range)
    raw = path.with_suffix(".yuv")
    raw.write_bytes(planes.tobytes() * 2)
    filters = (
        () if matrix is None else ("-vf", f"setparams=range={color_range}:colorspace={matrix}")
    )
    size = f"{WIDTH}x{planes.size * 2 // 3 // WIDTH}"
    ffmpeg("-f", "rawvideo", "-pix_fmt", pixel_format, "-s", size, "-i", raw, *filters,
           "-c:v", "libx264", "-qp", "0", "-pix_fmt", pixel_format, *tags, path)  # fmt: skip
    return probe(path)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | None, str], VideoInfo]:
    """Make a video of the patches, each kind once."""
    folder = tmp_path_factory.mktemp("tagged")

    @cache
    def make(matrix: str | None, color_range: str) -> VideoInfo:
        # Untagged at 96 lines: players, and so we, take it for BT.601.
        planes = to_planes(patches(), matrix or "smpte170m", color_range)
        return write_tagged(folder / f"{matrix}-{color_range}.mp4", planes, matrix, color_range)

    return make


@pytest.mark.parametrize(
    ("matrix", "color_range"), [*product(MATRICES, ("tv", "pc")), (None, "tv")]
)
@pytest.mark.parametrize(
    "canvas",
    [
        Canvas("yuv420p", HEIGHT, WIDTH, "tv"),
        Canvas("yuv420p", HEIGHT, WIDTH, "pc"),
        Canvas("yuv444p", HEIGHT, WIDTH, "tv"),
        Canvas("yuv444p", HEIGHT, WIDTH, "pc"),
        Canvas("nv12", HEIGHT, WIDTH, "tv"),
        Canvas("rgb24", HEIGHT, WIDTH),
    ],
    ids=lambda canvas: f"{canvas.pixel_format}-{canvas.color_range}",
)
def test_colours_land_right(
    tagged: Callable[[str | None, str], VideoInfo],
    matrix: str | None,
    color_range: str,
    canvas: Canvas,
) -> None:
    rgb = patches()
    info = tagged(matrix, color_range)
    assert info.matrix == matrix
    got = read_all(info, canvas)[0].astype(int)
    if canvas.pixel_format == "rgb24":
        wanted = list(np.moveaxis(rgb, -1, 0))
    else:
        of = Canvas("yuv420p", HEIGHT, WIDTH)
        wanted = list(of.samples_of(to_planes(rgb, "bt709", canvas.color_range)))
    for samples, right in zip(canvas.samples_of(got), wanted, strict=True):
        scale = samples.shape[0] // right.shape[0]
        error = abs(samples - right.repeat(scale, 0).repeat(scale, 1).astype(int))
        side = 16 * samples.shape[0] // HEIGHT  # of a patch; chroma is interpolated at its borders
        inside = np.arange(samples.shape[1]) % side
        inside = (inside >= side // 4) & (inside < side - side // 4)
        assert error[inside[: samples.shape[0]]][:, inside].max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (17, 33), (96, 127)], ids=str)
def test_odd_sizes_are_padded_by_their_last_row_and_column(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    height, width = size
    chroma = ((height + 1) // 2, (width + 1) // 2)
    stored = height * width + 2 * chroma[0] * chroma[1]
    raw, path = tmp_path / "x.yuv", tmp_path / "x.webm"
    frames = np.random.default_rng(0).integers(16, 235, (3, stored), dtype=np.uint8)
    frames.tofile(raw)
    ffmpeg("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-i", raw,
           "-vf", "setparams=range=tv:colorspace=bt709", "-c:v", "libvpx-vp9", "-lossless", "1",
           "-colorspace", "bt709", "-color_range", "tv", path)  # fmt: skip
    info = probe(path)
    assert (info.height, info.width) == size
    canvas = Canvas("yuv420p", height, width)
    for got, frame in zip(read_all(info, canvas), frames, strict=True):
        luma = frame[: height * width].reshape(size)
        padding = ((0, height % 2), (0, width % 2))
        np.testing.assert_array_equal(canvas.planes[0].of(got), np.pad(luma, padding, "edge"))
        np.testing.assert_array_equal(got[canvas.planes[1].offset :], frame[height * width :])
    pairs = Canvas("nv12", height, width)
    for got, other in zip(read_all(info, pairs), read_all(info, canvas), strict=True):
        for samples, right in zip(pairs.samples_of(got), canvas.samples_of(other), strict=True):
            np.testing.assert_array_equal(samples, right)


@pytest.fixture(scope="module")
def grey_clip(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    """Two frames of one grey."""
    grey = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    path = tmp_path_factory.mktemp("grey") / "x.mp4"
    return write_tagged(path, to_planes(grey, "smpte170m", "tv"), "smpte170m", "tv")


@pytest.mark.parametrize("size", [(48, 64), (31, 45), (200, 300)], ids=str)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12", "yuv444p", "rgb24"])
def test_another_size_is_scaled_to(
    grey_clip: VideoInfo, pixel_format: str, size: tuple[int, int]
) -> None:
    canvas = Canvas(pixel_format, *size)  # type: ignore[arg-type]
    got = read_all(grey_clip, canvas)
    assert len(got) == 2
    luma = 200 if pixel_format == "rgb24" else round(16 + 219 * 200 / 255)
    assert abs(canvas.planes[0].of(got[0]).astype(int) - luma).max() <= 1


# --- reading ---------------------------------------------------------------------------------


SEVEN = Canvas("yuv420p", HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    """The seven frames of ``frames_of(SEVEN)``."""
    return write(tmp_path_factory.mktemp("seven") / "x.mp4", SEVEN, frames_of(SEVEN))


def test_frames_come_in_any_portions_and_then_none(seven: VideoInfo) -> None:
    frames = frames_of(SEVEN)
    reader = VideoReader(seven, SEVEN)
    out = np.zeros((5, SEVEN.frame_bytes), np.uint8)
    assert reader.read(3, out) == 3
    np.testing.assert_array_equal(out[:3], frames[:3])
    assert not out[3:].any()
    assert reader.read(0, out) == 0
    assert reader.read(5, out) == 4
    np.testing.assert_array_equal(out[:4], frames[3:])
    assert reader.read(5, out) == 0
    reader.close()
    reader.close()


@pytest.mark.parametrize("start", [0, 1, 6, 7])
def test_reading_begins_at_any_frame(seven: VideoInfo, start: int) -> None:
    np.testing.assert_array_equal(read_all(seven, SEVEN, start), frames_of(SEVEN)[start:])


def test_a_field_is_the_luma(tagged: Callable[[str | None, str], VideoInfo]) -> None:
    info = tagged("smpte170m", "tv")
    expected = patches() @ np.array([0.299, 0.587, 0.114])
    with VideoSource(info.path) as source:
        assert (source.dtype, source.fps, source.name) == (np.uint8, info.fps, info.path)
        frames = source.read(0, 5)
    assert frames.shape == (2, HEIGHT, WIDTH)
    assert abs(frames - expected).max() < 1.3


def test_decoding_begins_anew_only_to_go_back(
    seven: VideoInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def begin(*arguments: object) -> ProcessDecoder:
        begun.append(arguments[-1])
        return ProcessDecoder(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(_video, "ProcessDecoder", begin)
    for frames, expected in (("1::2", [1]), ("::-1", [4, 1, 0])):
        begun.clear()
        with open_source(seven.path, frames=frames) as source:
            assert sum(len(batch) for batch in source.batches(3)) == len(range(7)[as_slice(frames)])
        assert begun == expected


def test_a_field_of_rgb_is_its_bt709_luma(tmp_path: Path) -> None:
    rgb = patches()
    write(tmp_path / "x.mp4", Canvas("rgb24", HEIGHT, WIDTH), rgb.reshape(1, -1))
    with VideoSource(tmp_path / "x.mp4") as source:
        assert abs(source.read(0, 1)[0] - rgb @ np.array([0.2126, 0.7152, 0.0722])).max() < 1.1


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids most of these names")
@pytest.mark.parametrize("name", ["-x.mp4", "a:b.mp4", "new\nline.mp4", "100%d.mp4", "🔥'\".mp4"])
def test_odd_names_are_read(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(clip.read_bytes())
    with VideoSource(name) as source:
        assert source.read(0, 1).shape == (1, HEIGHT, WIDTH)


# --- bad input -------------------------------------------------------------------------------


def cut(data: bytes) -> bytes:
    return data[: len(data) * 6 // 10]


def scramble(data: bytes) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    at = np.random.default_rng(0).integers(len(data) // 3, len(data) * 2 // 3, 300)
    changed[at] ^= 255
    return changed.tobytes()


@pytest.fixture(scope="module")
def remuxed(clip: Path) -> Callable[[str], bytes]:
    """Give the clip in another container, made once."""

    @cache
    def make(suffix: str) -> bytes:
        path = clip.with_suffix(f".other{suffix}")
        ffmpeg("-i", clip, *(VP9 if suffix == ".webm" else ("-c", "copy")),
               *(("-movflags", "+faststart") if suffix == ".mp4" else ()), path)  # fmt: skip
        return path.read_bytes()

    return make


@pytest.mark.parametrize("damage", [cut, scramble])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_damage_is_an_error_and_never_fewer_frames(
    remuxed: Callable[[str], bytes], tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(damage(remuxed(suffix)))
    with pytest.raises(SourceError) as caught:
        read_all(probe(path), Canvas("yuv420p", HEIGHT, WIDTH))
    assert str(caught.value).startswith(f"{path}: is ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"hello\n" * 50, "is not a video that can be read"),
        ("text.txt", b"hello\n" * 50, "is not"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nclip.mp4\n#EXT-X-ENDLIST\n", "is not"),
        ("list.txt", b"ffconcat version 1.0\nfile clip.mp4\n", "is not"),
        ("noise.mkv", bytes(range(256)) * 40, "is not"),
    ],
)
def test_what_is_no_video_is_refused(
    clip: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())  # what the lists name
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        probe(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "sound.m4a")
    with pytest.raises(SourceError, match="holds no video; a file with a video stream is needed"):
        probe(tmp_path / "sound.m4a")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.mp4: No such file"):
        probe(tmp_path / "none.mp4")
    with pytest.raises(SourceError, match="is not a regular file"):
        probe(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_named_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceError, match="is not a regular file"):
        probe(tmp_path / "pipe.mp4")


def test_a_file_that_shrank_since_it_was_probed_is_an_error(clip: Path, tmp_path: Path) -> None:
    canvas = Canvas("yuv420p", HEIGHT, WIDTH)
    info = write(tmp_path / "x.mp4", canvas, frames_of(canvas, 9))
    write(tmp_path / "x.mp4", canvas, frames_of(canvas, 4), overwrite=True)
    with pytest.raises(SourceError, match="is damaged, or was cut after 4 of 9 frames"):
        read_all(info, canvas)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals")
@pytest.mark.parametrize(
    ("number", "message"),
    [(signal.SIGKILL, r"after \d+ of 90 frames: .*SIGKILL"), (signal.SIGSTOP, "made no progress")],
)
def test_a_decoder_that_dies_or_hangs_is_an_error(
    clip: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.7")
    canvas = Canvas("rgb24", 1080, 1920)  # more than the pipe holds
    reader = VideoReader(probe(clip), canvas)
    out = np.empty((90, canvas.frame_bytes), np.uint8)
    assert reader.read(1, out) == 1
    os.kill(reader._decoder._process._popen.pid, number)
    with pytest.raises(SourceError, match=message):
        reader.read(80, out)
    with pytest.raises(SourceError, match="the video is closed"):
        reader.read(1, out)


@pytest.mark.skipif(os.name == "nt", reason="the fake program is a shell script")
def test_a_probe_that_hangs_is_an_error(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\n[ "$1" = -version ] && echo ffmpeg version 7.0 || sleep 60\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.5")
    with pytest.raises(SourceError, match="ffmpeg did not end within"):
        probe(clip)


def test_a_forgotten_reader_leaves_no_process(clip: Path) -> None:
    reader = VideoReader(probe(clip), Canvas("rgb24", 1080, 1920))
    popen = reader._decoder._process._popen
    del reader
    gc.collect()
    assert popen.returncode is not None
