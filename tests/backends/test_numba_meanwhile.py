"""Nobody waits for a compiler: NumPy renders until kernels are there, to the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid.backends import choose
from heatvid.backends._numba import beside, meanwhile
from heatvid.backends._numba.backend import NumbaBackend
from heatvid.backends._numba.jit.kernel import NotKeptError, only_kept
from tests.support.bands import PICTURE, values
from tests.support.contract import INFERNAL
from tests.support.contract_ways import Ask, plan_for, render

pytest.importorskip("numba")
PLAN = plan_for(Ask(INFERNAL), PICTURE, (24, 32), "float32", (0.0, 1.0))
PATIENCE_SECONDS = 60.0


@pytest.fixture
def none_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing has been kept, whatever has."""
    monkeypatch.setattr(NumbaBackend, "load", lambda self, plan: False)
    yield
    assert not beside.compiles(), "every process has been ended"


def until(what: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def process_of(backend: meanwhile.MeanwhileBackend) -> subprocess.Popen[bytes]:
    assert backend._beside is not None
    return backend._beside._popen


def test_rendering_begins_at_once_and_goes_on_with_kernels(tmp_path: Path) -> None:
    code = """
import sys, time
import numpy as np
from heatvid.backends import choose
from heatvid.backends._numba import meanwhile
from tests.support.bands import PICTURE, values
from tests.support.contract import INFERNAL
from tests.support.contract_ways import Ask, plan_for

plan = plan_for(Ask(INFERNAL), PICTURE, (24, 32), "float32", (0.0, 1.0))
frames = values(shape=(1, 24, 32))

def rendered(backend, slot):
    slot.data = frames
    slot.output[:] = 0
    backend.render(slot)
    return slot.output[:1].copy()

reference = choose("numpy").backend
reference.prepare(plan)
wanted = rendered(reference, reference.slot(()))
backend = meanwhile.make()
backend.prepare(plan)
slot = backend.slot(())
assert backend.name == "numpy"
assert not {"numba", "llvmlite"} & sys.modules.keys(), "importing them takes a second"
deadline = time.monotonic() + 100
while backend.name == "numpy":
    np.testing.assert_array_equal(rendered(backend, slot), wanted)
    time.sleep(0.05)
    assert time.monotonic() < deadline
np.testing.assert_array_equal(rendered(backend, slot), wanted)
backend.close()
again = meanwhile.make()
again.prepare(plan)
assert again.name == "numba", "kept by now"
assert again.reads_rows == backend.reads_rows
assert "numba" not in sys.modules
"""
    root = str(Path(heatvid.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{code}"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert all(name.endswith(".object") for name in kept)


@pytest.mark.usefixtures("none_kept")
def test_the_process_ends_with_the_render_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    backend = meanwhile.make()
    backend.prepare(PLAN)
    process = process_of(backend)
    assert process.poll() is None
    since = time.monotonic()
    backend.close()
    backend.close()
    assert process.poll() is not None
    assert time.monotonic() - since < PATIENCE_SECONDS
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("none_kept")
def test_one_process_compiles_at_a_time() -> None:
    one, other = meanwhile.make(), meanwhile.make()
    one.prepare(PLAN)
    other.prepare(PLAN)
    slot = other.slot(())
    slot.data = values(shape=(1, 24, 32))
    other.render(slot)
    assert other._beside is None
    one.close()
    other.render(slot)
    assert process_of(other).poll() is None
    other.close()


@pytest.mark.usefixtures("none_kept")
@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import os; os.abort()"])
def test_where_compiling_fails_numpy_goes_on(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_PROGRAM", program)
    frames = values(shape=(1, 24, 32))
    wanted = render(choose("numpy").backend, Ask(INFERNAL), PICTURE, frames, (0.0, 1.0))
    backend = meanwhile.make()
    backend.prepare(PLAN)
    until(lambda: process_of(backend).poll() is not None)
    slot = backend.slot(())
    slot.data = frames
    for _ in range(2):
        backend.render(slot)
    np.testing.assert_array_equal(slot.output[:1], wanted)
    assert backend.name == "numpy"
    backend.close()


@pytest.mark.usefixtures("none_kept")
def test_where_no_process_can_be_started_that_is_tried_once_and_numpy_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def refused(*given: Any, **more: Any) -> None:
        tried.append(given)
        raise OSError("no more processes")

    monkeypatch.setattr(beside.subprocess, "Popen", refused)
    backend = meanwhile.make()
    backend.prepare(PLAN)
    slot = backend.slot(())
    slot.data = values(shape=(1, 24, 32))
    backend.render(slot)
    assert (backend.name, len(tried)) == ("numpy", 1)
    backend.close()


@pytest.mark.usefixtures("none_kept")
def test_nothing_is_compiled_for_few_pixels_nor_within_another_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = meanwhile.make(few=True)
    few.prepare(PLAN)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    frozen = meanwhile.make()
    frozen.prepare(PLAN)
    assert few._beside is frozen._beside is None
    assert few.name == frozen.name == "numpy"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_the_process_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = """
import os, signal
from heatvid.backends._numba import meanwhile
from heatvid.backends._numba.backend import NumbaBackend
from tests.backends.test_numba_meanwhile import PLAN
NumbaBackend.load = lambda self, plan: False
backend = meanwhile.make()
backend.prepare(PLAN)
print(backend._beside._popen.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = str(Path(heatvid.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{code}"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    state = Path(f"/proc/{int(done.stdout)}/stat")
    until(lambda: not state.exists() or ") Z" in state.read_text())


def test_what_has_not_been_kept_is_not_compiled_where_that_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid.backends._numba.jit import kernel

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def doubled(x: int) -> int:
        return 2 * x

    made = kernel(doubled)
    with only_kept(), pytest.raises(NotKeptError):
        made(21)
    assert made(21) == 42
    assert made(21) == 42


def test_a_render_that_nobody_waits_for_has_the_bytes_of_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumbaBackend, "load", lambda self, plan: False)
    monkeypatch.setattr("heatvid.backends._HEAVY", {})
    monkeypatch.setattr("heatvid.backends._MODULES", {
        name: module for name, module in heatvid.backends._MODULES.items() if name != "cuda"
    })  # fmt: skip
    np.save(tmp_path / "f.npy", values(shape=(40, 24, 32)))
    found = []
    for backend in ("numpy", "auto"):
        out = tmp_path / f"{backend}.mkv"
        result = heatvid.render(tmp_path / "f.npy", out, backend=backend, lossless=True)
        assert result.backend == "numpy"
        found.append(out.read_bytes())
    assert found[0] == found[1]
    assert not beside.compiles()
