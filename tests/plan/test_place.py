"""A field in a rectangle of a picture is what it is over that alone, and the rest stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import heatvid
from heatvid import OptionError
from heatvid._options.place import place_in
from tests.support.lines import clear_line
from tests.support.videos import rgb_of

FIELD = np.random.default_rng(0).random((9, 14), np.float32)
PICTURE = np.random.default_rng(1).integers(0, 256, (24, 40, 3), dtype=np.uint8)
LOOKS: dict[str, Any] = {"vmin": 0, "vmax": 1, "alpha": 0.6}


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
@pytest.mark.parametrize(
    ("place", "top", "left", "height", "width"),
    [
        ("3,4,20,11", 4, 3, 11, 20), ("0,0,40,24", 0, 0, 24, 40),
        ("50%,50%,50%,50%", 12, 20, 12, 20), ((39, 23, 1, 1), 23, 39, 1, 1),
        (["12.5%", 0, "75%", "8"], 0, 5, 8, 30),
    ],
)  # fmt: skip
def test_it_is_there_what_it_is_over_that_part_alone(
    place: Any, top: int, left: int, height: int, width: int, fit: Any
) -> None:
    within = slice(top, top + height), slice(left, left + width)
    wanted = PICTURE.copy()
    wanted[within] = heatvid.to_rgb(FIELD, background=PICTURE[within], fit=fit, **LOOKS)
    got = heatvid.to_rgb(FIELD, background=PICTURE, place=place, fit=fit, **LOOKS)
    assert np.array_equal(got, wanted)


def test_a_mask_is_of_the_field_not_of_the_picture() -> None:
    mask = np.random.default_rng(2).random((9, 14)).astype(np.float32)
    wanted = PICTURE.copy()
    wanted[5:14, 6:20] = heatvid.to_rgb(
        FIELD, background=PICTURE[5:14, 6:20], alpha_mask=mask, **LOOKS
    )
    got = heatvid.to_rgb(FIELD, background=PICTURE, place="6,5,14,9", alpha_mask=mask, **LOOKS)
    assert np.array_equal(got, wanted)


def test_a_panel_of_the_field_alone_shows_it_whole(tmp_path: Path) -> None:
    options: dict[str, Any] = {"background": PICTURE, "lossless": True, "gap": 0, **LOOKS}
    whole, placed = tmp_path / "whole.mp4", tmp_path / "placed.mp4"
    result = heatvid.render(FIELD[None], whole, panels="heat,background", **options)
    heatvid.render(FIELD[None], placed, panels="heat,background", place="0,0,9,9", **options)
    size = result.height, result.width
    assert np.array_equal(rgb_of(whole, *size), rgb_of(placed, *size))


def test_a_writer_places_fields_too(tmp_path: Path) -> None:
    with heatvid.VideoWriter(
        tmp_path / "o.mp4", place="3,4,20,11", background=PICTURE, lossless=True, **LOOKS
    ) as video:
        video.write(FIELD)
    wanted = heatvid.to_rgb(FIELD, background=PICTURE, place="3,4,20,11", **LOOKS)
    assert np.array_equal(rgb_of(tmp_path / "o.mp4", 24, 40)[0], wanted)


@given(*[st.integers(0, 50)] * 4)
def test_percent_of_a_picture_of_100_are_its_pixels(x: int, y: int, w: int, h: int) -> None:
    w, h = max(w, 1), max(h, 1)
    in_pixels = place_in(f"{x},{y},{w},{h}", (100, 100))
    assert in_pixels == (y, x, h, w)
    assert place_in(f"{x}%,{y}%,{w}%,{h}%", (100, 100)) == in_pixels


@given(st.integers(4, 60), st.sampled_from([1, 2, 4]))
def test_equal_parts_meet_and_cover_all(width: int, parts: int) -> None:
    share = 100 // parts
    found = [place_in(f"{share * i}%,0,{share}%,100%", (7, width)) for i in range(parts)]
    edges = [(left, left + across) for _, left, _, across in found]
    assert [edges[0][0], *(right for _, right in edges)] == [*(left for left, _ in edges), width]
    assert {height for _, _, height, _ in found} == {7}


@pytest.mark.parametrize("place", ["0,0,41,3", "30,0,11,3", "0,20,3,5", "100%,0,1,1", "0,0,0.2,1"])
def test_what_leaves_the_picture_is_refused(place: str) -> None:
    with pytest.raises(OptionError, match=r"^place: got .*; allowed are pixels of the .*40x24"):
        heatvid.to_rgb(FIELD, background=PICTURE, place=place)


@pytest.mark.parametrize(
    "place",
    ["", "1,2,3", "1,2,3,4,5", "a,0,1,1", "-1,0,3,3", "0,0,0,4", "0,0,1e3,4", "0,0,50 %,4", 5,
     (1, 2, 3), b"0,0,1,1", (0, 0, float("nan"), 1)],
)  # fmt: skip
def test_what_is_no_rectangle_is_refused(place: Any) -> None:
    with pytest.raises(OptionError) as caught:
        heatvid.to_rgb(FIELD, background=PICTURE, place=place)
    assert clear_line(caught.value, "place: got ").endswith("as 10,10,320,180 or 70%,0,30%,30%")
