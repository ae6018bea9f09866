"""Kernels of the numba backend: how they are called, compiled, kept on disk and loaded."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid

pytest.importorskip("numba")

from heatvid.backends._numba import places
from heatvid.backends._numba.jit import cache, kernel
from heatvid.backends._numba.jit.kernel import Kernel
from heatvid.backends._numba.jit.primitives import array_at

ONE = 1
TWO = np.uint64(2)


@kernel
def added(a: Any, b: Any) -> Any:
    return a + b + ONE


@kernel
def scale(address: int, dtype: np.dtype[Any], factor: float, up: bool, out: np.ndarray) -> None:
    line = array_at(address, out.shape[0], dtype)
    for i in range(out.shape[0]):
        out[i] = line[i] * factor if up else -factor


@kernel
def total(numbers: np.ndarray, cube: np.ndarray) -> int:
    number = 0
    for r in range(numbers.shape[0]):
        for i in range(numbers.shape[1]):
            number += added(numbers[r, i], 0)
    return number + cube.shape[0] * 100 + cube.shape[2] * 1000


@kernel
def bent(number: int) -> int:
    return int(math.ldexp(1.5, number))


# --- calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16"])
def test_arguments_arrive(dtype: str) -> None:
    line, out = np.arange(5, dtype=dtype), np.empty(5, np.float64)
    assert scale(line.ctypes.data, line.dtype, 0.5, True, out) == 0
    np.testing.assert_array_equal(out, [0, 0.5, 1, 1.5, 2])
    scale(line.ctypes.data, line.dtype, 0.5, False, out)
    np.testing.assert_array_equal(out, [-0.5] * 5)


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_arrays_of_any_shape_are_passed_as_they_are(dtype: str) -> None:
    numbers, cube = np.arange(6, dtype=dtype).reshape(2, 3), np.empty((4, 0, 2))
    numbers.flags.writeable = False
    assert total(numbers, cube) == 15 + 6 + 400 + 2000
    assert total(numbers[1:], cube) == 12 + 3 + 400 + 2000


def test_an_array_that_is_not_in_c_order_is_refused() -> None:
    cube = np.empty((1, 1, 1))
    with pytest.raises(ValueError, match=r"total: argument 0 is not in C order"):
        total(np.zeros((4, 4), np.uint8)[:, ::2], cube)
    with pytest.raises(ValueError, match=r"total: argument 1 is not in C order"):
        total(np.zeros((4, 4), np.uint8), np.empty((3, 3, 3)).T)


def test_an_array_that_is_not_aligned_is_refused() -> None:
    shifted = np.zeros(33, np.uint8)[1:].view(np.int64).reshape(2, 2)
    assert not shifted.flags.aligned
    with pytest.raises(ValueError, match="argument 0"):
        total(shifted, np.empty((1, 1, 1)))


def test_threads_that_call_a_new_kernel_at_once_compile_it_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from heatvid.backends._numba.jit import compiler

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    compiled: list[Any] = []
    compile_kernel = compiler.compile_kernel

    def watched(own: Kernel, types: Any) -> Any:
        compiled.append(types)
        return compile_kernel(own, types)

    monkeypatch.setattr(compiler, "compile_kernel", watched)
    own = Kernel(total.function)
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda _: own(np.ones((3, 3), np.int32), np.empty((0, 0, 0))), range(8))
    assert list(results) == [18] * 8
    assert len(compiled) == 1


def test_what_only_numba_has_cannot_be_kept() -> None:
    from heatvid.backends._numba.jit import compiler

    raising = compiler._ELSEWHERE.findall(
        "declare double @numba_ldexp(double, i32)\ndeclare void @llvm.trap()\n"
        "declare float @atan2f(float, float) local_unnamed_addr\n"
    )
    assert raising == ["numba_ldexp", "atan2f"]

    with pytest.raises(RuntimeError, match=r"bent needs numba_ldexp of this version of numba"):
        bent(3)


# --- what machine code is known by ----------------------------------------------------------------


def test_a_fingerprint_changes_with_constants_and_callees(monkeypatch: pytest.MonkeyPatch) -> None:
    before, other = total.fingerprint(), scale.fingerprint()
    assert total.fingerprint() == before
    monkeypatch.setitem(globals(), "ONE", 3)
    assert total.fingerprint() != before
    assert scale.fingerprint() == other


def test_a_fingerprint_does_not_change_with_lines_and_docstrings_elsewhere() -> None:
    source = "ONE = 1\n@kernel\ndef own(number: int) -> int:\n    return number + ONE\n"
    known: list[dict[str, Any]] = [{"kernel": kernel, "__name__": "here"} for _ in range(3)]
    texts = [source, "\n\n# more\n" + source, source.replace("number + ONE", "number - ONE")]
    for text, names in zip(texts, known, strict=True):
        exec(f"from __future__ import annotations\n{text}", names)
    one, moved, other = (names["own"].fingerprint() for names in known)
    assert one == moved
    assert one != other


# --- kept on disk ---------------------------------------------------------------------------------


RENDER = """
import sys
import numpy as np
from heatvid import to_rgb
values = np.linspace(0, 1, 2048, dtype=np.float32).reshape(32, 64)
print(to_rgb(values, backend="numba").sum(), "numba" in sys.modules)
"""


def rendered(code: str = RENDER, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A place with the kernels of ``RENDER``, and what it gives."""
    place = tmp_path_factory.mktemp("kernels")
    total, compiled = rendered(NUMBA_CACHE_DIR=str(place))
    assert compiled == "True"
    return place, total


@pytest.fixture
def kept_sum(compiled_once: tuple[Path, str], tmp_path: Path) -> str:
    """What ``RENDER`` gives, whose kernels are kept in ``tmp_path``."""
    place, total = compiled_once
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    return total


