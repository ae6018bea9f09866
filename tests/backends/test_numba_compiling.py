"""Compiling the numba backend's kernels: said, before frames come, by several threads at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid.backends import choose
from heatvid.backends._numba import backend as _numba
from heatvid.backends._numba import compile_apart
from tests.support.bands import PICTURE, values
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, plan_for, render

pytest.importorskip("numba")


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
