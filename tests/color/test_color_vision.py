"""Colormaps by kind, and by what eyes without red or green cones tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid._color.catalogue import colormap_names
from heatvid._color.color_vision import CONES, is_safe, seen_by
from heatvid._color.colormaps import color_table
from heatvid._options.checks import KINDS

# CIELAB under D65 of the corners of sRGB, by B. Lindbloom's calculator.
CORNERS = {
    (255, 255, 255): (100, 0, 0), (0, 0, 0): (0, 0, 0), (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18), (0, 0, 255): (32.30, 79.19, -107.86),
    (119, 119, 119): (50.03, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("color", CORNERS)
def test_colours_have_their_places_in_cielab(color: tuple[int, int, int]) -> None:
    lab = seen_by(np.array([color], np.uint8), "all")
    np.testing.assert_allclose(lab[0], CORNERS[color], atol=0.05)


@pytest.mark.parametrize("cones", CONES)
def test_grays_look_alike_to_all_eyes(cones: str) -> None:
    grays = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    np.testing.assert_allclose(seen_by(grays, cones), seen_by(grays, "all"), atol=0.01)


def test_red_and_green_look_alike_where_a_cone_is_missing() -> None:
    pair = np.array([[200, 60, 40], [100, 100, 30]], np.uint8)

    def distance(cones: str) -> float:
        return float(np.linalg.norm(np.subtract(*seen_by(pair, cones))))

    assert distance("deuteranopia") < distance("all") / 3
    assert distance("protanopia") < distance("all") / 2


# What their authors say of them: C. Brewer (colorbrewer2.org, "colorblind safe"), F. Crameri,
# P. Tol, M. Petroff, P. Kovesi (CET_CB*), J. Nuñez (cividis), M. Okabe and K. Ito.
SAFE = [
    "colorbrewer:BrBG", "colorbrewer:PRGn", "colorbrewer:PiYG", "colorbrewer:PuOr",
    "colorbrewer:RdBu", "colorbrewer:RdYlBu", "colorbrewer:Blues", "colorbrewer:YlOrRd",
    "colorbrewer:Set2_3", "colorbrewer:Dark2_3", "colorbrewer:Paired_4", "crameri:batlow",
    "crameri:vik", "crameri:roma", "crameri:romaO", "crameri:oslo", "tol:bright", "tol:vibrant",
    "tol:muted", "tol:light", "tol:high_contrast", "petroff:petroff6", "petroff:petroff10",
    "tableau:tab10_colorblind", "okabeito:okabeito", "colorcet:CET_CBL1", "colorcet:CET_CBD1",
    "colorcet:CET_CBC1", "cividis", "viridis", "gray",
]  # fmt: skip
UNSAFE = [
    "colorbrewer:RdGy", "colorbrewer:RdYlGn", "colorbrewer:Spectral", "colorbrewer:Set1",
    "colorbrewer:Accent", "colorbrewer:Set2", "colorbrewer:Dark2", "colorbrewer:Pastel1",
    "colorbrewer:Paired", "tab10", "tab20", "glasbey", "hsv", "jet", "gist_rainbow", "turbo",
    "colorcet:CET_C1", "tableau:tab_traffic_light",
]  # fmt: skip


def test_what_its_author_made_for_colour_blind_eyes_is_safe() -> None:
    safe = set(colormap_names(colorblind_safe=True))
    assert set(SAFE) - safe == set()
    assert set(UNSAFE) & safe == set()
    assert set(UNSAFE) <= set(colormap_names())


def test_every_colormap_is_of_one_kind() -> None:
    each = [colormap_names(kind=kind) for kind in KINDS]
    assert sorted(name for names in each for name in names) == colormap_names()
    assert all(each)
    for kind, name in (
        ("sequential", "viridis"), ("diverging", "RdBu"), ("cyclic", "twilight"),
        ("qualitative", "tab10"), ("miscellaneous", "turbo"),
    ):  # fmt: skip
        assert colormap_names(name, kind=kind) != []


def test_a_scale_that_turns_back_is_not_safe() -> None:
    there_and_back = color_table(["black", "white", "#404040"])
    assert not is_safe(there_and_back, "sequential")
    assert is_safe(color_table(["black", "white"]), "sequential")
    assert is_safe(color_table(["white", "black"]), "sequential")
    assert is_safe(color_table(["blue", "white", "orange"]), "diverging")
