"""The CUDA backend: fused kernels over whole batches, copies and kernels of slots overlapped.

Each slot has pinned host buffers and a lane of the device: a stream, and buffers there. Rendering
enqueues the copies in, one launch and the copy out, and returns; streams of neighbouring slots
overlap. Frames that lie on the device already are read where they are, once their maker's stream
has got that far. Where the memory of the device runs out, fewer frames are launched at once, and
in the end NumPy renders, with the same bytes.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from heatvid._colorspace import rgb_to_canvas
from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid._plan import FrameLimits, RenderPlan
from heatvid.backends import _cuda_device as device
from heatvid.backends import _cuda_pictures as pictures
from heatvid.backends._base import Slot
from heatvid.backends._cuda_arrays import DeviceFrames, adopt, device_of, exported, on_device
from heatvid.backends._cuda_lane import Lane
from heatvid.backends._cuda_memory import Home
from heatvid.backends._numpy import NumpyBackend
from heatvid.backends._recipe import NotFusedError
from heatvid.sources._backgrounds import as_rgb

_MOST_THREADS = 4  # they copy and enqueue, and do not compute
_SPARE_SLOTS = 3  # beside one for each thread: being read into, on the device, being written
_KEPT_TABLES = 64  # of moving limits
_KEPT = ("stored", "laid", "beyond")  # buffers that hold what came from elsewhere on the device


def missing() -> str | None:
    """Say what the machine lacks for this backend."""
    return device.missing()


def make(number: int | None = None) -> CudaBackend:
    """Make the backend, for a device or for the one that is current or holds the data."""
    cupy = device.import_cupy()
    if number is not None:
        device.check_device(cupy, number)
    return CudaBackend(cupy, number)


class CudaBackend:
    """Renders on one CUDA device; calls for different slots may run at once.

    Parameters
    ----------
    cupy : module
    number : int, optional
        Of the device.
    """

    name = "cuda"
    synchronous = False

    def __init__(self, cupy: Any, number: int | None = None) -> None:
        self._cupy, self._number = cupy, number
        self._home: Home | None = None
        self._lock = threading.Lock()
        self._slots: list[Slot] = []
        self._warned = False
        self._forget()

    def _forget(self) -> None:
        self._kernels: dict[bool, Any] = {}
        self._tables: OrderedDict[Any, tuple[Any, Any]] = OrderedDict()
        self._numpy: NumpyBackend | None = None
        self._given_up = False

    @property
    def home(self) -> Home:
        """The device, which is chosen when it is first needed."""
        if self._home is None:
            number = self._number
            self._home = Home(self._cupy, self._cupy.cuda.Device().id if number is None else number)
        return self._home

    @contextmanager
    def _on(self, stream: Any) -> Iterator[None]:
        """Work on a stream; failures of CUDA's are translated."""
        with self._translating(), self.home.on(stream):
            yield

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raised = device.translated(self._cupy, error)
            if raised is error:
                raise
            raise raised from error

    def prepare(self, plan: RenderPlan) -> None:
        """Compile the kernels and make the tables, where the limits are known already."""
        self._forget()
        self._plan, self._frames = plan, plan.batch_size
        with self._on(self.home.stream):
            try:
                self._kernels_for(bfloat16=False)
                if plan.field.limits is not None:
                    self._table(plan.field.limits, self.home.stream, [])
            except NotFusedError:
                self._given_up = True
            except Exception as error:
                if not device.out_of_memory(self._cupy, error):
                    raise
                self._give_up()

    def ring(self) -> tuple[int, int]:
        """Few threads, which only copy and enqueue, and slots for what is under way."""
        threads = min(self._plan.threads, _MOST_THREADS)
        return threads, threads + _SPARE_SLOTS

    def slot(self, input_shape: tuple[int, ...]) -> Slot:
        """Make a slot with pinned buffers and a lane."""
        plan, n = self._plan, self._plan.batch_size
        under = (n, plan.composed_on.frame_bytes) if plan.blends else (0, 0)
        with self._on(self.home.stream):
            pinned = self.home.pinned
            slot = Slot(
                input=pinned((n, *input_shape) if input_shape else (0,), plan.field.dtype),
                background=pinned(under, np.uint8),
                output=pinned((n, plan.canvas.frame_bytes), np.uint8),
                mask=pinned((n, *plan.mask_shape), np.float32),
            )
            slot.backend = Lane(self.home, n)
        self._slots.append(slot)
        return slot

    def render(self, slot: Slot) -> None:
        """Enqueue the slot's frames."""
        lane: Lane = slot.backend
        with self._on(lane.stream):
            while not self._given_up:
                lane.begin()
                try:
                    self._enqueue(slot, lane)
                except NotFusedError:
                    break
                except Exception as error:
                    if not device.out_of_memory(self._cupy, error):
                        raise
                    self._shrink(lane)
                else:
                    lane.end()
                    return
            self._render_on_host(slot, lane)

    def wait(self, slot: Slot) -> None:
        """Wait for the end of the slot's batch."""
        lane: Lane = slot.backend
        laid = bool(lane.laid)
        with self._on(lane.stream):
            lane.wait()
        lane.stored.clear()
        lane.laid.clear()
        if laid and lane.beyond[0]:
            raise SourceError(
                "background: floats beyond 0..1 or NaN; allowed are floats in 0..1 and uint8"
            )

    def close(self) -> None:
        """Let what is under way end, and give all memory back."""
        slots, self._slots = self._slots, []
        if self._home is None:
            return
        with suppress(Exception), self._home.on(self._home.stream):  # a device that has failed
            for slot in slots:
                slot.backend.release()
        for slot in slots:
            slot.input, slot.data = np.empty(0), np.empty((0, 0, 0))
            slot.background = slot.output = np.empty((0, 0), np.uint8)
            slot.mask = np.empty((0, 0, 0), np.float32)
        self._forget()
        with suppress(Exception):
            self._home.free()

    # --- a batch ----------------------------------------------------------------------------------

    def _enqueue(self, slot: Slot, lane: Lane) -> None:
        """Enqueue all frames, in as many launches as there is memory for."""
        if lane.frames > self._frames:  # another slot has found out
            lane.release(_KEPT)
            lane.begin()
            lane.frames = self._frames
        bfloat16 = isinstance(slot.data, DeviceFrames) and slot.data.bfloat16
        kernels, n = self._kernels_for(bfloat16), len(slot.data)
        lane.follow(slot.data)
        each = slot.limits or (self._plan.field.limits,)
        tables = [self._table(limits, lane.stream, lane.held) for limits in each]
        for first in range(0, n, lane.frames):
            last = min(first + lane.frames, n)
            few = tables[first:last] if slot.limits else tables[0]
            scratch = lane.buffer("scratch", max(1, kernels.scratch_bytes(last - first)))
            output = self._output(slot, lane, first, last)
            field = lane.field(slot, first, last)
            under = self._under(slot, lane, first, last) if self._plan.blends else None
            mask = None if self._plan.mask is None else lane.bring("mask", slot.mask[first:last])
            kernels.launch(field, under, mask, output, few, scratch)
            if not isinstance(slot.output, DeviceFrames):
                self.home.to_host(output, slot.output[first:last], lane.stream)
        if lane.laid:
            self.home.to_host(self._beyond(lane), lane.beyond, lane.stream)

    def _kernels_for(self, bfloat16: bool) -> Any:
        with self._lock:
            if bfloat16 not in self._kernels:
                self._kernels[bfloat16] = self._fused(bfloat16)
            return self._kernels[bfloat16]

    def _fused(self, bfloat16: bool) -> Any:
        from heatvid.backends._cuda_kernels import FusedKernels

        return FusedKernels(self._plan, self._cupy, bfloat16=bfloat16)

    def _table(self, limits: FrameLimits | None, stream: Any, held: list[Any]) -> Any:
        """Give the tables of a pair of limits, which ``stream`` then waits for; the last are kept.

        They are uploaded on a stream of their own, so that those of one slot serve another.
        """
        assert limits is not None
        kernels = next(iter(self._kernels.values()))
        with self._lock:
            if limits not in self._tables:
                with self.home.stream:
                    made = kernels.tables(limits)
                    ready = self.home.new_event()
                    ready.record(self.home.stream)
                self._tables[limits] = made, ready
            self._tables.move_to_end(limits)
            while len(self._tables) > _KEPT_TABLES:
                self._tables.popitem(last=False)
            made, ready = self._tables[limits]
        stream.wait_event(ready)
        held.append(made)
        return made

    def _output(self, slot: Slot, lane: Lane, first: int, last: int) -> Any:
        """Where the kernel writes: a buffer, or the results themselves."""
        if isinstance(slot.output, DeviceFrames):
            slot.output.follow(lane.stream)
            return slot.output.array[first:last]
        return lane.view("output", slot.output[first:last].shape, np.uint8)

    def _under(self, slot: Slot, lane: Lane, first: int, last: int) -> Any:
        """Frames of the background on the device."""
        if not lane.laid:
            return lane.bring("background", slot.background[first:last])
        frames = lane.view("laid", slot.background.shape, np.uint8)
        for place in set(range(first, last)) - lane.laid:
            self.home.to_device(slot.background[place], frames[place], lane.stream)
        return frames[first:last]

    # --- memory that runs out ---------------------------------------------------------------------

    def _shrink(self, lane: Lane) -> None:
        """Launch half as many frames from now on; with one frame too many, give up."""
        tried = lane.frames
        lane.release(_KEPT)
        self.home.free()
        self._frames = lane.frames = max(1, min(self._frames, tried // 2))
        if tried == 1:
            self._give_up()
        else:
            self._warn("fewer frames are rendered at once")

    def _give_up(self) -> None:
        self._given_up = True
        self._warn("the CPU renders the rest")

    def _warn(self, remedy: str) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"cuda: the memory of the GPU has run out; {remedy}, the video stays the same",
                RuntimeWarning,
                stacklevel=2,
            )

    def _render_on_host(self, slot: Slot, lane: Lane) -> None:
        """Render with NumPy what is, or is brought, in host memory."""
        with self._lock:
            if self._numpy is None:
                reference = NumpyBackend()
                reference.prepare(self._plan)
                self._numpy = reference
        if lane.laid:
            self._pictures_to_host(slot, lane)
        on_host = self._numpy.slot(())
        on_host.data, on_host.limits = np.asarray(slot.data), slot.limits
        on_host.background, on_host.mask = slot.background, slot.mask
        if not isinstance(slot.output, DeviceFrames):
            on_host.output = slot.output
        self._numpy.render(on_host)
        if isinstance(slot.output, DeviceFrames):
            slot.output.follow(lane.stream)
            self.home.to_device(on_host.frames, slot.output.array, lane.stream)
        lane.stream.synchronize()
        lane.busy = False

    def _pictures_to_host(self, slot: Slot, lane: Lane) -> None:
        frames = lane.view("laid", slot.background.shape, np.uint8)
        for place in lane.laid:
            self.home.to_host(frames[place], slot.background[place], lane.stream)
        self.home.to_host(self._beyond(lane), lane.beyond, lane.stream)
        lane.stream.synchronize()

    # --- arrays on the device ---------------------------------------------------------------------

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
                frames = self._room(lane, "stored", (len(slot.output), *frame.shape), frame.array.dtype)
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
            made = DeviceFrames(
                self.home, frames, slot.input.dtype, lane.stream.ptr, ready, frames
            )
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
