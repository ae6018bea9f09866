"""What a format's library raises or warns of, and what a damaged file may ask it to do."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from heatvid._errors import HeatvidError, SourceError, one_line, printable
from heatvid.sources._files import RegularFile

_SILENCING = Lock()
_PLAUSIBLE_BYTES = 256 << 20  # of one frame, whatever the size of its file
_MOST_RATIO = 1 << 16  # of what is decoded; zstd's of zeros is half of it


def _unreadable(error: Exception) -> str:
    return f"cannot be read ({printable(one_line(error)).rstrip('.')}); write it again"


def _damaged_archive(error: Exception) -> str:
    return f"the archive is damaged ({printable(str(error)) or 'cut'}); save it again"


@contextmanager
def reading(label: str, words: Callable[[Exception], str] = _unreadable) -> Iterator[None]:
    """Turn whatever is raised, but for heatvid's own errors, into SourceError in these words."""
    try:
        yield
    except HeatvidError:
        raise
    except MemoryError as error:
        raise no_room(label, error) from error
    except Exception as error:
        raise SourceError(f"{label}: {words(error)}") from error


@contextmanager
def reading_zip(file: RegularFile, label: str) -> Iterator[None]:
    """Read an archive, by whatever inflates it, and see that its file is the same."""
    file.check_unchanged()
    with reading(label, _damaged_archive):
        yield
    file.check_unchanged()


def no_room(label: str, error: MemoryError) -> SourceError:
    """Say that memory does not suffice."""
    return SourceError(
        f"{label}: memory has no room for it ({printable(one_line(error))}); free some, or write "
        "it in smaller pieces"
    )


@contextmanager
def silenced(package: str) -> Iterator[None]:
    """Keep the warnings of a package from users, as of damaged tags; not those of others.

    Filters are the process's own, so one thread at a time changes them.
    """
    with _SILENCING, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for other in caught:
        if package not in Path(other.filename).parts:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)


def demand_plausible(label: str, declared: int, size: int, ratio: int | None = None) -> None:
    """Refuse a file of ``size`` bytes that declares a frame of far more than it can hold.

    ``ratio`` is what its compression may reach, where that is known.
    """
    most = max(_PLAUSIBLE_BYTES, size * _MOST_RATIO) if ratio is None else size * ratio
    if declared > most:
        raise SourceError(
            f"{label}: declares a frame of {declared} bytes, more than its {size} can hold; write "
            "it again"
        )
