"""A stand-in for CuPy in host memory: the calls that the backend makes, streams that are lazy.

What is enqueued on a stream happens when something waits for it, or at a moment that chance
chooses, so that a missing wait, or memory that is used again too early, shows as wrong bytes.
Memory is dirty when it is given out and when it is given back; a copy or a kernel that leaves its
memory fails. Any other attribute than those here is an error, as it may not exist in CuPy either.
"""

from __future__ import annotations

import ctypes
import random
import threading
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np

from tests.support import host_nvrtc

FRESH, FREED = 0xDB, 0xDD
CUDA = 2  # kDLCUDA
TO_DEVICE, TO_HOST, BETWEEN = 1, 2, 3


class CUDARuntimeError(RuntimeError):
    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words or f"cudaError {status}")
        self.status = status


class CUDADriverError(CUDARuntimeError):
    pass


class OutOfMemoryError(MemoryError):
    pass


class CompileException(Exception):  # noqa: N818  # CuPy's
    pass


@dataclass(eq=False)
class _Queue:
    """A stream: what is enqueued, and how much of it has happened."""

    ptr: int
    device: int
    work: list[Callable[[], None]] = field(default_factory=list)
    done: int = 0


class World:
    """All devices, their memory and streams.

    Parameters
    ----------
    seed : int or None
        Of what chance lets happen early; None: nothing happens before it is waited for.
    devices : int

    Attributes
    ----------
    log : list of (str, int)
        What was enqueued or waited for, and the stream's number.
    brought : dict of str to int
        Bytes copied "to device", "to host", "between".
    limit : int
        Bytes of device memory.
    whole_blocks : bool
        Whether kernels run with the blocks that are asked for, or in some few threads.
    faults : dict of str to callable
        ``device(size)``, ``pinned(size)``, ``launch(name)``, ``wait()``, ``count()`` and
        ``nvrtc()`` raise what they are to.
    """

    def __init__(self, seed: int | None = 0, devices: int = 1) -> None:
        self.lock = threading.RLock()
        self.chance = None if seed is None else random.Random(seed)
        self.devices, self.limit = devices, 1 << 40
        self.whole_blocks = False
        self.log: list[tuple[str, int]] = []
        self.brought = dict.fromkeys(("to device", "to host", "between"), 0)
        self.faults: dict[str, Callable[..., None]] = {}
        self.used = self.pooled = self.pinned_used = self.pinned_pooled = 0
        self.capability = (8, 0)
        self.driver, self.runtime = 12_080, 12_090
        self._queues: dict[int, _Queue] = {}
        self._events: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._next = 1 << 20
        self._blocks: dict[int, tuple[int, int]] = {}  # by their start: end, device
        self._pinned: list[tuple[int, int]] = []
        self._kept: list[Any] = []  # addresses stay valid as long as the world
        self.local = threading.local()
        self.queue(0)

    # --- streams ---

    def queue(self, ptr: int) -> _Queue:
        ptr = 0 if ptr == 1 else ptr  # the default stream has two numbers
        if ptr == 0 and 0 not in self._queues:
            self._queues[0] = _Queue(0, self.device)
        return self._queues[ptr]

    def new_queue(self) -> _Queue:
        with self.lock:
            self._next += 16
            self._queues[self._next] = _Queue(self._next, self.device)
            return self._queues[self._next]

    def number(self, event: Any) -> int:
        with self.lock:
            self._next += 16
            self._events[self._next] = event
            return self._next

    def event(self, ptr: int) -> Any:
        return self._events[ptr]

    @property
    def device(self) -> int:
        return getattr(self.local, "device", 0)

    @property
    def current(self) -> _Queue:
        stack = getattr(self.local, "streams", [])
        return stack[-1] if stack else self.queue(0)

    def enqueue(self, queue: _Queue, name: str, work: Callable[[], None]) -> None:
        with self.lock:
            self.log.append((name, queue.ptr))
            queue.work.append(work)
            self.let_happen()

    def let_happen(self) -> None:
        """What chance makes happen now."""
        if self.chance is not None and self.chance.random() < 0.3:
            chosen = self.chance.choice(list(self._queues.values()))
            self.run(chosen, chosen.done + self.chance.randint(0, 3))

    def run(self, queue: _Queue, until: int) -> None:
        with self.lock:
            until = min(until, len(queue.work))
            while queue.done < until:
                work = queue.work[queue.done]
                queue.work[queue.done] = _nothing
                queue.done += 1
                work()

    # --- memory ---

    def new_block(self, size: int, device: int) -> np.ndarray:
        memory = np.full(size + 512, FRESH, np.uint8)
        start = -memory.ctypes.data % 256
        block = memory[start : start + size]
        with self.lock:
            self._kept.append(memory)
            self._blocks[block.ctypes.data] = block.ctypes.data + size, device
        return block

    def demand_device(self, ptr: int, size: int, queue: _Queue) -> None:
        for start, (end, device) in self._blocks.items():
            if start <= ptr and ptr + size <= end:
                assert device == queue.device, f"memory of device {device} on a stream of another"
                return
        raise AssertionError(f"{size} bytes at {ptr:#x} are not in device memory")

    def device_at(self, ptr: int) -> int:
        found = self._blocks.items()
        return next(device for start, (end, device) in found if start <= ptr < end)

    def is_pinned(self, ptr: int, size: int) -> bool:
        return any(start <= ptr and ptr + size <= end for start, end in self._pinned)

    def take(self, size: int) -> None:
        with self.lock:
            self.fault("device", size)
            if self.used + size > self.limit:
                raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes")
            self.pooled = max(0, self.pooled - size)
            self.used += size

    def fault(self, kind: str, *what: Any) -> None:
        if kind in self.faults:
            self.faults[kind](*what)


