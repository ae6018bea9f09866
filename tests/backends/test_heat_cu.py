"""heat.cu compiles for every GPU without spills, and computes the same with whole blocks."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid.backends import choose
from heatvid.backends._cuda.compiling import OPTIONS
from heatvid.backends._cuda.constants import constants
from heatvid.backends._cuda.kernels import FusedKernels, source
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import LABELS, Ask, inputs_for, plan_for
from tests.support.cuda_plans import GRADED, OVERLAY
from tests.support.fields import limits_of, numbers
from tests.support.host_backend import HostArray, HostCupy, aligned
from tests.support.host_build import HostModule, compiler, enumerators, kernels
from tests.support.oracle import Picture

TARGETS = ("sm_80", "sm_90", "sm_100", "sm_120")
YUV = Picture("yuv420p", 1080, 1920)
RGB = Picture("rgb24", 1080, 1920)
GRADED_ALONE = replace(GRADED, background=None)
FULL, SMALL = (1080, 1920), (68, 120)

# Plans as (ask, picture, field's shape, dtype); the hot ones may not touch local memory.
HOT: dict[str, tuple[Ask, Picture, tuple[int, ...], str]] = {
    "heat float32": (Ask(INFERNAL), YUV, FULL, "float32"),
    "overlay float32": (Ask(OVERLAY), YUV, FULL, "float32"),
    "graded float32": (Ask(GRADED), YUV, FULL, "float32"),
    "heat uint8": (Ask(INFERNAL), YUV, FULL, "uint8"),
    "overlay uint8": (Ask(OVERLAY), YUV, FULL, "uint8"),
    "heat float16": (Ask(INFERNAL), YUV, FULL, "float16"),
    "heat float64": (Ask(INFERNAL), YUV, FULL, "float64"),
    "heat rgb24": (Ask(INFERNAL), RGB, FULL, "float32"),
    "heat of 10 bits": (Ask(INFERNAL), Picture("yuv420p10le", *FULL), FULL, "float32"),
    "seen": (Ask(GRADED_ALONE), Picture("yuva420p", *FULL), FULL, "float32"),
    "seen rgba": (Ask(GRADED_ALONE), Picture("rgba", *FULL), FULL, "float32"),
    "heat nv12": (Ask(INFERNAL), Picture("nv12", 1080, 1920), FULL, "float32"),
    "overlay nv12": (Ask(OVERLAY), Picture("nv12", 1080, 1920), FULL, "float32"),
    "heat yuv444p": (Ask(INFERNAL), Picture("yuv444p", 1080, 1920), FULL, "float32"),
    "heat gray16le": (Ask(INFERNAL), Picture("gray16le", 1080, 1920), FULL, "float32"),
    "bilinear": (Ask(INFERNAL), YUV, SMALL, "float32"),
    "bilinear overlay": (Ask(OVERLAY), YUV, SMALL, "float32"),
    "log": (Ask(INFERNAL, way={"norm": "log"}), YUV, FULL, "float32"),
    "labels": (Ask(LABELS, way={"norm": "labels"}), YUV, FULL, "int32"),
    "labels uint8": (Ask(LABELS, way={"norm": "labels"}), YUV, FULL, "uint8"),
}
RARE: dict[str, tuple[Ask, Picture, tuple[int, ...], str]] = {
    "masked": (Ask(GRADED, masked=True), YUV, FULL, "float32"),
    "multiply": (Ask(GRADED, way={"blend": "multiply"}), YUV, FULL, "float32"),
    "colours": (Ask(OVERLAY, way={"channel": "rgb"}), YUV, (*FULL, 3), "uint8"),
    "flow": (Ask(OVERLAY, way={"channel": "flow"}), RGB, (*FULL, 2), "float32"),
    "argmax": (Ask(LABELS, way={"channel": "argmax"}), YUV, (*FULL, 19), "float16"),
    "seen deep": (Ask(GRADED_ALONE, masked=True), Picture("yuva444p10le", *FULL), FULL, "int16"),
    "smoothed": (Ask(INFERNAL, way={"smooth": 2.0}), YUV, SMALL, "float64"),
    "bicubic": (Ask(Look(random_cmap(256), resample="bicubic")), RGB, SMALL, "float32"),
    "outlined": (Ask(LABELS, way={"norm": "labels", "outlines": 3}), YUV, SMALL, "int64"),
}
EVERYWHERE = ("heat float32", "overlay float32", "bilinear")
COMPILED = [(name, "sm_90") for name in HOT]
COMPILED += [(name, target) for name in EVERYWHERE for target in TARGETS if target != "sm_90"]
OTHERS = [(name, target) for name in {**HOT, **RARE} for target in TARGETS]
OTHERS = [job for job in OTHERS if job not in COMPILED]

needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc")
needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C++ compiler")


def plan_of(case: tuple[Ask, Picture, tuple[int, ...], str]) -> TilePlan:
    ask, picture, shape, dtype = case
    pair: Any = limits_of(dtype)
    if ask.way.get("norm") == "log":
        pair = (0.5, 200.0)
    if ask.way.get("channel") == "rgb":
        pair = [pair] * 3
    mask = (picture.height, picture.width) if ask.masked else None
    return plan_for(ask, picture, shape, dtype, pair, mask, batch_size=2)


# --- nvcc ---------------------------------------------------------------------------------------


def resources_of(name: str, target: str, folder: Path) -> dict[str, dict[str, int]]:
    """Compile one plan; of each kernel, registers, and bytes of the stack and of spills."""
    plan = plan_of({**HOT, **RARE}[name])
    defines = [f"-D{key}={value}" for key, value in constants(plan, bfloat16=False).items()]
    file = folder / "heat.cu"
    file.write_text(source(), "utf-8")
    made = folder / f"{name.replace(' ', '-')}-{target}.cubin"
    command = ["nvcc", f"-arch={target}", "-cubin", "-Xptxas", "-v", "-Werror", "all-warnings"]
    done = subprocess.run(
        [*command, *OPTIONS, *defines, str(file), "-o", str(made)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[:4000]
    assert "warning" not in done.stderr, done.stderr[:4000]
    found = {}
    for part in done.stderr.split("Compiling entry function '")[1:]:
        numbers = {
            key: int(re.search(pattern, part)[1])  # type: ignore[index]  # always said
            for key, pattern in {
                "registers": r"Used (\d+) registers",
                "stack": r"(\d+) bytes stack frame",
                "spilled": r"(\d+) bytes spill stores",
            }.items()
        }
        found[part.split("'")[0]] = numbers
    return found


@needs_nvcc
@pytest.mark.parametrize(
    "jobs", [COMPILED, pytest.param(OTHERS, marks=pytest.mark.exhaustive)], ids=["daily", "others"]
)
def test_it_compiles_for_every_gpu_without_a_warning_or_a_spill(
    jobs: list[tuple[str, str]], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as pool:
        folders = [tmp_path / str(i) for i in range(len(jobs))]
        for folder in folders:
            folder.mkdir()
        made = pool.map(resources_of, *zip(*jobs, strict=True), folders)
        for (name, target), found in zip(jobs, made, strict=True):
            assert set(found) == set(kernels(source()))
            for kernel, used in found.items():
                assert used["spilled"] == 0, (name, target, kernel, used)
                assert name in RARE or used["stack"] == 0, (name, target, kernel, used)


# --- whole blocks -------------------------------------------------------------------------------


def launched(
    cupy: HostCupy, plan: TilePlan, field: NDArray[Any], *others: NDArray[Any] | None,
    bfloat16: bool = False, moving: bool = False,
) -> NDArray[np.uint8]:  # fmt: skip
    """Frames as the kernels render them from a field that is given as it lies in memory."""
    made = FusedKernels(plan, cupy, bfloat16=bfloat16)
    output = HostArray(aligned(np.full((len(field), plan.canvas.frame_bytes), 0xAA, np.uint8)))
    scratch = HostArray(aligned(np.full(made.scratch_bytes(len(field)), 0xAA, np.uint8)))
    background, mask = (None if other is None else HostArray(aligned(other)) for other in others)
    limits = plan.field.limits or Limits(*limits_of(field.dtype.name))
    tables: Any = made.tables(limits)
    if moving:
        tables = [tables] * len(field)
    made.launch(HostArray(field), background, mask, output, tables, scratch)
    return output.array


def reference(plan: TilePlan, field: NDArray[Any], *others: Any) -> NDArray[np.uint8]:
    backend = choose("numpy").backend
    backend.prepare(plan)
    slot = backend.slot(())
    slot.data = field
    for buffer, other in zip((slot.background, slot.mask), others, strict=True):
        if other is not None:
            buffer[: len(field)] = other
    backend.render(slot)
    return slot.frames.copy()


BLOCKS = {
    "heat": Ask(INFERNAL),
    "graded, with a mask": Ask(GRADED, masked=True),
    "smoothed": Ask(INFERNAL, way={"smooth": 2.0}),
    "outlined": Ask(LABELS, way={"norm": "labels", "outlines": 3}),
    "blended": Ask(GRADED, way={"blend": "screen"}),
}


@needs_compiler
@pytest.mark.parametrize("size", [(70, 300), (33, 131)], ids=str)
@pytest.mark.parametrize("name", BLOCKS)
def test_whole_blocks_agree_at_every_barrier(name: str, size: tuple[int, int]) -> None:
    ask, picture = BLOCKS[name], Picture("yuv420p", *size)
    field = numbers("float32", (3, *size))
    plan = plan_for(
        ask, picture, size, field.dtype, limits_of("float32"),
        size if ask.masked else None, batch_size=3,
    )  # fmt: skip
    others = inputs_for(ask, picture, 3)
    if others[0] is not None:
        plan_bytes = plan.composed_on.frame_bytes
        others = (np.random.default_rng(0).integers(0, 256, (3, plan_bytes), np.uint8), others[1])
    wanted = reference(plan, field, *others)
    for moving in (False, True):
        cupy = HostCupy(whole_blocks=True)
        got = launched(cupy, plan, field, *others, moving=moving)
        np.testing.assert_array_equal(got, wanted)
        assert cupy.module.barriers > 0, "no thread came to a barrier"


@needs_compiler
def test_a_barrier_that_is_left_out_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the fibers would find a race."""
    field = numbers("float32", (1, 70, 300))
    plan = plan_for(Ask(INFERNAL), Picture("yuv420p", 70, 300), (70, 300), "float32", (-0.7, 1.9))
    code = re.sub(r"__syncthreads\(\);", ";", source())
    monkeypatch.setattr("heatvid.backends._cuda.kernels.source", lambda: code)
    got = launched(HostCupy(whole_blocks=True), plan, field, None, None)
    assert (got != reference(plan, field, None, None)).any()


