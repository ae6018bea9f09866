"""What the encoder writes: pixels, tags, rates, names."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import heatvid
from heatvid._canvas import Canvas, ColorRange, PixelFormat
from heatvid._encode.arguments import encoder_arguments
from heatvid._encode.output_file import temporary_name
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._errors import EncoderError, OptionError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url, find_ffmpeg
from heatvid._frames import Bytes
from heatvid._options.output import PRESETS
from tests.support.fake_ffmpeg import put_fake_ffmpeg
from tests.support.lines import clear_line

SUFFIXES = (".mp4", ".mkv", ".webm")  # for ffmpeg .m4v and .mov are as .mp4, see below
YUV = Canvas("yuv420p", 48, 64)
NV12 = Canvas("nv12", 48, 64)
WHOLE = Canvas("yuv444p", 47, 63)
RGB = Canvas("rgb24", 47, 63)
GRAY = Canvas("gray", 47, 63)
GRAY16 = Canvas("gray16le", 47, 63)
FPS = Fraction(30)


def frames_of(canvas: Canvas, count: int = 5) -> Bytes:
    """Smooth pictures and some noise, every frame another."""
    noise = np.random.default_rng(0).integers(0, 40, (count, canvas.frame_bytes))
    ramp = np.arange(canvas.frame_bytes) // 16 % 180
    return (noise + ramp + 16).astype(np.uint8)


def encode(path: Path | str, canvas: Canvas, frames: Bytes, **options: object) -> None:
    settings = {"fps": FPS, "preset": "ultrafast", **options}
    with VideoSink(OutputSettings(path, canvas, **settings)) as encoder:  # type: ignore[arg-type]
        encoder.write(frames[:2])
        encoder.write(frames[2:])
    assert encoder.frames == len(frames)


def ffmpeg(*arguments: str) -> bytes:
    done = run([find_ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments], timeout_seconds=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def decode_all(
    paths: list[Path], canvases: list[Canvas], *, as_stored: bool = False
) -> tuple[list[Bytes], list[str]]:
    """Frames of many files in the formats of their canvases, by one ffmpeg, and its lines of each.

    ``as_stored``: in the format of the file, which has as many bytes.
    """
    words = []
    for path in paths:
        words += ["-i", file_url(path)]
    for i, (path, canvas) in enumerate(zip(paths, canvases, strict=True)):
        wanted = [] if as_stored else ["-pix_fmt", canvas.pixel_format]
        words += ["-map", f"{i}:v", *wanted, "-f", "rawvideo", file_url(f"{path}.raw")]
    done = run([find_ffmpeg(), "-hide_banner", "-nostdin", "-nostats", *words], timeout_seconds=60)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    decoded = [
        np.fromfile(f"{path}.raw", np.uint8).reshape(-1, canvas.frame_bytes)
        for path, canvas in zip(paths, canvases, strict=True)
    ]
    streams = [line for line in said.splitlines() if " Video: " in line]  # the inputs' come first
    return decoded, streams[: len(paths)]


# --- pixels ----------------------------------------------------------------------------------


def demand_lossless(folder: Path, suffix: str, videos: list[tuple[Canvas, Bytes]]) -> list[str]:
    """Demand that videos decode to what was written; ffmpeg's lines of them."""
    canvases = [canvas for canvas, _ in videos]
    paths = [folder / f"{i}{suffix}" for i in range(len(videos))]
    for path, (canvas, frames) in zip(paths, videos, strict=True):
        encode(path, canvas, frames, lossless=not canvas.is_gray)
    decoded, streams = decode_all(paths, canvases)
    for (_, frames), got in zip(videos, decoded, strict=True):
        np.testing.assert_array_equal(got, frames)
    return streams


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12", "yuv444p", "rgb24"])
def test_lossless_decodes_to_the_bytes_that_were_written(
    tmp_path: Path, suffix: str, pixel_format: PixelFormat
) -> None:
    sizes = [(1, 1), (1, 9), (9, 1), (3, 5), (8, 8), (47, 63)]
    canvases = [Canvas(pixel_format, *size) for size in sizes]
    demand_lossless(tmp_path, suffix, [(canvas, frames_of(canvas, 3)) for canvas in canvases])


