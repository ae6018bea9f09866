"""Where pixels of fields lie in the tiles of a page, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.node import NODE, said_by_node

pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")

FIELD: dict[str, Any] = {"width": 12, "height": 8, "look": 0}
AREA = {"left": 40, "top": 20, "width": 30, "height": 20}
# Where the field lies in its area, and which part of it.
PLACES = {
    "whole": ({**AREA, "left": 0, "top": 0}, {"left": 0, "top": 0, "width": 12, "height": 8}),
    "placed": ({"left": 6, "top": 4, "width": 15, "height": 10},
               {"left": 0, "top": 0, "width": 12, "height": 8}),
    "cropped": ({**AREA, "left": 0, "top": 0}, {"left": 2.5, "top": 0, "width": 7, "height": 8}),
}  # fmt: skip
TILE = """
class Field { contains(x, y) { return x >= 0 && y >= 0 && x < this.width && y < this.height; } }
const field = Object.assign(new Field(), told.field);
const one = new Tile({ ...told.tile, field: 0 }, [field], ["look"]);
const tile = told.zoom ? enlarged({ tiles: [one] }, told.zoom).tiles[0] : one;
"""


@pytest.mark.parametrize("zoom", [0, 3])
@pytest.mark.parametrize("place", PLACES)
def test_a_pixel_is_read_where_it_is_drawn(place: str, zoom: int) -> None:
    box, part = PLACES[place]
    found = said_by_node(
        "tiles.mjs", "Tile, enlarged",
        TILE + """
        const all = [];
        for (let y = 0; y < 8; y++) for (let x = 0; x < 12; x++) {
          const pixel = tile.pixelAt(...tile.cornerOf(x + 0.5, y + 0.5));
          all.push(pixel && [pixel.x, pixel.y, pixel.tile === tile]);
        }
        const { area } = tile;
        const beside = [[-0.5, 2], [area.width + 0.5, 2], [2, -0.5], [2, area.height + 0.5]];
        say([all, beside.map(([x, y]) => tile.pixelAt(area.left + x, area.top + y)), tile.look]);
        """,
        {"field": FIELD, "tile": {"area": AREA, "box": box, "part": part}, "zoom": zoom},
    )  # fmt: skip
    pixels = [[x, y, True] for y in range(8) for x in range(12)]
    if place == "cropped":  # the first whose middle is within
        pixels = [pixel if 2 <= pixel[0] <= 8 else None for pixel in pixels]  # type: ignore[misc]
    assert found == [pixels, [None] * 4, "look"]


def test_what_is_alone_has_an_opacity_of_its_own() -> None:
    found = said_by_node(
        "tiles.mjs", "Tile",
        "const look = { alpha: 0.5, ramp: [1, 2], blend: 'add', version: 3 };"
        "say([null, 0, 1].map((opacity) => new Tile({ field: 0, opacity }, [{ look: 0 }], [look])"
        ".shown));",
    )  # fmt: skip
    own = {"ramp": None, "blend": "over", "version": 3}
    over = {"alpha": 0.5, "ramp": [1, 2], "blend": "add", "version": 3}
    assert found == [over, {**own, "alpha": 0}, {**own, "alpha": 1}]


@pytest.mark.parametrize(("width", "height"), [(12, 8), (24, 4), (5, 3), (36, 80)])
def test_a_place_of_one_field_is_that_of_another(width: int, height: int) -> None:
    found = said_by_node(
        "readings.mjs", "Field",
        """
        const scale = { norm: { kind: "linear" }, limits: [0, 1], bits: 8 };
        const other = new Field({ ...told, scale, planes: { rows: told.height, marked: false } });
        const tile = { field: { width: 12, height: 8 } };
        const at = (x, y) => other.own({ x, y, tile });
        const all = { left: 0, top: 0, right: 12, bottom: 8, tile };
        const one = { left: 3, top: 5, right: 4, bottom: 6, tile };
        say([at(0, 0), at(11, 7), at(6, 4), other.own(all), other.own(one)]);
        """,
        {"width": width, "height": height},
    )  # fmt: skip
    wide, high = width / 12, height / 8
    places = [(found[i]["x"], found[i]["y"]) for i in range(3)]
    assert places == [
        (int((x + 0.5) * wide), int((y + 0.5) * high)) for x, y in ((0, 0), (11, 7), (6, 4))
    ]
    whole, one = ([each[side] for side in ("left", "top", "right", "bottom")] for each in found[3:])
    assert whole == [0, 0, width, height]
    assert one[0] <= 3 * wide < 4 * wide <= one[2] <= width
    assert one[1] <= 5 * high < 6 * high <= one[3] <= height