# --- memory as it comes -------------------------------------------------------------------------

LAYOUTS: dict[str, Any] = {
    "contiguous": lambda a: a,
    "channel of interleaved ones": lambda a: np.stack([a, np.zeros_like(a)], -1)[..., 0],
    "reversed": lambda a: a[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "upside down": lambda a: a[:, ::-1].copy()[:, ::-1],
    "transposed": lambda a: a.transpose(0, 2, 1).copy().transpose(0, 2, 1),
    "frames last": lambda a: a.transpose(1, 2, 0).copy().transpose(2, 0, 1),
    "every other": lambda a: np.repeat(np.repeat(a, 2, 1), 2, 2)[:, ::2, ::2],
    "one frame again": lambda a: np.broadcast_to(a[:1], a.shape),
    "shifted": lambda a: np.concatenate([a.ravel()[:1], a.ravel()])[1:].reshape(a.shape),
    "wider rows": lambda a: np.pad(a, ((0, 0), (0, 0), (0, 1)))[..., :-1],
}


@needs_compiler
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float16", "float32", "float64"])
def test_fields_of_any_strides_are_read_where_they_lie(dtype: str, layout: str) -> None:
    with np.errstate(all="ignore"):
        field = LAYOUTS[layout](numbers(dtype, (2, 12, 20)))
    for look in (INFERNAL, OVERLAY):
        for picture in (Picture("yuv420p", 12, 20), Picture("rgb24", 25, 31)):
            plan = plan_for(Ask(look), picture, (12, 20), dtype, limits_of(dtype), batch_size=2)
            others = inputs_for(Ask(look), picture, 2)
            got = launched(HostCupy(), plan, field, *others)
            np.testing.assert_array_equal(got, reference(plan, field, *others))


@needs_compiler
@pytest.mark.parametrize("channel", ["rgb", "mean", "argmax", "norm", "max"])
def test_channels_of_any_strides(channel: str) -> None:
    picture = Picture("yuv420p", 10, 18)
    field = numbers("float32", (3, 2, 9, 14)).transpose(1, 2, 3, 0)
    ask = Ask(INFERNAL, way={"channel": channel})
    pair: Any = [limits_of("float32")] * 3 if channel == "rgb" else limits_of("float32")
    plan = plan_for(ask, picture, field.shape[1:], field.dtype, pair, batch_size=2)
    got = launched(HostCupy(), plan, field, None, None)
    np.testing.assert_array_equal(got, reference(plan, field, None, None))


@needs_compiler
@pytest.mark.parametrize("width", [16, 17, 18, 20])
@pytest.mark.parametrize("shift", [0, 1, 2, 4])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "rgb24"])
def test_frames_at_any_address_are_written_whole(pixel_format: str, shift: int, width: int) -> None:
    picture = Picture(pixel_format, 6, width)
    field = numbers("float32", (2, 6, width))
    ask = Ask(OVERLAY)
    plan = plan_for(ask, picture, (6, width), "float32", limits_of("float32"), batch_size=2)
    behind, _ = inputs_for(ask, picture, 2)
    made = FusedKernels(plan, HostCupy())
    size = 2 * plan.canvas.frame_bytes
    memory = aligned(np.full(size + 16, 0xAA, np.uint8))
    output = memory[shift : shift + size].reshape(2, -1)
    tables = made.tables(Limits(*limits_of("float32")))
    assert behind is not None
    made.launch(HostArray(field), HostArray(behind), None, HostArray(output), tables, None)
    np.testing.assert_array_equal(output, reference(plan, field, behind, None))
    assert (memory[:shift] == 0xAA).all()
    assert (memory[shift + size :] == 0xAA).all()


