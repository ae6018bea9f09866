"""Valid files of every readable format, and which of them a seed damages.

Most are those that the contract of sources is run on, so that a new kind of source is among them.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from heatvid.sources import open_source
from tests.harness.formats import OTHERS, Original
from tests.support import file_sources, sources, stored_sources

STEP = 61  # prime, so that seeds in a row give formats that differ
# Of the contract's kinds, those that are made of others, or lie in memory.
_VIEWS = ("held", "of_bfloat16", "given_one_by_one", "chosen", "decoded", "at_another_rate",
          "opened", "streamed", "make_view")  # fmt: skip


class Made(NamedTuple):
    """What an original is made of.

    Attributes
    ----------
    files : dict of str to bytes
        By their paths within a folder.
    opened : str or list of str
        Path, pattern or paths within it.
    options : mapping
        Of the source.
    """

    files: dict[str, bytes]
    opened: Any
    options: Mapping[str, Any]

    def opened_in(self, folder: Path) -> Any:
        """What is opened where the files lie in that folder."""
        if isinstance(self.opened, list):
            return [os.path.join(folder, path) for path in self.opened]
        return str(folder) if self.opened == "." else os.path.join(folder, self.opened)


@cache
def made(original: Original) -> Made:
    """Make an original, once in a process."""
    with TemporaryDirectory(prefix="heatvid-original-") as folder:
        opened, options = original.make(Path(folder))
        several = isinstance(opened, list)
        within = [os.path.relpath(path, folder) for path in (opened if several else [opened])]
        files = {str(path.relative_to(folder)): _timeless(path.read_bytes())
                 for path in sorted(Path(folder).rglob("*")) if path.is_file()}  # fmt: skip
    return Made(files, within if several else within[0], options)


def _timeless(content: bytes) -> bytes:
    """Take the times out of an archive, so that each seed's damage is always the same."""
    if not content.startswith(b"PK"):
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as timed, zipfile.ZipFile(out, "w") as archive:
        for member in timed.infolist():
            copy = zipfile.ZipInfo(member.filename)
            copy.compress_type = member.compress_type
            archive.writestr(copy, timed.read(member))
    return out.getvalue()


def original_of(seed: int) -> Original:
    """The original that a seed damages."""
    return ORIGINALS[seed * STEP % len(ORIGINALS)]


# --- those of the contract ------------------------------------------------------------------------


def _of_contract() -> Iterator[Original]:
    for kind in (*sources.KINDS, *file_sources.FILES, *stored_sources.STORED):
        if kind.make.__qualname__.partition(".")[0] not in _VIEWS:
            yield Original(kind.name, partial(_of_kind, kind))


def _of_kind(kind: sources.Kind, folder: Path) -> tuple[Any, Mapping[str, Any]]:
    opening: Any = kind.make(folder).open
    assert opening.func is open_source, f"{kind.name}: is no file; it belongs to _VIEWS"
    (opened,) = opening.args
    return opened, opening.keywords


ORIGINALS = [*_of_contract(), *OTHERS]
