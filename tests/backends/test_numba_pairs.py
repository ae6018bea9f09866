"""Where the numba backend looks pixels up in pairs, and where it has to do so one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid.backends import choose
from tests.support.bands import BAND_ROWS, PICTURE, forget_warm_up, values
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, render
from tests.support.oracle import Picture

pytest.importorskip("numba")


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kernels that write bands of 4:2:0, in the order of their calls."""
    from heatvid.backends._numba import rows
    from heatvid.backends._numba.jit.kernel import Kernel

    called: list[str] = []
    call = Kernel.__call__

    def watched(kernel: Kernel, *given: Any) -> int:
        module, _, name = repr(kernel).partition(".")
        if module in ("paired", "blocks"):
            called.append(name)
        return call(kernel, *given)

    monkeypatch.setattr(Kernel, "__call__", watched)
    forget_warm_up(called, monkeypatch)
    for name in ("WIDE_BAND_PIXELS", "BAND_PIXELS"):
        monkeypatch.setattr(rows, name, BAND_ROWS * PICTURE.width)
    return called


def rendered_alike(ask: Ask, frames: NDArray[Any], picture: Picture = PICTURE, **more: Any) -> None:
    given = (ask, picture, frames)
    limits = more.pop("limits", (0.0, 1.0))
    if ask.look.background == "frames":
        shape = (len(frames), picture.height * picture.width * 3 // 2)
        more["behind"] = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    got, wanted = (
        render(choose(name).backend, *given, limits, **more) for name in ("numba", "numpy")
    )
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12"])
@pytest.mark.parametrize("background", [None, "color", "frames"])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "bool"])
def test_pixels_are_looked_up_in_pairs(
    pixel_format: Any, background: str | None, dtype: str, kernels: list[str]
) -> None:
    look = Look(random_cmap(256), background=background, alpha=0.3 if background else None)
    limits = (0.0, 200.0) if dtype == "uint8" else (0.0, 1.0)
    frames = (values() * limits[1] * 1.3).astype(dtype)  # some of them beyond
    rendered_alike(Ask(look), frames, Picture(pixel_format, 24, 32), limits=limits)
    way = "blend_pairs" if background == "frames" else "write_pairs"
    assert set(kernels) == {"render_values" if dtype == "float32" else way}


@pytest.mark.parametrize("background", [None, "frames"])
def test_a_band_with_nan_is_looked_up_one_by_one(
    background: str | None, kernels: list[str]
) -> None:
    frames = values(shape=(1, 24, 32))
    frames[0, BAND_ROWS, 31] = np.nan
    rendered_alike(Ask(Look(random_cmap(256), background=background)), frames)
    kind = "write" if background is None else "blend"
    assert kernels[-3:] == ["render_values", f"{kind}_blocks", "render_values"]


@pytest.mark.parametrize("background", [None, "frames"])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("rows", [[0], [1], [23], [3, 4], [1, 2, 15, 22], list(range(24))])
def test_nan_in_any_rows_is_seen(
    rows: list[int], wide: bool, background: str | None, kernels: list[str]
) -> None:
    frames = values(shape=(2, 24, 32))
    frames[0, rows, 5] = np.nan
    if wide:  # rows that do not lie in place
        frames = np.repeat(frames, 2, axis=2)[..., ::2]
    rendered_alike(Ask(Look(random_cmap(256), background=background, alpha=0.4)), frames)


@pytest.mark.parametrize("beyond", [-0.5, -np.inf, 1.5, np.inf])
def test_a_band_beyond_limits_of_other_colours_is_looked_up_one_by_one(
    beyond: float, kernels: list[str]
) -> None:
    frames = values(shape=(1, 24, 32))
    frames[0, -1, 0] = beyond
    rendered_alike(Ask(Look(random_cmap(256), under="white", over="#0a14c8")), frames)
    assert kernels[-2:] == ["render_values", "write_blocks"]
    rendered_alike(Ask(INFERNAL), frames)
    assert kernels[-1] == "render_values"


def test_limits_that_are_one_value_have_no_pairs(kernels: list[str]) -> None:
    frames = values(shape=(1, 24, 32))
    rendered_alike(Ask(INFERNAL), frames, limits=(0.5, 0.5))
    assert set(kernels) == {"write_blocks"}


@pytest.mark.parametrize(
    "ask",
    [
        Ask(Look(random_cmap(256), background="frames"), way={"ramp": (0.2, 0.7)}),
        Ask(Look(random_cmap(257))),
        Ask(INFERNAL, way={"norm": "log"}),
    ],
    ids=["varying", "more than bytes", "bent"],
)
def test_what_bytes_do_not_say_is_looked_up_one_by_one(ask: Ask, kernels: list[str]) -> None:
    rendered_alike(ask, values(shape=(1, 24, 32)), limits=(0.1, 1.0))
    assert kernels
    assert not any(name.endswith(("pairs", "values")) for name in kernels)


def test_tables_of_pairs_are_not_made_for_one_frame(kernels: list[str]) -> None:
    rendered_alike(Ask(INFERNAL), values(), limits=[(0.0, 1.0), (0.0, 0.9)], moving=True)
    assert set(kernels) == {"write_blocks"}


def test_bytes_at_odd_addresses_are_no_pairs(kernels: list[str]) -> None:
    memory = np.random.default_rng(0).integers(0, 256, 24 * 32 + 1, np.uint8)
    shifted = memory[1:] if memory.ctypes.data % 2 == 0 else memory[:-1]
    rendered_alike(Ask(INFERNAL), shifted.reshape(1, 24, 32))
    assert "write_blocks" in kernels[-3:]