@needs_compiler
@pytest.mark.parametrize("size", [(12, 20), (17, 23)], ids=str)
def test_bfloat16_is_widened_as_it_is_read(size: tuple[int, int]) -> None:
    bits = np.random.default_rng(0).integers(0, 1 << 16, (2, 12, 20), dtype=np.uint16)
    field = (bits.astype(np.uint32) << 16).view(np.float32)
    plan = plan_for(
        Ask(INFERNAL), Picture("yuv420p", *size), (12, 20), "float32", (-2.0, 3.0), batch_size=2
    )
    got = launched(HostCupy(), plan, bits, None, None, bfloat16=True)
    np.testing.assert_array_equal(got, reference(plan, field, None, None))


@needs_compiler
def test_every_half_is_widened_exactly() -> None:
    field = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(1, 256, 256)
    for limits in ((-1.0, 1.0), (0.0, 6e-5), (-65504.0, 65504.0)):
        for size in ((256, 256), (200, 300)):
            picture = Picture("rgb24", *size)
            plan = plan_for(Ask(Look(random_cmap(300))), picture, (256, 256), "float16", limits)
            got = launched(HostCupy(), plan, field, None, None)
            np.testing.assert_array_equal(got, reference(plan, field, None, None))


# --- the host build itself ----------------------------------------------------------------------


