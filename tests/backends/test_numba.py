"""The numba backend beyond the contract: compiling, and what it leaves to the reference."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid import OptionError
from heatvid._values.index import field_index
from heatvid._values.limits import Limits
from heatvid._values.norms import Norm
from heatvid.backends import choose, why_not
from heatvid.backends._breaks import find_breaks
from heatvid.backends._numba import backend as _numba
from heatvid.backends._numba import compile_apart
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, plan_for, render
from tests.support.cuda import on_the_host
from tests.support.oracle import Picture
from tests.support.videos import ffmpeg

pytest.importorskip("numba")

PICTURE = Picture("yuv420p", 24, 32)


def values(dtype: str = "float32", shape: tuple[int, ...] = (2, 24, 32)) -> NDArray[Any]:
    return np.random.default_rng(0).uniform(0.01, 1, shape).astype(dtype)


# --- compiling ------------------------------------------------------------------------------------


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], threading.Event]:
    """Give the seconds to wait for; what is compiled then takes until it has been announced."""

    def wait(seconds: float) -> threading.Event:
        announced = threading.Event()
        empty_frames = _numba._empty_frames

        def slowly(*given: Any) -> Iterator[Any]:
            announced.wait(5 if seconds < 1 else 0.05)
            yield from empty_frames(*given)

        monkeypatch.setattr(_numba, "_empty_frames", slowly)
        monkeypatch.setattr(compile_apart, "PATIENCE_SECONDS", seconds)
        return announced

    return wait


def test_compiling_that_takes_long_is_announced_once(
    patient: Callable[[float], threading.Event],
) -> None:
    announced, lines = patient(0.01), []

    def announce(line: str) -> None:
        lines.append(line)
        announced.set()

    backend = _numba.make()
    backend.announce = announce
    backend.prepare(plan_for(Ask(INFERNAL), PICTURE, (24, 32), "float32", (0.0, 1.0)))
    assert lines == [_numba.ANNOUNCEMENT]


def test_compiling_that_is_quick_is_not_announced(
    patient: Callable[[float], threading.Event],
) -> None:
    patient(60.0)
    lines: list[str] = []
    backend = _numba.make()
    backend.announce = lines.append
    backend.prepare(plan_for(Ask(INFERNAL), PICTURE, (24, 32), "float32", (0.0, 1.0)))
    assert lines == []


@pytest.mark.parametrize("progress", [True, False])
def test_a_job_announces_where_it_shows_progress(
    progress: bool,
    tmp_path: Path,
    patient: Callable[[float], threading.Event],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announced = patient(0.01)
    if not progress:
        announced.set()
    monkeypatch.setattr(_numba, "ANNOUNCEMENT", "compiling, said the test")
    timer = threading.Timer(2.5, announced.set)  # long after the announcement
    timer.start()
    heatvid.render(
        values(), tmp_path / "out.mkv", lossless=True, backend="numba", progress=progress
    )
    timer.cancel()
    assert ("heatvid: compiling, said the test\n" in capsys.readouterr().err) is progress


def test_nothing_is_compiled_while_frames_are_rendered(tmp_path: Path) -> None:
    code = """
import heatvid
import numpy as np
from heatvid.backends import choose
from heatvid.backends._numba.backend import NumbaBackend
from heatvid.backends._numba.jit.kernel import Kernel
from tests.support.contract import Look, random_cmap
from tests.support.contract_ways import Ask, plan_for
from tests.support.oracle import Picture

entry_of = Kernel._entry
def refuse(kernel, types):
    raise AssertionError((kernel, types))

ways = [
    ({}, (24, 32)), ({}, (9, 7)), ({"blend": "add"}, (24, 32)), ({"smooth": 1.0}, (24, 32)),
    ({"channel": "rgb"}, (24, 32, 3)), ({"channel": "argmax"}, (24, 32, 5)),
]
for way, shape in ways:
    limits = [(0.0, 1.0)] * 3 if way.get("channel") == "rgb" else (0.0, 1.0)
    ask = Ask(Look(random_cmap(8), background="frames"), True, way=way)
    plan = plan_for(ask, Picture("yuv420p", 24, 32), shape, "float32", limits, (6, 8))
    backend = choose("numba").backend
    Kernel._entry = entry_of
    backend.prepare(plan)
    Kernel._entry = refuse
    slot = backend.slot(())
    slot.mask[:] = 0.5
    frames = np.random.default_rng(0).random((1, *shape), np.float32)
    columns_first = frames.swapaxes(1, 2).copy().swapaxes(1, 2)
    for data in (frames, frames[:, ::-1, ::-1], columns_first):
        data.flags.writeable = False
        slot.data = data
        backend.render(slot)


def prepared(backend, plan):
    Kernel._entry = entry_of
    prepare(backend, plan)
    Kernel._entry = refuse

