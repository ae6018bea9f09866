"""What fused kernels are told in numbers is what the reference does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid._color.colorspace import OPAQUE
from heatvid._values.index import field_index
from heatvid._values.limits import Limits
from heatvid._values.norms import Norm
from heatvid.backends._breaks import Breaks, find_breaks, rows_by_breaks
from heatvid.backends._recipe import (
    CHROMA_LANE,
    LEVEL_SHIFT,
    IndexRecipe,
    NotFusedError,
    index_recipe,
    make_recipe,
)
from tests.support.bent import NORMS, values_for
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, plan_for
from tests.support.fields import limits_of, numbers, spread
from tests.support.oracle import Picture

DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "float16", "float32", "float64", "int32",
          "uint32", "int64", "uint64"]  # fmt: skip
PICTURE = Picture("yuv420p", 12, 10)


def rows(recipe: IndexRecipe, values: NDArray[Any]) -> NDArray[np.intp]:
    """Rows as the docstring of the recipe says."""
    n = recipe.entries
    if recipe.way == "tabled":
        return recipe.rows[values.view(f"u{values.dtype.itemsize}")].astype(np.intp)
    if recipe.way == "breaks":
        return rows_by_breaks(values, Breaks(recipe.starts, recipe.rows), n + 2)
    if recipe.way == "labels":
        return np.array([label_row(value, recipe) for value in values.ravel().tolist()]).reshape(
            values.shape
        )
    kind: Any = recipe.working.type
    x = values.astype(kind)
    with np.errstate(all="ignore"):
        if kind is np.float32:
            places = (x - kind(recipe.offset)) * kind(recipe.scale)
        else:
            places = (x * recipe.factor - recipe.offset) / recipe.divisor * recipe.scale
        places = np.clip(np.nan_to_num(places.astype(kind)), 0, n - 1).astype(np.intp)
    places[x < kind(recipe.vmin)] = n
    places[x > kind(recipe.vmax)] = n + 1
    places[np.isnan(x)] = n + 2
    return places


def label_row(value: float, recipe: IndexRecipe) -> int:
    named, cycle, negative = recipe.palette
    if not (-negative <= value < np.inf and value == int(value)):
        return recipe.entries + 2
    label = int(value)
    if label < 0:
        return named + cycle - 1 - label
    return label if label < named else named + (label % cycle + recipe.palette.shift) % cycle


@pytest.mark.parametrize("norm", ["linear", "identity", "labels", "log", "symlog", "power"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_every_way_and_dtype(dtype: str, norm: str) -> None:
    way = {"norm": norm, **({"gamma": 0.5} if norm == "power" else {})}
    limits = (0.5, 200.0) if norm == "log" else limits_of(dtype)
    plan = plan_for(Ask(INFERNAL, way=way), PICTURE, (12, 10), dtype, limits).field
    values = spread(dtype, (40, 50)) if norm in ("identity", "labels") else numbers(dtype, (40, 50))
    expected = plan.index(Limits(*limits))
    if plan.tabled:
        wanted = expected.of_every_value()[values.view(f"u{values.dtype.itemsize}")]
    else:
        wanted = expected(values)
    np.testing.assert_array_equal(rows(index_recipe(plan, Limits(*limits)), values), wanted)


@pytest.mark.parametrize(
    "limits", [(-1e308, 1e308), (0.0, 1e-320), (7.0, 7.0), (1e30, 1.0000001e30), (-3e38, 3e38)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_rows_of_limits_that_are_hard(dtype: str, limits: tuple[float, float]) -> None:
    plan = plan_for(Ask(INFERNAL), PICTURE, (12, 10), dtype, limits).field
    with np.errstate(all="ignore"):
        between = np.random.default_rng(0).uniform(0, 1, 2000) * np.float64(limits[1]) * 1.2
        values = np.concatenate([between, -between, limits, [7.0, 0.0]]).astype(dtype)
    wanted = plan.index(Limits(*limits))(values)
    np.testing.assert_array_equal(rows(index_recipe(plan, Limits(*limits)), values), wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("entries", [1, 7, 256, 65_536])
def test_breaks_are_those_of_the_reference(name: str, dtype: str, entries: int) -> None:
    way, limits = NORMS[name]
    given = {**way}
    index = field_index(Norm(given.pop("norm"), **given), Limits(*limits), entries, np.dtype(dtype))
    breaks = find_breaks(index)
    assert breaks is not None
    if dtype == "int32":
        values: NDArray[Any] = np.random.default_rng(0).integers(-40, 1200, 5000).astype(dtype)
    else:
        values = values_for(name, dtype, (80, 90))
        near = breaks.starts[np.isfinite(breaks.starts)].astype(dtype)
        values = np.concatenate([values.ravel(), near, np.nextafter(near, near.dtype.type(-9e37))])
    np.testing.assert_array_equal(rows_by_breaks(values, breaks, entries + 2), index(values))


def test_breaks_of_norms_that_matplotlib_makes() -> None:
    colors = pytest.importorskip("matplotlib.colors")
    values = np.random.default_rng(0).normal(0, 3, 5000).astype(np.float32)
    values[:6] = [np.nan, np.inf, -np.inf, 0.0, -4.0, 4.0]
    for norm in (
        colors.Normalize(), colors.TwoSlopeNorm(0.5), colors.AsinhNorm(), colors.CenteredNorm(),
        colors.BoundaryNorm([-3, -1, 0, 0.5, 3], 256, extend="both"), colors.LogNorm(),
        colors.Normalize(clip=True),
    ):  # fmt: skip
        limits = Norm("matplotlib", function=norm).adjust(Limits(-4.0, 4.0))
        index = field_index(Norm("matplotlib", function=norm), limits, 256, values.dtype)
        breaks = find_breaks(index)
        assert breaks is not None, norm
        np.testing.assert_array_equal(rows_by_breaks(values, breaks, 258), index(values))


def test_a_norm_that_falls_is_left_to_the_reference() -> None:
    colors = pytest.importorskip("matplotlib.colors")
    norm = colors.FuncNorm((lambda x: (x - 0.3) ** 2, np.sqrt), vmin=0, vmax=1)
    plan = plan_for(
        Ask(INFERNAL, way={"norm": norm}), PICTURE, (12, 10), "float32", (0.0, 1.0)
    ).field
    with pytest.raises(NotFusedError, match="do not rise"):
        index_recipe(plan, Limits(0.0, 1.0))


@pytest.mark.parametrize("background", [None, "frames", "color"])
@pytest.mark.parametrize("canvas", ["yuv420p", "yuv444p", "nv12", "rgb24"])
def test_levels_and_transmission_give_back_what_is_premultiplied(
    canvas: str, background: str | None
) -> None:
    for ends in ({}, {"under": "transparent", "over": "#0a14c8", "bad": (0.2, 0.4, 0.6, 0.25)}):
        look = Look(random_cmap(256, 4), background=background, **ends)  # type: ignore[arg-type]
        plan = plan_for(Ask(look), Picture(canvas, 12, 10), (12, 10), "float32", (0.0, 1.0))
        recipe = make_recipe(plan, Limits(0.0, 1.0))
        table = plan.table(Limits(0.0, 1.0))
        opacity = OPAQUE - recipe.transmission[:, None].astype(np.int64)
        whole = slice(0, 3 if canvas == "rgb24" else 1)
        np.testing.assert_array_equal(
            (recipe.levels * opacity + (OPAQUE >> 1))[:, whole] >> 16,
            (table.premultiplied[:, whole] + (OPAQUE >> 1)) >> 16,
        )
        word = recipe.words()
        lanes = np.stack([word & ((1 << CHROMA_LANE) - 1), word >> CHROMA_LANE], 1)
        lanes &= np.uint64((1 << CHROMA_LANE) - 1)
        np.testing.assert_array_equal(lanes, table.premultiplied[:, 1:] + (OPAQUE >> 1))
        np.testing.assert_array_equal(word >> LEVEL_SHIFT, recipe.levels[:, 0])
