"""Every row of codecs in every container: what it takes comes back, what it does not is refused."""

from __future__ import annotations

import dataclasses
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import heatvid
from heatvid._canvas import Canvas, PixelFormat
from heatvid._encode.choosing import able, listed_encoders
from heatvid._encode.codecs import CODECS, Codec
from heatvid._encode.containers import CONTAINERS
from heatvid._encode.hardware import hardware_encoder
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._errors import HeatvidError, MissingDependencyError, OptionError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, file_url, find_ffmpeg
from heatvid._frames import Bytes
from tests.support.videos import one_to_one, rgb_of, stream_of

SOFTWARE = [row for row in CODECS if not row.hardware]
SIZES = [(2, 2), (2, 16), (16, 16), (32, 40), (64, 64), (66, 130), (70, 98)]
ODD = [(1, 1), (3, 5), (17, 31), (65, 127)]
RATES = [Fraction(1, 2), Fraction(24000, 1001), Fraction(30), Fraction(240), Fraction(1000)]
# Root of the mean square, and mean of the worst 8 by 8 samples, in levels of 8 bits.
MOST_ERROR, MOST_IN_BLOCK, OF_FEW = 3.0, 9.0, 4.0  # of frames of few pixels AV1 makes less


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to write: a container, a row, a pixel format, with loss or without."""

    suffix: str
    row: Codec
    pixel_format: PixelFormat
    lossless: bool

    def __str__(self) -> str:
        how = "exact" if self.lossless else "lossy"
        return f"{self.suffix[1:]}-{self.row.encoder}-{self.pixel_format}-{how}"


def ways() -> list[Way]:
    return [
        Way(suffix, row, pixel_format, lossless)  # type: ignore[arg-type]
        for suffix, container in CONTAINERS.items()
        if suffix != ".gif"  # which has tests of its own
        for row in SOFTWARE
        if row.name in container.codecs
        for lossless in (False, True)
        for pixel_format in row.formats(lossless)
        if pixel_format != "pal8"
        and (container.lossless or not lossless)
        and (container.alpha or "a" not in pixel_format.removeprefix("gray"))
    ]


DAILY = [
    way
    for way in ways()
    if way.suffix in (".mp4", ".webm", ".apng", ".webp", ".avif")
    or (way.suffix == ".mkv" and way.row.name == "ffv1")
]
PRORES = [way for way in ways() if way.row.name == "prores" and way.suffix == ".mov"]


def frames_of(canvas: Canvas, count: int = 3) -> Bytes:
    """Smooth frames that move, and noise of a level."""
    rng = np.random.default_rng(0)
    frames = np.empty((count, canvas.frame_bytes), np.uint8)
    for i, frame in enumerate(frames):
        for k, plane in enumerate(canvas.planes):
            y, x = np.mgrid[: plane.shape[0], : plane.shape[1]]
            values = 110 + 60 * np.sin((x + 2 * i) / 17 + k) * np.cos((y - i) / 23)
            values = values[(...,) + (None,) * (len(plane.shape) - 2)]
            values = values + rng.integers(0, 2, plane.shape)
            if plane.sample_bytes == 2:
                plane.words_of(frame)[...] = values * ((1 << canvas.bits) - 1) / 255
            else:
                plane.of(frame)[...] = values
    return frames


def written(way: Way, path: Path, canvas: Canvas, fps: Fraction = Fraction(30)) -> Bytes:
    """Write frames through this very row, and give them."""
    settings = OutputSettings(
        path, canvas, fps, lossless=way.lossless, codec=way.row.name, preset="ultrafast", quality=1,
        overwrite=True,
    )  # fmt: skip
    assert way.row in settings.encoders, f"{way}: {canvas.width}x{canvas.height} is not for it"
    object.__setattr__(settings, "encoders", (way.row,))
    frames = frames_of(canvas)
    with VideoSink(settings) as sink:
        sink.write(frames)
    return frames


def read(way: Way, path: Path, canvas: Canvas) -> Bytes:
    # ffmpeg's own decoder of VP9 leaves the alpha out.
    whole = ["-c:v", way.row.encoder] if canvas.has_alpha and way.row.name == "vp9" else []
    command = [find_ffmpeg(), "-v", "error", "-nostdin", *whole, "-i", file_url(path)]
    done = run(
        [
            *command,
            *stream_of(path),
            *one_to_one(),
            "-pix_fmt",
            canvas.pixel_format,
            "-f",
            "rawvideo",
            "-",
        ],
        timeout_seconds=60,
    )
    assert done.returncode == 0, done.stderr
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, canvas.frame_bytes)


def demand_alike(way: Way, canvas: Canvas, frames: Bytes, shown: Bytes) -> None:
    if way.lossless or canvas.is_gray:
        np.testing.assert_array_equal(shown, frames)
        return
    assert shown.shape == frames.shape
    level = 1 << (canvas.bits - 8)
    for one, other in zip(shown, frames, strict=True):
        pairs = zip(canvas.samples_of(one), canvas.samples_of(other), strict=True)
        for error in ((a.astype(int) - b) / level for a, b in pairs):
            most = MOST_ERROR if min(canvas.height, canvas.width) >= 32 else OF_FEW
            assert np.sqrt(np.mean(np.square(error))) < most
            assert blocks(error).max() < MOST_IN_BLOCK


def blocks(plane: np.ndarray) -> np.ndarray:
    """Mean absolute error of whole blocks of 8 by 8, or of all where there is none."""
    height, width = (size - size % 8 for size in plane.shape)
    if not height or not width:
        return np.abs(plane).mean(keepdims=True)
    cut = np.abs(plane[:height, :width])
    return cut.reshape(height // 8, 8, width // 8, 8).mean((1, 3))


def lacks(way: Way) -> bool:
    exe = find_ffmpeg()
    since = max(way.row.since, CONTAINERS[way.suffix].since)
    return way.row.encoder not in listed_encoders(exe) or ffmpeg_version(exe) < since


def sizes_for(way: Way) -> list[tuple[int, int]]:
    """Sizes that the table allows, even ones where chroma is halved (the canvas pads others)."""
    return [size for size in SIZES + ODD if way.row.takes(Canvas(way.pixel_format, *size))]


@pytest.mark.parametrize("way", [*DAILY, *PRORES], ids=str)
def test_what_the_table_allows_comes_back(way: Way, tmp_path: Path) -> None:
    if lacks(way):
        pytest.skip(f"this ffmpeg has no {way.row.encoder}")
    for size in (sizes_for(way)[0], sizes_for(way)[-1]):
        canvas = Canvas(way.pixel_format, *size)
        path = tmp_path / f"out{way.suffix}"
        demand_alike(way, canvas, written(way, path, canvas), read(way, path, canvas))


@pytest.mark.exhaustive
@pytest.mark.parametrize("way", ways(), ids=str)
def test_all_sizes_and_rates_that_the_table_allows_come_back(way: Way, tmp_path: Path) -> None:
    if lacks(way):
        pytest.skip(f"this ffmpeg has no {way.row.encoder}")
    path = tmp_path / f"out{way.suffix}"
    for size in sizes_for(way):
        canvas = Canvas(way.pixel_format, *size)
        demand_alike(way, canvas, written(way, path, canvas), read(way, path, canvas))
    canvas = Canvas(way.pixel_format, 64, 64)
    for fps in RATES:
        if fps <= min(way.row.most_fps, CONTAINERS[way.suffix].most_fps):
            frames = written(way, path, canvas, fps)
            demand_alike(way, canvas, frames, read(way, path, canvas))


@pytest.mark.exhaustive
@pytest.mark.parametrize("row", SOFTWARE, ids=lambda row: row.encoder)
def test_the_largest_side_is_taken(row: Codec, tmp_path: Path) -> None:
    lossless = not row.lossy
    pixel_format: PixelFormat = next(iter(row.formats(lossless)))
    suffix = next(s for s, each in CONTAINERS.items() if row.name in each.codecs)
    short = max(row.smallest, 64)
    way = Way(suffix, row, pixel_format, lossless)
    if lacks(way):
        pytest.skip(f"this ffmpeg has no {row.encoder}")
    largest = min(row.largest, 32766)
    for size in ((short, largest - largest % 2), (largest - largest % 2, short)):
        canvas = Canvas(pixel_format, *size)
        path = tmp_path / f"out{suffix}"
        demand_alike(way, canvas, written(way, path, canvas), read(way, path, canvas))


@pytest.mark.parametrize("row", [row for row in CODECS if row.hardware], ids=lambda r: r.encoder)
def test_hardware_that_is_not_there_is_said_before_anything_is_written(
    row: Codec, tmp_path: Path
) -> None:
    canvas = Canvas("yuv420p", 256, 256)
    if hardware_encoder(".mp4", row.name, canvas, required=False) is not None:
        pytest.skip("it is there")
    settings = OutputSettings(
        tmp_path / "x.mp4", canvas, Fraction(30), codec=row.name, hardware="require"
    )
    with pytest.raises(MissingDependencyError, match=r"^no hardware encoder works for [^\n]*$"):
        VideoSink(settings)
    assert os.listdir(tmp_path) == []


def test_a_codec_that_this_ffmpeg_lacks_is_said_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "heatvid._encode.choosing.listed_encoders", lambda exe: frozenset({"libx264", "ffv1"})
    )
    settings = OutputSettings(
        tmp_path / "x.mp4", Canvas("yuv420p", 64, 64), Fraction(30), codec="av1"
    )
    with pytest.raises(
        HeatvidError, match=r"no encoder libsvtav1 or libaom-av1 \(.*; it can write"
    ):
        VideoSink(settings)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("way", [way for way in ways() if way.row.smallest > 1], ids=str)
def test_frames_that_are_too_small_are_another_rows_or_refused(way: Way, tmp_path: Path) -> None:
    halved = Canvas(way.pixel_format, 2, 2).subsampled
    short = way.row.smallest - (2 if halved else 1)
    canvas = Canvas(way.pixel_format, short, 128)
    name, lossless = way.row.name, way.lossless
    try:
        found = able(way.suffix, name, canvas, lossless)
    except OptionError as error:
        found = []
        refusal = str(error)
    else:
        refusal = f"takes from {way.row.smallest} pixels"
    assert way.row not in found
    assert f"takes from {way.row.smallest} pixels" in refusal


@pytest.mark.parametrize("preset", ["ultrafast", "faster", "medium", "slow", "placebo"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_smooth_fields_come_back_without_loss_at_every_speed(
    codec: str, preset: str, tmp_path: Path
) -> None:
    if codec == "hevc" and "libx265" not in listed_encoders(find_ffmpeg()):
        pytest.skip("this ffmpeg has no libx265")
    y, x = np.mgrid[:64, :64]
    field = np.stack([np.sin(x / 9 + i) + np.cos(y / 7) for i in range(7)])
    heatvid.render(field, tmp_path / "a.mp4", codec=codec, preset=preset, lossless=True)
    np.testing.assert_array_equal(rgb_of(tmp_path / "a.mp4", 64, 64), heatvid.to_rgb(field))


def test_placebo_takes_the_smallest_frames_of_hevc(tmp_path: Path) -> None:
    if "libx265" not in listed_encoders(find_ffmpeg()):
        pytest.skip("this ffmpeg has no libx265")
    field = np.random.default_rng(0).random((2, 16, 16))
    result = heatvid.render(field, tmp_path / "a.mp4", codec="hevc", preset="placebo")
    assert result.frames == 2


def test_prores_has_no_full_range(tmp_path: Path) -> None:
    """Its decoders take every frame for limited, whatever the container says."""
    with pytest.raises(OptionError, match=r"^range is 'pc' with prores; allowed is 'tv'"):
        heatvid.render(np.eye(32)[None], tmp_path / "a.mov", codec="prores", range="pc")
