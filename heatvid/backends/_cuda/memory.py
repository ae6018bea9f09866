"""Memory of a CUDA device and pinned memory of the host, and the copies between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import numpy as np

from heatvid._frames import AnyArray, Bytes, address_of
from heatvid._plan.frame import Placement
from heatvid.backends._cuda.compiling import compiled
from heatvid.backends._cuda.device import out_of_memory


class Home:
    """One device: where memory is allocated, and kernels are compiled and launched.

    Parameters
    ----------
    cupy : module
    device : int

    Attributes
    ----------
    stream : cupy.cuda.Stream
        For errands that are waited for: statistics, copies to the host.
    """

    def __init__(self, cupy: Any, device: int) -> None:
        self.cupy, self.device = cupy, device
        self._modules: dict[tuple[Any, ...], Any] = {}
        self._may_pin = True
        with self.cupy.cuda.Device(device):
            self.stream = self.new_stream()

    @contextmanager
    def on(self, stream: Any) -> Iterator[None]:
        """Make the device and a stream of it the current ones of this thread."""
        with self.cupy.cuda.Device(self.device), stream:
            yield

    def new_stream(self) -> Any:
        """Make a stream that the default stream does not wait for."""
        with self.cupy.cuda.Device(self.device):
            return self.cupy.cuda.Stream(non_blocking=True)

    def new_event(self) -> Any:
        """Make an event; waiting for it leaves the core to others."""
        return self.cupy.cuda.Event(block=True, disable_timing=True)

    def kernel(self, file: str, name: str, defines: Mapping[str, int | str]) -> Any:
        """Give a kernel of a ``.cu`` file beside this one, compiled once for its ``defines``."""
        key = (file, *defines.items())
        module = self._modules.get(key)
        if module is None:
            code = files(__package__).joinpath(file).read_text(encoding="utf-8")
            module = self._modules[key] = compiled(self.cupy, code, defines)
        return module.get_function(name)

    def pinned(self, shape: tuple[int, ...], dtype: Any) -> AnyArray:
        """Host memory that copies run from and to by themselves; plain where none is left."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape)) * dtype.itemsize
        if not size:
            return np.empty(shape, dtype)
        for attempt in range(2 if self._may_pin else 0):
            try:
                memory = self.cupy.cuda.alloc_pinned_memory(size)
                return np.ndarray(shape, dtype, memory)
            except Exception as error:
                if not out_of_memory(self.cupy, error):
                    raise
                if not attempt:
                    self.free()
        self._may_pin = False
        return np.empty(shape, dtype)

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Device memory."""
        return self.cupy.empty(shape, np.dtype(dtype))

    def to_device(self, host: AnyArray, device: Any, stream: Any) -> None:
        """Enqueue a copy of contiguous host memory to the start of device memory."""
        runtime = self.cupy.cuda.runtime
        kind = runtime.memcpyHostToDevice
        runtime.memcpyAsync(device.data.ptr, host.ctypes.data, host.nbytes, kind, stream.ptr)

    def to_host(self, device: Any, host: AnyArray, stream: Any) -> None:
        """Enqueue a copy of contiguous device memory, as many bytes as ``host`` takes."""
        runtime = self.cupy.cuda.runtime
        kind = runtime.memcpyDeviceToHost
        runtime.memcpyAsync(host.ctypes.data, device.data.ptr, host.nbytes, kind, stream.ptr)

    def to_place(self, device: Any, host: Bytes, place: Placement, stream: Any) -> None:
        """Enqueue the copies of contiguous frames to their place in larger ones, (n, frame_bytes).

        Each plane of a frame is a copy of rows, so that nothing around them is touched.
        """
        copy = self.cupy.cuda.runtime.memcpy2DAsync
        kind = self.cupy.cuda.runtime.memcpyDeviceToHost
        source, target = device.data.ptr, address_of(host)
        for _ in host:
            for own, there, rows, row_bytes, pitch in place.planes:
                copy(target + there, pitch, source + own, row_bytes, row_bytes, rows, kind,
                     stream.ptr)  # fmt: skip
            source, target = source + place.canvas.frame_bytes, target + host.strides[0]

    def free(self) -> None:
        """Give memory back that nothing uses."""
        self.cupy.get_default_memory_pool().free_all_blocks()
        self.cupy.get_default_pinned_memory_pool().free_all_blocks()