def _nothing() -> None:
    pass


def _bytes_at(ptr: int, size: int) -> np.ndarray:
    return np.frombuffer((ctypes.c_uint8 * size).from_address(ptr), np.uint8)


def _strided(ptr: int, shape: Any, dtype: np.dtype[Any], strides: Any) -> np.ndarray:
    one = np.frombuffer((ctypes.c_uint8 * dtype.itemsize).from_address(ptr), dtype)
    return np.lib.stride_tricks.as_strided(one, shape, strides)


def make_cupy(world: World) -> types.ModuleType:
    """The module, for one world."""

    class Memory:
        """Device memory of the pool; it is dirty again once its stream has got past its end."""

        def __init__(self, size: int) -> None:
            world.take(size)
            self.size, self.device_id = size, world.device
            self._block, self._queue = world.new_block(size, self.device_id), world.current
            self.ptr = self._block.ctypes.data

        def __del__(self) -> None:
            if hasattr(self, "ptr"):
                block = self._block
                with world.lock:
                    world.used -= self.size
                    world.pooled += self.size
                    self._queue.work.append(lambda: block.fill(FREED))
                    del world._blocks[self.ptr]

    class UnownedMemory:
        def __init__(self, ptr: int, size: int, owner: Any, device_id: int = -1) -> None:
            assert world.device_at(ptr) == device_id
            self.ptr, self.size, self.device_id, self._owner = ptr, size, device_id, owner

    class MemoryPointer:
        def __init__(self, mem: Any, offset: int) -> None:
            self.mem, self.ptr = mem, mem.ptr + offset

        def __add__(self, offset: int) -> MemoryPointer:
            return MemoryPointer(self.mem, self.ptr - self.mem.ptr + offset)

    class ndarray:  # noqa: N801  # CuPy's
        def __init__(
            self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None
        ) -> None:
            self.dtype, self.shape = np.dtype(dtype), tuple(map(int, shape))
            size = int(np.prod(self.shape)) * self.dtype.itemsize
            self.data = MemoryPointer(Memory(size), 0) if memptr is None else memptr
            if strides is None:
                strides = np.empty(self.shape, self.dtype).strides
            self.strides = tuple(map(int, strides))
            if self.size and memptr is not None:
                ends = [(n - 1) * s for n, s in zip(self.shape, self.strides, strict=True)]
                low = self.data.ptr + sum(end for end in ends if end < 0)
                high = self.data.ptr + sum(end for end in ends if end > 0) + self.dtype.itemsize
                mem = self.data.mem
                assert mem.ptr <= low <= high <= mem.ptr + mem.size, "beyond its memory"

        @property
        def size(self) -> int:
            return int(np.prod(self.shape))

        @property
        def nbytes(self) -> int:
            return self.size * self.dtype.itemsize

        @property
        def flags(self) -> Any:
            return types.SimpleNamespace(c_contiguous=self._host().flags.c_contiguous)

        def _host(self) -> np.ndarray:
            return _strided(self.data.ptr, self.shape, self.dtype, self.strides)

        def _view(self, host: np.ndarray) -> ndarray:
            offset = host.__array_interface__["data"][0] - self.data.ptr
            return ndarray(host.shape, host.dtype, self.data + offset, host.strides)

        def __len__(self) -> int:
            return self.shape[0]

        def __getitem__(self, index: Any) -> ndarray:
            index = index if isinstance(index, tuple) else (index,)
            if not any(part is Ellipsis for part in index):
                index = (*index, ...)
            return self._view(self._host()[index])

        def __setitem__(self, index: Any, value: Any) -> None:
            assert isinstance(value, ndarray)
            place, queue = self[index], world.current
            assert place.shape == value.shape
            assert place.dtype == value.dtype
            world.demand_device(value.data.ptr, 1, queue)
            world.demand_device(place.data.ptr, 1, queue)
            world.brought["between"] += value.nbytes
            world.enqueue(queue, "copy", lambda: np.copyto(place._host(), value._host()))

        def transpose(self, axes: Any) -> ndarray:
            return self._view(self._host().transpose(axes))

        def reshape(self, shape: Any) -> ndarray:
            assert self.flags.c_contiguous
            return self._view(self._host().reshape(shape))

        def view(self, dtype: Any) -> ndarray:
            return self._view(self._host().view(dtype))

        def get(self) -> np.ndarray:
            world.run(world.current, 1 << 60)
            world.brought["to host"] += self.nbytes
            return self._host().copy()

        @property
        def __cuda_array_interface__(self) -> dict[str, Any]:
            return {
                "shape": self.shape, "typestr": self.dtype.str, "strides": self.strides,
                "data": (self.data.ptr, False), "version": 3, "stream": world.current.ptr or 1,
            }  # fmt: skip

        def __dlpack_device__(self) -> tuple[int, int]:
            return CUDA, self.data.mem.device_id

        def __dlpack__(self, stream: int | None = None) -> ndarray:
            """In place of a capsule the array itself; ``stream`` follows the current one."""
            if stream is not None:
                made = world.current
                at = len(made.work)
                world.enqueue(world.queue(stream), "follow", lambda: world.run(made, at))
            return self

    class Stream:
        def __init__(self, *, non_blocking: bool) -> None:
            assert non_blocking
            self._queue = world.new_queue()
            self.ptr = self._queue.ptr

        def __enter__(self) -> Stream:
            if not hasattr(world.local, "streams"):
                world.local.streams = []
            world.local.streams.append(self._queue)
            return self

        def __exit__(self, *_: object) -> None:
            world.local.streams.pop()

        def wait_event(self, event: Event) -> None:
            stream_wait_event(self.ptr, event.ptr)

        def synchronize(self) -> None:
            world.log.append(("synchronize", self.ptr))
            world.run(self._queue, len(self._queue.work))

    class Event:
        def __init__(self, *, block: bool, disable_timing: bool) -> None:
            self.ptr = world.number(self)
            self.recorded: tuple[_Queue, int] | None = None

        def record(self, stream: Any = None) -> None:
            event_record(self.ptr, world.current.ptr if stream is None else stream.ptr)

        def synchronize(self) -> None:
            with world.lock:
                world.fault("wait")
                if self.recorded is not None:
                    world.log.append(("wait", self.recorded[0].ptr))
                    world.run(*self.recorded)

    class Device:
        def __init__(self, device: int | None = None) -> None:
            self.id = world.device if device is None else device
            self.compute_capability = "{}{}".format(*world.capability)

        def __enter__(self) -> Device:
            self._before = world.device
            world.local.device = self.id
            return self

        def __exit__(self, *_: object) -> None:
            world.local.device = self._before

    class RawModule:
        def __init__(self, *, path: str) -> None:
            self._built = host_nvrtc.load(path, whole_blocks=world.whole_blocks)

        def get_function(self, name: str) -> Callable[..., None]:
            function = self._built.get_function(name)

            def launch(grid: Any, block: Any, args: Any, *, shared_mem: int = 0) -> None:
                given = [np.array(argument) for argument in args]  # by value, now
                world.fault("launch", name)
                world.enqueue(
                    world.current, name,
                    lambda: function(grid, block, given, shared_mem=shared_mem),
                )  # fmt: skip

            return launch

    def alloc_pinned_memory(size: int) -> Any:
        """Page-locked memory; when it is let go, anyone may have it."""
        world.fault("pinned", size)
        memory = np.full(size, FRESH, np.uint8)
        place = (memory.ctypes.data, memory.ctypes.data + size)
        pinned = type("Pinned", (ctypes.c_uint8 * size,), {}).from_buffer(memory)

        def let_go() -> None:
            with world.lock:
                memory.fill(FREED)
                world.pinned_used -= size
                world.pinned_pooled += size
                world._pinned.remove(place)

        with world.lock:
            world._pinned.append(place)
            world._kept.append(memory)
            world.pinned_used += size
            world.pinned_pooled = max(0, world.pinned_pooled - size)
        weakref.finalize(pinned, let_go)
        return pinned

    def memcpy_async(dst: int, src: int, size: int, kind: int, stream: int) -> None:
        queue = world.queue(stream)
        with world.lock:
            if kind == TO_DEVICE:
                world.demand_device(dst, size, queue)
                source = _bytes_at(src, size)
                if not world.is_pinned(src, size):  # which CUDA stages before it returns
                    source = source.copy()
                world.brought["to device"] += size
                world.enqueue(queue, "in", lambda: np.copyto(_bytes_at(dst, size), source))
            else:
                assert kind == TO_HOST
                world.demand_device(src, size, queue)
                world.brought["to host"] += size
                copy = lambda: np.copyto(_bytes_at(dst, size), _bytes_at(src, size))  # noqa: E731
                world.enqueue(queue, "out", copy)
                if not world.is_pinned(dst, size):
                    world.run(queue, len(queue.work))

    def memcpy_2d_async(
        dst: int, dpitch: int, src: int, spitch: int, width: int, height: int, kind: int,
        stream: int,
    ) -> None:  # fmt: skip
        queue = world.queue(stream)
        assert kind == TO_HOST
        assert 0 < width <= min(dpitch, spitch), "cudaErrorInvalidPitchValue"
        with world.lock:
            world.demand_device(src, (height - 1) * spitch + width, queue)
            world.brought["to host"] += height * width
            there, here = (
                _strided(ptr, (height, width), np.dtype(np.uint8), (pitch, 1))
                for ptr, pitch in ((dst, dpitch), (src, spitch))
            )
            world.enqueue(queue, "out in rows", lambda: np.copyto(there, here))
            if not world.is_pinned(dst, (height - 1) * dpitch + width):
                world.run(queue, len(queue.work))

    def memset_async(ptr: int, value: int, size: int, stream: int) -> None:
        queue = world.queue(stream)
        world.demand_device(ptr, size, queue)
        world.enqueue(queue, "set", lambda: _bytes_at(ptr, size).fill(value))

    def event_record(event: int, stream: int) -> None:
        with world.lock:
            queue = world.queue(stream)
            world.event(event).recorded = (queue, len(queue.work))

    def stream_wait_event(stream: int, event: int) -> None:
        recorded = world.event(event).recorded
        if recorded is not None:
            world.enqueue(world.queue(stream), "follow", lambda: world.run(*recorded))

    def asarray(host: np.ndarray, *, blocking: bool = False) -> ndarray:
        device = ndarray(host.shape, host.dtype)
        staged, queue = np.ascontiguousarray(host).copy(), world.current
        world.brought["to device"] += host.nbytes
        world.enqueue(queue, "in", lambda: np.copyto(device._host(), staged))
        if blocking:
            world.run(queue, len(queue.work))
        return device

    def from_dlpack(array: Any) -> ndarray:
        kind, _ = array.__dlpack_device__()
        assert kind == CUDA
        capsule: ndarray = array.__dlpack__(stream=world.current.ptr or 1)
        return capsule

    def free_device() -> None:
        world.pooled = 0

    def free_pinned() -> None:
        world.pinned_pooled = 0

    def properties(device: int) -> dict[str, Any]:
        major, minor = world.capability
        return {"name": b"Stand-in", "major": major, "minor": minor, "totalGlobalMem": 8 << 30}

    def device_count() -> int:
        world.fault("count")
        return world.devices

    def nvrtc_archs() -> tuple[int, ...]:
        world.fault("nvrtc")
        return (50, 70, 80, 90, 120) if world.runtime < 13_000 else (75, 80, 90, 120)

    runtime = types.SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError, memcpyHostToDevice=TO_DEVICE,
        memcpyDeviceToHost=TO_HOST, memcpyAsync=memcpy_async,
        memcpy2DAsync=memcpy_2d_async, memsetAsync=memset_async,
        eventRecord=event_record, streamWaitEvent=stream_wait_event,
        getDeviceCount=device_count, getDeviceProperties=properties,
        runtimeGetVersion=lambda: world.runtime,
        pointerGetAttributes=lambda ptr: types.SimpleNamespace(device=world.device_at(ptr)),
    )  # fmt: skip
    cuda = types.SimpleNamespace(
        runtime=runtime, Stream=Stream, Event=Event, Device=Device,
        UnownedMemory=UnownedMemory, MemoryPointer=MemoryPointer,
        alloc_pinned_memory=alloc_pinned_memory,
        memory=types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        driver=types.SimpleNamespace(CUDADriverError=CUDADriverError),
        compiler=types.SimpleNamespace(
            CompileException=CompileException,
            compile_using_nvrtc=host_nvrtc.compile_using_nvrtc,
        ),
        nvrtc=types.SimpleNamespace(
            getVersion=lambda: divmod(world.runtime // 10, 100), getSupportedArchs=nvrtc_archs
        ),
        get_current_stream=lambda: types.SimpleNamespace(ptr=world.current.ptr),
    )  # fmt: skip
    module = types.ModuleType("cupy")
    module.__spec__ = ModuleSpec("cupy", None)
    ndarray.__module__ = "cupy"
    module.__dict__.update(
        __version__="stand-in", cuda=cuda, ndarray=ndarray, RawModule=RawModule, asarray=asarray,
        empty=lambda shape, dtype: ndarray(shape, dtype), from_dlpack=from_dlpack,
        get_default_memory_pool=lambda: types.SimpleNamespace(free_all_blocks=free_device),
        get_default_pinned_memory_pool=lambda: types.SimpleNamespace(free_all_blocks=free_pinned),
    )  # fmt: skip
    return module
