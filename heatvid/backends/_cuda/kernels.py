"""The fused CUDA kernels of one plan: compiled, given their tables, and launched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from heatvid._color.colorspace import integer_matrix
from heatvid._color.flow_wheel import color_wheel
from heatvid._frames import AnyArray
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits
from heatvid.backends._cuda.compiling import compiled
from heatvid.backends._cuda.constants import (
    computed,
    constants,
    is_staged,
    shared_bytes,
    uses_double,
)
from heatvid.backends._cuda.tables import AXIS, DeviceAxis, FrameTables, pack_tables
from heatvid.backends._recipe import make_recipe

_FILES = ("job", "index", "values", "colors", "shading", "deep", "straight", "heat")
BLOCK = (32, 8, 1)
COLUMNS = 4  # of a group: see job.cu
MANY_BLOCKS = 16 * 132  # more than any device runs at once: above it, threads render longer strips
LONGEST_STRIP = 16
MOST_LAYERS = 65_535  # of a grid

_JOB = np.dtype(
    [("field", "u8")]
    + [(f"{name}_stride", "i8") for name in ("frame", "row", "column", "channel")]
    + [(name, "u8") for name in ("background", "mask", "output", "tables")]
    + [("table_stride", "i8")]
    + [(name, "u8") for name in ("staged", "passed", "edges", "lines")]
    + [
        (name, "i8")
        for name in (
            "frames", "height", "width", "content_height", "content_width", "frame_bytes",
            "behind_bytes", "field_height", "field_width", "planes", "channels", "mask_height",
            "mask_width", "strip", "wide_field", "wide_canvas", "outline", "taps", "along",
            "under_rgb",
        )
    ]
    + [("matrix", "i8", 9), ("offset", "i8", 3), ("under", "f8", 3)]
    + [("weights", "u8"), ("wheel", "u8")]
    + [(name, AXIS) for name in ("rows", "columns", "mask_rows", "mask_columns")]
)  # fmt: skip


class _Places(NamedTuple):
    """Bytes into the scratch at which its parts begin, and how long it is."""

    staged: int
    passed: int
    edges: int
    lines: int
    end: int


class FusedKernels:
    """Compiled kernels of one plan on one device.

    Parameters
    ----------
    plan : TilePlan
    cupy : module
        CuPy, or what stands in for it.
    bfloat16 : bool
        Whether fields come as bfloat16, seen as uint16, where the plan says float32.
    """

    def __init__(self, plan: TilePlan, cupy: Any, *, bfloat16: bool = False) -> None:
        self._defines = constants(plan, bfloat16=bfloat16)
        plan = computed(plan)
        self._plan, self._cupy = plan, cupy
        self._real = np.dtype(np.float64 if uses_double(plan) else np.float32)
        self._shared = shared_bytes(plan)
        self._kept: list[Any] = []
        self._job = self._fixed_job()
        self._functions: dict[str, Any] = {}

    def tables(self, limits: FieldLimits) -> FrameTables:
        """Make the device tables of one pair of limits.

        Raises
        ------
        NotFusedError
            The norm is a function whose rows do not rise with the values.
        """
        host = pack_tables(self._plan, make_recipe(self._plan, limits))
        return FrameTables(host, self._cupy.asarray(host, blocking=True))

    def scratch_bytes(self, count: int) -> int:
        """Device memory that :meth:`launch` needs for ``count`` frames."""
        return self._places(count).end

    def launch(
        self,
        field: Any,
        background: Any,
        mask: Any,
        output: Any,
        tables: FrameTables | Sequence[FrameTables],
        scratch: Any,
    ) -> None:
        """Render a batch on the current stream.

        Parameters
        ----------
        field : cupy.ndarray, shape (n, H, W) or (n, H, W, C), of any strides
        background : cupy.ndarray, shape (n, frame_bytes), uint8, or None
        mask : cupy.ndarray, shape (n, h, w), float32, C-contiguous, or None
        output : cupy.ndarray, shape (n, frame_bytes), uint8, C-contiguous
        tables : FrameTables, or one for each frame
        scratch : cupy.ndarray, shape (at least scratch_bytes(n),), uint8, or None
        """
        job = self._job.copy()
        memory, job["table_stride"] = self._memory(tables)
        job["tables"], job["output"] = memory.data.ptr, output.data.ptr
        if background is not None:
            job["background"] = background.data.ptr
        if mask is not None:
            job["mask"] = mask.data.ptr
        self._describe_field(job, field)
        self._describe_widths(job, field, background, output)
        if scratch is not None:
            for name, place in zip(_Places._fields[:-1], self._places(len(field)), strict=False):
                job[name] = scratch.data.ptr + place
        self._prepare_passes(job)
        self._render(job)

    # --- the launches ---------------------------------------------------------------------------

    def _prepare_passes(self, job: AnyArray) -> None:
        """What has to be whole before the rendering: staged values, and outlines."""
        if is_staged(self._plan):
            size = (int(job["field_width"]), int(job["field_height"]), int(job["frames"]))
            self._over_pixels("heat_stage", job, size)
            if self._plan.field.smooth is not None:
                planes = (*size[:2], size[2] * int(job["planes"]))
                self._there_and_back("heat_smooth", job, planes, "staged", "passed")
        if self._plan.field.outlines:
            size = (int(job["content_width"]), int(job["content_height"]), int(job["frames"]))
            self._over_pixels("heat_edges", job, size)
            self._there_and_back("heat_widen", job, size, "edges", "lines")

    def _there_and_back(
        self, name: str, job: AnyArray, size: tuple[int, int, int], source: str, target: str
    ) -> None:
        """Run a pass of one axis for each, into the other plane and back; down is the second.

        Lines are widened down first in the reference, but the order changes no mark.
        """
        there, back = job.copy(), job.copy()
        back["along"] = 1
        back[source], back[target] = job[target], job[source]
        self._over_pixels(name, there, size)
        self._over_pixels(name, back, size)

    def _over_pixels(self, name: str, job: AnyArray, size: tuple[int, int, int]) -> None:
        width, height, layers = size
        grid = (-(-width // BLOCK[0]), min(-(-height // BLOCK[1]), MOST_LAYERS))
        self._function(name)((*grid, min(layers, MOST_LAYERS)), BLOCK, (job.reshape(1),))

    def _render(self, job: AnyArray) -> None:
        across = -(-int(job["width"]) // (COLUMNS * BLOCK[0]))
        pairs, frames = -(-int(job["height"]) // 2), int(job["frames"])
        blocks = across * -(-pairs // BLOCK[1]) * frames
        strip = min(max(1, blocks // MANY_BLOCKS), LONGEST_STRIP)
        job["strip"] = strip
        down = -(-pairs // (BLOCK[1] * strip))
        grid = (across, min(down, MOST_LAYERS), min(frames, MOST_LAYERS))
        self._function("heat_render")(grid, BLOCK, (job.reshape(1),), shared_mem=self._shared)

    @cached_property
    def _module(self) -> Any:
        return compiled(self._cupy, source(), self._defines)

    def _function(self, name: str) -> Any:
        if name not in self._functions:
            self._functions[name] = self._module.get_function(name)
        return self._functions[name]

    # --- the job --------------------------------------------------------------------------------

    def _fixed_job(self) -> AnyArray:
        """What is the same in every launch."""
        plan, job = self._plan, np.zeros((), _JOB)
        canvas, composed, field = plan.canvas, plan.composed_on, plan.field
        job["height"], job["width"] = canvas.height, canvas.width
        job["content_height"], job["content_width"] = canvas.content_height, canvas.content_width
        job["frame_bytes"], job["behind_bytes"] = canvas.frame_bytes, composed.frame_bytes
        job["field_height"], job["field_width"] = field.height, field.width
        job["planes"] = {"scalar": 1, "rgb": 3, "flow": 2}[field.kind]
        job["mask_height"], job["mask_width"] = plan.mask_shape
        job["outline"] = field.outlines
        red, green, blue = plan.under_rgb
        job["under_rgb"], job["under"] = red | green << 8 | blue << 16, plan.under
        matrix, offset = integer_matrix(canvas.color_range, min(canvas.bits, 10))
        job["matrix"], job["offset"] = matrix.ravel(), offset
        self._describe_axes(job)
        if field.smooth is not None:
            job["taps"], job["weights"] = len(field.smooth), self._keep(field.smooth)
        if field.kind == "flow":
            job["wheel"] = self._keep(color_wheel())
        return job

    def _describe_axes(self, job: AnyArray) -> None:
        axes = {"rows": self._plan.field.rows, "columns": self._plan.field.columns}
        if self._plan.mask is not None:
            axes["mask_rows"], axes["mask_columns"] = self._plan.mask
        for name, samples in axes.items():
            axis = DeviceAxis(samples, self._cupy)
            self._kept.append(axis)
            job[name] = axis.struct()

    def _keep(self, host: AnyArray) -> int:
        """Copy to the device for as long as the kernels live; the address."""
        self._kept.append(self._cupy.asarray(np.ascontiguousarray(host), blocking=True))
        return int(self._kept[-1].data.ptr)

    def _describe_field(self, job: AnyArray, field: Any) -> None:
        job["field"], job["frames"] = field.data.ptr, field.shape[0]
        strides = dict(zip(("frame", "row", "column", "channel"), field.strides, strict=False))
        for name, stride in strides.items():
            job[f"{name}_stride"] = stride
        job["channels"] = field.shape[3] if len(field.shape) > 3 else 1

    def _describe_widths(self, job: AnyArray, field: Any, background: Any, output: Any) -> None:
        """Whether groups of columns are whole, and where they are aligned to be read at once."""
        whole = self._plan.canvas.width % COLUMNS == 0
        item = field.dtype.itemsize
        places = (field.data.ptr, *field.strides[:2])
        aligned = all(place % min(16, COLUMNS * item) == 0 for place in places)
        picture = self._plan.canvas.content_width % COLUMNS == 0
        job["wide_field"] = picture and aligned and field.strides[2] == item
        frames = [output] if background is None else [output, background]
        job["wide_canvas"] = whole and all(map(_is_aligned, frames))

    def _memory(self, tables: FrameTables | Sequence[FrameTables]) -> tuple[Any, int]:
        """Tables in device memory, and the bytes from one to the next."""
        if isinstance(tables, FrameTables):
            return tables.device, 0
        stride = max(len(own.host) for own in tables)
        stacked = np.zeros((len(tables), stride), np.uint8)
        for place, own in zip(stacked, tables, strict=True):
            place[: len(own.host)] = own.host
        return self._cupy.asarray(stacked), stride

    def _places(self, count: int) -> _Places:
        plan, field = self._plan, self._plan.field
        planes = {"scalar": 1, "rgb": 3, "flow": 2}[field.kind]
        values = count * planes * field.height * field.width * self._real.itemsize
        marks = count * plan.canvas.content_height * plan.canvas.content_width
        sizes = (
            values * is_staged(plan), values * (field.smooth is not None),
            marks * bool(field.outlines), marks * bool(field.outlines),
        )  # fmt: skip
        ends = np.cumsum([0, *(-(-size // 256) * 256 for size in sizes)])
        return _Places(*ends.tolist())


def source() -> str:
    """The text of heat.cu, and of the files that it is built on."""
    folder = resources.files(__package__)
    return "\n".join(folder.joinpath(f"{name}.cu").read_text("utf-8") for name in _FILES)


def _is_aligned(frames: Any) -> bool:
    """Whether every frame begins at a multiple of a group's bytes."""
    places = (frames.data.ptr, frames.strides[0], frames.shape[1])
    return all(place % COLUMNS == 0 for place in places)
