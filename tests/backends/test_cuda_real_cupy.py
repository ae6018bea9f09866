"""What heatvid calls of CuPy, and what the stand-in of the tests stands for, is in the real one.

No device is needed: signatures are compared, views are made over addresses that nobody reads.
What cannot be held without one: what calls return, and the types of arguments that Python's own
signatures do not tell.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import heatvid
from heatvid._errors import RenderError
from heatvid.backends._cuda import device
from tests.support.real_cupy import has_member, resolved, signature_of
from tests.support.standin_cupy import World, make_cupy

cupy: Any = pytest.importorskip("cupy", reason="CuPy is not installed")

FILES = sorted(Path(heatvid.__file__).parent.joinpath("backends", "_cuda").glob("*.py"))
ROOTS = ("cupy", "_cupy")  # names and attributes that hold the module
# Classes whose constructors CuPy leaves to Cython, which does not tell; arrays are made below.
UNTOLD = {"ndarray"}


# --- what heatvid calls ---------------------------------------------------------------------------


class Use(NamedTuple):
    """A name of CuPy's in the source, and how it is called; None where it is not."""

    path: str
    arguments: tuple[int, tuple[str, ...]] | None


def path_of(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """The dotted name below the module, "" for the module itself."""
    if isinstance(node, ast.Name):
        return "" if node.id in ROOTS else aliases.get(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    if node.attr in ROOTS:
        return ""
    below = path_of(node.value, aliases)
    return None if below is None else f"{below}.{node.attr}".removeprefix(".")


def aliases_of(function: ast.AST) -> dict[str, str]:
    """Local names for parts of CuPy, as in ``runtime = cupy.cuda.runtime``."""
    found: dict[str, str] = {}
    assigned = (node for node in ast.walk(function) if isinstance(node, ast.Assign))
    for target, value in ((target, node.value) for node in assigned for target in node.targets):
        both = (target, value)
        several = all(isinstance(side, ast.Tuple) for side in both)
        pairs = zip(*(side.elts for side in both), strict=True) if several else [both]  # type: ignore[attr-defined]  # tuples
        for name, part in pairs:
            path = path_of(part, found)
            if path and isinstance(name, ast.Name):
                found[name.id] = path
    return found


def uses_in(code: str) -> Iterator[Use]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in (node for node in ast.walk(ast.parse(code)) if isinstance(node, functions)):
        aliases = aliases_of(function)
        called = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called[id(node.func)] = len(node.args), tuple(k.arg or "" for k in node.keywords)
        for node in ast.walk(function):
            path = path_of(node, aliases)
            if path:
                yield Use(path, called.get(id(node)))


USES = sorted({use for file in FILES for use in uses_in(file.read_text("utf-8"))}, key=str)


@pytest.mark.parametrize("use", USES, ids=lambda use: use.path)
def test_what_the_backend_calls_is_there(use: Use) -> None:
    found = resolved(cupy, use.path)
    if use.arguments is None or use.path in UNTOLD:
        return
    signature = signature_of(found)
    assert signature is not None, "neither a signature nor a docstring tells"
    count, names = use.arguments
    signature.bind(*range(count), **dict.fromkeys(names))


def test_the_source_is_read_whole() -> None:
    code = (
        "def f(self, home):\n"
        "    runtime, e = self._cupy.cuda.runtime, 1\n"
        "    runtime.memsetAsync(1, 2, size=3)\n"
        "    return home.cupy.empty(()), self.cupy.cuda.driver.X\n"
    )
    assert {(use.path, use.arguments) for use in uses_in(code) if use.arguments} == {
        ("cuda.runtime.memsetAsync", (2, ("size",))), ("empty", (1, ())),
    }  # fmt: skip
    assert "cuda.driver.X" in {use.path for use in uses_in(code)}
    assert len({use.path for use in USES}) > 30


def test_wrong_calls_are_noticed() -> None:
    for path, count, name in (
        ("cuda.Event", 0, "blocking"), ("cuda.runtime.memsetAsync", 3, None),
        ("cuda.runtime.memsetAsync", 4, "kind"), ("cuda.get_current_stream", 2, None),
        ("RawModule", 2, None), ("from_dlpack", 1, "stream"), ("asarray", 1, "block"),
    ):  # fmt: skip
        signature = signature_of(resolved(cupy, path))
        assert signature is not None
        with pytest.raises(TypeError):
            signature.bind(*range(count), **({} if name is None else {name: 1}))


# --- what the stand-in has ------------------------------------------------------------------------


class Part(NamedTuple):
    """A function, class or value of the stand-in, by its dotted name."""

    path: str
    value: Any


def parts_of(namespace: Any, path: str = "") -> Iterator[Part]:
    for name, value in vars(namespace).items():
        if name.startswith("__") or name == "get_default_memory_pool":
            continue
        below = f"{path}.{name}".removeprefix(".")
        yield Part(below, value)
        if isinstance(value, SimpleNamespace | ModuleType):
            yield from parts_of(value, below)


STANDIN = make_cupy(World())
PARTS = [part for part in parts_of(STANDIN) if not isinstance(part.value, SimpleNamespace)]
CLASSES = [part for part in PARTS if isinstance(part.value, type)]
ERRORS = [part for part in CLASSES if issubclass(part.value, Exception)]
KINDS = [part for part in CLASSES if part not in ERRORS]
INSTANCES = {
    "ndarray": lambda: STANDIN.ndarray((2, 3), np.float32),
    "cuda.Stream": lambda: STANDIN.cuda.Stream(non_blocking=True),
    "cuda.Event": lambda: STANDIN.cuda.Event(block=True, disable_timing=True),
    "cuda.Device": lambda: STANDIN.cuda.Device(),
    "cuda.MemoryPointer": lambda: STANDIN.ndarray((2,), np.float32).data,
}


def demand_binds(real: Any, function: Any, *, method: bool = False) -> None:
    """Every way that the stand-in can be called is a way to call the real one."""
    signature, own = signature_of(real), inspect.signature(function)
    assert signature is not None, "neither a signature nor a docstring tells"
    parameters = list(own.parameters.values())[method:]
    by_name = [p.name for p in parameters if p.kind == p.KEYWORD_ONLY]
    by_place = [p for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD]
    bound_self = method and next(iter(signature.parameters), "") in ("self", "x")
    needed = sum(p.default is p.empty for p in by_place)
    for count in range(needed, len(by_place) + 1):
        signature.bind(*range(count + bound_self), **dict.fromkeys(by_name))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.path)
def test_what_the_stand_in_has_is_there(part: Part) -> None:
    real = resolved(cupy, part.path)
    assert isinstance(real, type) == isinstance(part.value, type)
    assert callable(real) == callable(part.value)
    assert isinstance(real, int) == isinstance(part.value, int)


@pytest.mark.parametrize(
    "part",
    [p for p in PARTS if callable(p.value) and p not in ERRORS and p.path not in UNTOLD],
    ids=lambda part: part.path,
)
def test_what_the_stand_in_takes_is_taken(part: Part) -> None:
    demand_binds(resolved(cupy, part.path), part.value)


def members() -> Iterator[tuple[str, str]]:
    for part in KINDS:
        made = INSTANCES[part.path]() if part.path in INSTANCES else None
        names = {*vars(part.value), *(vars(made) if made is not None else ())}
        for name in sorted(names):
            special = name in ("__init__", "__del__") or not hasattr(object, name)
            private = name.startswith("_") and not name.endswith("__")
            if special and not private and name not in IMPLEMENTATION:
                yield part.path, name


IMPLEMENTATION = {
    "__module__", "__dict__", "__weakref__", "__qualname__", "__firstlineno__", "__init__",
    "__static_attributes__", "recorded",
}  # fmt: skip


@pytest.mark.parametrize(("path", "name"), list(members()))
def test_members_of_the_stand_ins_objects_are_there(path: str, name: str) -> None:
    kind = resolved(cupy, path)
    assert has_member(kind, name), f"{kind} has no {name}"
    own = inspect.getattr_static(resolved(STANDIN, path), name, None)
    if inspect.isfunction(own) and not name.startswith("__"):
        demand_binds(getattr(kind, name), own, method=True)


def test_every_kind_of_object_is_looked_into() -> None:
    assert {part.path for part in KINDS} - set(INSTANCES) == {"RawModule", "cuda.UnownedMemory"}


def test_kernels_are_called_with_a_grid_blocks_arguments_and_shared_memory() -> None:
    signature = signature_of(cupy.RawKernel.__call__)
    assert signature is not None
    signature.bind(None, (1, 1, 1), (1, 1, 1), (), shared_mem=0)
    assert "shared_mem" in cupy.RawKernel.__call__.__doc__


def test_pools_give_all_blocks_back() -> None:
    for pool in (cupy.get_default_memory_pool(), cupy.get_default_pinned_memory_pool()):
        signature = signature_of(pool.free_all_blocks)
        assert signature is not None
        assert all(p.default is not p.empty for p in list(signature.parameters.values())[1:])


# --- what can be done without a device ------------------------------------------------------------


def pair() -> tuple[Any, Any]:
    """The same array (4, 3, 2) over memory of the stand-in, and over an address in the real one."""
    block = STANDIN.ndarray((4, 3, 2), np.float32)
    memory = cupy.cuda.UnownedMemory(block.data.ptr, block.nbytes, None, 0)
    real = cupy.ndarray(block.shape, block.dtype, cupy.cuda.MemoryPointer(memory, 0), block.strides)
    return block, real


VIEWS = {
    "itself": lambda a: a,
    "a frame": lambda a: a[1],
    "frames": lambda a: a[1:3],
    "a channel": lambda a: a[..., 0],
    "upside down": lambda a: a[:, ::-1],
    "backwards": lambda a: a[::-1],
    "transposed": lambda a: a.transpose((0, 2, 1)),
    "reshaped": lambda a: a.reshape((4, 6)),
    "bits": lambda a: a.view(np.uint32),
    "iterated": lambda a: a[len(a) - 1],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views_are_those_of_the_stand_in(view: Any) -> None:
    stood, real = map(view, pair())
    for name in ("shape", "strides", "dtype", "size", "nbytes"):
        assert getattr(real, name) == getattr(stood, name), name
    assert real.data.ptr == stood.data.ptr
    assert (real.data + 8).ptr == (stood.data + 8).ptr
    assert real.flags.c_contiguous == stood.flags.c_contiguous


def test_numbers_of_copies_are_the_runtimes() -> None:
    for name in ("memcpyHostToDevice", "memcpyDeviceToHost"):
        assert getattr(cupy.cuda.runtime, name) == getattr(STANDIN.cuda.runtime, name)


def test_memory_that_runs_out_is_recognised() -> None:
    runtime = cupy.cuda.runtime.CUDARuntimeError
    assert device.out_of_memory(cupy, runtime(2))
    assert device.out_of_memory(cupy, cupy.cuda.memory.OutOfMemoryError(1, 2))
    assert not device.out_of_memory(cupy, runtime(700))
    assert not device.out_of_memory(cupy, MemoryError())


def test_failures_are_translated() -> None:
    broken = cupy.cuda.compiler.CompileException("no such type", "code", "name", ())
    for error in (cupy.cuda.runtime.CUDARuntimeError(700), broken):
        assert isinstance(device.translated(cupy, error), RenderError)
    assert "no such type" in str(device.translated(cupy, broken))


@pytest.mark.skipif(device.driver_version() is not None, reason="there is a driver")
def test_a_machine_without_a_device_is_told_so() -> None:
    assert "CUDA finds no device" in str(device._unusable(cupy, 99_000))
    assert not cupy.cuda.is_available()
    assert "NVIDIA driver" in str(device.missing())
