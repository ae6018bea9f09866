"""PNG files: pixels, names, places."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heatvid._canvas import Canvas, PixelFormat
from heatvid._encode.marks import frame_number
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._encode.opening import check_output, open_sink
from heatvid._encode.pictures import PictureSink
from heatvid._encode.png import png_chunks
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._errors import EncoderError, OptionError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url, find_ffmpeg
from heatvid._frames import Bytes

FORMATS: tuple[PixelFormat, ...] = ("rgb24", "rgba", "gray", "gray16le")
TINY = Canvas("gray", 2, 3)


def frames_of(canvas: Canvas, count: int = 5) -> Bytes:
    return np.random.default_rng(0).integers(0, 256, (count, canvas.frame_bytes), dtype=np.uint8)


def write(path: Path | str, canvas: Canvas, frames: Bytes, **options: object) -> None:
    settings = OutputSettings(path, canvas, Fraction(30), **options)  # type: ignore[arg-type]
    with open_sink(settings) as encoder:
        encoder.write(frames[:2])
        encoder.write(frames[2:])
    assert encoder.frames == len(frames)


def decode(path: Path | str, canvas: Canvas) -> Bytes:
    """Read one file, or all that match printf's pattern, with ffmpeg."""
    raw = canvas.pixel_format
    done = run(
        [find_ffmpeg(), "-v", "error", "-nostdin", "-i", str(path), "-pix_fmt", raw,
         "-f", "rawvideo", "-"],
        timeout_seconds=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, canvas.frame_bytes)


# --- pixels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (3, 5), (47, 63), (350, 451)], ids=str)
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_sequence_decodes_to_the_bytes_that_were_written(
    tmp_path: Path, pixel_format: PixelFormat, size: tuple[int, int]
) -> None:
    canvas = Canvas(pixel_format, *size)
    frames = frames_of(canvas)
    write(tmp_path / "%05d.png", canvas, frames)
    assert sorted(os.listdir(tmp_path)) == [f"0000{i}.png" for i in range(5)]
    np.testing.assert_array_equal(decode(tmp_path / "%05d.png", canvas), frames)


@pytest.mark.parametrize(
    ("pixel_format", "mode"),
    [("rgb24", "RGB"), ("rgba", "RGBA"), ("gray", "L"), ("gray16le", "I;16")],
)
def test_another_reader_agrees(tmp_path: Path, pixel_format: PixelFormat, mode: str) -> None:
    canvas = Canvas(pixel_format, 300, 401)
    frames = frames_of(canvas)
    write(tmp_path / "%d.png", canvas, frames)
    for i, frame in enumerate(frames):
        with Image.open(tmp_path / f"{i}.png") as picture:
            assert (picture.mode, picture.size) == (mode, (401, 300))
            np.testing.assert_array_equal(np.frombuffer(picture.tobytes(), np.uint8), frame)


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_constant_pictures_are_right(tmp_path: Path, pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 540, 960)
    values = np.array([[0], [1], [254], [255]], np.uint8)
    write(tmp_path / "%d.png", canvas, values.repeat(canvas.frame_bytes, axis=1))
    decoded = decode(tmp_path / "%d.png", canvas)
    assert len(decoded) == 4
    assert (decoded == values).all()


def test_gray16_is_big_endian_in_the_file(tmp_path: Path) -> None:
    canvas = Canvas("gray16le", 1, 2)
    frame = np.array([0x0102, 0xFFFE], "<u2").view(np.uint8)
    write(tmp_path / "one.png", canvas, frame[None])
    with Image.open(tmp_path / "one.png") as picture:
        assert [picture.getpixel((x, 0)) for x in (0, 1)] == [0x0102, 0xFFFE]


