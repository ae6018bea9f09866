"""Everything that names colours becomes the right table."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import cmap as cmap_package
import matplotlib as mpl
import numpy as np
import pytest

import heatvid
from heatvid._color.catalogue import colormap_names
from heatvid._color.colormaps import ColorTable, color_table
from heatvid._color.colors import parse_color


def colors(table: ColorTable) -> list[list[int]]:
    return table.rgb[:-3].tolist()


# --- names --------------------------------------------------------------------------------------


def test_the_default_is_inferno_with_black_for_nan() -> None:
    table = color_table()
    assert table.entries == 256
    assert colors(table) == colors(color_table("inferno"))
    assert table.rgb[-3:].tolist() == [table.rgb[0].tolist(), table.rgb[255].tolist(), [0, 0, 0]]
    assert (table.alpha == 1).all()
    assert table.clamps


@pytest.mark.parametrize(
    "name",
    ["viridis", "cmocean:balance", "crameri:batlow", "colorcet:fire", "tab10", "twilight"],
)
def test_a_name_with_r_is_the_same_backwards(name: str) -> None:
    assert colors(color_table(f"{name}_r")) == colors(color_table(name))[::-1]


@pytest.mark.parametrize("name", sorted(mpl.colormaps))
def test_matplotlib_names_give_matplotlib_tables(name: str) -> None:
    colormap = mpl.colormaps[name]
    expected = colormap(np.arange(colormap.N), bytes=True)
    assert colors(color_table(name)) == expected[:, :3].tolist()


def test_every_name_that_is_listed_can_be_used() -> None:
    names = colormap_names()
    assert len(names) > 700
    assert names == sorted(set(names))
    for name in names:
        table = color_table(name)
        assert 1 <= table.entries <= 65_536
        assert table.rgb.shape == (table.entries + 3, 3)


def test_names_are_found_by_a_part_in_any_case() -> None:
    found = colormap_names("VIRID")
    assert "viridis" in " ".join(found)
    assert all("virid" in name.lower() for name in found)
    assert colormap_names("no such thing") == []


def test_names_print_nothing() -> None:
    """Some names stand for several maps, which the catalogue would mention on standard error."""
    code = (
        "from heatvid._color.catalogue import colormap_names\n"
        "from heatvid._color.colormaps import color_table\n"
        "for name in {n.split(':')[-1] for n in colormap_names()}:\n"
        "    try: color_table(name)\n"
        "    except ValueError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


@pytest.mark.parametrize(
    ("name", "guess"), [("virdis", "viridis"), ("infreno", "inferno"), ("tubro", "turbo")]
)
def test_an_unknown_name_gets_a_guess(name: str, guess: str) -> None:
    with pytest.raises(heatvid.OptionError, match=f"^cmap: '{name}' .*'{guess}'") as error:
        color_table(name)
    assert "\n" not in str(error.value)
    assert "heatvid cmaps" in str(error.value)


@pytest.mark.parametrize(
    "name", ["", "\n", "viridis_r_r", "qqqqqqqqqqqq", "a:b", "../viridis", "_r"]
)
def test_what_is_no_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(heatvid.OptionError, match=r"^cmap: ") as error:
        color_table(name)
    assert "\n" not in str(error.value)


# --- lists, arrays and objects ------------------------------------------------------------------


def test_a_list_of_colours_is_stops_at_even_distances() -> None:
    table = color_table(["black", "#ff0000", (255, 255, 255)])
    assert table.entries == 256
    assert colors(table)[0] == [0, 0, 0]
    assert colors(table)[-1] == [255, 255, 255]
    assert abs(colors(table)[127][0] - 254) <= 2
    assert colors(table)[127][1:] <= [2, 2]


def test_one_colour_alone_is_the_whole_table() -> None:
    assert {tuple(color) for color in colors(color_table(["#102030"]))} == {(16, 32, 48)}


def test_stops_may_be_transparent() -> None:
    table = color_table([(1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 1.0)])
    assert table.alpha[0] == 0
    assert table.alpha[255] == 1
    assert (np.diff(table.alpha[:256]) > 0).all()
    assert (table.rgb[:256] == [255, 0, 0]).all()


def test_an_array_of_bytes_is_the_table() -> None:
    array = np.random.default_rng(0).integers(0, 256, (7, 3), dtype=np.uint8)
    table = color_table(array)
    assert table.entries == 7
    assert colors(table) == array.tolist()
    array[:] = 0
    assert colors(table) != array.tolist(), "the table must not follow the caller's array"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_cut_to_bytes_as_matplotlib_cuts_them(dtype: Any) -> None:
    array = np.array([[0, 0.5, 1], [0.999, 0.25, 0.1]], dtype)
    expected = (array.astype(np.float64) * 255).astype(np.uint8)
    assert colors(color_table(array)) == expected.tolist()


def test_the_fourth_channel_is_alpha() -> None:
    table = color_table(np.array([[9, 9, 9, 0], [9, 9, 9, 51], [9, 9, 9, 255]], np.uint8))
    assert table.alpha.tolist() == [0, 0.2, 1, 0, 1, 1]
    assert color_table(np.array([[0, 0, 0, 0.25]])).alpha[0] == 0.25


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3), np.uint8),
        np.zeros((4, 2), np.uint8),
        np.zeros((4, 5), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((2, 3, 3), np.uint8),
        np.zeros((65_537, 3), np.uint8),
        np.zeros((4, 3), np.int64),
        np.zeros((4, 3), bool),
        np.full((4, 3), 255.0),
        np.full((4, 3), -0.1),
        np.full((4, 3), np.nan),
        np.full((4, 3), np.inf),
        np.zeros((4, 3), object),
        np.zeros((4, 3), complex),
        np.zeros((4, 3), "U1"),
    ],
    ids=lambda array: f"{array.shape}-{array.dtype}-{array.reshape(-1)[:1]}",
)
def test_arrays_that_are_no_table_are_refused_in_one_line(array: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=r"^cmap: ") as error:
        color_table(array)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [3, 2.5, object(), [], (), {}, {"a": 1}, b"viridis", True])
def test_other_things_are_refused_in_one_line(value: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=r"^cmap: ") as error:
        color_table(value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [["red", "no colour"], [None], [1, 2], ["red", ("a", "b", "c")]])
def test_lists_with_something_else_are_refused_in_one_line(value: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=r"^cmap: ") as error:
        color_table(value)
    assert "\n" not in str(error.value)


def test_objects_of_cmap_are_taken() -> None:
    table = color_table(cmap_package.Colormap("viridis"))
    assert colors(table) == colors(color_table("viridis"))
    reversed_ = color_table(cmap_package.Colormap("viridis").reversed())
    assert colors(reversed_) == colors(table)[::-1]
    listed = cmap_package.Colormap(["red", "lime"], interpolation="nearest")
    assert colors(color_table(listed)) == [[255, 0, 0], [0, 255, 0]]


def test_extremes_of_objects_of_cmap_are_kept() -> None:
    colormap = cmap_package.Colormap("viridis", under="red", over="lime", bad="blue")
    table = color_table(colormap)
    assert table.rgb[-3:].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_extremes_of_objects_of_matplotlib_are_kept() -> None:
    colormap = mpl.colormaps["viridis"].with_extremes(under="red", over="lime", bad=(0, 0, 1, 0.5))
    table = color_table(colormap)
    assert table.rgb[-3:].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert table.alpha[-3:].tolist() == [1, 1, 0.5]
    assert not table.clamps


# --- under, over and bad ------------------------------------------------------------------------


def test_under_over_and_bad_have_rows_of_their_own() -> None:
    table = color_table("gray", under="red", over=(0, 1.0, 0), bad="transparent")
    assert table.rgb[-3:].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 0]]
    assert table.alpha[-3:].tolist() == [1, 1, 0]
    assert not table.clamps
    assert color_table("gray", bad="red").clamps


def test_tables_in_use_do_not_change_with_the_options_of_another() -> None:
    before = color_table("viridis").rgb.copy()
    color_table("viridis", under="red", over="red", bad="red")
    np.testing.assert_array_equal(color_table("viridis").rgb, before)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("black", (0, 0, 0, 1.0)),
        ("White", (255, 255, 255, 1.0)),
        ("#102030", (16, 32, 48, 1.0)),
        ("#123", (17, 34, 51, 1.0)),
        ("transparent", (0, 0, 0, 0.0)),
        ("TRANSPARENT", (0, 0, 0, 0.0)),
        ((0.0, 0.5, 1.0), (0, 128, 255, 1.0)),
        ((10, 20, 200), (10, 20, 200, 1.0)),
        ((0.2, 0.4, 0.6, 0.25), (51, 102, 153, 0.25)),
        ((10, 20, 200, 51), (10, 20, 200, 0.2)),
        ((2, 1, 1), (2, 1, 1, 1.0)),
        ((1.0, 1, 1), (255, 255, 255, 1.0)),
        (tuple(np.uint8([10, 20, 200])), (10, 20, 200, 1.0)),
        (np.array([10, 20, 200]), (10, 20, 200, 1.0)),
        ([0.2, 0.4, 0.6], (51, 102, 153, 1.0)),
        (cmap_package.Color("red"), (255, 0, 0, 1.0)),
    ],
    ids=str,
)
def test_colours_in_every_form(color: Any, expected: tuple[int, int, int, float]) -> None:
    assert parse_color(color) == expected


def test_hexadecimal_alpha() -> None:
    red, green, blue, alpha = parse_color("#10203080")
    assert (red, green, blue) == (16, 32, 48)
    assert alpha == pytest.approx(128 / 255, abs=0.003)


@pytest.mark.parametrize(
    "color",
    ["no colour", "", "#12", "#gggggg", 3, (1, 2), (1, 2, 3, 4, 5), {}, "a\nb", (300, 0, 0),
     (-1, 0, 0), (1.5, 0.0, 0.0), (10, 20, 30, 0.5), (float("nan"), 0.0, 0.0), np.zeros((2, 3)),
     True, (True, False, True), ("1", "2", "3"), b"red", [(1, 2, 3)]],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("option", ["under", "over", "bad"])
def test_what_is_no_colour_is_refused_in_one_line(option: str, color: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=f"^{option}: ") as error:
        color_table("gray", **{option: color})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("color", [(1, 0, 0), [1, 1, 1], (0, 1, 0, 1)])
def test_whole_numbers_that_mean_two_colours_are_refused(color: Any) -> None:
    with pytest.raises(heatvid.UsageError, match=r"bad: .* could be read in two ways"):
        parse_color(color, "bad")
    with pytest.raises(heatvid.UsageError, match=r"cmap: .* could be read in two ways"):
        color_table([(0,) * len(color), color])


def test_whole_numbers_that_mean_one_colour_are_taken() -> None:
    assert parse_color((0, 0, 0)) == (0, 0, 0, 1.0)
    assert parse_color((2, 0, 1)) == (2, 0, 1, 1.0)
    assert parse_color((1.0, 0, 0)) == (255, 0, 0, 1.0)
    assert color_table([(0, 0, 0), (1, 1, 1), (2, 2, 2)], exact=True).rgb[1].tolist() == [1, 1, 1]


def test_labels_beyond_the_palette_have_its_colours_again_but_the_first() -> None:
    chosen = {0: "transparent", 1: "#010203", 700: "red", -2: "white"}
    table, plain = color_table("gray", exact=True, labels=chosen), color_table("gray", exact=True)
    turned = color_table("gray", exact=True, labels=dict(reversed(chosen.items())))
    np.testing.assert_array_equal(table.rgb, turned.rgb)
    np.testing.assert_array_equal(table.alpha, turned.alpha)
    assert table.palette == (701, 255, 2)
    assert table.entries == 701 + 255 + 2
    assert (table.alpha[0], table.alpha[256], table.alpha[512]) == (0, 1, 1)
    assert table.rgb[1].tolist() == [1, 2, 3]
    assert table.rgb[700].tolist() == [255, 0, 0]
    others = [2, 255, 256, 257, 510, 511, 701, 955]
    expected = plain.rgb[[2, 255, 1, 2, 255, 1, 1 + 700 % 255, 1 + 954 % 255]]
    np.testing.assert_array_equal(table.rgb[others], expected)
    np.testing.assert_array_equal(table.rgb[956:], [[0] * 3, [255] * 3, *[[0] * 3] * 3])


def test_a_palette_of_one_colour_is_that_of_every_label() -> None:
    table = color_table(["red"], exact=True, labels={0: "transparent"})
    assert table.palette == (1, 1, 0)
    assert table.alpha.tolist() == [0, 1, 1, 1, 1]
    assert table.rgb[1].tolist() == [255, 0, 0]


# --- for canvases of 10 bits --------------------------------------------------------------------


def test_maps_without_steps_have_as_many_colours_as_ten_bits_show() -> None:
    places = np.linspace(0, 1, 1024)
    for name in ("viridis", "matplotlib:coolwarm", "cmocean:balance"):
        table = color_table(name, deep=True)
        assert table.entries == 1024
        stops = np.asarray(list(cmap_package.Colormap(name).color_stops.stops))
        colors = np.asarray(cmap_package.Colormap(name).color_stops.color_array)[:, :3] * 255
        wanted = np.stack([np.interp(places, stops, channel) for channel in colors.T], axis=-1)
        np.testing.assert_allclose(table.deep[:1024], wanted, atol=1e-9)
        np.testing.assert_array_equal(table.rgb, np.floor(table.deep + 1e-9))


def test_a_map_that_is_matplotlibs_own_is_filled_in_between() -> None:
    table, plain = color_table("jet", deep=True), color_table("jet")
    assert table.entries == 1024
    np.testing.assert_allclose(table.deep[:1024:341], plain.rgb[:256:85], atol=1e-9)
    steps = np.abs(np.diff(table.deep[:1024], axis=0)).max()
    assert steps < np.abs(np.diff(plain.rgb[:256].astype(int), axis=0)).max() / 3


def test_steps_stay_as_many_as_they_are() -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    array = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    for cmap, entries in (
        ("tab10", 10), (colormaps["tab10"], 10), (colormaps["jet"].resampled(7), 7), (array, 2),
        (np.zeros((256, 3), np.uint8), 256), (colormaps["jet"], 1024), (colormaps["viridis"], 1024),
        (["red", "blue"], 1024),
    ):  # fmt: skip
        assert color_table(cmap, deep=True).entries == entries
    np.testing.assert_allclose(color_table(array, deep=True).deep[:2], array * 255)
    assert color_table("gray", exact=True, deep=True).entries == 256


def test_chosen_colours_are_the_same_in_ten_bits() -> None:
    table = color_table("viridis", deep=True, under="#010203", over="red", bad=(9, 8, 7))
    assert table.deep[-3:].tolist() == [[1, 2, 3], [255, 0, 0], [9, 8, 7]]
    assert not table.clamps
    assert color_table("viridis", deep=True).clamps
