"""What the CUDA kernels are fed with where they run in host memory: no stream, no copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
