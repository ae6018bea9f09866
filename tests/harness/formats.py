"""Valid files beside those of the contract of sources, made by each format's own library.

They are what masks, backgrounds and batches read, and the same values stored in other ways.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import heatvid
from heatvid._layout.fonts import DEFAULT_FILE
from tests.support.exr import save_exr, save_parts
from tests.support.file_sources import save_tiff
from tests.support.mat import BY_SCIPY, BY_SCIPY_PACKED, mat, matrix, text
from tests.support.pictures import save_png
from tests.support.videos import ffmpeg

HEIGHT, WIDTH, FRAMES = 12, 16, 3
DATA = np.linspace(0, 1, FRAMES * HEIGHT * WIDTH, dtype=np.float32).reshape(FRAMES, HEIGHT, WIDTH)
BYTES = np.rint(DATA * 255).astype(np.uint8)
MADE = "made"  # begins the names of what heatvid has made
_NAMES = "0: sky\n1: a red car\n2: person\n"


@dataclass(frozen=True)
class Original:
    """One way to store frames, or a table of jobs.

    Attributes
    ----------
    name : str
    make : callable
        Makes valid files in a folder; gives what of them is opened (a path, a pattern or a list of
        paths), and with what options.
    """

    name: str
    make: Callable[[Path], tuple[Any, Mapping[str, Any]]]


def one(name: str, save: Callable[[Path], object], **options: Any) -> Original:
    """A file of that name."""

    def make(folder: Path) -> tuple[Any, Mapping[str, Any]]:
        save(folder / name)
        return folder / name, options

    return Original(name, make)


def hdf5(name: str, fill: Callable[[Any], object], **options: Any) -> Original:
    """An HDF5 file, by what is done with it when it is open."""

    def save(path: Path) -> None:
        import h5py

        with h5py.File(path, "w") as file:
            fill(file)

    return one(f"{name}.h5", save, **options)


def _dataset(file: Any, **how: Any) -> None:
    file.create_dataset("depth", data=DATA, chunks=(2, HEIGHT, WIDTH), **how)


def _plugin(name: str) -> Callable[[Any], None]:
    def fill(file: Any) -> None:
        import hdf5plugin

        _dataset(file, **getattr(hdf5plugin, name)())

    return fill


def _virtual(file: Any) -> None:
    import h5py

    file["parts/depth"] = DATA
    layout = h5py.VirtualLayout(DATA.shape, "f4")
    layout[:] = h5py.VirtualSource(file["parts/depth"])
    file.create_virtual_dataset("depth", layout)


def _among_others(file: Any) -> None:
    """Frames beside texts, records, references, empty arrays and links."""
    import h5py

    file["depth"] = DATA
    file["name"] = "a clip"
    file["names"] = ["a", "b", "c"]
    file["boxes"] = np.zeros((3, 4), "f4,i4")
    file["none"] = h5py.Empty("f4")
    file["ref"] = file["depth"].ref
    file["soft"], file["hard"] = h5py.SoftLink("/depth"), file["depth"]
    for name in ("units", "long_name", "valid_range", "scale_factor"):
        file["depth"].attrs[name] = {"valid_range": [0.0, 9.0], "scale_factor": 2.0}.get(name, "m")


def _zarr(name: str, form: int, **how: Any) -> Original:
    def save(path: Path) -> None:
        import numcodecs
        import zarr

        own = {key: value(zarr.codecs, numcodecs) for key, value in how.items()}
        group = zarr.open_group(path, mode="w", zarr_format=form)
        group.create_array("a/depth", data=DATA, chunks=(2, 6, WIDTH), **own)

    return one(f"{name}.zarr", save)


def _tiff(name: str, array: Any, **how: Any) -> Original:
    return one(f"{name}.tif", partial(save_tiff, array=array, plain=True, **how))


def _tiff_of_levels(path: Path) -> None:
    import tifffile

    with tifffile.TiffWriter(path) as file:
        file.write(BYTES[0], subifds=1, tile=(16, 16), photometric="minisblack")
        file.write(BYTES[0, ::2, ::2], subfiletype=1, photometric="minisblack")


def _tiled_exr(path: Path) -> None:
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.tiledimage,
              "tiles": OpenEXR.TileDescription()}  # fmt: skip
    OpenEXR.File(header, {"Z": DATA[0].copy()}).write(str(path))


def _video(name: str, *arguments: str) -> Original:
    def save(path: Path) -> None:
        raw = path.with_suffix(".raw")
        raw.write_bytes(BYTES.repeat(3, -1).tobytes())
        layout = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "10")
        exactly = ("-fflags", "+bitexact", "-threads", "1")
        ffmpeg(*layout, "-i", raw, *arguments, *exactly, path)
        raw.unlink()

    return one(name, save)


def _depth_of_lerobot(folder: Path) -> tuple[Any, Mapping[str, Any]]:
    """A video of codes, whose dataset says what they are."""
    path, info = folder / "videos" / "depth" / "x.mkv", folder / "meta" / "info.json"
    path.parent.mkdir(parents=True)
    info.parent.mkdir()
    _video("x.mkv", "-c:v", "ffv1", "-pix_fmt", "gray12le").make(path.parent)
    said = {"video.depth_min": 0.1, "video.depth_max": 10, "video.shift": 3.5}
    info.write_text(json.dumps({"features": {"depth": {"info": said}}}))
    return path, {}


def _labels_of_vipe(folder: Path) -> tuple[Any, Mapping[str, Any]]:
    """Palette pictures in an archive, and the names of their labels beside it."""
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        for i, labels in enumerate(BYTES // 100):
            content = io.BytesIO()
            Image.fromarray(labels).convert("P").save(content, "PNG")
            archive.writestr(zipfile.ZipInfo(f"{i:05}.png"), content.getvalue())
    (folder / "x.txt").write_text(_NAMES)
    return folder / "x.zip", {}


def _labels_in_folder(folder: Path) -> tuple[Any, Mapping[str, Any]]:
    for i, labels in enumerate(BYTES // 100):
        Image.fromarray(labels).save(folder / f"{i}.png")
    (folder / "names.txt").write_text(_NAMES)
    return folder, {}


def _stacks_of_zip(path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, depth=DATA, fps=np.float64(24))


def _rendered(path: Path) -> None:
    heatvid.render(DATA[:1], path, progress=False)


def _image(mode: str, **how: Any) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        frames = [Image.fromarray(frame).convert(mode) for frame in BYTES]
        more = {"save_all": True, "append_images": frames[1:]} if how.pop("moving", False) else {}
        frames[0].save(path, **more, **how)

    return save


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


JOBS = [{"source": "a.npy", "output": "a.mp4", "cmap": "magma", "vmin": 0.5},
        {"source": "b.npy", "output": "b.mp4", "percentiles": "1 99"}]  # fmt: skip


def _csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, ["source", "output", "cmap", "vmin", "percentiles"])
        table.writeheader()
        table.writerows(JOBS)


COMPRESSIONS = ("NO", "RLE", "ZIPS", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
PLUGINS = ("Blosc2", "LZ4", "Bitshuffle", "Zstd", "Zfp")
GREY = Image.fromarray(BYTES[0])
HALF, COLOURS = DATA.astype(np.float16), BYTES[..., np.newaxis].repeat(3, -1)
RAMP = np.arange(3 * 256, dtype=np.uint16).reshape(3, 256)
OTHERS = [
    # --- arrays, pictures and videos, of a size that backgrounds may have
    one("plain.npy", lambda path: np.save(path, DATA)),
    one("fortran.npy", lambda path: np.save(path, np.asarray(DATA, order="F"))),
    one("bytes.npy", lambda path: np.save(path, COLOURS)),
    one("stored.npz", lambda path: np.savez(path, DATA)),
    one("deflated.npz", lambda path: np.savez_compressed(path, depth=DATA, confidence=DATA[0, 0])),
    one("pictures.npz", lambda path: np.savez(path, depth=DATA, images=COLOURS)),
    one("gray.png", _image("L", exif=_turned())),
    one("clear.png", _image("RGBA")),
    one("palette.png", _image("P")),
    one("bilevel.png", _image("1")),
    one("moving.png", _image("L", moving=True)),
    one("deep.png", lambda path: save_png(path, (DATA[0] * 60_000).astype(np.uint16))),
    one("turned.jpg", _image("RGB", exif=_turned())),
    one("cmyk.jpg", _image("CMYK")),
    one("gray.bmp", _image("L")),
    one("moving.gif", _image("P", moving=True)),
    one("lossy.webp", _image("RGB")),
    one("lossless.webp", _image("RGB", lossless=True)),
    one("moving.webp", _image("RGB", moving=True)),
    one("floats.pfm", lambda path: Image.fromarray(DATA[0]).save(path)),
    one("floats.tif", lambda path: Image.fromarray(DATA[0]).save(
        path, compression="tiff_adobe_deflate")),
    one("gray.tif", _image("L", exif=_turned())),
    one("pages.tif", _image("L", moving=True)),
    _video("h264.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
    _video("ffv1.mkv", "-c:v", "ffv1"),
    _video("vp9.webm", "-c:v", "libvpx-vp9"),
    Original("depth of LeRobot", _depth_of_lerobot),
    *(one(f"{MADE}{suffix}", _rendered) for suffix in (".gif", ".png", ".webp", ".exr", ".html")),
    # --- the same values in other ways
    *(_tiff(name, BYTES, compression=name) for name in ("jpeg", "packbits", "lzma", "jpeg2000")),
    _tiff("planes", BYTES, photometric="rgb", planarconfig="separate"),
    _tiff("palette", BYTES, photometric="palette", colormap=RAMP),
    _tiff("inverted", BYTES, photometric="miniswhite"),
    one("levels.tif", _tiff_of_levels),
    *(one(f"{name}.exr", partial(save_exr, pixels=HALF[0], compression=name))
      for name in COMPRESSIONS),
    one("tiles.exr", _tiled_exr),
    one("windows.exr", partial(save_exr, pixels=DATA[0], windows=(
        ((2, 1), (WIDTH + 1, HEIGHT)), ((0, 0), (WIDTH + 3, HEIGHT + 2))))),
    one("colours.exr", partial(save_exr, pixels=HALF[0], key="R", G=HALF[0], B=HALF[0]),
        channel="rgb"),
    one("labels.exr", partial(save_exr, pixels=BYTES[0].astype("u4"), key="id")),
    one("parts.exr", lambda path: save_parts(path, a={"Z": DATA[0].copy()}, b={"id": HALF[0]}),
        key="Z"),
    *(hdf5(name.lower(), _plugin(name)) for name in PLUGINS),
    hdf5("scaled", lambda file: _dataset(file, scaleoffset=2)),
    hdf5("virtual", _virtual, key="depth"),
    hdf5("others", _among_others, key="depth"),
    _zarr("blosc", 3, compressors=lambda codecs, _: codecs.BloscCodec()),
    _zarr("checked", 3, compressors=lambda codecs, _: [codecs.ZstdCodec(), codecs.Crc32cCodec()]),
    _zarr("zlib", 2, compressors=lambda _, numcodecs: numcodecs.Zlib()),
    _zarr("delta", 2, filters=lambda _, numcodecs: [numcodecs.Delta("f4")],
          compressors=lambda _, numcodecs: numcodecs.LZ4()),
    one("scipy.mat", lambda path: path.write_bytes(BY_SCIPY)),
    one("packed.mat", lambda path: path.write_bytes(BY_SCIPY_PACKED)),
    one("others.mat", lambda path: path.write_bytes(mat(
        text("name", "a clip"), matrix("depth", DATA), matrix("x", DATA[0]), packed=True))),
    Original("labels of ViPE", _labels_of_vipe),
    Original("labels in a folder", _labels_in_folder),
    one("stacks.zip", _stacks_of_zip),
    # --- what is no frames: tables of jobs, names of labels, fonts
    one("names.txt", lambda path: path.write_text(_NAMES)),
    one("sans.ttf", lambda path: path.write_bytes(
        (resources.files("heatvid") / "data" / DEFAULT_FILE).read_bytes())),
    one("jobs.csv", _csv),
    one("jobs.json", lambda path: path.write_text(json.dumps({"jobs": JOBS}))),
]  # fmt: skip
