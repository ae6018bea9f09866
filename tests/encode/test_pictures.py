"""Pictures one a file, JPEG, WebP and TIFF: pixels, marks, numbers, single ones."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heatvid import OptionError, VideoWriter, open_source, render, to_rgb
from heatvid._canvas import Canvas, PixelFormat
from heatvid._encode.marks import frame_number
from heatvid._encode.opening import open_sink
from heatvid._encode.output_sequence import OutputSequence
from heatvid._encode.picture_kinds import PICTURES
from heatvid._encode.settings import OutputSettings
from heatvid._errors import EncoderError
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg
from heatvid._frames import Bytes
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, numbered, pictures

SCALED: dict[str, Any] = {"vmin": 0, "vmax": 1}
KINDS = [(suffix, each) for suffix, kind in PICTURES.items() for each in kind.formats]
EXACT = [(suffix, each) for suffix, each in KINDS if PICTURES[suffix].exact and suffix != ".exr"]


def noise(canvas: Canvas, count: int = 3) -> Bytes:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, canvas.frame_bytes), dtype=np.uint8)


def write(path: Path, canvas: Canvas, frames: Bytes, **options: Any) -> None:
    with open_sink(OutputSettings(path, canvas, Fraction(30), **options)) as sink:
        sink.write(frames)


def shown(path: Path) -> np.ndarray:
    """As another reader shows it, in the samples that it holds."""
    with Image.open(path) as image:
        return np.asarray(image)


# --- pixels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 47)])
@pytest.mark.parametrize(("suffix", "pixel_format"), EXACT)
def test_two_readers_give_the_bytes_that_were_written(
    tmp_path: Path, suffix: str, pixel_format: PixelFormat, size: tuple[int, int]
) -> None:
    canvas = Canvas(pixel_format, *size)
    frames = noise(canvas, 1)
    path = tmp_path / f"0{suffix}"
    write(tmp_path / f"%d{suffix}", canvas, frames, lossless=True)
    samples = frames[0].view("<u2") if canvas.bits == 16 else frames[0]
    np.testing.assert_array_equal(shown(path).astype(samples.dtype).reshape(-1), samples)
    if min(size) > 1 and (suffix, pixel_format) != (".webp", "rgba"):
        raw = ffmpeg("-i", f"file:{path}", "-pix_fmt", pixel_format, "-f", "rawvideo", "-")
        np.testing.assert_array_equal(np.frombuffer(raw, np.uint8), frames[0])


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_pictures_are_close_and_the_closer_the_larger(tmp_path: Path, suffix: str) -> None:
    field = numbered(1, 96, 128)
    wanted = to_rgb(field, **SCALED, cmap="viridis")[0].astype(int)
    errors, sizes = [], []
    for levels in (0.5, 4, 32):
        path = tmp_path / f"{levels}-%d{suffix}"
        render(field, path, **SCALED, cmap="viridis", quality=levels)
        made = tmp_path / f"{levels}-0{suffix}"
        errors.append(float(np.sqrt(np.mean((shown(made) - wanted) ** 2))))
        sizes.append(made.stat().st_size)
    assert errors == sorted(errors)
    assert errors[0] < 4
    assert sizes == sorted(sizes, reverse=True)


def test_a_jpeg_has_colour_at_every_pixel(tmp_path: Path) -> None:
    write(tmp_path / "%d.jpg", Canvas("rgb24", 16, 16), noise(Canvas("rgb24", 16, 16)))
    data = (tmp_path / "0.jpg").read_bytes()
    at = data.index(b"\xff\xc0")
    assert data[at + 10 : at + 19 : 3] == b"\x01\x02\x03"  # three components
    assert data[at + 11 : at + 19 : 3] == b"\x11\x11\x11"  # each with a sample a pixel


# --- what they hold ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".tif", ".tiff"])
def test_a_tiff_holds_values_of_16_bits(tmp_path: Path, suffix: str) -> None:
    field = np.random.default_rng(0).integers(0, 65536, (3, 9, 14)).astype(np.uint16)
    render(field, tmp_path / f"%d{suffix}", norm="identity")
    for i, frame in enumerate(field):
        np.testing.assert_array_equal(shown(tmp_path / f"{i}{suffix}"), frame)


def test_a_tiff_holds_places_between_the_limits(tmp_path: Path) -> None:
    render(np.array([[[-1.0, 0.0, 0.5, 1.0, 2.0]]]), tmp_path / "%d.tif", **SCALED)
    np.testing.assert_array_equal(shown(tmp_path / "0.tif"), [[0, 0, 32768, 65535, 65535]])


def test_a_tiff_holds_colours_where_they_are_asked_for(tmp_path: Path) -> None:
    field = numbered(2)
    render(field, tmp_path / "%d.tif", **SCALED, pix_fmt="rgb24", cmap="turbo")
    wanted = to_rgb(field, **SCALED, cmap="turbo")
    np.testing.assert_array_equal(shown(tmp_path / "1.tif"), wanted[1])
    with pytest.raises(OptionError, match=r"cmap: got 'turbo'; allowed with colours"):
        render(field, tmp_path / "no%d.tif", **SCALED, cmap="turbo")
    with pytest.raises(OptionError, match=r"cmap: got 'turbo'; allowed with colours"):
        VideoWriter(tmp_path / "no%d.tif", **SCALED, cmap="turbo")


@pytest.mark.parametrize("suffix", [".webp", ".tif"])
def test_what_is_see_through_stays_so(tmp_path: Path, suffix: str) -> None:
    field = numbered(2)
    field[1, 3:9, 4:8] = np.nan
    render(field, tmp_path / f"%d{suffix}", **SCALED, transparent=True, lossless=True)
    np.testing.assert_array_equal(
        shown(tmp_path / f"1{suffix}"), to_rgb(field, **SCALED, transparent=True)[1]
    )


def test_numbered_webp_is_pictures_and_else_it_moves(tmp_path: Path) -> None:
    render(numbered(3), tmp_path / "%d.webp", **SCALED)
    render(numbered(3), tmp_path / "100%%.webp", **SCALED)
    assert sorted(os.listdir(tmp_path)) == ["0.webp", "1.webp", "100%%.webp", "2.webp"]
    with Image.open(tmp_path / "100%%.webp") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]  # of a WebP


# --- values as they are ------------------------------------------------------------------------


def values_in(path: Path, height: int, width: int) -> np.ndarray:
    """What ffmpeg finds in an OpenEXR file; 4.2 reads another luminance."""
    if ffmpeg_version(find_ffmpeg()) < (5,):
        OpenEXR = pytest.importorskip("OpenEXR")  # noqa: N806
        with OpenEXR.File(str(path)) as file:
            return np.array(file.channels()["Y"].pixels)
    raw = ffmpeg("-i", f"file:{path}", "-pix_fmt", "grayf32le", "-f", "rawvideo", "-")
    return np.frombuffer(raw, "<f4").reshape(height, width)


@pytest.mark.parametrize("size", [(1, 1), (3, 17), (16, 5), (33, 47)])
def test_an_exr_holds_values_as_they_are(tmp_path: Path, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    field = (rng.normal(size=(3, *size)) * 10.0 ** rng.integers(-30, 30, (3, *size))).astype("f4")
    field[1, 0, 0], field[2, -1, -1] = np.inf, -0.0
    result = render(field, tmp_path / "%02d.exr")
    assert (result.frames, result.height, result.width) == (3, *size)
    for i, frame in enumerate(field):
        found = values_in(tmp_path / f"0{i}.exr", *size)
        np.testing.assert_array_equal(found.view("u4"), frame.view("u4"))


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "f2", "f8", "?"])
def test_an_exr_holds_values_of_any_kind(tmp_path: Path, dtype: str) -> None:
    field = np.arange(2 * 9 * 14).reshape(2, 9, 14).astype(dtype)
    field.flat[:2] = 0, 1
    render(field, tmp_path / "%d.exr")
    found = values_in(tmp_path / "1.exr", 9, 14)
    np.testing.assert_array_equal(found, field[1].astype("f4"))


def test_an_exr_is_read_again_by_its_own_library(tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR")
    field = np.random.default_rng(0).normal(size=(2, 33, 47)).astype("f4")
    render(field, tmp_path / "%d.exr")
    with open_source(str(tmp_path / "*.exr")) as source:
        np.testing.assert_array_equal(source.read(0, 2), field)


def test_an_exr_keeps_nan_and_says_the_range(tmp_path: Path) -> None:
    field = numbered(3) * 20 - 5
    field[0, 2, 3] = np.nan
    result = render(field, tmp_path / "%d.exr", batch_size=2)
    np.testing.assert_array_equal(values_in(tmp_path / "0.exr", 24, 32), field[0])
    assert result.limits == (np.nanmin(field), np.nanmax(field))


def test_an_exr_is_of_what_is_chosen(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((5, 8, 9, 3)).astype("f4")
    render(field, tmp_path / "%d.exr", channel="max", frames="1:3", flip="vertical", scale=2)
    np.testing.assert_array_equal(
        values_in(tmp_path / "1.exr", 8, 9), field[2].max(axis=-1)[::-1] * 2
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cmap": "turbo"}, "cmap: got 'turbo'; allowed with colours, not in .exr"),
        ({"vmin": 0}, "vmin: got 0.0; allowed with colours, not in .exr"),
        ({"background": "red"}, "background: got 'red'; allowed with colours, not in .exr"),
        ({"lossless": True}, "lossless: got True; allowed with colours, not in .exr"),
        ({"background": np.zeros((9, 8, 3))}, r"background: got .*; allowed with colours, not in"),
        ({"cmap": np.zeros((9, 3))}, r"cmap: got .*; allowed with colours, not in .exr"),
    ],
)
def test_what_means_something_with_colours_is_refused_with_values(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        render(numbered(), tmp_path / "%d.exr", **options)
    clear_line(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_writer_writes_no_exr(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.exr holds values as they are; allowed is heatvid"):
        VideoWriter(tmp_path / "%d.exr")


# --- marks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "pixel_format"), KINDS)
def test_each_says_its_number(tmp_path: Path, suffix: str, pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 40, 50)
    write(tmp_path / f"%d{suffix}", canvas, noise(canvas), start_number=9)
    for number in (9, 10, 11):
        assert frame_number(str(tmp_path / f"{number}{suffix}")) == number


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_what_others_made_says_none(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    Image.fromarray(pictures(1)[0]).save(path)
    assert frame_number(str(path)) is None
    path.write_bytes(b"heatvid, frame 7;")
    assert frame_number(str(path)) is None
    path.write_bytes(b"")
    assert frame_number(str(path)) is None
    assert frame_number(str(tmp_path)) is None


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".png"])
def test_a_shorter_sequence_replaces_a_longer_one_and_no_file_of_others(
    tmp_path: Path, suffix: str
) -> None:
    canvas = Canvas("rgb24", 8, 9)
    write(tmp_path / f"%d{suffix}", canvas, noise(canvas, 6))
    other = tmp_path / f"4{suffix}"
    Image.fromarray(pictures(1)[0]).save(other)
    (tmp_path / f"7{suffix}").write_bytes((tmp_path / f"5{suffix}").read_bytes())  # a copy
    write(tmp_path / f"%d{suffix}", canvas, noise(canvas, 2), overwrite=True)
    left = sorted(name.removesuffix(suffix) for name in os.listdir(tmp_path))
    assert left == ["0", "1", "4", "7"]
    assert shown(other).shape == (24, 32, 3)


# --- numbers ----------------------------------------------------------------------------------


def test_numbers_begin_where_they_are_told(tmp_path: Path) -> None:
    render(numbered(3), tmp_path / "%03d.png", **SCALED, start_number=98)
    assert sorted(os.listdir(tmp_path)) == ["098.png", "099.png", "100.png"]


def test_earlier_pictures_of_smaller_numbers_stay(tmp_path: Path) -> None:
    canvas = Canvas("rgb24", 8, 9)
    write(tmp_path / "%d.png", canvas, noise(canvas, 6))
    before = {name: (tmp_path / name).read_bytes() for name in ("0.png", "1.png", "2.png")}
    with pytest.raises(OptionError, match=r"3\.png exists already"):
        write(tmp_path / "%d.png", canvas, noise(canvas, 2), start_number=3)
    write(tmp_path / "%d.png", canvas, noise(canvas, 2), start_number=3, overwrite=True)
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(left) == ["0.png", "1.png", "2.png", "3.png", "4.png"]
    assert left.items() >= before.items()
    write(tmp_path / "%d.png", canvas, noise(canvas, 2), start_number=5)  # goes on
    assert len(os.listdir(tmp_path)) == 7


def test_an_exchange_that_was_cut_short_is_settled_by_a_job_of_other_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = Canvas("rgb24", 8, 9)
    write(tmp_path / "%d.png", canvas, noise(canvas, 3), start_number=7)
    sequence = OutputSequence(tmp_path / "%d.png", overwrite=True, start=7)
    for i in range(3):
        Path(sequence.path_of(i)).write_bytes(b"new")
    exchange = sequence._claim.exchange
    with monkeypatch.context() as patched:
        patched.setattr(exchange, "_end", lambda journal: (_ for _ in ()).throw(OSError(5, "cut")))
        patched.setattr(exchange, "_take_back", lambda: None)
        with pytest.raises(EncoderError, match="cut"):
            sequence.commit(3)
    sequence.discard()
    OutputSequence(tmp_path / "%d.png", overwrite=True).discard()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"{number}.png": b"new" for number in (7, 8, 9)
    }


# --- single ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("which", [4, "4", -2, np.int64(4)])
def test_one_frame_is_one_picture(tmp_path: Path, suffix: str, which: Any) -> None:
    path = tmp_path / f"frame{suffix}"
    result = render(numbered(6), path, **SCALED, frames=which)
    assert f"{suffix}: 1 frame, " in str(result)
    assert os.listdir(tmp_path) == [path.name]
    wanted = to_rgb(numbered(6)[4], **SCALED).astype(int)
    assert np.abs(shown(path)[..., :3].astype(int) - wanted).mean() < (1 if suffix == ".png" else 8)


def test_the_last_frame_is_minus_one(tmp_path: Path) -> None:
    render(numbered(6), tmp_path / "last.png", **SCALED, frames=-1)
    np.testing.assert_array_equal(shown(tmp_path / "last.png"), to_rgb(numbered(6)[5], **SCALED))


@pytest.mark.parametrize("suffix", ["tif", "exr"])
def test_several_frames_for_one_picture_are_refused_saying_what_to_do(
    tmp_path: Path, suffix: str
) -> None:
    what = rf"o\.{suffix}: 6 frames for a single picture; .*%05d\.{suffix} say, or .* frames=12"
    with pytest.raises(OptionError, match=what):
        render(numbered(6), tmp_path / f"o.{suffix}")
    assert os.listdir(tmp_path) == []


def test_a_second_frame_of_an_iterator_is_refused_when_it_comes(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="a second frame for a single picture"):
        render(iter(numbered(6)), tmp_path / "frame.tif", **SCALED)
    assert os.listdir(tmp_path) == []


# --- what they cannot be ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("%d.jpg", {"lossless": True}, "lossless: JPEG keeps not every level; allowed are .png"),
        ("%d.jpg", {"transparent": True}, "transparent: .jpg would drop it"),
        ("%d.jpg", {"pix_fmt": "gray"}, "pixel format is gray in .jpg; allowed there are rgb24"),
        ("%d.webp", {"pix_fmt": "gray16le"}, "pixel format is gray16le in .webp; allowed there"),
        ("%d.tif", {"pix_fmt": "yuv420p"}, "pixel format is yuv420p in .tif; allowed there are"),
        ("%d.tif", {"quality": 2}, "quality: got 2; allowed is none for .tif"),
        ("%d.png", {"codec": "h264"}, "codec is h264 in .png; allowed is none"),
        ("x.png", {"start_number": 3}, "start_number is 3; allowed is that for numbered pictures"),
        ("x.mp4", {"start_number": 3}, "start_number is 3; allowed is that for numbered pictures"),
        ("%d.bmp", {}, "its suffix may be .*.png, .jpg, .jpeg, .tif, .tiff"),
    ],
)
def test_what_pictures_cannot_be_is_refused(
    tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        render(numbered(), tmp_path / name, **SCALED, **options)
    clear_line(caught.value)
    assert os.listdir(tmp_path) == []
