"""NVRTC and what loads its binaries, for the host: a binary is the source with its options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from tests.support.host_build import HostModule


def compile_using_nvrtc(source: str, options: Sequence[str] = ()) -> tuple[bytes, None]:
    """As CuPy's; nothing is mangled."""
    return json.dumps([source, options]).encode(), None


def load(path: str, *, whole_blocks: bool = False) -> HostModule:
    """What ``cupy.RawModule(path=path)`` is."""
    source, options = json.loads(Path(path).read_bytes())
    return HostModule(source, options, whole_blocks=whole_blocks)


def compiling() -> SimpleNamespace:
    """As much of ``cupy.cuda`` as kernels are compiled with."""
    return SimpleNamespace(
        Device=lambda: SimpleNamespace(compute_capability="80"),
        nvrtc=SimpleNamespace(getVersion=lambda: (12, 9)),
        compiler=SimpleNamespace(compile_using_nvrtc=compile_using_nvrtc),
    )
