"""What a slot has on the device: a stream of its own, buffers, and what they wait for."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid.backends._base import Slot
from heatvid.backends._cuda.arrays import DeviceFrames
from heatvid.backends._cuda.memory import Home


class Lane:
    """The way of one slot's batches through the device.

    Attributes
    ----------
    stream : cupy.cuda.Stream
    frames : int
        Frames of a launch; the buffers have room for as many.
    busy : bool
        Whether work may be under way.
    held : list
        What that work reads, and must outlive it.
    """

    def __init__(self, home: Home, frames: int) -> None:
        self.home, self.frames = home, frames
        self.stream = home.new_stream()
        self._done = home.new_event()
        self._buffers: dict[str, Any] = {}
        self._staging: AnyArray = np.empty(0)
        self.busy = False
        self.held: list[Any] = []
        self.stored: set[int] = set()  # places of the slot whose frames came from the device
        self.laid: set[int] = set()  # and whose pictures did
        self.bfloat16 = False  # what is stored are its bits
        self.beyond = home.pinned((1,), np.int32)  # a picture's floats were not in 0..1

    def buffer(self, name: str, size: int) -> Any:
        """Bytes on the device, which keep what they hold as long as ``size`` does not grow."""
        held = self._buffers.get(name)
        if held is None or held.size < size:
            self._buffers.pop(name, None)
            held = self._buffers[name] = self.home.array((size,), np.uint8)
        return held

    def view(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """A buffer as an array."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        return self.home.cupy.ndarray(shape, dtype, self.buffer(name, size).data)

    def bring(self, name: str, host: AnyArray) -> Any:
        """Copy rows of a pinned buffer, shape (n, ...), to the device."""
        device = self.view(name, host.shape, host.dtype)
        self.home.to_device(host, device, self.stream)
        return device

    def field(self, slot: Slot, first: int, last: int) -> Any:
        """Frames of ``slot.data`` on the device, with the strides that they have."""
        data = slot.data
        if isinstance(data, DeviceFrames):
            return data.array[first:last]
        offset, whole = self._place_in(slot.input, data), slot.input
        if offset is None:
            whole, offset = self._staged(data, len(slot.output)), 0
            data = whole[: len(slot.data)]
        part = data[first:last]
        device = self.bring("field", whole[first:last])
        return self.home.cupy.ndarray(part.shape, part.dtype, device.data + offset, part.strides)

    @staticmethod
    def _place_in(whole: AnyArray, data: AnyArray) -> int | None:
        """Bytes from each frame's start in ``whole`` to its view in ``data``; None if it is none.

        A source orders and chooses axes within its buffer, never frames.
        """
        if not whole.size or data.dtype != whole.dtype or data.strides[0] != whole.strides[0]:
            return None
        offset = data.__array_interface__["data"][0] - whole.ctypes.data
        inside = 0 <= offset < whole.strides[0] and min(data.strides) >= 0
        return offset if inside else None

    def _staged(self, data: AnyArray, capacity: int) -> AnyArray:
        """Copy frames that lie anywhere into pinned memory, one after the other."""
        shape = (capacity, *data.shape[1:])
        if self._staging.shape != shape or self._staging.dtype != data.dtype:
            self._staging = self.home.pinned(shape, data.dtype)
        np.copyto(self._staging[: len(data)], data)
        return self._staging

    def follow(self, data: Any) -> None:
        """Wait, on the device, for frames that are made there."""
        if isinstance(data, DeviceFrames):
            data.follow(self.stream)
            self.held.append(data)

    def begin(self) -> None:
        """Say that work is about to be enqueued."""
        self.busy = True

    def end(self) -> None:
        """Mark the end of a batch."""
        self._done.record(self.stream)

    def wait(self) -> None:
        """Wait for the end of the batch."""
        if self.busy:
            self._done.synchronize()
        self.busy = False
        self.held.clear()

    def release(self, keep: tuple[str, ...] = ()) -> None:
        """Let what is under way end, and give memory back, all but the buffers to keep."""
        if self.busy:
            self.stream.synchronize()
        self.busy = False
        self.held.clear()
        self._buffers = {name: self._buffers[name] for name in keep if name in self._buffers}
        if not keep:
            self._staging, self.beyond = np.empty(0), np.zeros(0, np.int32)