YCBCR: tuple[PixelFormat, ...] = ("yuv420p", "nv12", "yuv444p")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_full_range_is_lossless_too(tmp_path: Path, suffix: str) -> None:
    canvases = [Canvas(pixel_format, 48, 64, "pc") for pixel_format in YCBCR]
    paths = [tmp_path / f"{pixel_format}{suffix}" for pixel_format in YCBCR]
    frames = [np.random.default_rng(0).integers(0, 256, (4, canvas.frame_bytes), dtype=np.uint8)
              for canvas in canvases]  # fmt: skip
    for path, canvas, written in zip(paths, canvases, frames, strict=True):
        encode(path, canvas, written, lossless=True)
    decoded, streams = decode_all(paths, canvases, as_stored=True)
    for canvas, written, got, stream in zip(canvases, frames, decoded, streams, strict=True):
        other = Canvas(stored_format(stream, canvas, "pc"), 48, 64)
        for one, read in zip(written, got, strict=True):
            for wanted, samples in zip(canvas.samples_of(one), other.samples_of(read), strict=True):
                np.testing.assert_array_equal(samples, wanted)


def stored_format(stream: str, canvas: Canvas, color_range: ColorRange) -> PixelFormat:
    """The format that is stored, by ffmpeg's line of it; it has to be 4:4:4 where that is given."""
    stored = re.search(r"(yuvj?4\d\dp)\((\w\w)", stream)
    assert stored is not None, stream
    assert stored[2] == color_range
    pixel_format: PixelFormat = "yuv444p" if canvas.pixel_format == "yuv444p" else "yuv420p"
    assert stored[1].replace("j", "") == pixel_format
    return pixel_format


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".mov"])
@pytest.mark.parametrize("color_range", ["tv", "pc"])
def test_pixels_are_kept_and_tagged(tmp_path: Path, suffix: str, color_range: ColorRange) -> None:
    canvases = [Canvas(pixel_format, 48, 64, color_range) for pixel_format in YCBCR]
    paths = [tmp_path / f"{pixel_format}{suffix}" for pixel_format in YCBCR]
    for path, canvas in zip(paths, canvases, strict=True):
        encode(path, canvas, np.full((5, canvas.frame_bytes), 90, np.uint8), crf=1)
    decoded, streams = decode_all(paths, canvases, as_stored=True)
    for canvas, got, stream in zip(canvases, decoded, streams, strict=True):
        stored_format(stream, canvas, color_range)
        tags = re.search(r"\(\w\w, bt709(?:/bt709/(iec61966-2-1|unknown))?", stream)
        assert tags is not None, stream
        # The colr atom of ffmpeg 4.2 has no word for sRGB's transfer.
        assert tags[1] == "iec61966-2-1" or suffix in (".mp4", ".mov"), stream
        assert len(got) == 5
        assert abs(got.astype(int) - 90).max() <= 2  # a conversion of matrix or range moves it more


@pytest.mark.parametrize("pixel_format", ["gray", "gray16le"])
def test_gray_is_lossless_without_being_asked(tmp_path: Path, pixel_format: PixelFormat) -> None:
    sizes = [(1, 1), (1, 9), (9, 1), (3, 5), (8, 8), (47, 63), (300, 400), (1, 1920), (1080, 1),
             (2, 3000)]  # fmt: skip
    videos = []
    for size in sizes:
        canvas = Canvas(pixel_format, *size)
        frames = np.random.default_rng(0).integers(0, 256, (3, canvas.frame_bytes), dtype=np.uint8)
        frames[0, ::3], frames[0, 1::3] = 0, 255
        videos.append((canvas, frames))
    for stream in demand_lossless(tmp_path, ".mkv", videos):
        assert f"{pixel_format}(pc" in stream


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_every_preset_is_accepted(tmp_path: Path, suffix: str, preset: str) -> None:
    encode(tmp_path / f"out{suffix}", Canvas("yuv420p", 16, 16), np.full((3, 384), 99, np.uint8),
           preset=preset, threads=1)  # fmt: skip


def test_writing_in_any_portions_gives_the_same_file(tmp_path: Path) -> None:
    frames = frames_of(YUV, 6)
    for name, portions in (("a.mp4", [6]), ("b.mp4", [1, 0, 2, 3])):
        settings = OutputSettings(tmp_path / name, YUV, FPS, threads=1)
        with VideoSink(settings) as encoder:
            for part in np.split(frames, np.cumsum(portions)[:-1]):
                encoder.write(part)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