prepare, NumbaBackend.prepare = NumbaBackend.prepare, prepared
for dtype in ("float32", "float16", "uint16", "uint8", "bool"):
    for options in ({}, {"norm": "log"}, {"background": np.zeros((24, 32, 3), np.uint8)}):
        np.save("dump.npy", np.ones((3, 24, 32), dtype))
        heatvid.render(
            "dump.npy", "out.mp4", backend="numba", vmin=0.5, vmax=2, overwrite=True, **options
        )
"""
    run_python(code, tmp_path)


def run_python(code: str, folder_of_work: Path) -> None:
    root = str(Path(heatvid.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {root!r})\n{code}"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder_of_work, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_two_threads_prepare_and_render_at_once() -> None:
    frames = [values(shape=(2, 24, 32)), values("uint16", (2, 12, 16)), values("float64")]
    asks = [Ask(INFERNAL), Ask(Look(random_cmap(8, 4), background="color")), Ask(INFERNAL)]

    def rendered(number: int, name: str) -> NDArray[np.uint8]:
        backend = choose(name).backend
        return render(backend, asks[number], PICTURE, frames[number], (0.0, 1.0))

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda i: rendered(i % 3, "numba"), range(12)))
    for i, got in enumerate(together):
        np.testing.assert_array_equal(got, rendered(i % 3, "numpy"))


# --- pairs of pixels ------------------------------------------------------------------------------

BAND_ROWS = 8  # of three bands of a picture


def forget_warm_up(records: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of records what a backend does before it renders."""
    warm_up = _numba.NumbaBackend._warm_up

    def forgotten(self: _numba.NumbaBackend) -> None:
        before = list(records)
        warm_up(self)
        records[:] = before

    monkeypatch.setattr(_numba.NumbaBackend, "_warm_up", forgotten)


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
    choice = on_the_host(monkeypatch, choose, "auto")
    assert choice.backend.name == "numpy"
    assert f"no numba: {lacking.split('; ')[0]}; " in choice.reason


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
        "assert choose('auto', pixels=1).backend.name == 'numba', 'it is loaded now'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def in_process_of_its_own(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals")
