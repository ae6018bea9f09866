"""Files of flow and depth: PFM, .flo, KITTI's PNG, and PNG that Pillow would change."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid import SourceError, open_source
from heatvid.cli import main
from tests.support.pictures import save_flo, save_float, save_moge, save_pfm, save_png, save_ros

REFUSED = "cmap: got 'own'; allowed with images of a palette only"
RNG = np.random.default_rng(0)


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


# --- PNG ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colours_of_16_bits_keep_their_low_bytes(channels: int, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 65536, (7, 9, channels), np.uint16)
    save_png(tmp_path / "x.png", pixels)
    for i in range(channels):
        np.testing.assert_array_equal(frames(tmp_path / "x.png", channel=i), pixels[None, ..., i])


def test_grey_of_16_bits_is_exact(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 65536, (7, 9), np.uint16)
    save_png(tmp_path / "x.png", pixels)
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), pixels[None])


@pytest.mark.parametrize(("bits", "kind"), [(1, "bool"), (2, "u1"), (4, "u1")])
def test_labels_of_few_bits_are_not_spread(bits: int, kind: str, tmp_path: Path) -> None:
    labels = RNG.integers(0, 1 << bits, (7, 9), np.uint8)
    save_png(tmp_path / "x.png", labels, bits)
    got = frames(tmp_path / "x.png")
    assert got.dtype == kind
    np.testing.assert_array_equal(got, labels[None])


def test_a_mask_of_few_bits_is_full_at_its_highest_value(tmp_path: Path) -> None:
    from heatvid._under.masks import Masks

    save_png(tmp_path / "x.png", np.array([[0, 1], [2, 3]], np.uint8), 2)
    mask = np.empty((1, 2, 2), np.float32)
    Masks(tmp_path / "x.png").read(0, mask)
    np.testing.assert_allclose(mask[0], [[0, 1 / 3], [2 / 3, 1]])


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_palette_images_give_indices_whatever_their_colours(
    grey: bool, transparent: bool, tmp_path: Path
) -> None:
    labels = RNG.integers(0, 6, (7, 9), np.uint8)
    image = Image.fromarray(labels).convert("P")
    colours = [(i, i, i) if grey else (200 - i, 40 * i, 90) for i in range(6)]
    image.putpalette([level for colour in colours for level in colour])
    image.save(tmp_path / "x.png", **({"transparency": 0} if transparent else {}))
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), labels[None])


@pytest.mark.parametrize("form", ["one", "folder"])
def test_labels_have_the_colours_of_their_own_palette_where_asked(
    form: str, tmp_path: Path
) -> None:
    colours = RNG.integers(0, 256, (6, 3), np.uint8)
    labels = RNG.integers(0, 6, (8, 10), np.uint8)
    image = Image.fromarray(labels).convert("L")
    image.putpalette(colours.reshape(-1).tolist())
    image.save(tmp_path / "x.png")
    source = tmp_path if form == "folder" else tmp_path / "x.png"
    output = tmp_path / "out" / "%d.png"
    output.parent.mkdir()
    command = ["render", str(source), "-o", str(output), "--lossless", "--cmap", "own"]
    assert main(command) == 0
    (picture,) = output.parent.glob("*.png")
    shown = np.asarray(Image.open(picture).convert("RGB"))
    np.testing.assert_array_equal(shown, colours[labels])


def test_labels_in_their_own_colours_may_be_transparent_and_have_outlines(tmp_path: Path) -> None:
    image = Image.fromarray(np.repeat(np.uint8([[0, 1]]), 8, axis=0).repeat(8, axis=1))
    image.putpalette([10, 20, 30, 90, 0, 200])
    image.save(tmp_path / "x.png")
    command = ["render", str(tmp_path / "x.png"), "-o", str(tmp_path / "y.png"), "--cmap", "own"]
    looks = ["--label-colors", "0=transparent", "--transparent", "--outlines", "1"]
    assert main([*command, *looks]) == 0
    shown = np.asarray(Image.open(tmp_path / "y.png").convert("RGBA"))
    assert shown[4, 2, 3] == 0
    assert shown[4, 13].tolist() == [90, 0, 200, 255]
    assert (shown[4] == 255).all(axis=-1).any()  # the line between the two


def test_colours_of_its_own_are_refused_of_what_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(np.zeros((8, 10), np.uint8)).save(tmp_path / "x.png")
    command = ["render", str(tmp_path / "x.png"), "-o", str(tmp_path / "y.png"), "--cmap", "own"]
    assert main(command) == 2
    assert REFUSED in capsys.readouterr().err
    for show in (
        partial(heatvid.to_rgb, np.zeros((8, 10), np.uint8)),
        partial(heatvid.VideoWriter, tmp_path / "y.mp4"),
        partial(heatvid.render, np.zeros((3, 8, 10), np.uint8), tmp_path / "y.mp4"),
    ):
        with pytest.raises(heatvid.OptionError, match=REFUSED):
            show(cmap="own")


def test_an_open_source_has_its_own_colours_too(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((8, 10), np.uint8))
    image.putpalette([10, 20, 30, 90, 0, 200])
    image.save(tmp_path / "x.png")
    with open_source(tmp_path / "x.png") as source:
        heatvid.render(source, tmp_path / "y.png", cmap="own")
    assert np.asarray(Image.open(tmp_path / "y.png"))[4, 5].tolist() == [10, 20, 30]


def test_numbers_of_a_small_palette_are_not_spread(tmp_path: Path) -> None:
    labels = RNG.integers(0, 4, (7, 9), np.uint8)
    image = Image.fromarray(labels)
    image.putpalette([9, 9, 9, 1, 2, 3, 4, 5, 6, 200, 1, 1])
    image.save(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes()[24] == 2  # bits
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), labels[None])


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_moving_picture_is_no_frame(suffix: str, tmp_path: Path) -> None:
    first, *rest = (Image.fromarray(np.full((7, 9), 90 * i, np.uint8)) for i in range(3))
    first.save(tmp_path / f"x{suffix}", save_all=True, append_images=rest, lossless=True)
    with pytest.raises(SourceError, match="holds 3 pictures; allowed is one"):
        open_source(tmp_path / f"x{suffix}")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_pixels_are_upright_as_a_camera_says(suffix: str, tmp_path: Path) -> None:
    image = Image.new("L", (32, 16))
    image.paste(200, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise
    image.save(tmp_path / f"x{suffix}", exif=exif)
    got = frames(tmp_path / f"x{suffix}", **({"channel": 0} if suffix == ".webp" else {}))[0]
    assert got.shape == (32, 16)
    assert got[:12].min() > 150
    assert got[20:].max() < 50


# --- depth in codes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "shift"),
    [(0, 0), (np.nan, np.nan), (4.6e-41, 0), (10100, 2), (10100, -1e30), (1e30, -1e30)],
)
def test_depth_of_a_sensor_is_in_its_units_whatever_its_header_holds(
    scale: float, shift: float, tmp_path: Path
) -> None:
    save_ros(tmp_path / "x.png", np.array([[0, 1], [1500, 65535]], np.uint16), scale, shift)
    wanted = np.float32([[[np.nan, 1], [1500, 65535]]])
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), wanted)


@pytest.mark.parametrize("steps", [1, 75, 100, 150])
@pytest.mark.parametrize("most", [1, 10, 100])
def test_inverse_depth_of_ros_is_in_metres(steps: float, most: float, tmp_path: Path) -> None:
    scale = np.float32(steps * (steps + 1))
    shift = np.float32(1 - scale / most)
    depth = np.linspace(most / 2, most, 12).reshape(3, 4)
    codes = (scale / depth + shift).astype(np.uint16)  # as the plugin quantises it
    save_ros(tmp_path / "x.png", codes, scale, shift)
    with open_source(tmp_path / "x.png") as source:
        assert source.about.title == "depth (m)"
        got = source.read(0, 1)[0]
    finite = codes > 0
    np.testing.assert_array_equal(np.isfinite(got), finite)
    step = np.abs(scale / (codes - shift) - scale / (codes + 1 - shift))
    assert (np.abs(got - depth) <= step * 1.01)[finite].all()


def test_depth_of_moge_is_between_its_ends_of_each_file(tmp_path: Path) -> None:
    codes = np.array([[0, 1, 32767, 65534, 65535]], np.uint16)
    for i, (near, far) in enumerate(((1, 100), (2, 8))):
        save_moge(tmp_path / f"{i}.png", codes, near, far)
    middle = [near * (far / near) ** (32766 / 65533) for near, far in ((1, 100), (2, 8))]
    wanted = np.array([[[np.nan, 1, middle[0], 100, np.inf]], [[np.nan, 2, middle[1], 8, np.inf]]])
    np.testing.assert_allclose(frames(tmp_path), wanted, rtol=1e-6)


@pytest.mark.parametrize(("near", "far"), [("close", 9), (0, 9), (9, 1), (1, "inf"), (-1, 4)])
def test_texts_that_are_no_ends_mean_nothing(near: Any, far: Any, tmp_path: Path) -> None:
    codes = np.array([[0, 7], [300, 65535]], np.uint16)
    save_moge(tmp_path / "x.png", codes, near, far)
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), codes[None])


def test_an_end_that_no_float_holds_is_infinite(tmp_path: Path) -> None:
    save_moge(tmp_path / "x.png", np.array([[1, 65534]], np.uint16), 1, 1e300)
    np.testing.assert_array_equal(frames(tmp_path / "x.png"), [[[1, np.inf]]])


def test_coded_depth_renders_with_nothing_but_its_path_and_inspect_tells_its_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = RNG.integers(0, 5000, (4, 18, 20), np.uint16)
    for i, each in enumerate(codes):
        save_ros(tmp_path / f"{i}.png", each)
    assert main(["inspect", str(tmp_path)]) == 0
    assert "  quantity     depth (mm)\n" in capsys.readouterr().out
    assert main(["render", str(tmp_path), "-o", str(tmp_path / "x.mp4")]) == 0


# --- OpenPose -------------------------------------------------------------------------------------


def test_maps_of_body_parts_are_channels_and_ask_for_a_choice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = RNG.random((3, 5, 16, 18), np.float32)
    for i, each in enumerate(maps):
        save_float(tmp_path / f"clip_{i:012}_pose_heatmaps.float", each)
    np.testing.assert_array_equal(frames(tmp_path, channel="max"), np.moveaxis(maps, 1, -1))
    output = str(tmp_path / "x.mp4")
    assert main(["render", str(tmp_path), "-o", output]) == 2
    assert "has 5 channels" in capsys.readouterr().err
    assert main(["render", str(tmp_path), "-o", output, "--channel", "max"]) == 0


def test_one_map_is_a_frame(tmp_path: Path) -> None:
    save_float(tmp_path / "x.float", values := RNG.random((7, 9), np.float32))
    np.testing.assert_array_equal(frames(tmp_path / "x.float"), values[None])


# --- flow -----------------------------------------------------------------------------------------


def test_kitti_flow_is_in_pixels_and_nan_where_it_is_invalid(tmp_path: Path) -> None:
    stored = np.full((2, 3, 3), 32768, np.uint16)
    stored[..., 2] = 1
    stored[0, 0] = 32768 + 64, 32768 - 96, 1
    stored[1, 2] = 0, 0, 0
    save_png(tmp_path / "x.png", stored)
    wanted = np.zeros((1, 2, 3, 2), np.float32)
    wanted[0, 0, 0] = 1, -1.5
    wanted[0, 1, 2] = np.nan
    np.testing.assert_array_equal(frames(tmp_path / "x.png", channel="flow"), wanted)
    np.testing.assert_array_equal(frames(tmp_path / "x.png", channel="rgb"), stored[None])


def test_kitti_flow_is_told_by_inspect_and_shown_as_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = np.dstack([RNG.integers(32000, 33000, (16, 16, 2)), RNG.integers(0, 2, (16, 16))])
    save_png(tmp_path / "x.png", stored.astype(np.uint16))
    assert main(["inspect", str(tmp_path / "x.png")]) == 0
    assert "  try: heatvid render ... --channel flow\n" in capsys.readouterr().out
    output = tmp_path / "x.mp4"
    assert main(["render", str(tmp_path / "x.png"), "-o", str(output), "--channel", "flow"]) == 0
    assert output.stat().st_size > 0


def test_kitti_disparity_is_scaled_and_0_is_none(tmp_path: Path) -> None:
    save_png(tmp_path / "x.png", np.array([[0, 256], [640, 65535]], np.uint16))
    got = frames(tmp_path / "x.png", nodata=0, scale=1 / 256)
    np.testing.assert_array_equal(got, np.float32([[[np.nan, 1], [2.5, 65535 / 256]]]))


def test_flo_is_flow_as_pairs_and_asks_for_that(tmp_path: Path) -> None:
    flow = RNG.normal(size=(7, 9, 2)).astype(np.float32)
    save_flo(tmp_path / "x.flo", flow)
    assert (tmp_path / "x.flo").read_bytes()[:4] == struct.pack("<f", 202021.25)
    np.testing.assert_array_equal(frames(tmp_path / "x.flo", channel="flow"), flow[None])
    with pytest.raises(SourceError, match=r"perhaps channel='flow' \(--channel\)"):
        open_source(tmp_path / "x.flo")


# --- PFM ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [-1, 1, -0.5, 255, -0.003922])
def test_pfm_is_turned_upright_and_its_scale_says_the_byte_order_alone(
    scale: float, tmp_path: Path
) -> None:
    depth = RNG.normal(size=(7, 9)).astype(np.float32)
    depth[0, 0], depth[1, 1] = np.inf, np.nan
    save_pfm(tmp_path / "x.pfm", depth, scale)
    np.testing.assert_array_equal(frames(tmp_path / "x.pfm"), depth[None])


def test_pfm_as_pillow_writes_it(tmp_path: Path) -> None:
    depth = RNG.normal(size=(7, 9)).astype(np.float32)
    Image.fromarray(depth).save(tmp_path / "x.pfm")
    np.testing.assert_array_equal(frames(tmp_path / "x.pfm"), depth[None])


def test_pfm_as_opencv_writes_it(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    depth = RNG.normal(size=(7, 9)).astype(np.float32)
    assert cv2.imwrite(str(tmp_path / "x.pfm"), depth)
    np.testing.assert_array_equal(frames(tmp_path / "x.pfm"), depth[None])


@pytest.mark.parametrize(
    ("options", "said"),
    [({}, True), ({"norm": "labels"}, False), ({"cmap": "own"}, False), ({"cmap": "turbo"}, False)],
)
def test_numbers_of_a_palette_are_said_to_be_shown_as_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, Any], said: bool
) -> None:
    image = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(4, 6) % 3)
    image.putpalette([10, 20, 30, 90, 0, 200, 0, 255, 0])
    image.save(tmp_path / "ids.png")
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    main(["render", str(tmp_path / "ids.png"), "-o", str(tmp_path / "x.mp4"), *words])
    assert ("--cmap own has its colours" in capsys.readouterr().err) == said
    result = heatvid.render(tmp_path / "ids.png", tmp_path / "y.mp4", **options)
    assert ("--cmap own has its colours" in result.about.note) == said


# --- checksums ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "dtype", "save"),
    [((6, 8), "u1", save_png), ((6, 8, 3), "u2", save_png), ((6, 8), "u2", save_ros)],
    ids=["grey", "deep colours", "ROS"],
)
def test_a_png_whose_pixels_are_damaged_is_refused(
    shape: tuple[int, ...], dtype: str, save: Any, tmp_path: Path
) -> None:
    """In bytes that are stored as they are, of which nothing but a checksum tells."""
    path, options = tmp_path / "x.png", {"channel": "rgb"} if len(shape) == 3 else {}
    save(path, np.full(shape, 0x5555 & np.iinfo(dtype).max, dtype), level=0)
    frames(path, **options)
    content = bytearray(path.read_bytes())
    content[content.index(b"\x55" * 7) + 5] = 0x54
    path.write_bytes(content)
    wanted = r"x\.png: the checksum .CRC-32. of its IDAT is wrong"
    with pytest.raises(SourceError, match=wanted):
        frames(path, **options)
    with pytest.raises(SourceError, match=wanted):
        heatvid.to_rgb(np.zeros((1, 6, 8), np.float32), background=path)


@pytest.mark.parametrize("scale", [b"0", b"-0.0", b"nan", b"+-1", b".", b"1e"])
def test_pfm_without_a_byte_order_is_refused(scale: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pfm").write_bytes(b"Pf\n2 1\n" + scale + b"\n" + bytes(8))
    with pytest.raises(SourceError, match=r"x\.pfm: is no PFM file .* scale, which is not 0$"):
        open_source(tmp_path / "x.pfm")