# --- rates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", ["24000/1001", "30000/1001", "25", "1/10", "1000", "37/3"])
def test_the_rate_is_exact(tmp_path: Path, fps: str) -> None:
    path = tmp_path / "out.mp4"
    encode(path, YUV, frames_of(YUV, 4), fps=Fraction(fps))
    text = ffmpeg("-i", file_url(path), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-").decode()
    base = re.search(r"#tb 0: (\d+/\d+)", text)
    assert base is not None
    durations = {int(line.split(",")[3]) for line in text.splitlines() if line.startswith("0,")}
    assert len(durations) == 1
    assert 1 / (durations.pop() * Fraction(base[1])) == Fraction(fps)


# --- arguments and settings ------------------------------------------------------------------


def test_the_arguments_are_those_that_every_version_understands() -> None:
    settings = OutputSettings("x.mp4", YUV, Fraction(24000, 1001), 20, "fast", threads=2)
    text = " ".join(encoder_arguments(settings, ".x"))
    assert text.endswith("-threads 2 -movflags +faststart+write_colr -f mp4 -y file:.x")
    assert "-pix_fmt yuv420p -s 64x48 -r 24000/1001 -i pipe:0" in text
    assert "-c:v libx264 -crf 20 -preset fast -pix_fmt yuv420p -color_range tv" in text
    full = OutputSettings("x.mov", Canvas("yuv420p", 48, 64, "pc"), FPS)
    assert encoder_arguments(full, ".x").count("yuvj420p") == 2
    assert encoder_arguments(OutputSettings("x.mp4", NV12, FPS), ".x").count("nv12") == 2


@pytest.mark.parametrize("canvas", [YUV, NV12, WHOLE], ids=lambda c: c.pixel_format)
@pytest.mark.parametrize("lossless", [False, True])
def test_m4v_and_mov_are_mp4_but_for_the_muxer(canvas: Canvas, lossless: bool) -> None:
    mp4, m4v, mov = (
        encoder_arguments(OutputSettings(f"x{suffix}", canvas, FPS, lossless=lossless), ".x")
        for suffix in (".mp4", ".m4v", ".mov")
    )
    assert mp4 == m4v
    assert [*zip(mp4, mov, strict=True)].count(("mp4", "mov")) == 1
    assert sum(a != b for a, b in zip(mp4, mov, strict=True)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"canvas": Canvas("yuva420p", 48, 64), "codec": "vp9"},
            r"\.mp4 drops an alpha in silence",
        ),
        ({"codec": "ffv1"}, r"codec is ffv1 in \.mp4; allowed there are h264, hevc, av1, vp9"),
        ({"codec": "prores", "output": "x.mov"}, r"yuv420p for prores in \.mov; .* yuv422p10le"),
        (
            {"codec": "hevc", "canvas": Canvas("yuv420p", 8, 64)},
            "8.*; libx265 takes from 16 pixels",
        ),
        ({"codec": "av1", "fps": Fraction(1001)}, "up to 1000"),
        ({"codec": "hevc", "output": "1.png"}, "codec is hevc in .png; allowed is none"),
        ({"codec": "prores", "output": "x.mov", "lossless": True}, "prores in .mov cannot do it"),
        ({"output": "x.ogv"}, r"x\.ogv; its suffix may be \.mp4, \.m4v, \.mov, \.mkv, \.webm"),
        ({"output": "mp4"}, "its suffix may be"),
        ({"crf": 52}, r"crf is 52; allowed for h264 is 0 to 51"),
        ({"crf": -1}, "crf is -1"),
        ({"crf": 64, "output": "x.webm"}, "0 to 63"),
        ({"preset": "quick"}, "preset is 'quick'; allowed are auto, ultrafast"),
        ({"threads": 0}, "threads is 0; allowed is 1 or more"),
        ({"fps": Fraction(0)}, "fps is 0; allowed is more than 0"),
        ({"fps": Fraction(1001)}, "up to 1000"),
        ({"fps": Fraction(2997002997, 10**8)}, "30000/1001"),
        ({"canvas": RGB}, "rgb24 without lossless"),
        ({"canvas": GRAY}, r"gray in \.mp4; allowed for it are \.mkv .* and \.png .*%05d"),
        ({"canvas": GRAY16, "output": "x.webm", "lossless": True}, r"gray16le in \.webm"),
        ({"output": "%d.png"}, r"yuv420p in \.png; .* rgb24, rgba, gray, gray16le; use pix_fmt"),
        ({"output": "%d.png", "canvas": NV12}, r"nv12 in \.png; .* use pix_fmt"),
        ({"output": "%d.png", "canvas": WHOLE}, r"yuv444p in \.png; .* use pix_fmt"),
        ({"canvas": Canvas("yuv444p", 1, 16385)}, "16385x1; libx264 takes up to 16384 pixels"),
        ({"output": "%d.png", "canvas": Canvas("gray", 2, 65536)}, "PNG takes up to 65535"),
        ({"canvas": Canvas("yuv420p", 2, 16385)}, "16386x2; libx264 takes up to 16384 pixels"),
        (
            {"output": "a.webm", "canvas": Canvas("yuv420p", 2, 16384)},
            "16384x2; libvpx-vp9 takes from 4, or up to 256, pixels each way",
        ),
        ({"canvas": Canvas("yuv420p", 16384, 16384)}, "267 million pixels"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(change: dict[str, object], message: str) -> None:
    settings = {"output": "x.mp4", "canvas": YUV, "fps": FPS, **change}
    with pytest.raises(OptionError, match=message) as caught:
        OutputSettings(**settings)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="the fake program is a shell script")
