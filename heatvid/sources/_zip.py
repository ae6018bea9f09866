"""Zip archives of arrays: every check that needs no inflating, and their members' bytes."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Protocol

import numpy as np

from heatvid._errors import SourceError, brief
from heatvid._frames import AnyArray
from heatvid.sources._files import RegularFile, as_bytes
from heatvid.sources._inflate import MOST_DEFLATE_RATIO, crc32, inflater
from heatvid.sources._npy_header import MAGIC
from heatvid.sources._reading import reading_zip

_LOCAL_BYTES = 30  # of what stands before each member, without its name
_RAW_BYTES = 1 << 16  # of a deflated member, read at a time
_PIECE_BYTES = 1 << 18  # inflated at a time, so that the pieces stay in the cache


class Archive:
    """A zip of .npy members that has passed every check that needs no inflating.

    Other members are refused unless they are ``allowed`` beside these.
    """

    def __init__(self, file: RegularFile, label: str, *, allowed: bool = False) -> None:
        self.label = label
        self._file = file
        _demand_zip(file, label)
        with self.reading(label):
            self._zip = zipfile.ZipFile(file)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            if allowed and not member.filename.endswith(".npy"):
                continue
            self._demand_safe(member)
            self._members[self.key(member)] = member
        if not self._members:
            raise SourceError(f"{label}: holds no arrays; allowed is a file saved by np.savez")

    @staticmethod
    def key(member: zipfile.ZipInfo) -> str:
        """Name of the array: the member's without ``.npy``."""
        return member.filename.removesuffix(".npy")

    @property
    def keys(self) -> list[str]:
        """Of all arrays."""
        return list(self._members)

    def member(self, key: str) -> zipfile.ZipInfo:
        """Where the array of a key lies."""
        return self._members[key]

    @contextmanager
    def open(self, member: zipfile.ZipInfo) -> Iterator[MemberStream]:
        """Open a member's bytes; what zipfile raises meanwhile becomes SourceError."""
        with self.reading(self.label), closing(self.open_stream(member)) as stream:
            yield stream

    def open_stream(self, member: zipfile.ZipInfo) -> MemberStream:
        """Open a member's bytes, for the caller to close."""
        deflated = member.compress_type == zipfile.ZIP_DEFLATED
        return (Inflating if deflated else Lying)(self._file, self.offset(member), member)

    def reading(self, label: str) -> AbstractContextManager[None]:
        """Translate errors, as :func:`reading_zip` does."""
        return reading_zip(self._file, label)

    def read_whole(self, member: zipfile.ZipInfo, head: bytes, out: AnyArray, label: str) -> None:
        """Fill ``out`` with all that lies behind the head of a member; from any thread."""
        with self.reading(label):
            if member.compress_type == zipfile.ZIP_DEFLATED:
                stream = self.open_stream(member)
                skip(stream, len(head), label)
                inflate(stream, out, label)
                return
            self._file.read_exactly(out, self.offset(member) + len(head))
            if crc32(as_bytes(out), crc32(head)) != member.CRC:
                raise wrong_checksum(label)

    def check_unchanged(self) -> None:
        """Raise SourceError where the file was written to since it was opened."""
        self._file.check_unchanged()

    def offset(self, member: zipfile.ZipInfo) -> int:
        """First byte of a stored member's content, behind its local header; from any thread."""
        local = np.zeros(_LOCAL_BYTES, np.uint8)
        if member.header_offset + len(local) <= self._file.size:
            self._file.read_exactly(local, member.header_offset)
        if not local.tobytes().startswith(b"PK\3\4"):
            raise SourceError(f"{self.label}: the archive is damaged; save the file again")
        name_bytes, extra_bytes = struct.unpack("<HH", local[26:].tobytes())
        offset = member.header_offset + len(local) + int(name_bytes) + int(extra_bytes)
        if offset + member.compress_size > self._file.size:
            raise SourceError(f"{self.label}: the archive is cut; save the file again")
        return offset

    def close(self) -> None:
        """Close the archive and its file."""
        self._zip.close()
        self._file.close()

    def _demand_safe(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        shown = f"{self.label}: the member {brief(name)}"
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
        most = member.compress_size * (1 if stored else MOST_DEFLATE_RATIO)
        if member.file_size > most or member.compress_size > self._file.size:
            raise SourceError(
                f"{shown} declares {member.file_size} bytes, more than it can hold; "
                "save the file again"
            )


def wrong_checksum(label: str) -> SourceError:
    """Say that the bytes of an array are others than those that were saved."""
    return SourceError(f"{label}: the checksum (CRC-32) is wrong; save the file again")


def _demand_zip(file: RegularFile, label: str) -> None:
    file.seek(0)
    start = file.read(8) or b""
    if start.startswith(MAGIC):
        raise SourceError(f"{label}: is a .npy file, not a .npz; give it that name")
    if not start.startswith(b"PK"):
        what = f"it begins with {start!r}" if start else "it is empty"
        raise SourceError(f"{label}: is not a .npz file ({what}); allowed is one saved by np.savez")


class MemberStream(Protocol):
    """Bytes of a member, in their order."""

    def read(self, size: int, /) -> bytes:
        """Give at most ``size`` bytes, none at the end."""

    def close(self) -> None:
        """Let it go."""


class Lying:
    """The bytes of a stored member, of which the checksum is not looked at."""

    def __init__(self, file: RegularFile, begin: int, member: zipfile.ZipInfo) -> None:
        self._file, self._place, self._end = file, begin, begin + member.compress_size

    def read(self, size: int, /) -> bytes:
        """Give at most ``size`` bytes, none at the end."""
        raw = np.empty(min(size, self._end - self._place), np.uint8)
        self._file.read_exactly(raw, self._place)
        self._place += raw.size
        return raw.tobytes()

    def close(self) -> None:
        """Let the member go; the file stays open."""


class Inflating:
    """The bytes of a deflated member; with the last of them their checksum is compared.

    zipfile does the same with zlib, which takes twice as long.
    """

    def __init__(self, file: RegularFile, begin: int, member: zipfile.ZipInfo) -> None:
        self._file, self._member = file, member
        self._place, self._end = begin, begin + member.compress_size
        self._left, self._sum = member.file_size, 0
        self._inflater = inflater()

    def read(self, size: int, /) -> bytes:
        """Give at most ``size`` bytes, none at the end."""
        size = min(size, self._left)
        while size:
            raw = self._inflater.unconsumed_tail or self._next_raw()
            got: bytes = self._inflater.decompress(raw, size)
            if got:
                return self._checked(got)
            if self._inflater.eof or not raw:
                raise EOFError("it ends too early")
        return b""

    def _next_raw(self) -> bytes:
        raw = np.empty(min(_RAW_BYTES, self._end - self._place), np.uint8)
        self._file.read_exactly(raw, self._place)
        self._place += raw.size
        return raw.tobytes()

    def _checked(self, got: bytes) -> bytes:
        self._left -= len(got)
        self._sum = crc32(got, self._sum)
        if not self._left and self._sum != self._member.CRC:
            raise zipfile.BadZipFile("Bad CRC-32")
        return got

    def close(self) -> None:
        """Let the member go; the file stays open."""
        self._inflater = None


def inflate(stream: MemberStream, out: AnyArray, label: str) -> None:
    """Fill ``out``; reading the member's last byte compares its checksum."""
    rest = as_bytes(out)
    while rest:
        piece = stream.read(min(len(rest), _PIECE_BYTES))
        if not piece:
            raise SourceError(f"{label}: the archive is cut; save the file again")
        rest[: len(piece)] = piece
        rest = rest[len(piece) :]


def skip(stream: MemberStream, count: int, label: str) -> None:
    while count:
        piece = stream.read(min(count, _PIECE_BYTES))
        if not piece:
            raise SourceError(f"{label}: the archive is cut; save the file again")
        count -= len(piece)
