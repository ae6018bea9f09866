"""Reading each container in order: heatvid's batches against the plain loops of its own library.

Held to, in one run: chunks of several frames at least 8 times as fast as the library frame by
frame, and 1.3 times as fast as it goes over whole chunks; a compressed .npz 1.5 times as fast as
``np.load``; a stored one, whose checksum is compared, within a tenth of the same .npy file; TIFF
and OpenEXR, which their libraries decode one frame at a time, 1.6 times as fast as these, or within
a sixth of them on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _measure
from benchmarks._containers import CHUNKED, CONTAINERS, PICTURES, Dump, write
from benchmarks._demands import Demand, at_least, at_most, report
from heatvid._cores import available_cores

_FRAME_BY_FRAME, _BY_CHUNKS, _COMPRESSED, _STORED, _SINGLE, _SEVERAL = 8.0, 1.3, 1.5, 1.1, 1.17, 1.6
_IMPORTED_BEFORE = (
    "heatvid.sources._zarr", "heatvid.sources._hdf5", "heatvid.sources._npz",
    "heatvid.sources._tiff", "heatvid.sources._exr", "heatvid._statistics.passes", "h5py", "zarr",
    "numcodecs", "isal.isal_zlib", "tifffile", "imagecodecs", "OpenEXR",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when a demand is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks readers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--chunk", type=int, default=16, help="frames of a chunk")
    parser.add_argument("--size", type=int, nargs=2, default=[1080, 1920], metavar=("H", "W"))
    parser.add_argument("--container", choices=CONTAINERS, action="append", help="default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    wanted = options.container or CONTAINERS
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        cases = [case for kind in wanted for case in _cases(kind, Path(name), options)]
        runs = _measure.run_in_turns(cases, options.rounds)
    seconds = {name: _measure.median(each, "wall_seconds") for name, each in runs.items()}
    demands = [demand for kind in wanted for demand in _demands(kind, seconds)]
    code = report(demands)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    _measure.save(
        "readers", settings, runs, {"median_seconds": seconds}, options.output,
        demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    return code


def _cases(kind: str, folder: Path, options: argparse.Namespace) -> list[_measure.Case]:
    """Write a container, and say how it is read."""
    dump = Dump(options.frames, *options.size, options.chunk)
    path = write(kind, folder, kind, dump)
    ways = ["frames", "chunks"] if kind in CHUNKED else ["whole"]
    ways = ["frames"] if kind in PICTURES else ways
    if kind == "stored npz":
        same = write("npy", folder, kind, dump)
        given: dict[str, dict[str, object]] = {"npy": {"path": str(same), "way": "heatvid"}}
    else:
        given = {way: {"path": str(path), "way": way, "chunk": options.chunk} for way in ways}
    given["heatvid"] = {"path": str(path), "way": "heatvid"}
    return [
        _measure.Case(f"{kind}, {way}", "benchmarks.readers:prepare", arguments)
        for way, arguments in given.items()
    ]


def _demands(kind: str, seconds: Mapping[str, float]) -> list[Demand]:
    own = seconds[f"{kind}, heatvid"]
    if kind == "stored npz":
        return [at_most(f"{kind}, time of .npy", own / seconds[f"{kind}, npy"], _STORED)]
    if kind in PICTURES:
        library = seconds[f"{kind}, frames"]
        if available_cores() == 1:
            return [at_most(f"{kind}, time of its library", own / library, _SINGLE)]
        return [at_least(f"{kind}, times as fast as its library", library / own, _SEVERAL)]
    bounds = {"frames": _FRAME_BY_FRAME, "chunks": _BY_CHUNKS, "whole": _COMPRESSED}
    return [
        at_least(f"{kind}, times as fast as {way}", seconds[f"{kind}, {way}"] / own, bound)
        for way, bound in bounds.items()
        if f"{kind}, {way}" in seconds
    ]


def prepare(path: str, way: str, chunk: int = 1) -> Callable[[], None]:
    """Give the loop to be measured; libraries are imported before."""
    loops = {"heatvid": _by_heatvid, "whole": _whole}
    loop = loops.get(way, partial(_by_library, chunk=chunk, way=way))
    for library in _IMPORTED_BEFORE:
        if find_spec(library.partition(".")[0]) is not None:
            import_module(library)

    def run() -> None:
        for frames in loop(path):
            frames[0, 0, 0].item()

    return run


def _by_heatvid(path: str) -> Iterator[Any]:
    from heatvid._statistics.passes import batch_length
    from heatvid.sources import open_source

    with open_source(path) as source:
        for batch in source.batches(batch_length(source)):
            yield batch.data


def _whole(path: str) -> Iterator[Any]:
    with np.load(path) as file:
        yield file["depth"]


def _by_library(path: str, chunk: int, way: str) -> Iterator[Any]:
    """The loop that users write."""
    suffix = Path(path).suffix
    if suffix in _FRAMES:
        yield from _FRAMES[suffix](path)
        return
    if path.endswith(".zarr"):
        import zarr

        array = zarr.open_group(path, mode="r")["depth"]
    else:
        import h5py

        array = h5py.File(path)["depth"]
    size = chunk if way == "chunks" else 1
    for start in range(0, array.shape[0], size):
        yield array[start : start + size]


def _pages(path: str) -> Iterator[Any]:
    import tifffile

    with tifffile.TiffFile(path) as file:
        for page in file.series[0].pages:
            yield page.asarray()[np.newaxis]


def _exr_files(path: str) -> Iterator[Any]:
    import OpenEXR

    for each in sorted(Path(path).iterdir()):
        yield OpenEXR.File(str(each)).channels()["Z"].pixels[np.newaxis]


_FRAMES = {".tif": _pages, "": _exr_files}
