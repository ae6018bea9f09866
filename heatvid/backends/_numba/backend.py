"""The numba backend: the reference's arithmetic in fused kernels for the CPU.

A frame is rendered in bands of rows that stay in the cache, in the steps of the NumPy backend
(values, index, pixels), each one kernel compiled for the types it meets; what a plan does not need
is skipped. The bytes are the reference's: no arithmetic is reordered or fused.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from heatvid._errors import OptionError, one_line
from heatvid._frames import AnyArray, UnreadFrame
from heatvid._plan.tile import FieldPlan, TilePlan
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends._base import HostRenderer, Slot
from heatvid.backends._numba.compile_apart import compile_apart
from heatvid.backends._numpy.backend import NumpyBackend
from heatvid.backends._recipe import NotFusedError

if TYPE_CHECKING:
    from heatvid.backends._numba.frames import TableFrames
    from heatvid.backends._numba.front_frames import FrontFrames

ANNOUNCEMENT = "compiling the numba backend (once for each kind of video) ..."
INSTALL = 'pip install "heatvid[numba]"'


def not_installed() -> str | None:
    """Say what is not installed."""
    if importlib.util.find_spec("numba") is None:
        return f"numba is not installed; {INSTALL}"
    return None


def missing() -> str | None:
    """Say what the machine lacks for this backend."""
    try:
        if (lacking := not_installed()) is not None:
            return lacking
        cache = importlib.import_module("heatvid.backends._numba.jit.cache")
        if not cache.keeps_any():
            importlib.import_module("heatvid.backends._numba.jit.compiler")
    except Exception as error:  # numba's own refusal of a NumPy it does not know, a broken LLVM
        return f"numba cannot be imported ({one_line(error)}); {INSTALL}"
    return None


def make() -> NumbaBackend:
    """Make the backend."""
    return NumbaBackend()


class NumbaBackend(HostRenderer):
    """Renders with compiled kernels; calls for different slots may run at once."""

    name = "numba"
    synchronous = True

    def prepare(self, plan: TilePlan) -> None:
        """Make the tables, where the limits are known already, and compile what the plan needs."""
        self._begin(plan)
        announce = None if self.announce is None else partial(self.announce, ANNOUNCEMENT)
        compile_apart(self._meet_kernels, announce)

    def load(self, plan: TilePlan) -> bool:
        """Prepare with kernels that have been kept; whether all are there that the plan needs."""
        from heatvid.backends._numba.jit.kernel import NotKeptError, only_kept

        try:
            with only_kept():
                self._begin(plan)
                self._meet_kernels()
        except NotKeptError:
            return False
        return True

    def _begin(self, plan: TilePlan) -> None:
        from heatvid.backends._numba.rows import Shape

        self._plan, self._shape = plan, Shape(plan)
        self._reference: NumpyBackend | None = None
        self._lock = threading.Lock()
        self._fixed: TableFrames | FrontFrames | None = None
        if plan.field.limits is not None:
            self._fixed = self._frames(plan.field.limits)
        self.reads_rows = self._fixed is not None and self._fixed.reads_rows

    def render(self, slot: Slot) -> None:
        """Render the slot's frames, one after the other."""
        for i, frame in enumerate(slot.data):
            frames = self._fixed
            if frames is None:
                limits = self._plan.field.limits
                frames = self._frames(slot.limits[i] if limits is None else limits)
            if frames is None:
                self._render_by_reference(slot, i)
                continue
            background = slot.background[i] if self._plan.blends else None
            mask = None if self._plan.mask is None else slot.mask[i]
            frames.render(frame, background, mask, slot.output[i], slot.backend)

    def wait(self, slot: Slot) -> None:
        """Nothing to wait for: :meth:`render` returns when it is done."""

    def close(self) -> None:
        """Nothing to give back."""

    def _scratch(self) -> Any:
        from heatvid.backends._numba.memory import Scratch

        return Scratch()

    def _frames(self, limits: FieldLimits) -> TableFrames | FrontFrames | None:
        """What renders frames of these limits; None where the reference has to."""
        from heatvid.backends._numba.frames import frames_for

        try:
            return frames_for(self._plan, self._shape, limits)
        except NotFusedError:
            return None

    def _render_by_reference(self, slot: Slot, i: int) -> None:
        """Render one frame with NumPy: rows of its norm do not rise with the values."""
        with self._lock:
            if self._reference is None:
                self._reference = NumpyBackend()
                self._reference.prepare(self._plan)
            one = self._reference.slot(())
        one.data, one.output = slot.data[i : i + 1], slot.output[i : i + 1]
        one.background, one.mask = slot.background[i : i + 1], slot.mask[i : i + 1]
        one.limits = slot.limits[i : i + 1]
        self._reference.render(one)

    def _meet_kernels(self) -> None:
        """Compile all kernels that the plan needs, or load them, by rendering two empty bands."""
        from heatvid.backends._numba.frames import TableFrames, frames_for
        from heatvid.backends._numba.rows import Shape

        plan, shape = self._plan, Shape(self._plan)
        shape.bands = shape.bands[:1]
        under = np.zeros(plan.composed_on.frame_bytes, np.uint8) if plan.blends else None
        mask = None if plan.mask is None else np.zeros(plan.mask_shape, np.float32)
        out, scratch = np.empty(plan.canvas.frame_bytes, np.uint8), self._scratch()
        limits = plan.field.limits or _ANY_LIMITS[plan.field.kind]
        try:
            frames = frames_for(plan, shape, limits)
        except (NotFusedError, OptionError):  # what these limits are refused for is theirs
            return
        try:
            for frame in _empty_frames(plan.field, limits):
                frames.render(frame, under, mask, out, scratch)
            if isinstance(frames, TableFrames) and frames.reads_rows:
                frames.render(_unread_frame(plan.field), under, mask, out, scratch)
        except ImportError as error:  # what has been kept before does not need numba
            raise OptionError(
                f"backend: a kernel has to be compiled, but numba cannot be imported "
                f"({one_line(error)}); {INSTALL}, or take backend='numpy'"
            ) from error


_ANY_LIMITS: dict[str, FieldLimits] = {
    "scalar": Limits(1.0, 2.0), "rgb": (Limits(1.0, 2.0),) * 3, "flow": Limits(0.0, 1.0),
}  # fmt: skip


def _empty_frames(field: FieldPlan, limits: FieldLimits) -> Iterator[AnyArray]:
    """Frames that meet every kernel of a plan, and take hardly any memory.

    Their rows are contiguous, or not; their values lie in the limits, or are NaN.
    """
    channels = {"rgb": (3,), "flow": (2,)}.get(field.kind, () if field.reduce is None else (1,))
    shape = (field.height, field.width, *channels)
    inside = limits.vmin / 2 + limits.vmax / 2 if isinstance(limits, Limits) else 0
    for length, value in ((field.width, inside), (field.width, np.nan), (1, inside)):
        if field.dtype.kind == "f" or value == value:
            with np.errstate(all="ignore"):
                line = np.full((1, length, *channels), value).astype(field.dtype)
            yield np.broadcast_to(line, shape)


def _unread_frame(field: FieldPlan) -> UnreadFrame:
    """A frame of zeros in a file that is none, which kernels leave to Python."""

    def read_rows(top: int, out: AnyArray) -> None:
        out[...] = 0

    shape = (field.height, field.width)
    return UnreadFrame(shape, field.dtype, read_rows, lambda: None, begin=0, descriptor=-1)
