"""Where machine code is kept: beside the modules or, where that cannot be written, in a cache.

That is the user's; the environment's NUMBA_CACHE_DIR names another place. Nothing heavy is loaded
to know whether there is any.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PREFIX = "heatvid-"  # of the folders there, one for each set of versions


def places() -> Iterator[Path]:
    """Places for the folders, the best first."""
    told = os.environ.get("NUMBA_CACHE_DIR")
    if told:
        yield Path(told)
        return
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # no home
        cache = _user_cache()
        if cache.is_absolute():
            yield cache


def keep_none() -> bool:
    """Whether nothing has ever been kept, of whatever versions."""
    for place in places():
        with suppress(OSError):
            if any(name.startswith(PREFIX) for name in os.listdir(place)):
                return False
    return True


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local", "heatvid")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "heatvid"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "heatvid")
