"""Arrays in device memory: those of any library, found and followed in the order of its stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, Resident
from heatvid.backends._cuda import statistics as statistics
from heatvid.backends._cuda.memory import Home
from heatvid.backends._cuda.statistics import FrameValues

_CUDA = 2  # kDLCUDA, of DLPack
_LEGACY, _NOT_SAID = 1, 0  # cudaStreamLegacy; no stream has this number in an interface


class DeviceFrames(Resident):
    """Frames in device memory, seen as NumPy sees those in host memory.

    Indexing and transposing give views. What reads them calls :meth:`follow` first, and what
    the maker may overwrite soon :meth:`lead` afterwards; neither waits on the host.

    Parameters
    ----------
    home : Home
        Of the device.
    array : cupy.ndarray
    dtype : numpy.dtype
        Of the values; float32 over an array of uint16 are the bits of bfloat16.
    maker : int
        The stream, as a number, on which they were made.
    ready : cupy.cuda.Event
        Recorded there.
    owner : object
        Kept as long as these frames.

    Attributes
    ----------
    positive : bool
        Whether what is not above 0 counts as NaN in statistics; for floats alone.
    """

    positive = False

    def __init__(
        self, home: Home, array: Any, dtype: np.dtype[Any], maker: int, ready: Any, owner: Any
    ) -> None:
        self.home, self.array, self.dtype = home, array, dtype
        self._maker, self._ready, self._owner = maker, ready, owner

    @property
    def bfloat16(self) -> bool:
        """Whether the array holds the bits of bfloat16."""
        return bool(self.array.dtype != self.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """As NumPy's."""
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        """As NumPy's."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """As NumPy's."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """As NumPy's."""
        return self.size * int(self.array.dtype.itemsize)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[DeviceFrames]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> DeviceFrames:
        return self._like(self.array[index])

    def transpose(self, axes: Sequence[int]) -> DeviceFrames:
        """As NumPy's."""
        return self._like(self.array.transpose(axes))

    def reshape(self, *shape: int) -> DeviceFrames:
        """As NumPy's: a view, or a copy where the strides do not allow one."""
        if self.array.flags.c_contiguous:
            return self._like(self.array.reshape(shape))
        with self.home.on(self.home.stream):
            self.follow(self.home.stream)
            copy = self.home.array(self.shape, self.array.dtype)
            copy[...] = self.array
            ready = self.home.new_event()
            ready.record(self.home.stream)
            shaped = copy.reshape(shape)
        maker = self.home.stream.ptr
        return DeviceFrames(self.home, shaped, self.dtype, maker, ready, self)

    def _like(self, array: Any) -> DeviceFrames:
        like = DeviceFrames(self.home, array, self.dtype, self._maker, self._ready, self._owner)
        like.positive = self.positive
        return like

    def only_positive(self) -> DeviceFrames:
        """The same frames, counted as if what is not above 0 were NaN."""
        assert self.dtype.kind == "f", f"{self.dtype = }"
        frames = self._like(self.array)
        frames.positive = True
        return frames

    def follow(self, stream: Any) -> None:
        """Let what is enqueued on ``stream`` from now on see the finished values."""
        stream.wait_event(self._ready)

    def lead(self, stream: Any) -> None:
        """Let what the maker enqueues from now on happen after what is on ``stream``."""
        done = self.home.new_event()
        done.record(stream)
        self.home.cupy.cuda.runtime.streamWaitEvent(self._maker, done.ptr)

    def __array__(self, dtype: Any = None, copy: Any = None) -> AnyArray:
        """Copy to host memory, and wait for it."""
        with self.home.on(self.home.stream):
            self.follow(self.home.stream)
            array = self.array
            if not array.flags.c_contiguous:
                array = self.home.array(self.shape, array.dtype)
                array[...] = self.array
            host = np.empty(self.shape, array.dtype)
            self.home.to_host(array, host, self.home.stream)
            self.home.stream.synchronize()
        if self.bfloat16:
            host = (host.astype(np.uint32) << 16).view(np.float32)
        return host if dtype is None else host.astype(dtype, copy=False)

    def value_counts(self) -> list[statistics.ValueCounts]:
        """Range and kinds of the values of each frame; waits for them."""
        return statistics.value_counts(self.home, self._values())

    def digit_counts(self, prefix: int, shift: int, bits: int, *, first: bool) -> AnyArray:
        """How often each digit occurs among values with a prefix; waits for them."""
        return statistics.digit_counts(self.home, self._values(), prefix, shift, bits, first)

    def first_blank(self) -> int | None:
        """The first frame that is all NaN; waits for it."""
        return statistics.first_blank(self.home, self._values())

    def _values(self) -> FrameValues:
        self.follow(self.home.stream)
        return FrameValues(self.array, self.dtype, self.positive)


