"""Opening whatever lies under a field, and telling colours from files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import glob, has_magic
from typing import TYPE_CHECKING, Any

import numpy as np

from heatvid._color.colormaps import parse_color
from heatvid._errors import OptionError, SourceError, printable
from heatvid._frames import AnyArray, Resident
from heatvid.sources import VIDEO_SUFFIXES
from heatvid.sources._arrays import is_array, to_host
from heatvid.sources._files import RegularFile, natural_key
from heatvid.sources._images import SUFFIXES
from heatvid.sources._npy import demand_data
from heatvid.sources._npy_header import read_header

if TYPE_CHECKING:
    pass

from heatvid._color.pictures import as_rgb, is_picture, is_stack, read_picture
from heatvid._under.background import Background
from heatvid._under.stills import (
    ArrayBackground,
    FolderBackground,
    NpyBackground,
    ResidentBackground,
    StillBackground,
)
from heatvid._under.videos import VideoBackground

_PICTURES = tuple(suffix for suffix in SUFFIXES if suffix != ".pfm")


def open_background(value: Any) -> Background | None:
    """Open a background.

    Parameters
    ----------
    value : str, path, array, or sequence of paths or arrays
        A video or image file, a folder or glob pattern of images, pictures as an array of shape
        (H, W, 3), (T, H, W) or (T, H, W, 3), uint8 or float in 0..1; or a colour.

    Returns
    -------
    Background or None
        None for a colour, which needs no frames.

    Raises
    ------
    SourceError, OptionError
        It cannot be read, or is none of these.
    """
    if isinstance(value, Background):
        return value
    if is_array(value):
        return _from_array(value)
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (str, os.PathLike)):
        return FolderBackground("background", [os.fsdecode(path) for path in value])
    if isinstance(value, (list, tuple)) and value and all(map(is_array, value)):
        return _from_array(_stacked(value))
    if isinstance(value, (str, bytes, os.PathLike)):
        opened = _from_path(os.fsdecode(value))
        if opened is not None:
            return opened
    _demand_color(value)
    return None


def _from_path(path: str) -> Background | None:
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path):
        return _from_files(path, [os.path.join(path, name) for name in os.listdir(path)])
    if not os.path.lexists(path) and has_magic(path):
        return _from_files(path, glob(path, recursive=True))
    if suffix == ".npy":
        return _from_npy(path)
    if suffix == ".npz" and os.path.lexists(path):
        raise SourceError(
            f"{printable(path)}: is no background as it stands; save the array of its pictures as "
            ".npy, or pass it as background=np.load(...)[key]"
        )
    if suffix in _PICTURES:
        return StillBackground(printable(path), read_picture(path))
    if suffix in VIDEO_SUFFIXES or os.path.lexists(path):
        return VideoBackground(path)
    return None


def _from_files(name: str, paths: Sequence[str]) -> FolderBackground:
    pictures = [
        path
        for path in sorted(paths, key=natural_key)
        if path.lower().endswith(_PICTURES) and not os.path.basename(path).startswith(".")
    ]
    if not pictures:
        raise SourceError(
            f"{printable(name)}: holds no pictures for a background; allowed are "
            f"{', '.join(_PICTURES)}"
        )
    return FolderBackground(printable(name), pictures)


def _from_npy(path: str) -> Background:
    file = RegularFile(path)
    try:
        header = read_header(file.read, file.label)
        demand_data(header, file.size - len(header.raw), file.label)
        if is_stack(header.shape) and header.data_bytes and not header.fortran_order:
            return NpyBackground(file, header)
        opened = _from_array(np.load(path, allow_pickle=False), file.label)
    except BaseException:
        file.close()
        raise
    file.close()
    return opened


def _stacked(pictures: Sequence[Any]) -> AnyArray:
    arrays = [to_host(picture, "background") for picture in pictures]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise SourceError(
            f"background: pictures of shapes {shapes[0]} and {shapes[-1]}; all need one shape"
        )
    return np.stack(arrays)


def _from_array(value: Any, name: str = "background") -> Background:
    array: Any = value if isinstance(value, Resident) else to_host(value, name)
    if array.size and (is_stack(array.shape) or is_picture(array.shape)):
        if isinstance(array, Resident):
            return ResidentBackground(name, array)
        if is_stack(array.shape):
            return ArrayBackground(name, array)
        return StillBackground(name, as_rgb(array, name))
    raise SourceError(
        f"{name}: an array of shape {array.shape}; allowed are pictures of shape (H, W), "
        "(H, W, 3), (T, H, W) and (T, H, W, 3)"
    )


def _demand_color(value: Any) -> None:
    try:
        parse_color(value, "background")
    except OptionError as error:
        raise OptionError(
            f"background: {value!r} is neither a file that exists nor a colour; allowed are an "
            "image, a folder or glob of images, a video, an array, and colours such as 'black'"
        ) from error
