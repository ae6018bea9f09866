"""One array of a .npz file: read at its offset where stored, streamed where compressed."""

from __future__ import annotations

import difflib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid.sources._arrays import ArraySource
from heatvid.sources._axes import Axes
from heatvid.sources._base import Source
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import RegularFile, as_bytes, printable
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._npy import NpySource, axes_of
from heatvid.sources._npy_header import MAGIC, NpyHeader, read_header

_MOST_DEFLATE_RATIO = 1032  # the format cannot do better: https://www.zlib.net/zlib_tech.html
_PIECE_BYTES = 1 << 18  # inflated at a time, so that the pieces stay in the cache
_KEYS_SHOWN = 20


def open_npz(
    path: str, key: str | None = None, layout: str | None = None, channel: int | str | None = None
) -> Source:
    """Open one array of the archive at ``path``; ``key`` says which, where there are several."""
    file = RegularFile(path)
    try:
        archive = _Archive(file, printable(path))
        member = archive.choose(key)
        label = f"{archive.label}[{printable(archive.key(member))}]"
        with archive.open(member) as stream:
            header = read_header(stream.read, label)
        _demand_exact_size(header, member, label)
        axes = axes_of(header, label, layout, channel)
        if member.compress_type == zipfile.ZIP_STORED:
            return StoredMember(file, label, header, axes, member, archive.offset(member))
        if axes.sequential:
            return CompressedMember(archive, member, label, header, axes)
        return _load(archive, member, label, header, axes)
    except BaseException:
        file.close()
        raise


class StoredMember(NpySource):
    """Frames of an uncompressed array; its checksum is compared when a first pass has ended."""

    concurrent = False  # the checksum is of the frames in their order

    def __init__(
        self,
        file: RegularFile,
        name: str,
        header: NpyHeader,
        axes: Axes,
        member: zipfile.ZipInfo,
        offset: int,
    ) -> None:
        super().__init__(file, name, header, axes, offset=offset + len(header.raw))
        self._expected_crc = member.CRC
        self._crc = zlib.crc32(header.raw)
        self._frames_summed = 0

    def _verify(self, start: int, stored: AnyArray) -> None:
        if start != self._frames_summed or start == self.length:
            return
        self._crc = zlib.crc32(as_bytes(stored), self._crc)
        self._frames_summed += len(stored)
        if self._frames_summed == self.length and self._crc != self._expected_crc:
            raise SourceError(f"{self.name}: the checksum (CRC-32) is wrong; save the file again")


class CompressedMember(LaidOutSource):
    """Frames of a deflated array, inflated as they are read; going back begins again."""

    def __init__(
        self,
        archive: _Archive,
        member: zipfile.ZipInfo,
        name: str,
        header: NpyHeader,
        axes: Axes,
    ) -> None:
        super().__init__(name, axes, header.dtype.newbyteorder("="), axes.length)
        self._archive = archive
        self._member = member
        self._header = header
        self._stream: IO[bytes] | None = None
        self._next = 0

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = self._count(start, count)
        buffer = self._buffer(count, out)
        with self._archive.reading(self.name):
            self._seek(start)
            assert self._stream is not None
            self._next = -1  # until the frames are there, the stream stands nowhere
            _inflate(self._stream, buffer, self.name)
            self._next = start + count
        make_native(buffer, self._header.dtype)
        return self._axes.deliver(buffer)

    def close(self) -> None:
        """Close the file."""
        self._close_stream()
        self._archive.close()

    def _seek(self, start: int) -> None:
        if self._stream is None or not 0 <= self._next <= start:
            self._close_stream()
            self._stream = self._archive.open_stream(self._member)
            self._stream.read(len(self._header.raw))
            self._next = 0
        frame_bytes = self._header.data_bytes // self._axes.length
        _skip(self._stream, (start - self._next) * frame_bytes, self.name)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _load(
    archive: _Archive, member: zipfile.ZipInfo, label: str, header: NpyHeader, axes: Axes
) -> Source:
    """Inflate an array whose frames do not lie together; there is no way to read one by one."""
    try:
        stored = np.empty(axes.shape, header.dtype.newbyteorder("="))
    except MemoryError as error:
        raise SourceError(
            f"{label}: {header.data_bytes} bytes do not fit into memory; save it with time as the "
            "first axis, in C order, or uncompressed (np.savez)"
        ) from error
    with archive.open(member) as stream:
        stream.read(len(header.raw))
        _inflate(stream, stored, label)
    make_native(stored, header.dtype)
    archive.close()
    return ArraySource(stored, axes, label)