def on_device(array: Any) -> Any | None:
    """Give an array without its gradient if it lies on a CUDA device, else None."""
    if hasattr(array, "detach"):  # torch, whose interface refuses gradients and bfloat16
        return array.detach() if getattr(array, "is_cuda", False) else None
    if hasattr(array, "__cuda_array_interface__"):
        return array
    if hasattr(array, "__dlpack_device__") and int(array.__dlpack_device__()[0]) == _CUDA:
        return array
    return None


def device_of(cupy: Any, array: Any) -> int:
    """The number of the device that an array lies on."""
    if hasattr(array, "__dlpack_device__"):
        return int(array.__dlpack_device__()[1])
    pointer = array.__cuda_array_interface__["data"][0]
    return int(cupy.cuda.runtime.pointerGetAttributes(pointer).device)


def adopt(home: Home, array: Any, label: str) -> DeviceFrames:
    """View an array of any library that lies on the device of ``home``."""
    owner = array
    maker = _torch_stream(array)
    if str(array.dtype) == "torch.bfloat16" and maker is not None:  # no interface names it
        array = array.view(_library(array).int16)
    if maker is None:
        maker = _said_stream(array)
    if maker == _NOT_SAID and hasattr(array, "__dlpack__"):
        return _through_dlpack(home, array)
    viewed = _through_interface(home, array, label)
    return _framed(home, viewed, maker or _LEGACY, owner)


def _through_dlpack(home: Home, array: Any) -> DeviceFrames:
    """Have the maker order its work before that of our stream."""
    with home.on(home.stream):
        return _framed(home, home.cupy.from_dlpack(array), home.stream.ptr, array)


def _through_interface(home: Home, array: Any, label: str) -> Any:
    """View the memory that the CUDA array interface tells of.

    CuPy's own view of it would wait for the stream on the host.
    """
    cuda, interface = home.cupy.cuda, array.__cuda_array_interface__
    if interface.get("mask") is not None:
        raise SourceError(f"{label}: is masked on the device; fill it first")
    shape, dtype = tuple(interface["shape"]), np.dtype(interface["typestr"])
    strides = interface.get("strides") or _packed(shape, dtype.itemsize)
    ends = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)]
    before = -sum(end for end in ends if end < 0)
    size = before + sum(end for end in ends if end > 0) + dtype.itemsize
    memory = cuda.UnownedMemory(interface["data"][0] - before, size, array, home.device)
    return home.cupy.ndarray(shape, dtype, cuda.MemoryPointer(memory, before), strides)


def _packed(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    return tuple(int(np.prod(shape[i + 1 :], dtype=np.int64)) * itemsize for i in range(len(shape)))


def _framed(home: Home, array: Any, maker: int, owner: Any) -> DeviceFrames:
    dtype = np.dtype(array.dtype)
    if dtype.name == "bfloat16" or "bfloat16" in str(getattr(owner, "dtype", "")):
        array, dtype = array.view(np.uint16), np.dtype(np.float32)
    ready = home.new_event()
    with home.cupy.cuda.Device(home.device):
        home.cupy.cuda.runtime.eventRecord(ready.ptr, maker)
    return DeviceFrames(home, array, dtype, maker, ready, owner)


def _library(array: Any) -> Any:
    return sys.modules[type(array).__module__.partition(".")[0]]


def _torch_stream(array: Any) -> int | None:
    """The stream that torch works on now, which its interface does not tell."""
    if not hasattr(array, "detach"):
        return None
    return int(_library(array).cuda.current_stream(array.device).cuda_stream) or _LEGACY


def _said_stream(array: Any) -> int:
    """The stream of the interface, version 3."""
    if not hasattr(array, "__cuda_array_interface__"):
        return _NOT_SAID
    return int(array.__cuda_array_interface__.get("stream") or _NOT_SAID)


def exported(array: Any, like: Any) -> Any:
    """Give a CuPy array, whose work is done, as one of the library that ``like`` is of."""
    if isinstance(like, type(array)):
        return array
    library = like.__array_namespace__() if hasattr(like, "__array_namespace__") else _library(like)
    if hasattr(library, "from_dlpack"):
        return library.from_dlpack(array)
    return array
