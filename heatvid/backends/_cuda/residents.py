"""What lies on the device already, on its way into the slots of the CUDA backend and out of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._color.colorspace import rgb_to_canvas
from heatvid._color.pictures import as_rgb
from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid.backends._base import Slot
from heatvid.backends._cuda import device as device
from heatvid.backends._cuda import pictures as pictures
from heatvid.backends._cuda.arrays import DeviceFrames, adopt, device_of, exported, on_device
from heatvid.backends._cuda.guard import Guarded
from heatvid.backends._cuda.lane import Lane


class Residents(Guarded):
    """The part of the backend that takes arrays on the device, and gives results there."""

    def adopt(self, array: Any, label: str) -> DeviceFrames | None:
        """View an array on a CUDA device; None for others."""
        found = on_device(array)
        if found is None or 0 in tuple(found.shape):
            return None
        number = device_of(self._cupy, found)
        if self._home is None and self._number is None:
            device.check_device(self._cupy, number)
            self._number = number
        if number != self.home.device:
            raise SourceError(
                f"{label}: lies on device {number}, and device {self.home.device} renders; allowed "
                f"are arrays there and in host memory; give device={number} to render there"
            )
        with self._translating():  # on the caller's stream, which the array's interface may tell
            return adopt(self.home, found, label)

    def store(self, slot: Slot, place: int, frame: Any) -> None:
        """Copy a frame into the slot, from device to device where it lies there."""
        lane: Lane = slot.backend
        if not isinstance(frame, DeviceFrames):
            np.copyto(slot.input[place], frame)
            return
        with self._on(lane.stream):
            frames = None
            if not lane.stored or lane.bfloat16 == frame.bfloat16:
                frames = self._room(
                    lane, "stored", (len(slot.input), *frame.shape), frame.array.dtype
                )
            if frames is None:
                np.copyto(slot.input[place], np.asarray(frame))
                return
            lane.begin()
            frame.follow(lane.stream)
            frames[place] = frame.array
            frame.lead(lane.stream)
            lane.held.append(frame)
        lane.stored.add(place)
        lane.bfloat16 = frame.bfloat16

    def stored(self, slot: Slot, count: int) -> AnyArray | DeviceFrames:
        """The frames that were stored, on the device if any of them came from there."""
        lane: Lane = slot.backend
        if not lane.stored:
            return slot.input[:count]
        dtype = np.dtype(np.uint16) if lane.bfloat16 else slot.input.dtype
        with self._on(lane.stream):
            frames = lane.view("stored", slot.input.shape, dtype)
            ready = self.home.new_event()
            ready.record(lane.stream)
            made = DeviceFrames(self.home, frames, slot.input.dtype, lane.stream.ptr, ready, frames)
            others = set(range(count)) - lane.stored
            if others and lane.bfloat16:  # which the buffer has no room for
                for place in lane.stored:
                    slot.input[place] = np.asarray(made[place])
                return slot.input[:count]
            for place in others:
                self.home.to_device(slot.input[place], frames[place], lane.stream)
            ready.record(lane.stream)
        return made[:count]

    def lay_under(self, slot: Slot, place: int, picture: Any) -> None:
        """Convert a picture on the device into the slot's background."""
        lane: Lane = slot.backend
        with self._on(lane.stream):
            canvas, beyond = self._plan.composed_on, self._beyond(lane)
            frames = self._room(lane, "laid", slot.background.shape, np.uint8)
            if frames is None:
                rgb = as_rgb(np.asarray(picture), "background")
                rgb_to_canvas(rgb, canvas, slot.background[place])
                return
            lane.begin()
            if not lane.laid:
                runtime = self._cupy.cuda.runtime
                runtime.memsetAsync(beyond.data.ptr, 0, beyond.nbytes, lane.stream.ptr)
            picture.follow(lane.stream)
            pictures.to_canvas(self.home, picture, canvas, frames[place], beyond)
            picture.lead(lane.stream)
            lane.held.append(picture)
        lane.laid.add(place)

    def _room(self, lane: Lane, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """A buffer of the lane, or None where there is no memory for it."""
        try:
            return lane.view(name, shape, dtype)
        except Exception as error:
            if not device.out_of_memory(self._cupy, error):
                raise
            self.home.free()
            self._warn("what lies there comes over the host")
            return None

    def _beyond(self, lane: Lane) -> Any:
        return lane.view("beyond", (1,), np.int32)

    def empty(self, shape: tuple[int, ...], like: Any) -> Any:
        """Bytes in host memory, or on the device where ``like`` is there."""
        if not isinstance(like, DeviceFrames):
            return np.empty(shape, np.uint8)
        with self._cupy.cuda.Device(self.home.device):
            array = self.home.array(shape, np.uint8)
            stream = self._cupy.cuda.get_current_stream()
            ready = self.home.new_event()
            ready.record(stream)
            return DeviceFrames(self.home, array, array.dtype, stream.ptr, ready, None)

    def given_back(self, results: Any, like: Any) -> Any:
        """The results as an array of the library that ``like`` is of."""
        return exported(results.array, like) if isinstance(results, DeviceFrames) else results