def test_enumerators_and_kernels_are_found() -> None:
    numbers = enumerators(source())
    assert numbers["BOOL"] == 0
    assert numbers["BILINEAR"] == 2
    assert kernels(source()) == [
        "heat_render", "heat_stage", "heat_smooth", "heat_edges", "heat_widen",
    ]  # fmt: skip


@needs_compiler
def test_grids_that_no_device_takes_are_refused() -> None:
    plan = plan_for(Ask(INFERNAL), Picture("yuv420p", 6, 8), (6, 8), "float32", (0.0, 1.0))
    defines = [f"-D{key}={value}" for key, value in constants(plan, bfloat16=False).items()]
    function = HostModule(source(), defines).get_function("heat_render")
    for grid, shared in (((1, 1, 65_536), 0), ((1, 0, 1), 0), ((1, 1, 1), 49 << 10)):
        with pytest.raises(AssertionError):
            function(grid, (32, 8, 1), (np.zeros(1),), shared_mem=shared)


@needs_compiler
def test_frames_beyond_the_layers_of_a_grid_are_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatvid.backends._cuda.kernels.MOST_LAYERS", 2)
    field = numbers("float32", (5, 40, 9))
    plan = plan_for(
        Ask(INFERNAL, way={"smooth": 1.0}), Picture("yuv420p", 40, 9), (40, 9), "float32",
        (-0.7, 1.9), batch_size=5,
    )  # fmt: skip
    got = launched(HostCupy(whole_blocks=True), plan, field, None, None, moving=True)
    np.testing.assert_array_equal(got, reference(plan, field, None, None))