class _Archive:
    """A zip of .npy members that has passed every check that needs no inflating."""

    def __init__(self, file: RegularFile, label: str) -> None:
        self.label = label
        self._file = file
        _demand_zip(file, label)
        with self.reading(label):
            self._zip = zipfile.ZipFile(file)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            self._demand_safe(member)
            self._members[self.key(member)] = member
        if not self._members:
            raise SourceError(f"{label}: holds no arrays; allowed is a file saved by np.savez")

    @staticmethod
    def key(member: zipfile.ZipInfo) -> str:
        """Name of the array: the member's without ``.npy``."""
        return member.filename.removesuffix(".npy")

    def choose(self, key: str | None) -> zipfile.ZipInfo:
        """Find the member by its key, or the only one that could be frames."""
        if key is not None:
            if key in self._members:
                return self._members[key]
            close = difflib.get_close_matches(key, self._members, n=5, cutoff=0.5)
            keys = close + [other for other in self._members if other not in close]
            raise SourceError(
                f"{self.label}: has no key {key!r}; allowed are {_listed(map(repr, keys))}"
            )
        if len(self._members) == 1:
            return next(iter(self._members.values()))
        shapes = {name: self._describe(member) for name, member in self._members.items()}
        frames = [name for name, (plausible, _) in shapes.items() if plausible]
        if len(frames) == 1:
            return self._members[frames[0]]
        listed = _listed(f"{name!r} {shape}" for name, (_, shape) in shapes.items())
        raise SourceError(
            f"{self.label}: holds {len(shapes)} arrays; say which one with key= (--key): {listed}"
        )

    @contextmanager
    def open(self, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """Open a member's bytes; what zipfile raises meanwhile becomes SourceError."""
        with self.reading(self.label), self.open_stream(member) as stream:
            yield stream

    def open_stream(self, member: zipfile.ZipInfo) -> IO[bytes]:
        """Open a member's bytes, for the caller to close."""
        return self._zip.open(member)

    @contextmanager
    def reading(self, label: str) -> Iterator[None]:
        """Turn what zipfile and zlib raise into SourceError, and see that the file is the same."""
        self._file.check_unchanged()
        try:
            yield
        except SourceError:
            raise
        except (
            zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError,
            OverflowError, RuntimeError, LookupError,
        ) as error:  # fmt: skip
            raise SourceError(
                f"{label}: the archive is damaged ({printable(str(error)) or 'cut'}); "
                "save the file again"
            ) from error
        self._file.check_unchanged()

    def offset(self, member: zipfile.ZipInfo) -> int:
        """First byte of a stored member's content, behind its local header."""
        self._file.seek(member.header_offset)
        local = self._file.read(30) or b""
        if len(local) < 30 or not local.startswith(b"PK\3\4"):
            raise SourceError(f"{self.label}: the archive is damaged; save the file again")
        name_bytes, extra_bytes = struct.unpack("<HH", local[26:30])
        offset = member.header_offset + 30 + int(name_bytes) + int(extra_bytes)
        if offset + member.file_size > self._file.size:
            raise SourceError(f"{self.label}: the archive is cut; save the file again")
        return offset

    def close(self) -> None:
        """Close the archive and its file."""
        self._zip.close()
        self._file.close()

    def _demand_safe(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        shown = f"{self.label}: the member {name!r}"
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise SourceError(f"{shown} points out of the archive; allowed are plain names")
        if not name.endswith(".npy") or "\0" in name:
            raise SourceError(f"{shown} is not an array; allowed are .npy members only")
        if self.key(member) in self._members:
            raise SourceError(f"{shown} is there twice; save the file again")
        if member.flag_bits & 1:
            raise SourceError(f"{shown} is encrypted; save the file with np.savez")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(
                f"{shown} is compressed by method {member.compress_type}; "
                "allowed are none and deflate, as np.savez and np.savez_compressed do"
            )
        stored = member.compress_type == zipfile.ZIP_STORED
        most = member.compress_size * (1 if stored else _MOST_DEFLATE_RATIO)
        if member.file_size > most or member.compress_size > self._file.size:
            raise SourceError(
                f"{shown} declares {member.file_size} bytes, more than it can hold; "
                "save the file again"
            )

    def _describe(self, member: zipfile.ZipInfo) -> tuple[bool, str]:
        """Say whether a member could be frames, and its shape and dtype."""
        try:
            with self.open(member) as stream:
                header = read_header(stream.read, self.label)
        except SourceError:
            return False, "(no real array)"
        return 2 <= len(header.shape) <= 4, f"{header.shape} {header.dtype.name}"


def _demand_zip(file: RegularFile, label: str) -> None:
    file.seek(0)
    start = file.read(8) or b""
    if start.startswith(MAGIC):
        raise SourceError(f"{label}: is a .npy file, not a .npz; give it that name")
    if not start.startswith(b"PK"):
        what = f"it begins with {start!r}" if start else "it is empty"
        raise SourceError(f"{label}: is not a .npz file ({what}); allowed is one saved by np.savez")


def _demand_exact_size(header: NpyHeader, member: zipfile.ZipInfo, label: str) -> None:
    declared = len(header.raw) + header.data_bytes
    if declared != member.file_size:
        raise SourceError(
            f"{label}: shape {header.shape} of {header.dtype} needs {declared} bytes with its "
            f"header, the archive holds {member.file_size}; save the file again"
        )


def _inflate(stream: IO[bytes], out: AnyArray, label: str) -> None:
    """Fill ``out``; reading the member's last byte compares its checksum."""
    rest = as_bytes(out)
    while rest:
        piece = stream.read(min(len(rest), _PIECE_BYTES))
        if not piece:
            raise SourceError(f"{label}: the archive is cut; save the file again")
        rest[: len(piece)] = piece
        rest = rest[len(piece) :]


def _skip(stream: IO[bytes], count: int, label: str) -> None:
    while count:
        piece = stream.read(min(count, _PIECE_BYTES))
        if not piece:
            raise SourceError(f"{label}: the archive is cut; save the file again")
        count -= len(piece)


def _listed(items: Iterator[str] | map[str]) -> str:
    shown = list(items)
    more = [f"and {len(shown) - _KEYS_SHOWN} more"] if len(shown) > _KEYS_SHOWN else []
    return ", ".join(printable(item) for item in shown[:_KEYS_SHOWN] + more)
