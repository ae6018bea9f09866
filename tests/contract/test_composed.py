"""Any composition: every pixel is of one tile, the template or a text, and as it is alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from heatvid import OptionError
from heatvid._canvas import Canvas
from heatvid._plan.frame import FramePlan
from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.composed import PLANES, Composition, Shown, expected, padded, rendered

DTYPES = [np.dtype(code) for code in ("u1", "i2", "f4", "f2", "f8", "?", "i4")]
DEEP = ("yuv420p10le", "yuv422p10le", "yuv444p10le")
SEE_THROUGH = ("yuva420p", "yuva444p10le", "rgba")
SIDES = ["right", "left", "bottom", "top", "inside"]
unhurried = settings(max_examples=24, suppress_health_check=list(HealthCheck))
sides = st.integers(1, 14)


@st.composite
def arrays(draw: Any, frames: int) -> NDArray[Any]:
    """Frames of any dtype, each with a finite value, and of several a second."""
    dtype = draw(st.sampled_from(DTYPES))
    elements: Any = {"f": st.floats(-4, 4, width=16) | st.just(np.nan), "b": st.booleans()}.get(
        dtype.kind, st.integers(0, 9)
    )
    made = draw(hnp.arrays(dtype, (frames, draw(sides), draw(sides)), elements=elements))
    made[:, 0, 0], made[:, -1, -1] = 0, 1
    return made  # type: ignore[no-any-return]  # hypothesis


@st.composite
def shown(draw: Any, frames: int, pictures: bool) -> Shown:
    """A panel, over pictures or not, with options of its own."""
    options = {"norm": draw(st.sampled_from(["linear", "linear", "centered"]))}
    options["cmap"] = draw(st.sampled_from(["gray", "inferno", "turbo"]))
    under = None
    if pictures and draw(st.booleans()):
        lead = draw(st.sampled_from([(), (frames,)]))
        seed = draw(st.integers(0, 9))
        size = (*lead, draw(st.integers(5, 14)), draw(st.integers(5, 14)), 3)
        under = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
        options["fit"] = draw(st.sampled_from(["stretch", "letterbox", "crop"]))
        options["resample"] = draw(st.sampled_from(["nearest", "bilinear"]))
        options["alpha"] = draw(st.sampled_from([0.25, 0.5, 1.0]))
        options["blend"] = draw(st.sampled_from(["over", "over", "multiply", "add"]))
    return Shown(draw(arrays(frames)), under, options)


@st.composite
def wholes(draw: Any, panels: int) -> dict[str, Any]:
    """Options of a whole composition, of so many panels."""
    options = {
        "gap": draw(st.integers(0, 9)) if panels > 1 else None,
        "gap_color": draw(st.sampled_from(["black", "#8040c0"])),
        "scope": draw(st.sampled_from(["sequence", "frame"])),
        "own_limits": draw(st.booleans()) and panels > 1,
    }
    size = draw(st.sampled_from([None, "panel_size", "size", "zoom"]))
    if size == "zoom":
        options["zoom"] = draw(st.sampled_from([0.3, 1.7, 3, 5.5]))
    elif size is not None:
        options[size] = (draw(st.integers(20, 140)), draw(st.integers(20, 140)))
    if draw(st.booleans()):
        options["panel_size"] = (draw(st.integers(100, 131)), draw(st.integers(100, 131)))
        options["colorbar"] = draw(st.sampled_from(SIDES))
    if draw(st.booleans()):
        options["captions"] = [
            draw(st.sampled_from(["A", "a wide one", ""])) for _ in range(panels)
        ]
    if draw(st.booleans()):
        options["title"] = "A title"
    if draw(st.booleans()):
        options["text"] = draw(st.sampled_from(["{frame} {time:.2f}", "{value:max:.2f} {frame}"]))
        options["text_place"] = draw(st.sampled_from(["top-left", "top", "bottom-right"]))
    return {name: value for name, value in options.items() if value is not None}


@st.composite
def compositions(draw: Any) -> Composition:
    frames, places = draw(st.integers(1, 7)), draw(st.integers(1, 12))
    pixel_format = draw(st.sampled_from(list(PLANES)))
    pictures = pixel_format not in (*DEEP, *SEE_THROUGH)
    empty = [draw(st.integers(0, 4)) == 0 for _ in range(places - 1)]
    flat = [None if none else draw(shown(frames, pictures)) for none in [False, *empty]]
    columns = draw(st.integers(1, places))
    rows = [flat[i : i + columns] for i in range(0, places, columns)]
    options = draw(wholes(sum(panel is not None for panel in flat)))
    options["transparent"] = pixel_format in SEE_THROUGH
    color_range = draw(st.sampled_from(["tv", "pc"]))
    batch_size = draw(st.integers(1, 3))
    return Composition(rows, options, Canvas(pixel_format, 2, 2, color_range), batch_size)


def check_tiles(plan: FramePlan) -> None:
    """Demand that tiles are whole, and no two have a pixel in common."""
    taken = np.zeros(padded(plan.canvas), int)
    for tile in plan.tiles:
        rows, columns = padded(tile.canvas)
        place = taken[tile.box.top : tile.box.top + rows, tile.box.left : tile.box.left + columns]
        assert place.shape == (rows, columns), f"{tile.box = } leaves {plan.canvas = }"
        place += 1
    assert taken.max() == 1


@contextmanager
def without_what_is_too_large() -> Iterator[None]:
    """Leave out bars and texts that such tiles have no room for."""
    try:
        yield
    except OptionError as error:
        assume(not any(word in str(error) for word in ("room", "too small", "lie inside")))
        raise


def check(backends: Backends, composition: Composition) -> None:
    """Demand of each backend the frames that the tiles alone make."""

    def compare(backend: Renderer) -> None:
        plan, frames = rendered(composition, backend.another())
        check_tiles(plan)
        np.testing.assert_array_equal(frames, expected(composition, plan))

    backends.each(compare)


@unhurried
@given(compositions())
def test_any_composition(backends: Backends, composition: Composition) -> None:
    with without_what_is_too_large(), composition.open() as feed:
        feed.plan(composition.canvas, feed.measure()[0])
    check(backends, composition)


@pytest.mark.parametrize("pixel_format", PLANES)
def test_every_pixel_format(backends: Backends, pixel_format: Any) -> None:
    r = np.random.default_rng(0)
    panels = [Shown(r.random((7, 15, 21), np.float32)), Shown(r.random((7, 9, 12)))]
    options = {"panel_size": (121, 133), "colorbar": "right", "text": "{frame}", "title": "Both"}
    options |= {"scope": "frame", "transparent": pixel_format in SEE_THROUGH}
    check(backends, Composition([list(panels)], options, Canvas(pixel_format, 2, 2)))


@pytest.mark.parametrize("blend", ["over", "multiply"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12", "yuv444p", "rgb24"])
def test_panels_of_one_source(backends: Backends, pixel_format: Any, blend: str) -> None:
    r = np.random.default_rng(0)
    pictures = r.integers(0, 256, (7, 33, 41, 3), np.uint8)
    one = Shown(r.random((7, 15, 21), np.float32), pictures, {"blend": blend})
    options = {"panels": "background,heat,overlay,heat", "text": "{frame}", "columns": 3}
    check(backends, Composition([[one]], options, Canvas(pixel_format, 2, 2)))
