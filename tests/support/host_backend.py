"""The CUDA kernels as a backend in host memory, for the contract: no stream, no copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._plan.tile import TilePlan
from heatvid.backends import Slot, choose
from heatvid.backends._cuda.kernels import FusedKernels
from heatvid.backends._cuda.tables import FrameTables
from heatvid.backends._recipe import NotFusedError
from tests.support import host_nvrtc
from tests.support.host_build import HostModule


@dataclass(frozen=True)
class Address:
    ptr: int


class HostArray:
    """A device array that lies in host memory."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.data = Address(array.ctypes.data)
        self.shape, self.strides, self.dtype = array.shape, array.strides, array.dtype

    def __len__(self) -> int:
        return len(self.array)


class HostCupy:
    """The few functions of CuPy that the kernels are compiled and fed with."""

    def __init__(self, *, whole_blocks: bool = False) -> None:
        self._whole_blocks = whole_blocks
        self.module: HostModule
        self.cuda = host_nvrtc.compiling()

    def asarray(self, host: NDArray[Any], *, blocking: bool = False) -> HostArray:
        return HostArray(aligned(host))

    def RawModule(self, *, path: str) -> HostModule:  # noqa: N802  # CuPy's
        self.module = host_nvrtc.load(path, whole_blocks=self._whole_blocks)
        return self.module


def aligned(host: NDArray[Any]) -> NDArray[Any]:
    """Copy to an address as allocations of a device have them: a multiple of 256."""
    memory = np.empty(host.nbytes + 256, np.uint8)
    start = -memory.ctypes.data % 256
    copy = memory[start : start + host.nbytes].view(host.dtype).reshape(host.shape)
    copy[...] = host
    return copy


class HostRenderer:
    """Renders with heat.cu as the host's compiler has built it."""

    name = "heat.cu on the host"

    def prepare(self, plan: TilePlan) -> None:
        self._plan = plan
        self._kernels = FusedKernels(plan, HostCupy())
        self._reference: Any = None
        self._fixed: FrameTables | None = None
        if plan.field.limits is not None:
            try:
                self._fixed = self._kernels.tables(plan.field.limits)
            except NotFusedError:
                self._take_reference()

    def _take_reference(self) -> None:
        self._reference = choose("numpy").backend
        self._reference.prepare(self._plan)

    def slot(self, input_shape: tuple[int, ...], *, has_output: bool = True) -> Slot:
        if self._reference is not None:
            return self._reference.slot(input_shape)  # type: ignore[no-any-return]  # of the protocol
        plan = self._plan
        n = plan.batch_size
        return Slot(
            input=np.empty((n, *input_shape) if input_shape else (0,), plan.field.dtype),
            background=np.empty((n * plan.blends, plan.composed_on.frame_bytes), np.uint8),
            output=np.empty((n, plan.canvas.frame_bytes), np.uint8),
            mask=np.empty((n, *plan.mask_shape), np.float32),
            backend=np.empty(self._kernels.scratch_bytes(n), np.uint8),
        )

    def render(self, slot: Slot) -> None:
        if self._reference is None:
            try:
                self._launch(
                    slot, self._fixed or [self._kernels.tables(own) for own in slot.limits]
                )
                return
            except NotFusedError:
                self._take_reference()
                slot.backend = self._reference.slot(()).backend
        self._reference.render(slot)

    def _launch(self, slot: Slot, tables: Any) -> None:
        count = len(slot.data)
        self._kernels.launch(
            HostArray(slot.data),
            HostArray(slot.background[:count]) if self._plan.blends else None,
            None if self._plan.mask is None else HostArray(slot.mask[:count]),
            HostArray(slot.output[:count]),
            tables,
            HostArray(slot.backend),
        )

    def wait(self, slot: Slot) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to give back."""
