"""Loads object code into the process, with LLVM alone."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm


class ObjectCode(NamedTuple):
    """What a compiler made for this machine.

    Attributes
    ----------
    symbol : str
        The function in it that is to be called.
    code : bytes
        Relocatable, in the system's format; it needs nothing but C's library.
    """

    symbol: str
    code: bytes


def link(compiled: ObjectCode) -> int:
    """Load object code for good; the address of its function."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(compiled.code))
    engine.finalize_object()
    address: int = engine.get_function_address(compiled.symbol)
    return address


def machine() -> tuple[Any, ...]:
    """LLVM's version, and what it calls this processor and its features."""
    features = llvm.get_host_cpu_features().flatten()
    return llvm.llvm_version_info, llvm.get_host_cpu_name(), features


@cache
def target() -> Any:
    """LLVM's generator of code for this processor."""
    with suppress(RuntimeError):  # newer versions do it by themselves, and refuse
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    _, cpu, features = machine()
    generator = llvm.Target.from_default_triple()
    return generator.create_target_machine(cpu=cpu, features=features, opt=3, jit=True)


@cache
def _engine() -> Any:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target())
