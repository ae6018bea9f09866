"""As much of CuPy as the benchmarks of a GPU use, over host memory, each call done at once."""

from __future__ import annotations

import ctypes
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid.backends import choose
from tests.support import host_nvrtc


class DeviceArray(np.ndarray):  # type: ignore[type-arg]  # of any shape and dtype
    """An array that says where it is as CuPy's do."""

    @property
    def data(self) -> Any:  # type: ignore[override]
        return SimpleNamespace(ptr=self.ctypes.data)


class Event:
    def record(self, stream: Any = None) -> None:
        self.at = time.perf_counter()

    def synchronize(self) -> None:
        pass


class Stream:
    ptr = 0

    def __init__(self, non_blocking: bool = False) -> None:
        pass


def _copy(target: int, source: int, size: int, kind: int, stream: int) -> None:
    ctypes.memmove(target, source, size)


def _device(function: Any) -> Any:
    return lambda *args, **given: np.asarray(function(*args, **given)).view(DeviceArray)


def fake_cupy() -> Any:
    runtime = SimpleNamespace(
        memcpyAsync=_copy, memcpyDeviceToDevice=3, memcpyHostToDevice=1, memcpyDeviceToHost=2,
        deviceSynchronize=lambda: None,
        getDeviceProperties=lambda device: {"l2CacheSize": 1 << 16, "name": b"none"},
    )  # fmt: skip
    cuda = SimpleNamespace(
        Event=Event, Stream=Stream, runtime=runtime, get_current_stream=Stream,
        get_elapsed_time=lambda a, b: 1000 * (b.at - a.at) + 1e-6,
        alloc_pinned_memory=bytearray, **vars(host_nvrtc.compiling()),
    )  # fmt: skip
    pool = SimpleNamespace(free_all_blocks=lambda: None)
    return SimpleNamespace(
        cuda=cuda, RawModule=host_nvrtc.load, asnumpy=np.array, empty=_device(np.empty),
        asarray=_device(lambda host, blocking=False: np.array(host)), clip=_device(np.clip),
        concatenate=_device(np.concatenate), rint=_device(np.rint),
        get_default_memory_pool=lambda: pool, get_default_pinned_memory_pool=lambda: pool,
    )  # fmt: skip


class HostKernels:
    """The reference, behind what :class:`heatvid.backends._cuda.kernels.FusedKernels` offers."""

    off = 0  # levels that its frames are wrong by

    def __init__(self, plan: Any, cupy: Any) -> None:
        self._backend = choose("numpy").backend
        self._backend.prepare(plan)
        self._slot = self._backend.slot(())

    def tables(self, limits: Any) -> Any:
        return limits

    def scratch_bytes(self, count: int) -> int:
        return 0

    def launch(
        self, field: Any, background: Any, mask: Any, output: NDArray[np.uint8], tables: Any,
        scratch: Any,
    ) -> None:  # fmt: skip
        self._slot.data = np.asarray(field)
        if background is not None:
            self._slot.background[:] = background
        self._backend.render(self._slot)
        output[:] = self._slot.frames + self.off
