"""The registry of formats: which reader opens a path. A new one is a file and a row here.

What a path is called decides; then, where no row or several have its suffix, what it begins with.
Folders are looked into before they are taken for folders of frames.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from glob import has_magic
from importlib import import_module
from typing import NamedTuple

from heatvid._errors import SourceError, brief, called, printable, shortened
from heatvid.sources import _images
from heatvid.sources._base import Source
from heatvid.sources._files import RegularFile, kind_of
from heatvid.sources._packages import demand_package
from heatvid.sources._reading import reading

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v")
_HEAD_BYTES = 1 << 16
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_HDF5_BEGINS = (0, *(512 << i for i in range(7)))  # behind a block of the user's, as of MATLAB


class Format(NamedTuple):
    """How a family of formats is told from others, and opened.

    Attributes
    ----------
    name : str
        How messages call it.
    suffixes : tuple of str
        In small letters.
    opener : str
        ``module.function`` of this package, imported when it is used: of the path, and of what
        ``takes`` says as keyword arguments.
    takes : tuple of str
        What else of :class:`SourceSpec` it takes.
    sniff : callable, optional
        Of the first bytes of a file, none of a folder, and the path: whether it is one.
    package : str
        What has to be installed to read it; "" for nothing.
    extra : str
        Of heatvid, that installs it.
    joined : bool
        Whether files of it in a folder, pattern or list follow each other in time.
    """

    name: str
    suffixes: tuple[str, ...]
    opener: str
    takes: tuple[str, ...] = ("layout", "channel")
    sniff: Callable[[bytes, str], bool] | None = None
    package: str = ""
    extra: str = "sources"
    joined: bool = False

    def open(self, path: str, **asked: object) -> Source:
        """Open a path; what the format needs has to be there."""
        if self.package:
            demand_package(self.package, f"{called(path)}: {self.name}", self.extra)
        module, _, function = self.opener.rpartition(".")
        opened: Source = getattr(import_module(f"heatvid.sources.{module}"), function)(
            path, **asked
        )
        return opened

    def fits(self, head: bytes, path: str) -> bool:
        """Whether the content is of this format; False where it cannot be told."""
        return self.sniff is not None and self.sniff(head, path)


def begins(*magics: bytes) -> Callable[[bytes, str], bool]:
    """Tell files that begin with certain bytes."""
    return lambda head, path: head.startswith(magics)


def _is_hdf5(head: bytes, path: str) -> bool:
    """Whether a file is HDF5, behind a block of the user's, too."""
    return any(head.startswith(_HDF5_MAGIC, begin) for begin in _HDF5_BEGINS)


def _is_mat(head: bytes, path: str) -> bool:
    """Whether a file has the version and the byte order of MATLAB's level 5."""
    return head[124:128] in (b"\0\1IM", b"\1\0MI")


def _is_zarr(head: bytes, path: str) -> bool:
    """Whether a folder, or a zip file, begins with what Zarr says of a group or an array."""
    if os.path.isdir(path):
        return any(os.path.isfile(os.path.join(path, name)) for name in ZARR)
    return head.startswith(b"PK") and folder_of_zarr(path) is not None


def folder_of_zarr(path: str) -> str | None:
    """Find the folder of a zip file in which a Zarr store lies, "" for its root; None without."""
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.rpartition("/") for name in file.namelist()]
    except Exception:  # whatever zipfile raises is said by what opens the path
        return None
    folders = [folder for folder, _, name in names if name in ZARR]
    return min(folders, key=len, default=None)


def _is_zip(head: bytes, path: str) -> bool:
    """Whether a file is a zip, of anything but what Zarr says of itself."""
    return head.startswith(b"PK") and not _is_zarr(head, path)


