"""Object code on disk, by what it was made from; whatever is wrong there, it is compiled anew."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from heatvid.backends._numba.jit.linking import ObjectCode, machine
from heatvid.backends._numba.places import PREFIX, places

SUFFIX = ".object"


def name_of(kernel: str, made_from: Any) -> str:
    """Name object code of a kernel."""
    return f"{kernel}-{_digest(made_from)}{SUFFIX}"


def kept(name: str) -> ObjectCode | None:
    """Give what has been kept by a name, or None where there is nothing whole."""
    for folder in _folders():
        with suppress(OSError, ValueError):
            checksum, symbol, code = (folder / name).read_bytes().split(b"\n", 2)
            if checksum == _checksum(symbol, code):
                return ObjectCode(symbol.decode(), code)
    return None


KEEPING = threading.Lock()  # held while a file is written, which is not to be cut short


def keep(name: str, compiled: ObjectCode) -> None:
    """Keep object code in the first place that can be written; where none can, do without."""
    with KEEPING:
        _keep(name, compiled)


def _keep(name: str, compiled: ObjectCode) -> None:
    symbol = compiled.symbol.encode()
    data = b"\n".join([_checksum(symbol, compiled.code), symbol, compiled.code])
    for folder in _folders():
        unfinished = folder / f"{name}.{token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(data)
            os.replace(unfinished, folder / name)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            continue
        return


def keeps_any() -> bool:
    """Whether numba, in just these versions, has compiled on this machine before."""
    for folder in _folders():
        with suppress(OSError):
            if any(name.endswith(SUFFIX) for name in os.listdir(folder)):
                return True
    return False


def _folders() -> Iterator[Path]:
    """Folders for what these versions compile for this processor, the best first."""
    name = f"{PREFIX}{_versions()}"
    yield from (place / name for place in places())


@functools.cache
def _versions() -> str:
    """Tell compilers, their settings and processors from each other."""
    numba = importlib.util.find_spec("numba")
    assert numba is not None
    assert numba.origin is not None
    settings = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name != "NUMBA_CACHE_DIR"
    )
    return _digest(
        (
            Path(numba.origin).with_name("_version.py").read_text(),
            [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))],
            (np.__version__, sys.version, sys.platform, machine()),
            settings,
        )
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:24]


def _checksum(symbol: bytes, code: bytes) -> bytes:
    return hashlib.sha256(symbol + b"\n" + code).hexdigest().encode()
