"""Opening whatever lies under a field, and telling colours from files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import has_magic
from typing import Any

import numpy as np

from heatvid._color.colors import parse_color
from heatvid._color.pictures import as_rgb, order_of
from heatvid._errors import OptionError, SourceError, brief, called
from heatvid._frames import AnyArray, Resident
from heatvid._under.background import Background, RepeatedBackground
from heatvid._under.picture_files import PICTURES, is_picture_file, read_picture
from heatvid._under.stills import (
    ArrayBackground,
    FolderBackground,
    ResidentBackground,
    SavedBackground,
    StillBackground,
)
from heatvid._under.videos import VideoBackground
from heatvid.sources import VIDEO_SUFFIXES, Source
from heatvid.sources._arrays import demand_one_array, is_array, to_host
from heatvid.sources._axes import Axes
from heatvid.sources._files import RegularFile, kind_of, natural_key
from heatvid.sources._folder import bracket_hint, matches
from heatvid.sources._named import PICTURES_KEYS, split_key
from heatvid.sources._npy import NpySource, demand_data
from heatvid.sources._npy_header import read_header
from heatvid.sources._npz import look_into, open_npz
from heatvid.sources._series import demand_one_series

_SHAPES = (
    "(H, W), (H, W, 3), (T, H, W), (T, H, W, 3) and (T, 3, H, W), RGBA too, which is laid over "
    "black"
)


def open_background(value: Any) -> Background | None:
    """Open a background.

    Parameters
    ----------
    value : str, path, array, or sequence of paths or arrays
        A video or image file, a folder or glob pattern of images, pictures as an array of shape
        (H, W, 3), (T, H, W), (T, H, W, 3) or (T, 3, H, W), uint8 or float in 0..1; or a colour.
        One picture, however it comes, lies under every frame.

    Returns
    -------
    Background or None
        None for a colour, which needs no frames.

    Raises
    ------
    SourceError, OptionError
        It cannot be read, or is none of these.
    """
    opened = _opened(value)
    if opened is not None and opened.length == 1:
        return RepeatedBackground(opened)
    return opened


def _opened(value: Any) -> Background | None:
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
    demand_one_array(value, "background")
    _demand_color(value)
    return None


def _from_path(path: str) -> Background | None:
    suffix = os.path.splitext(path)[1].lower()
    exists = os.path.lexists(path)
    if os.path.isdir(path):
        demand_one_series(called(path), list(filter(is_picture_file, os.listdir(path))))
        return _from_files(path, [os.path.join(path, name) for name in os.listdir(path)])
    file_path, key = split_key(path)
    if key is not None and kind_of(file_path) == ".npz" and not has_magic(file_path):
        return SavedBackground(_pictures_of(file_path, key))
    if not exists and has_magic(path):
        return _from_files(path, matches(path))
    if suffix == ".npy":
        return _from_npy(path)
    if exists and suffix == ".npz":
        return SavedBackground(_pictures_of(path, None))
    if is_picture_file(path):
        return StillBackground(called(path), read_picture(path))
    if suffix in VIDEO_SUFFIXES or exists:
        return VideoBackground(path)
    return None


def _from_files(name: str, paths: Sequence[str]) -> FolderBackground:
    pictures = [
        path
        for path in sorted(paths, key=natural_key)
        if is_picture_file(path) and not os.path.basename(path).startswith(".")
    ]
    if not pictures:
        raise SourceError(
            f"{called(name)}: holds no pictures for a background; allowed are "
            f"{', '.join(PICTURES)}{bracket_hint(name)}"
        )
    return FolderBackground(called(name), pictures)


def _pictures_of(path: str, key: str | None) -> Source:
    """Open an array of an archive: of colours, or grey."""
    if key is None:
        shapes = look_into(path, PICTURES_KEYS)[1]
        key = next((name for name in PICTURES_KEYS if name in shapes), None)
    try:
        opened = open_npz(path, key, channel="rgb")
    except SourceError:
        opened = open_npz(path, key)
    if opened.dtype != np.uint8 and opened.dtype.kind != "f":
        opened.close()
        raise SourceError(
            f"background: {opened.name} is {opened.dtype}; allowed are uint8 and floats in 0..1"
        )
    return opened


def _from_npy(path: str) -> Background:
    file = RegularFile(path)
    try:
        header = read_header(file.read, file.label)
        demand_data(header, file.size - len(header.raw), file.label)
        order = _order(header.shape, file.label)
        axes = Axes(order, header.shape, "rgb" if "C" in order else None)
        axes = axes.reversed() if header.fortran_order else axes
        return SavedBackground(NpySource(file, file.label, header, axes, offset=len(header.raw)))
    except BaseException:
        file.close()
        raise


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
    resident = isinstance(array, Resident)
    order = _order(array.shape, name)
    if order == "TCHW":
        array, order = array.transpose([0, 2, 3, 1]), "THWC"
    if "T" in order and len(array) == 1:
        array, order = array[0], order[1:]
    several = "C" in order and array.shape[-1] != 3
    if resident and not several:
        return ResidentBackground(name, array, still="T" not in order)
    array = np.asarray(array)  # one channel and four are brought to three here
    if "T" in order:
        return ArrayBackground(name, array)
    return StillBackground(name, as_rgb(array, name))


def _order(shape: tuple[int, ...], name: str) -> str:
    order = order_of(shape)
    if order is None:
        raise SourceError(
            f"{name}: an array of shape {shape}; allowed are pictures of shape {_SHAPES}"
        )
    return order


def _demand_color(value: Any) -> None:
    try:
        parse_color(value, "background")
    except OptionError:
        raise OptionError(
            f"background: {brief(value)} is neither a file that exists nor a colour; allowed are "
            "an image, a folder or glob of images, a video, an array, and colours such as 'black'"
        ) from None
