"""Names of labels, in a text of lines ``id: phrase`` beside their frames, or among them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from heatvid._errors import SourceError, called
from heatvid.sources._members import FrameArchive

_LINE = re.compile(r"\s*([0-9]{1,9})\s*:\s*(.*?)\s*")
_MOST_BYTES = 1 << 20


def names_beside(path: str) -> dict[int, str]:
    """Read the text that has the name of a folder or an archive."""
    stem, suffix = os.path.splitext(path.rstrip("/\\"))
    return _first([f"{stem if suffix == '.zip' else path.rstrip('/')}.txt"], _content)


def names_in(folder: str) -> dict[int, str]:
    """Read the only text of a folder."""
    try:
        texts = [name for name in os.listdir(folder) if name.lower().endswith(".txt")]
    except OSError:
        return {}
    return _first([os.path.join(folder, name) for name in texts], _content)


def names_among(archive: FrameArchive) -> dict[int, str]:
    """Read the only text of an archive."""
    texts = [name for name in archive.names() if name.lower().endswith(".txt")]
    return _first([name for name in texts if archive.size(name) <= _MOST_BYTES], archive.read)


def names_of(path: str) -> dict[int, str]:
    """Read a text that was named.

    Raises
    ------
    SourceError
        It cannot be read, or says something else.
    """
    names = _first([path], _content)
    if not names:
        raise SourceError(f"{called(path)}: no names of labels; allowed are lines '7: a red car'")
    return names


def _content(path: str) -> bytes:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _MOST_BYTES:
            return b""
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _first(texts: list[str], read: Callable[[str], bytes]) -> dict[int, str]:
    """The names in the only text there is; none where any of its lines says something else."""
    if len(texts) != 1:
        return {}
    lines = read(texts[0]).decode("utf-8-sig", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines if line.strip()]
    if not all(found):
        return {}
    return {int(line[1]): line[2] for line in found if line is not None and line[2]}