def test_an_interrupt_while_kernels_compile_ends_the_program(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", values())
    code = f"""
import os, signal, sys, threading, time
from heatvid.backends._numba import backend
from heatvid.cli import main
def compiles_long(*given):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    time.sleep(600)  # longer than this process may take
    yield
backend._empty_frames = compiles_long
output = {str(tmp_path / "out.mp4")!r}
sys.exit(main(["render", {str(tmp_path / "data.npy")!r}, "-o", output, "--backend", "numba"]))
"""
    done = in_process_of_its_own(code)
    assert done.returncode == 130, done
    assert done.stderr == "heatvid: interrupted; no file was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["data.npy"]


# --- rows read as they are rendered ---------------------------------------------------------------


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Who reads a part of a frame, a "kernel" or "Python", and its first row; of three bands."""
    from heatvid.backends._numba import paired, rows
    from heatvid.backends._numba.values import RowsRead

    parts: list[tuple[str, int]] = []
    band, read = RowsRead.band, paired.PairedPixels.read

    def in_python(self: RowsRead, top: int, bottom: int) -> Any:
        parts.append(("Python", top))
        return band(self, top, bottom)

    def in_kernel(self: paired.PairedPixels, frame: Any, top: int, *more: Any) -> int:
        done = read(self, frame, top, *more)
        if done:
            parts.append(("kernel", top))
        return done

    monkeypatch.setattr(RowsRead, "band", in_python)
    monkeypatch.setattr(paired.PairedPixels, "read", in_kernel)
    forget_warm_up(parts, monkeypatch)
    monkeypatch.setattr(paired, "READ_BYTES", 4 * 4 * PICTURE.width)
    for name in ("WIDE_BAND_PIXELS", "BAND_PIXELS"):
        monkeypatch.setattr(rows, name, BAND_ROWS * PICTURE.width)
    return parts


BY_BANDS = [("Python", 0), ("Python", 8), ("Python", 16)]


def decoded(dump: Path, backend: str, **options: Any) -> bytes:
    out = dump.with_name(f"{backend}.mkv")
    heatvid.render(dump, out, backend=backend, lossless=True, preset="ultrafast", **options)
    return ffmpeg("-i", out, "-f", "framemd5", "-")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pix_fmt": "yuv420p"},
        {"pix_fmt": "gray16le"},
        {"pix_fmt": "yuv420p", "norm": "log", "vmin": 0.1, "vmax": 1},
        {"norm": "labels", "outlines": 1},
    ],
    ids=["rgb24", "yuv420p", "gray16le", "log", "outlines"],
)
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "uint8", "int32", "bool"])
def test_rows_of_a_dump_are_read_as_they_are_rendered(
    dtype: str, options: dict[str, Any], rows_read: list[tuple[str, int]], tmp_path: Path
) -> None:
    frames = values(shape=(5, 24, 32)) * (1 if dtype[0] == "f" else 9)
    if dtype[0] == "f":
        frames[1, 20, 31] = np.nan
    looked_at = options.get("norm") == "labels"  # frame by frame, which takes whole ones
    np.save(tmp_path / "dump.npy", (np.rint(frames) if looked_at else frames).astype(dtype))
    dump = tmp_path / "dump.npy"
    got = decoded(dump, "numba", **options)
    by_kernels = [("Python", 20), *[("kernel", 0)] * 5]  # NaN is in the rows from 20 on
    paired = dtype == "float32" and options == {"pix_fmt": "yuv420p"}
    by_bands = [] if looked_at else sorted(BY_BANDS * 5)
    assert sorted(rows_read) == (by_kernels if paired else by_bands)
    assert got == decoded(dump, "numpy", **options)


@pytest.mark.parametrize("background", [None, "frames"])
@pytest.mark.parametrize("rows", [[0], [3], [4], [23], [1, 2, 15, 22], list(range(24))])
@pytest.mark.parametrize("bad", [np.nan, 7.0])
def test_values_that_are_no_bytes_are_seen_by_kernels_that_read(
    bad: float, rows: list[int], background: str | None, rows_read: list[Any], tmp_path: Path
) -> None:
    frames = values(shape=(3, 24, 32))
    frames[1, rows, 5] = bad
    np.save(tmp_path / "dump.npy", frames)
    dump, options = tmp_path / "dump.npy", {"pix_fmt": "yuv420p", "over": "white", "vmax": 1}
    if background is not None:
        options["background"] = np.random.default_rng(1).integers(0, 256, (3, 24, 32, 3), np.uint8)
    got = decoded(dump, "numba", vmin=0, **options)
    assert ("kernel", 0) in rows_read
    assert any(reader == "Python" for reader, _ in rows_read)
    assert got == decoded(dump, "numpy", vmin=0, **options)


def test_where_nothing_reads_at_an_offset_rows_are_read_in_turn(
    rows_read: list[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid.sources._files import RegularFile

    monkeypatch.setattr(RegularFile, "descriptor", None)
    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=(5, 24, 32)))
    got = decoded(dump, "numba", pix_fmt="yuv420p")
    assert sorted(rows_read) == sorted(BY_BANDS * 5)
    assert got == decoded(dump, "numpy", pix_fmt="yuv420p")


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((5, 24, 32), {"smooth": 1.5}),
        ((5, 24, 32), {"background": "black", "size": "64x48"}),
        ((5, 3, 24, 32), {"channel": "max"}),
        ((24, 32, 5), {"layout": "HWT"}),
        ((5, 32, 24), {"layout": "TWH"}),
        ((5, 24, 32), {"scope": "frame"}),
    ],
    ids=["smooth", "resized", "channels", "time last", "turned", "moving"],
)
def test_frames_that_are_not_shown_row_by_row_are_read_as_a_whole(
    shape: tuple[int, ...],
    options: dict[str, Any],
    rows_read: list[tuple[str, int]],
    tmp_path: Path,
) -> None:
    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=shape))
    if "size" in options:
        options = {**options, "background": np.zeros((48, 64, 3), np.uint8)}
        del options["size"]
    got = decoded(dump, "numba", **options)
    assert not rows_read
    assert got == decoded(dump, "numpy", **options)


def test_a_frame_that_is_all_nan_is_told_of_though_rows_are_read(
    rows_read: list[tuple[str, int]], tmp_path: Path
) -> None:
    frames = values(shape=(5, 24, 32))
    frames[1, 0, 0] = frames[3] = np.nan
    np.save(tmp_path / "dump.npy", frames)
    given = (tmp_path / "dump.npy", tmp_path / "out.mp4")
    with pytest.warns(UserWarning, match="frame 3: every value is NaN"):
        heatvid.render(*given, backend="numba", batch_size=1)
    assert rows_read == [("kernel", 0)] * 3


@pytest.mark.parametrize("reader", ["kernel", "Python"])
@pytest.mark.parametrize("harm", ["cut", "written"])
def test_a_dump_that_changes_while_its_rows_are_read_is_an_error(
    reader: str,
    harm: str,
    rows_read: list[tuple[str, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from heatvid.backends._numba.paired import PairedPixels
    from heatvid.backends._numba.values import RowsRead

    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=(5, 24, 32)))
    owner: Any = PairedPixels if reader == "kernel" else RowsRead
    name = "read" if reader == "kernel" else "band"
    read = getattr(owner, name)

    def spoilt(*given: Any) -> Any:
        if len(rows_read) == 2:
            if harm == "cut":
                os.truncate(dump, 5000)
            else:
                os.utime(dump, (1, 1))
        return read(*given)

    monkeypatch.setattr(owner, name, spoilt)
    pixels = "yuv420p" if reader == "kernel" else "gray16le"
    with pytest.raises(heatvid.SourceError, match=r"dump\.npy: the file (was cut|changed)"):
        heatvid.render(
            dump, tmp_path / "out.mkv", backend="numba", vmin=0, vmax=1, pix_fmt=pixels,
            lossless=True,
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["dump.npy"]
    assert {by for by, _ in rows_read} == {reader}