def test_an_absent_encoder_is_named_with_what_can_be_written_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_fake_ffmpeg(
        tmp_path, monkeypatch,
        'case "$*" in *-encoders*) echo " V..... libvpx-vp9 x"; echo " V..... ffv1 x"; exit 0;; '
        "esac; echo \"Unknown encoder 'libx264'\" >&2; exit 1",
    )  # fmt: skip
    settings = OutputSettings(tmp_path / "x.mp4", YUV, FPS)
    with (
        pytest.raises(EncoderError, match="no encoder libx264; it can write") as caught,
        VideoSink(settings) as sink,
    ):
        sink.write(frames_of(YUV))
    line = clear_line(caught.value)
    assert ".mkv with lossless=True (ffv1), .webm (libvpx-vp9); pip install imageio-ffmpeg" in line


# --- names and places ------------------------------------------------------------------------


NAMES = ["a b.mp4", "it's \"it\".mp4", "new\nline.mp4", "-x.mp4", "a:b.mp4", "http:x.mp4",
         "🔥é.MP4", "100%d.mp4", "n" * 251 + ".mp4", "火" * 83 + ".mp4"]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids most of these names")
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_odd_names_are_written(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    encode(name, YUV, frames_of(YUV))
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_not_utf8_are_written(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"a\xff\xfe.mp4")
    try:
        open(path, "wb").close()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    encode(os.fsdecode(path), YUV, frames_of(YUV), overwrite=True)
    assert os.listdir(os.fsencode(tmp_path)) == [b"a\xff\xfe.mp4"]
    assert os.path.getsize(path) > 500


@pytest.mark.parametrize("name", ["out.mp4", "n" * 255, "火" * 85, "🔥" * 63, "a\udcff" * 127])
def test_the_hidden_name_fits_in_a_file_name(name: str) -> None:
    hidden = temporary_name(name)
    assert hidden.startswith(".")
    assert ".heatvid-" in hidden
    assert len(os.fsencode(hidden)) <= 255
    assert temporary_name(name) == hidden


@pytest.mark.parametrize("size", [(2, 256), (256, 2), (4, 16384), (16384, 4)])
def test_thin_noise_is_lossless_in_webm(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, *size), np.uint8)
    result = heatvid.render(frames, tmp_path / "o.webm", lossless=True, preset="ultrafast")
    assert (result.frames, result.height, result.width) == (2, *size)


@pytest.mark.parametrize("size", [(2, 256), (256, 2), (4, 16384), (16384, 4)])
def test_thin_noise_is_taken_by_webm(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, *size), np.uint8)
    result = heatvid.render(frames, tmp_path / "o.webm", preset="ultrafast", crf=0)
    assert (result.frames, result.height, result.width) == (2, *size)
