"""CUDA source to modules of a device, compiled under the options that are given and no others.

``cupy.RawModule(code=...)`` puts ``-ftz=true`` behind its options, and NVRTC heeds the last one:
numbers below 1.2e-38 would be zero, and with them the step of a logarithmic norm from what has no
logarithm to what has (https://github.com/cupy/cupy/issues/9576).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OPTIONS = ("--std=c++17", "--fmad=false", "-ftz=false", "-prec-div=true", "-prec-sqrt=true")


def compiled(cupy: Any, code: str, defines: Mapping[str, int | str]) -> Any:
    """Give the module of the current device; what was made once is kept beside CuPy's own.

    Parameters
    ----------
    cupy : module
    code : str
    defines : mapping
        Names and values of the constants that the code is specialised by.

    Returns
    -------
    cupy.RawModule
    """
    options = (*OPTIONS, *(f"-D{name}={value}" for name, value in defines.items()))
    arch, version = cupy.cuda.Device().compute_capability, cupy.cuda.nvrtc.getVersion()
    made_of = repr((version, arch, options, code))
    name = f"heatvid-{hashlib.sha256(made_of.encode()).hexdigest()}.cubin"
    path = _folder() / name
    if not path.exists():
        binary, _ = cupy.cuda.compiler.compile_using_nvrtc(code, options)
        _put(path, binary)
    return cupy.RawModule(path=str(path))


def _folder() -> Path:
    """Where CuPy keeps compiled kernels."""
    folder = Path(os.environ.get("CUPY_CACHE_DIR", "~/.cupy/kernel_cache")).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
