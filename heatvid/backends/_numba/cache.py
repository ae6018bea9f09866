"""Numba's cache on disk, which may be damaged, full or gone: then kernels are compiled anew."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


class ForgivingCache:
    """Stands in for the cache of one kernel, and takes its failures as if it were empty.

    Parameters
    ----------
    inner : numba.core.caching.Cache
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Give machine code, or None where there is none that can be read."""
        try:
            return self._inner.load_overload(signature, context)
        except Exception:  # whatever unpickling cut or foreign bytes raises
            with suppress(Exception):
                self._inner.flush()  # so that what is compiled now can be kept
            return None

    def save_overload(self, signature: Any, code: Any) -> None:
        """Keep machine code, where that works."""
        with suppress(Exception):
            self._inner.save_overload(signature, code)