def test_what_is_kept_runs_without_numba(kept_sum: str, tmp_path: Path) -> None:
    place = str(tmp_path)
    files = {file: file.stat().st_mtime_ns for file in tmp_path.rglob(f"*{cache.SUFFIX}")}
    assert len(files) >= 2
    assert rendered(NUMBA_CACHE_DIR=place) == [kept_sum, "False"]
    assert files == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.object")}


@pytest.mark.parametrize(
    "setting",
    [{"NUMBA_OPT": "1"}, pytest.param({"NUMBA_ENABLE_AVX": "0"}, marks=pytest.mark.exhaustive)],
)
def test_other_settings_of_numba_have_machine_code_of_their_own(
    setting: dict[str, str], kept_sum: str, tmp_path: Path
) -> None:
    assert rendered(NUMBA_CACHE_DIR=str(tmp_path), **setting) == [kept_sum, "True"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "garbage",
        *(
            pytest.param(how, marks=pytest.mark.exhaustive)
            for how in ("cut", "empty", "changed", "a folder")
        ),
    ],
)  # fmt: skip
def test_what_is_damaged_is_compiled_anew(kept_sum: str, tmp_path: Path, damage: str) -> None:
    kept = list(tmp_path.rglob(f"*{cache.SUFFIX}"))
    for file in kept:
        data = file.read_bytes()
        file.unlink()
        changed = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
        texts = {"garbage": b"garbage\n", "empty": b"", "cut": data[:500], "changed": changed}
        if damage == "a folder":
            file.mkdir()
        else:
            file.write_bytes(texts[damage])
    assert rendered(NUMBA_CACHE_DIR=str(tmp_path)) == [kept_sum, "True"]
    whole = rendered(NUMBA_CACHE_DIR=str(tmp_path))
    assert whole == [kept_sum, "True" if damage == "a folder" else "False"]
    assert {file.name for file in tmp_path.rglob("*") if file.parent != tmp_path} == {
        file.name for file in kept
    }


def test_without_a_place_that_can_be_written_every_process_compiles(
    compiled_once: tuple[Path, str], tmp_path: Path
) -> None:
    _, total = compiled_once
    occupied = tmp_path / "a file"
    occupied.write_bytes(b"")
    assert rendered(NUMBA_CACHE_DIR=str(occupied)) == [total, "True"]
    assert list(tmp_path.iterdir()) == [occupied]


def test_a_full_disk_is_done_without(tmp_path: Path) -> None:
    full = (
        "import os\n"
        "def refuse(*_): raise OSError(28, 'No space left on device')\n"
        "os.replace = refuse\n"
    )
    _, compiled = rendered(full + RENDER, NUMBA_CACHE_DIR=str(tmp_path))
    assert compiled == "True"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_place_that_cannot_be_looked_into_is_as_if_empty(tmp_path: Path) -> None:
    total, compiled = rendered(NUMBA_CACHE_DIR=str(tmp_path / ("long" * 75)))
    assert compiled == "True"
    refused = (
        "import os\n"
        "def refuse(*_): raise PermissionError(13, 'Permission denied')\n"
        "os.listdir = os.mkdir = refuse\n"
    )
    assert rendered(refused + RENDER, NUMBA_CACHE_DIR=str(tmp_path / "own")) == [total, "True"]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX's permissions")
def test_what_is_kept_can_be_read_by_others_as_the_user_allows(tmp_path: Path) -> None:
    code = "import os\nos.umask(0o022)\n" + RENDER
    rendered(code, NUMBA_CACHE_DIR=str(tmp_path))
    kept = list(tmp_path.rglob(f"*{cache.SUFFIX}"))
    assert kept
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o644}


def test_a_cache_of_no_absolute_place_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(places, "_user_cache", lambda: Path("relative"))
    assert len(list(cache._folders())) == 1


BROKEN = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "numba.core" or name.startswith("numba.core."):
            raise ImportError("numba.core was lost\\non the way")
sys.meta_path.insert(0, Broken())
"""


def test_numba_that_is_broken_since_is_told_where_it_is_needed(
    kept_sum: str, tmp_path: Path
) -> None:
    place = str(tmp_path)
    assert rendered(BROKEN + RENDER, NUMBA_CACHE_DIR=place) == [kept_sum, "False"]
    other = RENDER.replace("(values, ", "(values, norm='log', vmin=0.1, vmax=1, ")
    failing = (
        f"from heatvid import OptionError\ntry:\n    exec({BROKEN + other!r})\n"
        "except OptionError as error:\n    print(error)\n"
    )
    said = " ".join(rendered(failing, NUMBA_CACHE_DIR=place))
    assert said == (
        "backend: a kernel has to be compiled, but numba cannot be imported (numba.core was lost "
        "on the way); pip install \"heatvid[numba]\", or take backend='numpy'"
    )


def test_where_modules_cannot_be_written_the_users_cache_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(places, "_user_cache", lambda: tmp_path / "cache")
    occupied = tmp_path / "package"
    occupied.write_bytes(b"")
    monkeypatch.setattr(places, "__file__", str(occupied / "places.py"))
    cache._versions.cache_clear()
    code = cache.ObjectCode("name", b"bytes\nof a function")
    cache.keep("own.object", code)
    assert [path.parent.parent for path in tmp_path.rglob("own.object")] == [tmp_path / "cache"]
    assert cache.kept("own.object") == code
    assert cache.keeps_any()
    cache._versions.cache_clear()


def test_modules_have_a_place_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    beside, own = cache._folders()
    package = Path(heatvid.__file__).parent / "backends" / "_numba"
    assert beside.parent == package / "__pycache__"
    assert own.name == beside.name
    assert own.parent.name in ("heatvid", "Cache")
