"""CUDA source is compiled once for its options, its architecture and the compiler's version."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from heatvid.backends._cuda.compiling import OPTIONS, compiled
from heatvid.backends._cuda.kernels import source
from tests.support import host_nvrtc
from tests.support.cuda_plans import CASES, SMALL_KERNELS, possible, reached, text_of
from tests.support.host_build import enumerators

CODE = 'extern "C" __global__ void k(const int *a) {}'


class Compiler:
    """CuPy with a compiler that keeps count; modules are their files."""

    def __init__(self, arch: str = "80", version: tuple[int, int] = (12, 9)) -> None:
        self.cuda, self.asked = host_nvrtc.compiling(), []
        self.cuda.Device = lambda: SimpleNamespace(compute_capability=arch)
        self.cuda.nvrtc = SimpleNamespace(getVersion=lambda: version)
        self.cuda.compiler = SimpleNamespace(compile_using_nvrtc=self._compile)

    def _compile(self, code: str, options: tuple[str, ...]) -> tuple[bytes, None]:
        self.asked.append((code, options))
        return host_nvrtc.compile_using_nvrtc(code, options)

    def RawModule(self, *, path: str) -> str:  # noqa: N802  # CuPy's
        return path


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_options_end_with_the_constants() -> None:
    cupy = Compiler()
    compiled(cupy, CODE, {"A": 1, "B": "FLOAT"})
    assert cupy.asked == [(CODE, (*OPTIONS, "-DA=1", "-DB=FLOAT"))]
    assert "-ftz=false" in OPTIONS


def test_what_was_compiled_is_found_again(folder: Path) -> None:
    first, second = Compiler(), Compiler()
    assert compiled(first, CODE, {"A": 1}) == compiled(second, CODE, {"A": 1})
    assert (len(first.asked), len(second.asked)) == (1, 0)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("cupy", "code", "defines"),
    [
        (Compiler(), CODE, {"A": 2}),
        (Compiler(), CODE + " ", {"A": 1}),
        (Compiler(arch="90"), CODE, {"A": 1}),
        (Compiler(version=(13, 0)), CODE, {"A": 1}),
    ],
    ids=["constant", "source", "architecture", "version"],
)
def test_what_differs_is_compiled_anew(cupy: Compiler, code: str, defines: Any) -> None:
    known = compiled(Compiler(), CODE, {"A": 1})
    assert compiled(cupy, code, defines) != known
    assert len(cupy.asked) == 1


def test_a_failure_leaves_no_file(folder: Path) -> None:
    cupy = Compiler()

    def refuse(*_: object) -> None:
        raise RuntimeError("no such type")

    cupy.cuda.compiler.compile_using_nvrtc = refuse
    with pytest.raises(RuntimeError, match="no such type"):
        compiled(cupy, CODE, {})
    assert not list(folder.iterdir())


# --- what is compiled in tests of the compiler itself ---------------------------------------------


def test_the_plans_reach_every_value_of_every_constant() -> None:
    assert reached(CASES.values()) == possible(source())


@pytest.mark.parametrize("file", ["statistics.cu", "pictures.cu"])
def test_the_other_kernels_are_given_every_enumerator(file: str) -> None:
    defines = [own for name, own in SMALL_KERNELS if name == file]
    assert set(enumerators(text_of(file))) <= {value for own in defines for value in own.values()}
