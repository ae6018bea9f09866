"""NVRTC, as CuPy calls it, compiles every kind of plan for the oldest and the newest GPU."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from heatvid.backends._cuda.compiling import compiled
from heatvid.backends._cuda.device import OLDEST
from heatvid.backends._cuda.kernels import source
from tests.support.cuda_plans import CASES, SMALL_KERNELS, text_of
from tests.support.host_build import kernels
from tests.support.real_cupy import without_a_device

pytest.importorskip("cupy", reason="CuPy is not installed")

ELF = b"\x7fELF"
UNUSED = ("cublas", "cufft", "curand", "cusolver", "cusparse", "nvJitLink", "cutensor", "nccl")


@pytest.fixture(scope="session")
def architectures() -> tuple[int, int]:
    """The oldest that heatvid and NVRTC know, and the newest that CuPy and NVRTC do."""
    from cupy.cuda import compiler, nvrtc

    known = [arch for arch in nvrtc.getSupportedArchs() if arch >= OLDEST]
    return min(known), min(max(known), int(compiler._get_max_compute_capability()))


@pytest.fixture(params=["oldest", "newest"])
def device(request: pytest.FixtureRequest, architectures: tuple[int, int]) -> Iterator[Any]:
    """As much of CuPy as compiles for one of them."""
    with without_a_device(architectures[request.param == "newest"]) as cupy:
        yield cupy


ON_NEWEST = {  # daily; others by hand
    "heat float32", "heat float16", "heat uint8", "overlay yuv420p", "heat rgb24",
    "heat yuv420p10le", "add", "masked", "bilinear", "bicubic", "log", "outlined", "smoothed",
    "flow", "argmax",
}  # fmt: skip
BY_AGE = [(name, "oldest") for name in CASES]
BY_AGE += [
    pytest.param(name, "newest", marks=() if name in ON_NEWEST else pytest.mark.exhaustive)
    for name in CASES
]


@pytest.mark.parametrize(("name", "device"), BY_AGE, indirect=["device"])
def test_every_kind_of_plan_compiles(name: str, device: Any) -> None:
    made = compiled(device, source(), CASES[name].constants())
    assert made.startswith(ELF)
    assert all(kernel.encode() in made for kernel in kernels(source()))


@pytest.mark.parametrize(("file", "defines"), SMALL_KERNELS, ids=str)
def test_statistics_and_pictures_compile(file: str, defines: Any, device: Any) -> None:
    made = compiled(device, text_of(file), defines)
    assert made.startswith(ELF)
    assert all(kernel.encode() in made for kernel in kernels(text_of(file)))


@pytest.mark.parametrize("name", ["heat float32", "log", "bilinear", "norm", "flow"])
def test_no_subnormal_number_is_flushed_and_nothing_is_contracted(
    name: str, architectures: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path))  # what is there are binaries
    with without_a_device(architectures[0]) as cupy:
        monkeypatch.setattr(cupy.cuda.compiler, "_use_ptx", True)
        ptx = compiled(cupy, source(), CASES[name].constants()).decode()
    assert f".target sm_{architectures[0]}" in ptx
    assert ".f32" in ptx
    for forbidden in (".ftz", "fma.", ".approx", ".full"):
        assert forbidden not in ptx


def test_what_is_compiled_is_kept_for_each_architecture(
    architectures: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path))
    made = []
    for arch in (*architectures, *architectures):
        with without_a_device(arch) as cupy:
            made.append(compiled(cupy, text_of("statistics.cu"), SMALL_KERNELS[0][1]))
    assert made[:2] == made[2:]
    assert made[0] != made[1]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_plan_that_does_not_compile_is_an_error_of_the_compiler(
    architectures: tuple[int, int],
) -> None:
    defines = {**CASES["log"].constants(), "HEAT_KIND": "HEAT_KIND"}
    with (
        without_a_device(architectures[1]) as cupy,
        pytest.raises(cupy.cuda.compiler.CompileException, match="HEAT_KIND"),
    ):
        compiled(cupy, source(), defines)


@pytest.mark.parametrize("kind", ["float", "float16", "unsigned char", "bool"])
def test_copies_of_strided_arrays_find_the_headers_that_they_include(
    kind: str, architectures: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """CuPy's own kernels, which take the toolkit's headers."""
    from cupy._core import core

    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path))
    code = (
        '#include <cupy/carray.cuh>\n#include <cupy/float16.cuh>\nextern "C" __global__ void copy('
        f"const CArray<{kind}, 4, 0, 1> a, CArray<{kind}, 4, 0, 1> b) {{ b[0] = a[0]; }}"
    )
    with without_a_device(architectures[1]) as cupy:
        core.compile_with_cache(code)
    assert cupy.loaded[-1].startswith(ELF)


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc")
def test_no_other_library_of_the_toolkit_is_loaded(architectures: tuple[int, int]) -> None:
    code = (
        "import cupy, heatvid.backends._cuda.residents\n"
        "from tests.support.real_cupy import without_a_device\n"
        "from heatvid.backends._cuda.compiling import compiled\n"
        f"with without_a_device({architectures[1]}) as own:\n"
        "    compiled(own, 'extern \"C\" __global__ void k(int *a) {}', {})\n"
        "print(open('/proc/self/maps').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "libnvrtc.so" in done.stdout
    assert not [name for name in UNUSED if f"lib{name}.so" in done.stdout]
