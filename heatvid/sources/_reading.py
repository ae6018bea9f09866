"""Whatever a format's library raises while it reads, in words that begin with the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heatvid._errors import HeatvidError, SourceError, one_line, printable


@contextmanager
def reading(label: str) -> Iterator[None]:
    """Turn whatever is raised, but for heatvid's own errors, into SourceError."""
    try:
        yield
    except (HeatvidError, MemoryError):
        raise
    except Exception as error:
        raise SourceError(
            f"{label}: cannot be read ({printable(one_line(error)).rstrip('.')}); write it again"
        ) from error
