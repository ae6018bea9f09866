"""Zip archives of files of one frame each, or of stacks, as their folder would be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial

from heatvid._errors import OptionError, SourceError, brief
from heatvid.sources import _tiff
from heatvid.sources._axes import holds_stacks
from heatvid.sources._base import Source
from heatvid.sources._files import kind_of, natural_key
from heatvid.sources._folder import FRAME_KINDS, FolderSource
from heatvid.sources._joined import JoinedSource
from heatvid.sources._label_names import names_among, names_beside
from heatvid.sources._members import FrameArchive, MemberPath, open_file
from heatvid.sources._npy_header import read_header
from heatvid.sources._npz import open_npz
from heatvid.sources._series import demand_one_series


def open_frame_zip(
    path: str,
    layout: str | None = None,
    channel: int | str | None = None,
    key: str | None = None,
) -> Source:
    """Open an archive of images or arrays, in the natural order of their names."""
    archive = FrameArchive(path)
    try:
        frames = [name for name in archive.names() if kind_of(name) in FRAME_KINDS]
        if not frames:
            raise SourceError(
                f"{archive.label}: holds no frames; allowed are {', '.join(FRAME_KINDS)}"
            )
        demand_one_series(archive.label, frames)
        paths = [MemberPath.of(path, archive, name) for name in sorted(frames, key=natural_key)]
        kind = kind_of(paths[0])
        asked_for = key is not None and kind == ".npy"
        if not (asked_for or _holds_arrays_of_stacks(paths[0], layout, channel)):
            if key is not None and kind != ".exr":
                raise OptionError(
                    f"{archive.label}: key is {brief(key)}; allowed with files of several arrays, "
                    f"not with {kind} files of one frame each"
                )
            if kind == ".tif" and _tiff.holds_stack(paths[0]):
                opens = [partial(_tiff.open_tiff, each, layout, channel) for each in paths]
                return ZipStacks(archive, opens)
            source = ZipSource(archive, paths, layout, channel, key)
            if source.dtype.kind in "iu":
                names = names_beside(path) or names_among(archive)
                source.about = source.about.naming(names)
            return source
    except BaseException:
        archive.close()
        raise
    archive.close()
    open_stack = partial(open_npz, path, layout=layout, channel=channel, among_others=True)
    if key is None and _follow_each_other(paths):
        keys = [each.member.removesuffix(".npy") for each in paths]
        return JoinedSource(archive.label, [partial(open_stack, each) for each in keys], True)
    return open_stack(key)


def _holds_arrays_of_stacks(
    first: MemberPath, layout: str | None, channel: int | str | None
) -> bool:
    """Whether it is what np.savez writes, under another name."""
    if kind_of(first) != ".npy":
        return False
    with open_file(first) as file:
        return holds_stacks(read_header(file.read, file.label).shape, layout, channel)


def _follow_each_other(paths: Sequence[MemberPath]) -> bool:
    """Whether files are numbered parts of one sequence, and not what np.savez numbers itself."""
    series = {re.sub(r"[0-9]+", "#", os.path.basename(each.member)) for each in paths}
    return len(paths) > 1 and len(series) == 1 and series != {"arr_#.npy"}


class ZipStacks(JoinedSource):
    """Stacks that are files of an archive, which is closed with this."""

    def __init__(self, archive: FrameArchive, opens: Sequence[Callable[[], Source]]) -> None:
        super().__init__(archive.label, opens, True)
        self._archive = archive

    def close(self) -> None:
        """Close the archive."""
        super().close()
        self._archive.close()


class ZipSource(FolderSource):
    """Frames that are files of an archive, which is closed with this."""

    def __init__(
        self,
        archive: FrameArchive,
        paths: Sequence[str],
        layout: str | None,
        channel: int | str | None,
        key: str | None,
    ) -> None:
        super().__init__(archive.label, paths, layout, channel, key)
        self._archive = archive

    def close(self) -> None:
        """Close the archive."""
        super().close()
        self._archive.close()
