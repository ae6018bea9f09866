"""A machine with a CUDA device for tests: the stand-in in CuPy's place, and libraries beside it."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from heatvid.backends._cuda import device as _cuda_device
from tests.support.host_build import compiler
from tests.support.standin_cupy import World, make_cupy

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C++ compiler")


def install(monkeypatch: pytest.MonkeyPatch, world: World) -> Any:
    """Let heatvid find the stand-in as CuPy, and a driver."""
    cupy = make_cupy(world)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(_cuda_device, "driver_version", lambda: world.driver)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    _cuda_device._missing.cache_clear()
    return cupy


def on_the_host(monkeypatch: pytest.MonkeyPatch, function: Any, *given: Any, **options: Any) -> Any:
    """What a function gives on a machine without a driver."""
    with monkeypatch.context() as patch:
        patch.setattr(_cuda_device, "driver_version", lambda: None)
        forget()
        result = function(*given, **options)
    forget()
    return result


def forget() -> None:
    """Let the next question be answered anew."""
    _cuda_device._missing.cache_clear()


class Tensor:
    """What torch has: a stream that its interface does not tell, gradients, bfloat16."""

    is_cuda = True

    def __init__(self, array: Any, dtype: str | None = None, requires_grad: bool = False) -> None:
        self._array, self._torch = array, sys.modules[type(self).__module__]
        self.dtype = dtype or f"torch.{array.dtype.name}"
        self.requires_grad, self.device = requires_grad, "cuda:0"
        self.shape, self.ndim = array.shape, len(array.shape)

    def detach(self) -> Tensor:
        return type(self)(self._array, self.dtype)

    def view(self, dtype: Any) -> Tensor:
        assert dtype is self._torch.int16  # type: ignore[attr-defined]
        return type(self)(self._array.view(np.int16))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        if self.requires_grad:
            raise RuntimeError("Can't get __cuda_array_interface__ on Variable that requires grad")
        if "bfloat16" in self.dtype:
            raise TypeError("no typestr for bfloat16")
        interface = self._array.__cuda_array_interface__
        return {**{k: v for k, v in interface.items() if k != "stream"}, "version": 2}

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._array.__dlpack_device__()
        return device

    def __dlpack__(self, stream: int) -> Any:
        raise AssertionError("DLPack tells no stream that could wait for the copies")

    def float(self, *_: object, **__: object) -> Any:
        raise AssertionError("it was taken to the host")

    __array__ = float

    cpu = get = float


def install_torch(monkeypatch: pytest.MonkeyPatch, stream: Any) -> Any:
    """A module such as torch that works on ``stream``."""
    torch = types.ModuleType("standin_torch")
    current = types.SimpleNamespace(cuda_stream=stream.ptr)
    own = type("Tensor", (Tensor,), {"__module__": "standin_torch"})
    torch.__dict__.update(
        Tensor=own, int16=object(), from_dlpack=own,
        cuda=types.SimpleNamespace(current_stream=lambda device: current),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "standin_torch", torch)
    return torch


class Jax:
    """What has DLPack alone, and never writes twice to one memory."""

    def __init__(self, array: Any, stream: Any) -> None:
        self._array, self._stream = array, stream
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, len(array.shape)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._array.__dlpack_device__()
        return device

    def __dlpack__(self, stream: int) -> Any:
        assert stream > 0
        with self._stream:
            return self._array.__dlpack__(stream=stream)


class Interface:
    """What has the CUDA array interface alone."""

    def __init__(self, array: Any, stream: int | None, **more: Any) -> None:
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, len(array.shape)
        self.__cuda_array_interface__ = {
            **array.__cuda_array_interface__, "stream": stream, **more
        }  # fmt: skip
        self._array = array

    def get(self) -> Any:
        return self._array.get()


def on_device(cupy: Any, host: np.ndarray[Any, Any], stream: Any = None) -> Any:
    """A copy of an array that is made later, on a stream, or the default one."""
    if stream is None:
        return cupy.asarray(host)
    with stream:
        return cupy.asarray(host)
