"""Files that lie in a zip archive, opened by names that know where they lie."""

from __future__ import annotations

import io
import zipfile

from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray
from heatvid.sources._files import RegularFile, as_bytes
from heatvid.sources._inflate import MOST_DEFLATE_RATIO
from heatvid.sources._reading import reading_zip


class FrameArchive:
    """A zip archive of files; all reading is done from any thread.

    Parameters
    ----------
    path : str
    """

    def __init__(self, path: str) -> None:
        self.path, self.label = path, called(path)
        self.file = RegularFile(path)
        try:
            with reading_zip(self.file, self.label):
                self._zip = zipfile.ZipFile(self.file)
        except BaseException:
            self.file.close()
            raise

    def names(self) -> list[str]:
        """Of all files, but hidden ones and what macOS adds."""
        return [
            member.filename
            for member in self._zip.infolist()
            if not member.is_dir()
            and not any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/"))
        ]

    def size(self, name: str) -> int:
        """Bytes that a file is said to have."""
        return self._zip.getinfo(name).file_size

    def read(self, name: str) -> bytes:
        """All bytes of a file, whose checksum is compared."""
        label = called(f"{self.path}/{name}")
        with reading_zip(self.file, label):
            member = self._zip.getinfo(name)
            most = member.compress_size * MOST_DEFLATE_RATIO
            if member.compress_size > self.file.size or member.file_size > most:
                raise SourceError(
                    f"{label}: declares {member.file_size} bytes, more than it can hold; save the "
                    "archive again"
                )
            return self._zip.read(member)

    def close(self) -> None:
        """Close it; it may be called more than once."""
        self._zip.close()
        self.file.close()


class MemberPath(str):
    """Path of an archive and of a file in it, which is opened there."""

    archive: FrameArchive
    member: str

    __slots__ = ("archive", "member")

    @classmethod
    def of(cls, path: str, archive: FrameArchive, member: str) -> MemberPath:
        """Name a file of the archive at ``path``."""
        name = cls(f"{path}/{member}")
        name.archive, name.member = archive, member
        return name


class MemberFile(io.BytesIO):
    """A file of an archive, in memory; with what :class:`RegularFile` offers."""

    def __init__(self, path: MemberPath) -> None:
        super().__init__(path.archive.read(path.member))
        self.label = called(path)
        self.size = len(self.getbuffer())
        self._archive = path.archive

    def check_unchanged(self) -> None:
        """Raise SourceError where the archive was written to since it was opened."""
        self._archive.file.check_unchanged()

    def read_exactly(self, out: AnyArray, offset: int) -> None:
        """Fill ``out``, C-contiguous, with the bytes from ``offset`` on."""
        place = as_bytes(out)
        content = self.getbuffer()[offset : offset + len(place)]
        if len(content) < len(place):
            raise SourceError(f"{self.label}: the file is cut; write it again")
        place[:] = content


def open_file(path: str) -> RegularFile | MemberFile:
    """Open a file for reading, wherever it lies."""
    return MemberFile(path) if isinstance(path, MemberPath) else RegularFile(path)


OpenFile = RegularFile | MemberFile
