"""The numba backend beyond the contract: what it leaves to the reference, and when it is chosen."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest

from heatvid import OptionError
from heatvid._values.index import field_index
from heatvid._values.limits import Limits
from heatvid._values.norms import Norm
from heatvid.backends import choose, why_not
from heatvid.backends._breaks import find_breaks
from heatvid.backends._numba import backend as _numba
from tests.support.bands import PICTURE, values
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, plan_for, render
from tests.support.cuda import on_the_host
from tests.support.oracle import Picture

pytest.importorskip("numba")


# --- what is left to the reference ----------------------------------------------------------------


@pytest.mark.parametrize("moving", [False, True])
def test_a_norm_that_falls_is_rendered_by_the_reference(moving: bool) -> None:
    colors = pytest.importorskip("matplotlib.colors")
    norm = colors.FuncNorm((lambda x: (x - 0.3) ** 2, np.sqrt), vmin=0, vmax=1)
    ask, frames = Ask(INFERNAL, way={"norm": norm}), values()
    limits: Any = [(0.0, 1.0), (0.0, 0.9)] if moving else (0.0, 1.0)
    got, wanted = (
        render(choose(name).backend, ask, PICTURE, frames, limits, moving=moving)
        for name in ("numba", "numpy")
    )
    np.testing.assert_array_equal(got, wanted)
    backend = choose("numba").backend
    backend.prepare(plan_for(ask, PICTURE, (24, 32), "float32", (0.0, 1.0)))
    assert backend._fixed is None  # type: ignore[attr-defined]  # of this backend


# --- what the contract does not reach -------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "norm", [{"norm": "log"}, {"norm": "symlog", "linthresh": 0.1}, {"norm": "power", "gamma": 3.0}]
)
def test_as_many_breaks_as_there_are_levels(norm: dict[str, Any], dtype: str) -> None:
    from heatvid.backends._numba.breaks import Search

    limits = (0.5, 0.50001) if norm["norm"] == "log" else (0.0, 1e3)
    frames = np.random.default_rng(0).uniform(-0.1, limits[1] * 1.1, (1, 300, 400)).astype(dtype)
    frames[0, :100] = np.random.default_rng(1).uniform(limits[0], limits[1], (100, 400))
    frames[0, 0, :6] = [np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).max]
    pictures = [
        render(
            choose(name).backend, Ask(INFERNAL, way=norm), Picture("gray16le", 300, 400), frames,
            limits,
        )
        for name in ("numba", "numpy")
    ]  # fmt: skip
    np.testing.assert_array_equal(*pictures)
    given = {**norm}
    own = field_index(Norm(given.pop("norm"), **given), Limits(*limits), 65_536, np.dtype(dtype))
    breaks = find_breaks(own)
    assert breaks is not None
    assert Search(breaks.starts).depth > 1 or len(breaks.starts) < 300


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("norm", "limits", "even"),
    [
        ({"norm": "sigmoid"}, (-6.0, 6.0), True),
        ({"norm": "power", "gamma": 0.5}, (-1.0, 1.0), True),
        ({"norm": "log"}, (0.01, 1.0), True),
        ({"norm": "log"}, (1e-9, 1.0), False),
        ({"norm": "symlog", "linthresh": 1e-6}, (-1.0, 1.0), False),
    ],
)
def test_breaks_are_where_the_reference_has_them(
    norm: dict[str, Any], limits: tuple[float, float], even: bool, dtype: str
) -> None:
    from heatvid.backends._numba.breaks import Search

    given = {**norm}
    own = field_index(Norm(given.pop("norm"), **given), Limits(*limits), 256, np.dtype(dtype))
    breaks = find_breaks(own)
    assert breaks is not None
    assert (Search(breaks.starts).even is not None) == even
    starts, infinity = breaks.starts[1:-1], breaks.starts.dtype.type(np.inf)
    beside = [np.nextafter(starts, -infinity), starts, np.nextafter(starts, infinity)]
    special = [0.0, -0.0, np.nan, np.inf, -np.inf, np.finfo(dtype).max, np.finfo(dtype).min]
    values = np.concatenate([*beside, np.array(special, dtype)])
    frames = np.resize(values, (1, 30, 40)).astype(dtype)
    pictures = [
        render(
            choose(name).backend, Ask(INFERNAL, way=norm), Picture("rgb24", 30, 40), frames, limits
        )
        for name in ("numba", "numpy")
    ]
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("resample", ["nearest", "bilinear"])
def test_a_field_is_never_copied_whole(resample: str) -> None:
    frames = np.broadcast_to(np.float32(0.5), (1, 20_000, 20_000))
    ask = Ask(Look(random_cmap(8), resample=resample))
    plan = plan_for(ask, Picture("yuv420p", 64, 64), (20_000, 20_000), "float32", (0.0, 1.0))
    backend = choose("numba").backend
    backend.prepare(plan)
    slot = backend.slot(())
    slot.data = frames
    tracemalloc.start()
    try:
        backend.render(slot)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < frames.nbytes / 50


# --- the choice -----------------------------------------------------------------------------------


def test_without_numba_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = _numba.importlib.util.find_spec
    monkeypatch.setattr(
        _numba.importlib.util,
        "find_spec",
        lambda name, *more: None if name == "numba" else find_spec(name, *more),
    )
    assert why_not("numba") == 'numba is not installed; pip install "heatvid[numba]"'
    with pytest.raises(OptionError, match=r"got 'numba', but numba is not installed; pip install"):
        choose("numba")
    choice = on_the_host(monkeypatch, choose, "auto")
    assert choice.backend.name == "numpy"
    assert "no numba: numba is not installed; " in choice.reason


def test_a_numba_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ImportError("Numba needs NumPy 2.3 or less.\n  Got NumPy 9.9.")

    with monkeypatch.context() as patched:
        patched.setattr(_numba.importlib, "import_module", broken)
        lacking = _numba.missing()
    assert lacking is not None
    assert lacking.startswith(
        "numba cannot be imported (Numba needs NumPy 2.3 or less. Got NumPy 9.9.); pip install"
    )
    monkeypatch.setattr(_numba, "missing", lambda: lacking)
    with pytest.raises(OptionError, match=r"got 'numba', but numba cannot be imported"):
        choose("numba")


def test_auto_does_not_load_numba_for_few_pixels() -> None:
    code = (
        "import sys, numpy as np, heatvid\n"
        "from heatvid.backends import choose\n"
        "from heatvid.backends._cuda import device\n"
        "device.driver_version = lambda: None\n"
        "heatvid.to_rgb(np.zeros((40, 50)))\n"
        "few = choose('auto', pixels=23_999_999)\n"
        "assert not {'numba', 'llvmlite'} & sys.modules.keys()\n"
        "assert few.backend.name == 'numpy', few\n"
        "assert 'few pixels need no numba' in few.reason, few\n"
        "assert choose('auto', pixels=24_000_000).backend.name == 'numba'\n"
        "import llvmlite\n"
        "assert choose('auto', pixels=1).backend.name == 'numba', 'it is loaded now'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
