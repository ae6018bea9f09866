"""One array of a .npz file: read at its offset where stored, streamed where compressed.

Numbered ones of one frame each are read one by one, in any order.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import partial

import numpy as np

from heatvid._cores import available_cores
from heatvid._errors import SourceError, called, printable, shortened
from heatvid._frames import AnyArray, UnreadFrame
from heatvid.sources._arrays import ArraySource
from heatvid.sources._axes import Axes
from heatvid.sources._base import Source
from heatvid.sources._chunks import Index
from heatvid.sources._containers import Container, Found, choose_in, open_found
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import RegularFile, as_bytes
from heatvid.sources._inflate import crc32, crc32_of_both
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._npy import NpySource, axes_of
from heatvid.sources._npy_header import NpyHeader, read_header
from heatvid.sources._side_by_side import SideBySide
from heatvid.sources._stored import StoredArray
from heatvid.sources._zip import Archive, MemberStream, inflate, skip, wrong_checksum

_PIECE_BYTES = 16 << 20  # read at a time for a checksum alone
_LEAST_PART_BYTES = 4 << 20  # that is worth a thread
_OF_CLASSES = ("probabilities", "softmax")  # of nnU-Net: (C, 1, H, W) of a picture
_POINTS, _DEPTH_OF_POINTS = "point_map", 2  # of GeometryCrafter: x, y and depth


def open_npz(
    path: str,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    *,
    among_others: bool = False,
) -> Source:
    """Open one array of the archive at ``path``, or numbered ones of one frame each.

    ``key`` says which, where there are several; ``among_others`` whether files that are no arrays
    may lie in it.
    """
    file = RegularFile(path)
    try:
        archive = Archive(file, called(path), allowed=among_others)
        container = _container(archive)
        found = choose_in(container, key, layout, channel)
        if len(found.members) > 1:
            return open_found(container, found, layout, channel)
        return _open_member(file, archive, found, layout, channel)
    except BaseException:
        file.close()
        raise


def look_into(path: str, keys: Sequence[str]) -> tuple[str, dict[str, tuple[int, ...]]]:
    """Tell which array is shown where none is asked for, "" for none.

    Its shape is told too, and those of ``keys`` that are there.
    """
    with RegularFile(path) as file:
        container = _container(Archive(file, called(path)))
        shapes = {key: container.open(key).shape for key in keys if key in container.keys}
        try:
            found = choose_in(container, None, None, None)
        except SourceError:
            return "", shapes
        count, shape = len(found.members), container.open(found.members[0]).shape
        return found.key, {**shapes, found.key: (count, *shape) if count > 1 else shape}


def _container(archive: Archive) -> Container:
    opened = partial(_stored, archive)
    return Container(archive.label, archive.keys, opened, archive.close, maps=True)


def _stored(archive: Archive, key: str) -> StoredArray:
    """Describe an array, which is read as a whole whatever is asked for of it."""
    member = archive.member(key)
    label = _label(archive, key)
    try:
        header = _header(archive, member, label)
    except SourceError as error:
        return _no_real_array(label, key, error)

    def read(index: Index, out: AnyArray) -> None:
        turned = header.fortran_order
        shape = header.shape[::-1] if turned else header.shape
        in_place = not turned and out.shape == shape
        whole = out if in_place else np.empty(shape, header.dtype.newbyteorder("="))
        archive.read_whole(member, header.raw, whole, label)
        make_native(whole, header.dtype)
        if not in_place:
            out[...] = (whole.T if turned else whole)[index]

    return StoredArray(
        name=label, key=key, shape=header.shape, dtype=header.dtype, read=read,
        demand=partial(_demand_exact_size, header, member, label), check=archive.check_unchanged,
    )  # fmt: skip


def _no_real_array(label: str, key: str, error: SourceError) -> StoredArray:
    """Stand for an array of what cannot be shown; nothing of it is read."""

    def refuse(*_: object) -> None:
        raise error

    return StoredArray(label, key, (), np.dtype(object), read=refuse, demand=refuse)


def _open_member(
    file: RegularFile,
    archive: Archive,
    found: Found,
    layout: str | None,
    channel: int | str | None,
) -> Source:
    key = found.members[0]
    member, label = archive.member(key), _label(archive, key)
    header = _header(archive, member, label)
    _demand_exact_size(header, member, label)
    axes = axes_of(header, label, layout, channel, _DEPTH_OF_POINTS if key == _POINTS else None)
    if member.compress_type == zipfile.ZIP_STORED:
        source: Source = StoredMember(file, label, header, axes, member, archive.offset(member))
    elif axes.sequential:
        source = CompressedMember(archive, member, label, header, axes)
    else:
        source = _load(archive, member, label, header, axes)
    source.about = found.about
    of_one_channel = len(header.shape) == 4 and header.shape[1] == 1
    if layout is None and of_one_channel and key in _OF_CLASSES:
        source.about = found.about.noting(
            f"{archive.label}: shows {header.shape[0]} frames; --layout CTHW where they are classes"
        )
    return source


def _label(archive: Archive, key: str) -> str:
    return f"{archive.label}[{shortened(printable(key))}]"


def _header(archive: Archive, member: zipfile.ZipInfo, label: str) -> NpyHeader:
    with archive.open(member) as stream:
        return read_header(stream.read, label)


class StoredMember(NpySource):
    """Frames of an uncompressed array; its checksum is compared as they are first read in order.

    Once one is read out of order, all bytes are read for it, as the checksum is of the whole. The
    frames of the beginning alone are given unchecked.
    """

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
        self._crc = crc32(header.raw)
        self._frames_summed = 0
        self._side_by_side = SideBySide(name)

    def unread(self, start: int, count: int) -> list[UnreadFrame] | None:
        """Frames to be read by rows, once all of them have been checked."""
        return super().unread(start, count) if self._frames_summed == self.length else None

    def close(self) -> None:
        """Close the file."""
        self._side_by_side.close()
        super().close()

    def _fill(self, start: int, out: AnyArray) -> None:
        if start > self._frames_summed:
            self._verify_whole()
        new = max(self._frames_summed - start, 0)
        super()._fill(start, out[:new])
        if new < len(out):
            self._read_and_sum(as_bytes(out[new:]), self._frames_summed * self._frame_bytes)
            self._frames_summed += len(out) - new
            self._compare()

    def _read_and_sum(self, out: memoryview, begin: int) -> None:
        """Read the bytes that follow what has been summed; several threads take a part each."""
        size = max(_LEAST_PART_BYTES, -(-len(out) // available_cores()))
        starts = range(0, len(out), size)
        sums = [0] * len(starts)

        def work(i: int) -> None:
            part = out[starts[i] : starts[i] + size]
            self._file.read_exactly(np.frombuffer(part, np.uint8), self._offset + begin + starts[i])
            sums[i] = crc32(part)

        self._side_by_side.each(work, range(len(starts)))
        for first, own in zip(starts, sums, strict=True):
            self._crc = crc32_of_both(self._crc, own, len(out[first : first + size]))

    def _verify_whole(self) -> None:
        done, every = (n * self._frame_bytes for n in (self._frames_summed, self._axes.length))
        piece = np.empty(min(_PIECE_BYTES, every - done), np.uint8)
        for begin in range(done, every, _PIECE_BYTES):
            self._read_and_sum(piece[: every - begin].data, begin)
        if done < every:
            self._frames_summed = self._axes.length
            self._compare()

    def _compare(self) -> None:
        if self._frames_summed == self._axes.length and self._crc != self._expected_crc:
            raise wrong_checksum(self.name)


class CompressedMember(LaidOutSource):
    """Frames of a deflated array, inflated as they are read; going back begins again."""

    compressed = True

    def __init__(
        self,
        archive: Archive,
        member: zipfile.ZipInfo,
        name: str,
        header: NpyHeader,
        axes: Axes,
    ) -> None:
        super().__init__(name, axes, header.dtype.newbyteorder("="), axes.length)
        self._archive = archive
        self._member = member
        self._header = header
        self._stream: MemberStream | None = None
        self._next = 0

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = self._count(start, count)
        buffer = self._buffer(count, out)
        with self._archive.reading(self.name):
            self._seek(start)
            assert self._stream is not None
            self._next = -1  # until the frames are there, the stream stands nowhere
            inflate(self._stream, buffer, self.name)
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
        skip(self._stream, (start - self._next) * frame_bytes, self.name)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _load(
    archive: Archive, member: zipfile.ZipInfo, label: str, header: NpyHeader, axes: Axes
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
        inflate(stream, stored, label)
    make_native(stored, header.dtype)
    archive.close()
    return ArraySource(stored, axes, label)


def _demand_exact_size(header: NpyHeader, member: zipfile.ZipInfo, label: str) -> None:
    declared = len(header.raw) + header.data_bytes
    if declared != member.file_size:
        raise SourceError(
            f"{label}: shape {header.shape} of {header.dtype} needs {declared} bytes with its "
            f"header, the archive holds {member.file_size}; save the file again"
        )
