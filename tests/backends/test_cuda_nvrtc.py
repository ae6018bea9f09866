"""NVRTC, as CuPy calls it, compiles every kind of plan for the oldest and the newest GPU."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import pytest

from heatvid.backends._cuda import pictures as pictures
from heatvid.backends._cuda import statistics as statistics
from heatvid.backends._cuda.compiling import compiled
from heatvid.backends._cuda.device import OLDEST
from heatvid.backends._cuda.kernels import source
from tests.support.cuda_plans import CASES, Case, possible, reached
from tests.support.host_build import enumerators, kernels
from tests.support.real_cupy import without_a_device

ELF = b"\x7fELF"
UNUSED = ("cublas", "cufft", "curand", "cusolver", "cusparse", "nvJitLink", "cutensor", "nccl")


@pytest.fixture(scope="session")
def architectures() -> tuple[int, int]:
    """The oldest that heatvid and NVRTC know, and the newest that CuPy and NVRTC do."""
    pytest.importorskip("cupy", reason="CuPy is not installed")
    from cupy.cuda import compiler, nvrtc

    known = [arch for arch in nvrtc.getSupportedArchs() if arch >= OLDEST]
    return min(known), min(max(known), int(compiler._get_max_compute_capability()))


def text_of(file: str) -> str:
    return resources.files("heatvid.backends._cuda").joinpath(file).read_text("utf-8")


def small_kernels() -> list[tuple[str, dict[str, int | str]]]:
    """Every specialisation of statistics.cu and pictures.cu, as (file, constants)."""
    numbers = [(size, 0, kind) for size in (1, 2, 4, 8) for kind in ("UNSIGNED", "SIGNED")]
    numbers += [(2, 0, "FLOAT"), (4, 0, "FLOAT"), (8, 0, "FLOAT"), (2, 16, "FLOAT")]
    names = ("STORED_BYTES", "WIDENED", "KIND")
    found: list[tuple[str, dict[str, int | str]]] = [
        ("statistics.cu", dict(zip(names, values, strict=True))) for values in numbers
    ]
    found += [
        ("pictures.cu", {"PIXEL": pixel, "LAYOUT": layout})
        for pixel in (*pictures._PIXELS.values(), "BFLOATS")
        for layout in pictures._LAYOUTS.values()
    ]
    return found


def test_the_plans_reach_every_value_of_every_constant() -> None:
    assert reached(CASES.values()) == possible(source())


def test_the_small_kernels_reach_every_enumerator() -> None:
    given = {str(value) for _, defines in small_kernels() for value in defines.values()}
    named = set(enumerators(text_of("statistics.cu"))) | set(enumerators(text_of("pictures.cu")))
    assert named <= given
    assert {"UNSIGNED", "SIGNED", "FLOAT"} == set(statistics._KINDS.values())


@pytest.mark.parametrize("end", [0, 1], ids=["oldest", "newest"])
def test_every_kind_of_plan_compiles(architectures: tuple[int, int], end: int) -> None:
    def binary(case: Case) -> bytes:
        made: bytes = compiled(cupy, source(), case.constants())
        return made

    with without_a_device(architectures[end]) as cupy, ThreadPoolExecutor(2) as pool:
        for name, made in zip(CASES, pool.map(binary, CASES.values()), strict=True):
            assert made.startswith(ELF), name
            assert all(kernel.encode() in made for kernel in kernels(source())), name


@pytest.mark.parametrize("end", [0, 1], ids=["oldest", "newest"])
def test_statistics_and_pictures_compile(architectures: tuple[int, int], end: int) -> None:
    def binary(job: tuple[str, dict[str, int | str]]) -> bytes:
        made: bytes = compiled(cupy, text_of(job[0]), job[1])
        return made

    jobs = small_kernels()
    with without_a_device(architectures[end]) as cupy, ThreadPoolExecutor(2) as pool:
        for job, made in zip(jobs, pool.map(binary, jobs), strict=True):
            assert made.startswith(ELF), job


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
            made.append(compiled(cupy, text_of("statistics.cu"), small_kernels()[0][1]))
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
        "import cupy, heatvid.backends._cuda.backend\n"
        "from tests.support.real_cupy import without_a_device\n"
        "from heatvid.backends._cuda.compiling import compiled\n"
        f"with without_a_device({architectures[1]}) as own:\n"
        "    compiled(own, 'extern \"C\" __global__ void k(int *a) {}', {})\n"
        "print(open('/proc/self/maps').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "libnvrtc.so" in done.stdout
    assert not [name for name in UNUSED if f"lib{name}.so" in done.stdout]
