"""Videos of more than 8 bits, of pixels that are not square, cropped, and of high dynamic range."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import OptionError, open_source
from heatvid._canvas import Canvas
from heatvid._under.masks import Masks
from heatvid._under.opening import open_background
from heatvid._under.videos import VideoBackground
from heatvid._video.in_process_decoder import DECODER
from tests.support.videos import ffmpeg, one_to_one, rgb_of, turned

HEIGHT, WIDTH, FRAMES = 48, 64, 5
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0")


def raw_video(path: Path, data: Any, pixel_format: str, *options: str) -> None:
    """A video of raw samples, as they are."""
    raw = path.with_suffix(".raw")
    raw.write_bytes(data.tobytes())
    layout = ("-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{WIDTH}x{HEIGHT}", "-r", "10")
    ffmpeg(*layout, "-i", raw, *options, path)


def read_whole(path: Path) -> Any:
    with open_source(path) as source:
        return source.read(0, len(source)).copy()


# --- more than 8 bits -----------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
@pytest.mark.parametrize("order", ["le", "be"])
def test_gray_of_more_than_8_bits_is_read_exactly(bits: int, order: str, tmp_path: Path) -> None:
    levels = np.random.default_rng(bits).integers(0, 2**bits, (FRAMES, HEIGHT, WIDTH))
    stored = levels.astype("<u2" if order == "le" else ">u2")
    path = tmp_path / "x.nut"
    raw_video(path, stored, f"gray{bits}{order}", "-c:v", "rawvideo")
    path = path.rename(path.with_suffix(".mkv"))  # what it is shows in its content
    frames = read_whole(path)
    assert frames.dtype == np.uint16
    assert np.array_equal(frames, levels)


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_a_mask_is_opacity_whatever_the_depth_of_its_video(bits: int, tmp_path: Path) -> None:
    levels = np.random.default_rng(bits).integers(0, 2**bits, (FRAMES, HEIGHT, WIDTH))
    levels[0, 0, :2] = 0, 2**bits - 1
    stored, name = levels.astype("u1" if bits == 8 else "<u2"), f"gray{bits}le".replace("8le", "")
    raw_video(tmp_path / "x.nut", stored, name, "-c:v", "rawvideo")
    path = (tmp_path / "x.nut").rename(tmp_path / "x.mkv")
    for given, expected in ((path, levels), (open_source(path, frames="1:3"), levels[1:3])):
        masks = Masks(given)
        out = np.empty((len(expected), HEIGHT, WIDTH), np.float32)
        masks.read(0, out)
        masks.close()
        assert np.array_equal(out, expected.astype(np.float32) / np.float32(2**bits - 1))


def test_values_that_were_rendered_as_they_are_come_back_as_they_were(tmp_path: Path) -> None:
    levels = np.random.default_rng(1).integers(0, 65_536, (FRAMES, HEIGHT, WIDTH), np.uint16)
    heatvid.render(levels, tmp_path / "x.mkv", norm="identity", pix_fmt="gray16le")
    assert np.array_equal(read_whole(tmp_path / "x.mkv"), levels)
    eight = (levels >> 8).astype(np.uint8)
    heatvid.render(eight, tmp_path / "8.mkv", norm="identity", pix_fmt="gray")
    assert np.array_equal(read_whole(tmp_path / "8.mkv"), eight)


@pytest.mark.parametrize("color_range", ["tv", "pc"])
def test_colours_of_more_than_8_bits_give_their_luma_in_16(
    color_range: str, tmp_path: Path
) -> None:
    luma = np.random.default_rng(2).integers(64, 941, (FRAMES, HEIGHT, WIDTH))
    luma[0, 0, :2] = 64, 940  # black and white are never out by a level
    planes = np.concatenate([luma.reshape(FRAMES, -1), np.full((FRAMES, HEIGHT * WIDTH // 2), 512)],
                            1)  # fmt: skip
    raw_video(tmp_path / "x.mkv", planes.astype("<u2"), "yuv420p10le", "-c:v", "ffv1",
              "-vf", f"setparams=range={color_range}", "-color_range", color_range)  # fmt: skip
    low, high = (64, 940) if color_range == "tv" else (0, 1023)
    expected = (luma - low) / (high - low) * 65_535
    frames = read_whole(tmp_path / "x.mkv")
    assert frames.dtype == np.uint16
    assert np.abs(frames - expected).max() <= 64  # one level of 10 bits


def test_rgb_of_more_than_8_bits_gives_its_luma_in_16(tmp_path: Path) -> None:
    rgb = np.random.default_rng(3).integers(0, 65_536, (FRAMES, HEIGHT, WIDTH, 3), np.uint16)
    rgb[0, 0, 0], rgb[0, 0, 1] = 0, 65_535
    raw_video(tmp_path / "x.mkv", rgb, "rgb48le", "-c:v", "ffv1", "-pix_fmt", "gbrp16le")
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(read_whole(tmp_path / "x.mkv") - luma).max() < 4


# --- as it is shown -------------------------------------------------------------------------------


def shown(path: Path, monkeypatch: pytest.MonkeyPatch, decoder: str) -> Any:
    """The first picture of a background, in RGB, by one of the decoders."""
    monkeypatch.setenv(DECODER, decoder)
    background = open_background(path)
    assert isinstance(background, VideoBackground)
    try:
        canvas = Canvas("yuv420p", *background.size)
        out = np.empty((1, canvas.frame_bytes), np.uint8)
        background.start(canvas)
        background.read(0, out)
        return background.size, out.tobytes()
    finally:
        background.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    tags = ("-vf", "setparams=range=tv:colorspace=bt709,format=yuv420p")
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=10:d=1", *tags, *X264,
           "-colorspace", "bt709", "-color_range", "tv", tmp_path / "clip.mp4")  # fmt: skip
    return tmp_path / "clip.mp4"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    ("aspect", "size"),
    [("4/3", (48, 85)), ("1/2", (96, 64)), ("1/1", (48, 64)), ("99/1", (48, 64))],
)
def test_pixels_that_are_not_square_are_shown_as_long_as_they_are(
    aspect: str, size: tuple[int, int], suffix: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip.with_name(f"aspect{suffix}")
    ffmpeg("-i", clip, "-vf", f"setsar={aspect}", *X264, path)
    here, there = (shown(path, monkeypatch, decoder) for decoder in ("any", "ffmpeg"))
    assert here[0] == size
    assert here == there


def test_pixels_of_a_turned_video_are_turned_with_it(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = clip.with_name("wide.mp4")
    ffmpeg("-i", clip, "-vf", "setsar=2/1", *X264, wide)
    assert shown(turned(wide), monkeypatch, "any")[0] == (2 * WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "crop", ["crop_left=6", "crop_left=2:crop_right=4:crop_top=2", "crop_right=8"]
)
def test_a_coded_crop_is_the_same_in_both_decoders(
    crop: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip.with_name("cropped.mp4")
    ffmpeg("-i", clip, "-c", "copy", "-bsf:v", f"h264_metadata={crop}", path)
    here, there = (shown(path, monkeypatch, decoder) for decoder in ("any", "ffmpeg"))
    across = sum(int(part.split("=")[1]) for part in crop.split(":") if "top" not in part)
    assert here[0] == (HEIGHT - 2 * ("top" in crop), WIDTH - across)
    assert here == there


def with_clean_aperture(data: bytes, width: int, height: int) -> bytes:
    """Put a clap box into the sample description of an mp4 whose index is behind its pictures."""
    box = b"clap" + struct.pack(">IIIIIIII", width, 1, height, 1, 0, 1, 0, 1)
    box = struct.pack(">I", len(box) + 4) + box
    assert data.index(b"mdat") < data.index(b"moov")
    end = data.index(b"avcC") - 4
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = data.index(name, data.index(b"moov")) - 4
        (size,) = struct.unpack_from(">I", data, place)
        data = data[:place] + struct.pack(">I", size + len(box)) + data[place + 4 :]
    return data[:end] + box + data[end:]


def test_a_clean_aperture_is_left_out_by_both_decoders(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip.with_name("clean.mp4")
    path.write_bytes(with_clean_aperture(clip.read_bytes(), WIDTH - 16, HEIGHT - 8))
    here, there = (shown(path, monkeypatch, decoder) for decoder in ("any", "ffmpeg"))
    assert here == there == shown(clip, monkeypatch, "any")
    assert read_whole(path).shape == (10, HEIGHT, WIDTH)


@pytest.mark.parametrize(("transfer", "kind"), [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
def test_high_dynamic_range_is_one_warning(
    transfer: str, kind: str, clip: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bright.mkv"
    tags = f"setparams=color_trc={transfer}:color_primaries=bt2020:colorspace=bt2020nc:range=tv"
    ffmpeg("-i", clip, "-vf", f"{tags},format=yuv420p10le", "-c:v", "ffv1", "-color_trc", transfer,
           "-colorspace", "bt2020nc", "-color_primaries", "bt2020", path)  # fmt: skip
    data = np.zeros((10, 6, 8), np.uint8)
    with pytest.warns(UserWarning, match=rf"bright.mkv: is a video of high .*\({kind}\)") as caught:
        heatvid.render(data, tmp_path / "x.mp4", background=path, preset="ultrafast")
    assert len(caught) == 1
    assert read_whole(path).dtype == np.uint16  # as predictions it has values, no colours


def test_a_variable_rate_is_one_warning(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "variable.mp4"
    uneven = "select='lt(n,5)+not(mod(n,3))'"
    ffmpeg("-i", clip, "-vf", uneven, *one_to_one(), *X264, path)
    with pytest.warns(UserWarning, match=r"variable.mp4: has a variable frame rate") as caught:
        background = open_background(path)
    assert background is not None
    background.close()
    assert len(caught) == 1


def test_a_decoder_that_is_none_is_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DECODER, "zork")
    with pytest.raises(OptionError, match=r"HEATVID_DECODER is 'zork'; allowed are 'any' and 'ff"):
        open_background(clip)


def test_a_wide_background_is_shown_wide(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    ffmpeg("-i", clip, "-vf", "setsar=2/1", *X264, path)
    heatvid.render(np.zeros((10, 6, 8), np.uint8), tmp_path / "x.mkv", background=path,
                   lossless=True, alpha=0)  # fmt: skip
    frames = rgb_of(tmp_path / "x.mkv", HEIGHT, 2 * WIDTH)
    assert frames.shape == (10, HEIGHT, 2 * WIDTH, 3)