ZARR = ("zarr.json", ".zgroup", ".zarray", ".zmetadata")
_KEYED = ("layout", "channel", "key")
_NAMED = (*_KEYED, "select")
_FOLDER = Format("folder", (), "_folder.open_folder", _NAMED)
_PATTERN = Format("pattern", (), "_folder.open_pattern", _NAMED)
_STORE = Format("Zarr", (".zarr", ".zip"), "_zarr.open_zarr", _NAMED, _is_zarr, "zarr", joined=True)
FORMATS = (
    Format("NumPy array", (".npy",), "_npy.open_npy", sniff=begins(b"\x93NUMPY")),
    Format("NumPy archive", (".npz",), "_npz.open_npz", _KEYED, joined=True),
    Format(
        "HDF5",
        (".h5", ".hdf5", ".hdf", ".he5", ".mat"),
        "_hdf5.open_hdf5",
        _NAMED,
        _is_hdf5,
        "h5py",
        joined=True,
    ),
    Format("MATLAB 5", (".mat",), "_mat.open_mat", _NAMED, _is_mat, joined=True),
    Format("zip of frames", (".zip",), "_frame_zip.open_frame_zip", _KEYED, _is_zip, joined=True),
    _STORE,
    Format("netCDF 4", (".nc", ".nc4"), "_hdf5.open_hdf5", _NAMED, _is_hdf5, "h5py", joined=True),
    Format(
        "netCDF",
        (".nc", ".cdf"),
        "_netcdf3.open_netcdf3",
        _NAMED,
        begins(b"CDF\1", b"CDF\2", b"CDF\5"),
        "netCDF4",
        joined=True,
    ),
    Format("image", tuple(s for s in _images.SUFFIXES if s != ".tif"), "_folder.open_one"),
    Format(
        "TIFF", (".tif",), "_folder.open_one", ("layout", "channel", "select"), package="tifffile"
    ),
    Format("PFM", (".pfm",), "_folder.open_one"),
    Format("optical flow", (".flo",), "_folder.open_one"),
    Format("OpenPose's heat maps", (".float",), "_folder.open_one"),
    Format("OpenEXR", (".exr",), "_folder.open_one", _KEYED, package="OpenEXR"),
    Format("video", VIDEO_SUFFIXES, "_video.open_video"),
)
_SUFFIXES = tuple(suffix for row in FORMATS for suffix in row.suffixes)
ALLOWED = (
    f"allowed are files ({', '.join(dict.fromkeys(_SUFFIXES))}), folders and patterns of "
    "arrays or images, arrays, lists of either, and iterators of arrays"
)

_BARE = "are read by raw= and shape= (--raw int16 --shape 100x512x512)"


def format_of(path: str) -> Format:
    """Tell how a path is opened.

    Raises
    ------
    SourceError
        There is no such file, or it is of no known format.
    """
    if "://" in path and not os.path.lexists(path):
        return _STORE
    if os.path.isdir(path):
        unknown = _STORE if kind_of(path) == ".zarr" else _FOLDER
        return next((row for row in FORMATS if row.fits(b"", path)), unknown)
    exists = os.path.lexists(path)
    if not exists and has_magic(path):
        return _PATTERN
    named = [row for row in FORMATS if kind_of(path) in row.suffixes]
    if len(named) == 1 or (named and not exists):
        return named[0]
    if not exists:
        if path == "-":
            raise SourceError(f"-: standard input holds bare values, which {_BARE}")
        raise SourceError(f"{called(path)}: no such file or folder; {ALLOWED}")
    with reading(called(path)), RegularFile(path) as file:
        head = file.read(_HEAD_BYTES) or b""
    found = next((row for row in named or FORMATS if row.fits(head, path)), None)
    if found is None and named:
        kinds = " or ".join(row.name for row in named)
        begins = f"begins with {brief(head[:12])}" if head else "is empty"
        raise SourceError(f"{called(path)}: is no {kinds} file (it {begins}); write it as one")
    if found is None:
        problem = f"files named {shortened(printable('*' + kind_of(path)))} are not known"
        raise SourceError(f"{called(path)}: {problem}; {ALLOWED}; bare values {_BARE}")
    return found


def suffixes_that_take(option: str) -> str:
    """List the suffixes of the formats that an option is for."""
    return ", ".join(dict.fromkeys(s for row in FORMATS if option in row.takes
                                   for s in row.suffixes))  # fmt: skip
