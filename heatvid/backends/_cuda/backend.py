"""The CUDA backend: fused kernels over whole batches, copies and kernels of slots overlapped.

Each slot has pinned host buffers and a lane of the device: a stream, and buffers there. Rendering
enqueues the copies in, one launch and the copy out, and returns; streams of neighbouring slots
overlap. Frames that lie on the device already are read where they are, once their maker's stream
has got that far. Where the memory of the device runs out, fewer frames are launched at once, and
in the end NumPy renders, with the same bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import Bytes
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits
from heatvid.backends._base import Announce, OnDevice, Slot
from heatvid.backends._cuda import device as device
from heatvid.backends._cuda.arrays import DeviceFrames
from heatvid.backends._cuda.kernels import FusedKernels
from heatvid.backends._cuda.lane import Lane
from heatvid.backends._cuda.residents import Residents
from heatvid.backends._numpy.backend import NumpyBackend
from heatvid.backends._recipe import NotFusedError

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


class CudaBackend(Residents):
    """Renders on one CUDA device; calls for different slots may run at once."""

    name = "cuda"
    synchronous = False
    reads_rows, places = False, True
    announce: Announce | None = None

    def __init__(self, cupy: Any, number: int | None = None) -> None:
        super().__init__(cupy, number)
        self._lock = threading.Lock()
        self._slots: list[Slot] = []
        self._forget()

    def _forget(self) -> None:
        self._kernels: dict[bool, Any] = {}
        self._tables: OrderedDict[Any, tuple[Any, Any]] = OrderedDict()
        self._numpy: NumpyBackend | None = None
        self._given_up = False

    def another(self) -> CudaBackend:
        """Make one of the same device."""
        return type(self)(self._cupy, self._number)

    def prepare(self, plan: TilePlan) -> None:
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

    @property
    def memory(self) -> OnDevice:
        """What takes arrays where they lie: the backend itself, whose home they share."""
        return self

    def new_frames(self, count: int, frame_bytes: int) -> Bytes:
        """Make pinned memory, which frames are copied into while other work goes on."""
        with self._on(self.home.stream):
            return self.home.pinned((count, frame_bytes), np.uint8)

    def slot(self, input_shape: tuple[int, ...], *, has_output: bool = True) -> Slot:
        """Make a slot with pinned buffers and a lane."""
        plan, n = self._plan, self._plan.batch_size
        under = (n, plan.composed_on.frame_bytes) if plan.blends else (0, 0)
        with self._on(self.home.stream):
            pinned = self.home.pinned
            slot = Slot(
                input=pinned((n, *input_shape) if input_shape else (0,), plan.field.dtype),
                background=pinned(under, np.uint8),
                output=self.new_frames(n if has_output else 0, plan.canvas.frame_bytes),
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
            slot.let_go()
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
            self._bring_back(output, slot, lane, first, last)
        if lane.laid:
            self.home.to_host(self._beyond(lane), lane.beyond, lane.stream)

    def _kernels_for(self, bfloat16: bool) -> Any:
        with self._lock:
            if bfloat16 not in self._kernels:
                made = FusedKernels(self._plan, self._cupy, bfloat16=bfloat16)
                self._kernels[bfloat16] = made
            return self._kernels[bfloat16]

    def _table(self, limits: FieldLimits | None, stream: Any, held: list[Any]) -> Any:
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
        return lane.view("output", (last - first, self._plan.canvas.frame_bytes), np.uint8)

    def _bring_back(self, output: Any, slot: Slot, lane: Lane, first: int, last: int) -> None:
        """Enqueue the way of rendered frames to the host, if they are to be there."""
        if isinstance(slot.output, DeviceFrames):
            return
        frames = slot.output[first:last]
        if slot.place is None:
            self.home.to_host(output, frames, lane.stream)
        else:
            self.home.to_place(output, frames, slot.place, lane.stream)

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
        if slot.place is None and not isinstance(slot.output, DeviceFrames):
            on_host.output = slot.output
        self._numpy.render(on_host)
        if slot.place is not None:
            slot.place.put(on_host.frames, slot.frames)
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