@pytest.mark.parametrize("threads", [None, 1, 7])
def test_any_number_of_threads_gives_the_same_files(tmp_path: Path, threads: int | None) -> None:
    canvas = Canvas("rgb24", 90, 70)
    write(tmp_path / "a%d.png", canvas, frames_of(canvas, 30), threads=threads)
    write(tmp_path / "b%d.png", canvas, frames_of(canvas, 30), threads=2)
    for i in range(30):
        a, b = ((tmp_path / f"{letter}{i}.png").read_bytes() for letter in "ab")
        assert a == b


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("frames/%05d.png", NumberedName("", 5, ".png")),
        ("a_%d_b.PNG", NumberedName("a_", 1, "_b.PNG")),
        ("100%%_%012d.png", NumberedName("100%_", 12, ".png")),
        ("%%d.png", "%d.png"),
        ("%%%d%%.png", NumberedName("%", 1, "%.png")),
        ("100%/%03d/one.png", "one.png"),
        ("new\nline%d.png", NumberedName("new\nline", 1, ".png")),
        (b"\xff%d.png", NumberedName("\udcff", 1, ".png")),
    ],
)
def test_names_are_read_as_printf_would(path: str, read: NumberedName | str) -> None:
    assert read_name(path) == read


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("%d_%05d.png", r"has 2 numbers in its file name; allowed is one %d or %05d"),
        ("100%.png", r"has a single % in its file name; .*%% for a percent sign"),
        ("%5d.png", "has a single %"),
        ("%s.png", "has a single %"),
        ("%-3d.png", "has a single %"),
        ("%%%.png", "has a single %"),
        ("%0100d.png", "has a single %"),
    ],
)
def test_other_patterns_are_refused(name: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        OutputSettings(name, TINY, Fraction(30))


def test_numbers_grow_beyond_their_digits() -> None:
    name = NumberedName("", 5, ".png")
    assert name.of(99_999) == "99999.png"
    assert name.of(100_000) == "100000.png"


@pytest.mark.parametrize(
    ("name", "mine"),
    [("00000.png", True), ("100000.png", True), ("99999.png", True), ("0000.png", False),
     ("000001.png", False), ("00000.PNG", False), ("a00000.png", False), ("00000.png~", False),
     ("-0001.png", False), ("0000١.png", False), ("00000.png\n", False)],
)  # fmt: skip
def test_only_names_that_the_pattern_gives_are_its_own(name: str, mine: bool) -> None:
    assert NumberedName("", 5, ".png").names(name) == mine


def test_hundreds_of_frames_are_numbered(tmp_path: Path) -> None:
    canvas = Canvas("gray16le", 1, 1)
    frames = np.arange(300, dtype="<u2").view(np.uint8).reshape(300, 2)
    write(tmp_path / "%02d.png", canvas, frames)
    names = [f"{i:02d}.png" for i in range(300)]
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    for i in (0, 9, 99, 100, 255, 256, 299):
        with Image.open(tmp_path / names[i]) as picture:
            assert picture.getpixel((0, 0)) == i


ODD = [
    *("a b%d.png", "-%d.png", "http:%d.png", "🔥é%d.png", "100%%%d.png", "new\nline%d.png"),
    *("n" * 249 + "%d.png", "%d" + "火" * 83 + ".png", "a\udcff%d.png", "%d[a-z]*?.png"),
]


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids most of these names")
@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_odd_names_are_written(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = "100%d\nb"
    os.mkdir(folder)
    plain = name.replace("%%", "%").replace("%d", "{}")
    try:
        open(os.path.join(folder, plain.format(0)), "wb").close()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    write(f"{folder}/{name}", TINY, frames_of(TINY, 3), overwrite=True)
    assert sorted(os.listdir(folder)) == [plain.format(i) for i in range(3)]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_new_folder_has_the_permissions_of_any_new_folder(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write(tmp_path / "new" / "%d.png", TINY, frames_of(TINY))
    finally:
        os.umask(old)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o750


# --- places ----------------------------------------------------------------------------------


def test_a_folder_through_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("no symbolic links here")
    write(tmp_path / "link" / "%d.png", TINY, frames_of(TINY))
    assert len(os.listdir(tmp_path / "real")) == 5


def test_an_existing_sequence_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    others = ["00.png", "x.png", "007.png", "7.txt", "7.png", "12.png"]  # not heatvid's
    for name in ["3.png", *others]:
        (tmp_path / name).write_bytes(b"good")
    with pytest.raises(OptionError, match=r"3\.png exists already; .*overwrite=True"):
        write(tmp_path / "%d.png", TINY, frames_of(TINY))
    assert (tmp_path / "3.png").read_bytes() == b"good"
    write(tmp_path / "%d.png", TINY, frames_of(TINY), overwrite=True)
    assert sorted(os.listdir(tmp_path)) == sorted([*others, *(f"{i}.png" for i in range(5))])
    assert all((tmp_path / name).read_bytes() == b"good" for name in others)
    np.testing.assert_array_equal(decode(tmp_path / "%d.png", TINY), frames_of(TINY))


def test_an_output_is_checked_before_any_work(tmp_path: Path) -> None:
    check_output(tmp_path / "new" / "folder" / "%d.png", overwrite=False)
    check_output(tmp_path / "100%%.png", overwrite=False)
    assert os.listdir(tmp_path) == []
    for name in ("3.png", "100%.png"):
        (tmp_path / name).write_bytes(b"good")
    for name in ("%d.png", "100%%.png"):
        check_output(tmp_path / name, overwrite=True)
        with pytest.raises(OptionError, match=r"exists already; .*overwrite=True"):
            check_output(tmp_path / name, overwrite=False)
    for name in ("100%.png", "3.png/one.png", "3.png/%d.png"):
        with pytest.raises(OptionError, match=r"single %|is not a folder"):
            check_output(tmp_path / name, overwrite=True)


def test_files_that_appear_meanwhile_are_kept(tmp_path: Path) -> None:
    encoder = open_sink(OutputSettings(tmp_path / "%d.png", TINY, Fraction(30)))
    encoder.write(frames_of(TINY))
    (tmp_path / "9.png").write_bytes(b"another")
    with pytest.raises(EncoderError, match="other files have appeared"):
        encoder.finish()
    assert os.listdir(tmp_path) == ["9.png"]


# --- one picture -----------------------------------------------------------------------------


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_one_frame_needs_no_number(tmp_path: Path, pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 3, 5)
    write(tmp_path / "100%%.png", canvas, frames_of(canvas, 1))
    assert os.listdir(tmp_path) == ["100%.png"]
    found = decode(file_url(tmp_path / "100%.png"), canvas)
    np.testing.assert_array_equal(found, frames_of(canvas, 1))


def test_a_second_frame_needs_a_number(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"good")
    with pytest.raises(EncoderError, match=r"a second frame for a single picture; .*%05d\.png"):
        write(tmp_path / "one.png", TINY, frames_of(TINY), overwrite=True)
    assert os.listdir(tmp_path) == ["one.png"]
    assert (tmp_path / "one.png").read_bytes() == b"good"


def test_the_suffix_chooses_the_encoder(tmp_path: Path) -> None:
    video = open_sink(OutputSettings(tmp_path / "a.mkv", TINY, Fraction(30)))
    pictures = open_sink(OutputSettings(tmp_path / "a%d.PNG", TINY, Fraction(30)))
    assert isinstance(video, VideoSink)
    assert isinstance(pictures, PictureSink)
    video.abort()
    pictures.abort()
    assert os.listdir(tmp_path) == []


def test_a_picture_tells_its_number_whatever_follows_it_in_the_file(tmp_path: Path) -> None:
    path, frame = tmp_path / "picture.png", np.zeros(TINY.frame_bytes, np.uint8)
    for number in range(300):  # checksums of some begin with the byte of a digit
        path.write_bytes(b"".join(png_chunks(frame, TINY, number)))
        assert frame_number(str(path)) == number
