"""The sources that the contract is run on, one row a kind, and the frames that each has to give."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from heatvid._canvas import Canvas
from heatvid._encode.opening import open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._statistics.field_limits import SeenSource
from heatvid._values.channels import reduce_channels
from heatvid._values.timeline import Hold
from heatvid.sources import Source, open_source
from heatvid.sources._retimed import retimed

Frames = NDArray[Any]

VALUES: Frames = np.arange(9 * 5 * 6, dtype=np.float32).reshape(9, 5, 6) - 100
CHANNELS: Frames = np.random.default_rng(0).normal(size=(9, 5, 6, 3)).astype(np.float32)


@dataclass(frozen=True)
class Given:
    """What a row has made.

    Attributes
    ----------
    open : callable
        Opens it, each time anew.
    frames : ndarray, shape (n, H, W) or (n, H, W, C)
        What it has to give, of the dtype that it has to give.
    name : str
        What it has to be called.
    file : Path or None
        A file of it.
    names, fps
        Of the source.
    about : dict
        What its ``about`` has to say, by name.
    """

    open: Callable[[], Source]
    frames: Frames
    name: str
    file: Path | None = None
    names: tuple[str, ...] | None = None
    fps: Fraction | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


Change = Callable[[Path], None]


@dataclass(frozen=True)
class Kind:
    """One kind of source.

    Attributes
    ----------
    name : str
        How tests call it.
    make : callable
        Makes its files in a folder.
    rewindable, in_memory, concurrent : bool
        What the source has to say of itself.
    has_length : bool
        Whether it knows its length from the start.
    unread : bool
        Whether its frames may be left to be read by rows.
    changes : mapping of str to callable
        What may happen to its file while it is open, and has to be an error.
    watched : bool
        Whether these are noticed after the first frame, too.
    costly : bool
        Whether opening it, or going back in it, starts a process.
    """

    name: str
    make: Callable[[Path], Given]
    rewindable: bool = True
    in_memory: bool = False
    concurrent: bool = False
    has_length: bool = True
    unread: bool = False
    changes: Mapping[str, Change] = field(default_factory=dict)
    watched: bool = False
    costly: bool = False


# --- what happens to files -------------------------------------------------------------------


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 6 // 10)


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


def save_another(path: Path) -> None:
    np.save(path, VALUES[0].T.copy())  # of as many bytes


def save_another_image(path: Path) -> None:
    Image.new("L", (5, 5)).save(path)


WRITTEN_TO = {"cut": cut, "touched": touch}
REMOVED = {"cut": cut, "removed": Path.unlink}


# --- arrays in files -------------------------------------------------------------------------


def saved(name: str, array: Frames, frames: Frames | None = None, *, unread: bool = False,
          **options: Any) -> Kind:  # fmt: skip
    """An array in a .npy file."""

    def make(folder: Path) -> Given:
        path = folder / "x.npy"
        np.save(path, array)
        return Given(partial(open_source, path, **options), native(array, frames), str(path), path)

    return Kind(name, make, concurrent=True, unread=unread, changes=WRITTEN_TO, watched=True)


def zipped(name: str, save: Any, array: Frames, **traits: Any) -> Kind:
    """An array in a .npz file, beside others that are no frames."""

    def make(folder: Path) -> Given:
        path = folder / "x.npz"
        save(path, fps=30.0, depth=array, K=np.eye(3)[0])
        return Given(partial(open_source, path), native(array), f"{path}[depth]", path)

    return Kind(name, make, **traits)


def native(array: Frames, frames: Frames | None = None) -> Frames:
    """What has to be delivered of an array: ``frames``, or itself, in native byte order."""
    frames = array if frames is None else frames
    return frames.astype(frames.dtype.newbyteorder("="))


# --- files of one frame ----------------------------------------------------------------------


def filed(name: str, how: Callable[[Path, list[Path]], Any], frames: Frames, suffix: str,
          changes: Mapping[str, Change]) -> Kind:  # fmt: skip
    """Files of one frame each; ``how`` makes of the folder and its files what is opened."""

    def make(folder: Path) -> Given:
        paths = [folder / f"frame_{i}{suffix}" for i in range(len(frames))]
        for path, frame in zip(paths, frames, strict=True):
            np.save(path, frame) if suffix == ".npy" else Image.fromarray(frame).save(path)
        opened = how(folder, paths)
        label = str(opened if isinstance(opened, str | Path) else opened[0])
        names = tuple(path.name for path in paths)
        return Given(partial(open_source, opened), frames, label, paths[4 % len(paths)], names)

    return Kind(name, make, concurrent=True, changes=REMOVED | changes)


MANY: Frames = np.concatenate([VALUES, VALUES + 500])  # more than ten: 10 comes behind 9
GREY: Frames = (VALUES[:, :, :] % 251).astype(np.uint8)


def itself(folder: Path, paths: list[Path]) -> Any:
    return folder


def only(folder: Path, paths: list[Path]) -> Any:
    return paths[0]


def pattern(folder: Path, paths: list[Path]) -> Any:
    Image.new("L", (6, 5)).save(folder / "x.png")  # of another kind
    return f"{folder}/**/f*[0-9].npy"


def stacked(name: str, save: Any, suffix: str, **traits: Any) -> Kind:
    """Files of stacks that follow each other."""

    def make(folder: Path) -> Given:
        paths = [folder / f"part_{i}{suffix}" for i in range(3)]
        for path, stack in zip(paths, np.split(MANY, [4, 5]), strict=True):
            save(path, stack)
        return Given(partial(open_source, folder), MANY, str(folder), paths[2])

    return Kind(name, make, **traits)


# --- what lies in memory ---------------------------------------------------------------------


def held(name: str, array: Any, frames: Frames | None = None, *, in_memory: bool = True,
         **options: Any) -> Kind:  # fmt: skip
    """An array, or a list of arrays."""
    frames = native(np.asarray(array), frames)

    def make(folder: Path) -> Given:
        return Given(partial(open_source, array, **options), frames, "array")

    return Kind(name, make, in_memory=in_memory)


def strided(array: Frames) -> Frames:
    """The same values, at every second place of a larger array that runs backwards."""
    large = np.zeros(tuple(2 * size for size in array.shape), array.dtype)
    view = large[::-2, ::2, ::-2]
    view[...] = array
    return view


def readonly(array: Frames) -> Frames:
    array = array.copy()
    array.flags.writeable = False
    return array


def of_bfloat16(name: str, wrap: Callable[[Frames], Any], **traits: Any) -> Kind:
    """Values of a dtype that NumPy lacks, which are widened."""

    def make(folder: Path) -> Given:
        ml_dtypes = pytest.importorskip("ml_dtypes")
        array = VALUES.astype(ml_dtypes.bfloat16)
        label = "iterator" if wrap is iter else "array"
        return Given(lambda: open_source(wrap(array)), array.astype(np.float32), label)

    return Kind(name, make, **traits)


def given_one_by_one(name: str, wrap: Callable[[Frames], Any] = iter) -> Kind:
    """Frames of an iterator."""

    def make(folder: Path) -> Given:
        return Given(lambda: open_source(wrap(VALUES)), VALUES, "iterator")

    return Kind(name, make, rewindable=False, has_length=False)


# --- videos ----------------------------------------------------------------------------------


def make_video(folder: Path) -> Given:
    path = folder / "x.mkv"
    frames, content = _gray_video()
    path.write_bytes(content)
    return Given(partial(open_source, path), frames, str(path), path, fps=Fraction(30000, 1001))


@cache
def _gray_video() -> tuple[Frames, bytes]:
    frames = np.random.default_rng(0).integers(0, 256, (9, 16, 24), np.uint8)
    settings = {"canvas": Canvas("gray", 16, 24), "fps": Fraction(30000, 1001)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.mkv"
        with open_sink(OutputSettings(path, **settings)) as sink:  # type: ignore[arg-type]
            sink.write(frames.reshape(9, -1))
        return frames, path.read_bytes()


# --- choices and views -----------------------------------------------------------------------


def chosen(inner: Kind, text: str, **traits: Any) -> Kind:
    """Some frames of another kind."""

    def make(folder: Path) -> Given:
        given, part = inner.make(folder), as_slice(text)
        names = None if given.names is None else given.names[part]
        fps = None if given.fps is None else given.fps / abs(part.step or 1)
        return Given(
            lambda: open_source(given.open(), frames=text), given.frames[part], given.name,
            given.file, names, fps,
        )  # fmt: skip

    same = {"rewindable": inner.rewindable, "in_memory": inner.in_memory,
            "concurrent": inner.concurrent, "has_length": inner.has_length, "unread": inner.unread,
            "changes": inner.changes, "watched": inner.watched, "costly": inner.costly}  # fmt: skip
    return Kind(f"{inner.name} [{text}]", make, **{**same, **traits})


def decoded(inner: Kind, name: str, change: Callable[[Frames], Frames], **options: Any) -> Kind:
    """Another kind, with what the caller says of its values."""

    def make(folder: Path) -> Given:
        given = inner.make(folder)
        return replace(
            given, open=lambda: open_source(given.open(), **options), frames=change(given.frames)
        )

    return replace(inner, name=f"{inner.name}, {name}", make=make, unread=False)


def without(value: float, kind: str = "f4") -> Callable[[Frames], Frames]:
    """What becomes of a value that stands for none."""
    return lambda frames: np.where(frames == value, np.nan, frames).astype(kind)


def as_slice(text: str) -> slice:
    return slice(*(int(part) if part else None for part in text.split(":")))


def make_view(folder: Path) -> Given:
    def opened() -> Source:
        view = partial(reduce_channels, mode="max")
        return SeenSource(open_source(CHANNELS, channel="max"), view, CHANNELS.dtype)

    return Given(opened, CHANNELS.max(axis=-1), "array")


def at_another_rate(kind: Kind, hold: Hold = "previous", **traits: Any) -> Kind:
    """Another kind's frames, made 10 a second and shown 25 times."""

    def make(folder: Path) -> Given:
        given = kind.make(folder)
        opened = partial(_retimed, given.open, hold)
        frames = given.frames[np.arange(-(-len(given.frames) * 25 // 10)) * 10 // 25]
        if hold == "linear":
            frames = _between(given.frames)
        names = None if given.names is None else tuple(
            given.names[k * 10 // 25] for k in range(len(frames))
        )  # fmt: skip
        return replace(given, open=opened, frames=frames, fps=Fraction(25), names=names)

    own = {"in_memory": False, "concurrent": False, "unread": False, "changes": {}, **traits}
    return replace(kind, name=f"{kind.name}, {hold} at another rate", make=make, **own)


def _retimed(opens: Callable[[], Source], hold: Hold) -> Source:
    return retimed(opens(), fps=Fraction(25), own_fps=Fraction(10), hold=hold)


def _between(frames: Frames) -> Frames:
    """What lies between frames, one shown after another."""
    wide = np.float64 if frames.dtype.itemsize > 4 else np.float32
    shown = []
    for k in range(-(-len(frames) * 25 // 10)):
        before, part = divmod(k * 10, 25)
        low = frames[before].astype(wide)
        high = frames[min(before + 1, len(frames) - 1)].astype(wide)
        shown.append(low + (high - low) * wide(part / 25))
    return np.array(shown)


NPY = saved("npy", VALUES, unread=True)
FOLDER = filed("folder of npy", itself, MANY, ".npy", {"replaced": save_another})
ARRAY = held("array", VALUES)
ITERATOR = given_one_by_one("iterator")
SHORT = saved("npy of int16", np.int16(VALUES) * 300 - 2768, unread=True)
VIDEO = Kind("video", make_video, changes=REMOVED, costly=True)

# One row a kind. Whatever is added here has to keep all promises of Source.
KINDS = [
    NPY,
    saved("npy, Fortran order", np.asfortranarray(VALUES)),
    saved("npy, time last", np.moveaxis(VALUES, 0, 2).copy(), VALUES, layout="HWT"),
    saved("npy, big-endian", VALUES.astype(">f8")),
    saved("npy, time last, big-endian", np.moveaxis(VALUES, 0, 2).astype(">i4"),
          VALUES.astype("i4"), layout="HWT"),
    saved("npy of float16", VALUES.astype("f2"), unread=True),
    saved("npy of bool", VALUES % 3 == 0, unread=True),
    saved("npy of one frame", VALUES[0], VALUES[:1], unread=True),
    saved("npy, one channel of three", CHANNELS, CHANNELS[..., 1], channel=1),
    saved("npy, all channels", CHANNELS, channel="rgb"),
    saved("npy, channels first", np.moveaxis(CHANNELS, 3, 1).copy(), CHANNELS, channel="max"),
    zipped("npz", np.savez, VALUES, changes=WRITTEN_TO, watched=True),
    zipped("npz, big-endian", np.savez, VALUES.astype(">f4"), changes=WRITTEN_TO, watched=True),
    zipped("npz, Fortran order", np.savez, np.asfortranarray(VALUES), changes=WRITTEN_TO,
           watched=True),
    zipped("npz, compressed", np.savez_compressed, VALUES, changes=WRITTEN_TO, watched=True),
    zipped("npz, compressed, Fortran order", np.savez_compressed, np.asfortranarray(VALUES),
           in_memory=True),
    FOLDER,
    filed("folder of images", itself, GREY, ".png", {"replaced": save_another_image}),
    filed("pattern", pattern, MANY, ".npy", {}),
    filed("list of paths", lambda _, paths: paths, MANY, ".npy", {}),
    stacked("folder of stacks", np.save, ".npy", concurrent=True, changes=REMOVED),
    stacked("folder of npz", np.savez, ".npz", changes=REMOVED),
    stacked("folder of npz, compressed", np.savez_compressed, ".npz", changes=REMOVED),
    filed("image", only, GREY[:1], ".png", {"replaced": save_another_image}),
    ARRAY,
    held("array, Fortran order", np.asfortranarray(VALUES)),
    held("array, strided", strided(VALUES)),
    held("array, read-only", readonly(VALUES)),
    held("array, big-endian", VALUES.astype(">f4"), in_memory=False),
    held("array of bool", VALUES % 3 == 0),
    held("array, time in the middle", np.moveaxis(VALUES, 0, 1), VALUES, layout="HTW"),
    held("array, last channel", CHANNELS, CHANNELS[..., 2], channel=-1),
    held("array, all channels", np.moveaxis(CHANNELS, 3, 1), CHANNELS, channel="max"),
    held("list of arrays", list(VALUES), in_memory=False),
    held("list of arrays, big-endian", list(VALUES.astype(">f4")), in_memory=False),
    of_bfloat16("array of bfloat16", lambda array: array),
    of_bfloat16("list of bfloat16", list),
    at_another_rate(NPY, concurrent=True, unread=True),
    at_another_rate(FOLDER),
    at_another_rate(ARRAY),
    at_another_rate(VIDEO),
    at_another_rate(ITERATOR),
    *[at_another_rate(kind, "linear") for kind in (NPY, SHORT, ITERATOR)],
    of_bfloat16("iterator of bfloat16", iter, rewindable=False, has_length=False),
    ITERATOR,
    SHORT,
    given_one_by_one("generator", lambda array: (frame[None] for frame in array)),
    given_one_by_one("iterator of stacks", lambda array: iter(np.split(array, [4, 5]))),
    VIDEO,
    chosen(NPY, "2:"),
    chosen(NPY, "::3"),
    chosen(NPY, "7:1:-2"),
    chosen(FOLDER, "1::3"),
    chosen(ARRAY, "::-2"),
    chosen(VIDEO, "1:8:6", changes={}),
    chosen(ITERATOR, "1:8:2"),
    decoded(NPY, "nodata", without(7), nodata=7),
    decoded(NPY, "scaled", lambda a: (a * 0.5 + 3).astype("f4"), scale=0.5, offset=3),
    decoded(FOLDER, "turned", lambda a: a[:, ::-1], flip="vertical"),
    decoded(ARRAY, "turned", lambda a: a[:, :, ::-1], flip="horizontal"),
    decoded(SHORT, "nodata and scaled", lambda a: (without(-32768, "f8")(a) / 4).astype("f4"),
            nodata=-32768, scale=0.25),
    decoded(held("array of int32", np.int32(VALUES) << 20, in_memory=False), "nodata",
            without(7 << 20, "f8"), nodata=7 << 20),
    decoded(ITERATOR, "nodata", without(7), nodata=7),
    decoded(VIDEO, "nodata", without(7), nodata=7),
    Kind("view of channels", make_view),
]  # fmt: skip


def name_of(kind: Kind) -> str:
    """The id of a kind's tests."""
    return kind.name
