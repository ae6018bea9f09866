"""Dumps as projects write them, one row a kind, and what has to be said beside their path."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.exr import save_exr
from tests.support.mat import mat, matrix
from tests.support.pictures import (
    save_flo,
    save_float,
    save_moge,
    save_pfm,
    save_png,
    save_ros,
)

RNG = np.random.default_rng(0)
DEPTH: Any = RNG.uniform(0.5, 9, (4, 16, 24)).astype(np.float32)
MILLIMETRES: Any = (DEPTH * 1000).astype(np.uint16)
IMAGES: Any = RNG.integers(0, 256, (4, 16, 24, 3), np.uint8)
LABELS: Any = RNG.integers(0, 3, (4, 16, 24), np.uint8)
FLOW: Any = RNG.normal(size=(4, 16, 24, 2)).astype(np.float32)
MAPS: Any = RNG.random((4, 5, 16, 24), np.float32)
CAMERAS: Any = {"extrinsics": np.zeros((4, 3, 4), "f4"), "intrinsics": np.zeros((4, 3, 3), "f4")}


@dataclass(frozen=True)
class Project:
    """One kind of dump.

    Attributes
    ----------
    name : str
    make : callable
        Makes it in a folder, and gives what is rendered.
    option : tuple of str
        The only one that is missing, as it is typed; empty where nothing is.
    said : str
        What the error says of it.
    """

    name: str
    make: Callable[[Path], Any]
    option: tuple[str, ...] = ()
    said: str = ""


def archive(name: str, **arrays: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        np.savez_compressed(folder / name, **arrays)
        return folder / name

    return make


def frames(pattern: str, save: Callable[..., object], values: Any, *more: Any) -> Any:
    """Make a folder of a file for each frame."""

    def make(folder: Path) -> Path:
        for i, frame in enumerate(values):
            path = folder / "frames" / pattern.format(i)
            path.parent.mkdir(parents=True, exist_ok=True)
            save(path, frame, *more)
        return folder / "frames"

    return make


def save_palette(path: Path, labels: Any) -> None:
    image = Image.fromarray(labels)
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    image.save(path)


def save_image(path: Path, pixels: Any) -> None:
    Image.fromarray(pixels).save(path)


def save_step(path: Path, depth: Any) -> None:
    np.savez_compressed(path, depth=depth, conf=depth, intrinsics=np.eye(3))


def save_kitti(path: Path, flow: Any) -> None:
    valid = np.ones((*flow.shape[:2], 1))
    save_png(path, np.concatenate([flow * 64 + 32768, valid], -1).astype(np.uint16))


def save_scores(path: Path, maps: Any) -> None:
    path.write_bytes(mat(matrix("scoremaps", np.moveaxis(maps, 0, -1)), scipy=True))


def zipped(suffix: str, save: Callable[..., object], values: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "clip.zip", "w") as file:
            for i, frame in enumerate(values):
                save(folder / f"x{suffix}", frame)
                file.write(folder / f"x{suffix}", f"{i:05}{suffix}")
        return folder / "clip.zip"

    return make


def monst3r(folder: Path) -> Path:
    for i, depth in enumerate(DEPTH):
        np.save(folder / f"frame_{i:04}.npy", depth)
        np.save(folder / f"conf_{i}.npy", depth)
        save_image(folder / f"frame_{i:04}.png", IMAGES[i])
        save_image(folder / f"dynamic_mask_{i}.png", LABELS[i] * 100)
    return folder


def weather(suffix: str, *dims: str) -> Callable[[Path], Path]:
    """Make a forecast of two variables, or of one where there is a dimension more."""

    def make(folder: Path) -> Path:
        import xarray

        lengths = {"time": 1, "lead_time": 4, "lat": 16, "lon": 24, "level": 2, "ensemble": 2}
        names = (*dims, "time", "lead_time", "lat", "lon")
        values = RNG.random([lengths[name] for name in names])
        places = {name: np.arange(2) for name in dims} | {"lat": np.linspace(-90, 90, 16)}
        variables = {"t2m": (names, values)} | ({} if dims else {"u10m": (names, values)})
        path = folder / f"forecast{suffix}"
        dataset = xarray.Dataset(variables, places)
        dataset.to_netcdf(path) if suffix == ".nc" else dataset.to_zarr(path, consolidated=False)
        return path

    return make


def features(folder: Path) -> Path:
    import zarr

    group = zarr.open_group(folder / "clip.zarr", mode="w")
    group.create_array("features", data=np.moveaxis(MAPS, 1, -1), chunks=(1, 16, 24, 5),
                       dimension_names=("frames", "height", "width", "feature"))  # fmt: skip
    return folder / "clip.zarr"


def bare(folder: Path) -> Path:
    (folder / "data.bin").write_bytes(MILLIMETRES.astype("<i2").tobytes())
    return folder / "data.bin"


POINTS = {"point_map": RNG.normal(size=(4, 16, 24, 3)).astype("f2"), "mask": DEPTH > 1}
CHANNEL = ("--channel", "max")
ONE_FLOW, FLOWS = ("--channel", "flow"), "here perhaps channel='flow'"
PROJECTS = [
    Project("Video-Depth-Anything", archive("clip_depths.npz", depths=DEPTH)),
    Project("Video-Depth-Anything, EXR", frames("frame_{:05}.exr", save_exr, DEPTH)),
    Project("Depth Anything 3", archive("results.npz", depth=DEPTH, conf=DEPTH, **CAMERAS)),
    Project("Depth Anything 3, with images",
            archive("results.npz", depth=DEPTH, image=IMAGES, conf=DEPTH, **CAMERAS)),
    Project("Depth Anything 3, streamed", frames("frame_{}.npz", save_step, DEPTH)),
    Project("GeometryCrafter", archive("clip.npz", **POINTS), ("--channel", "2"),
            "here perhaps channel=2"),
    Project("MoGe", frames("image_{}/depth.exr", save_exr, np.where(DEPTH > 8, np.inf, DEPTH), "Y"),
            said="/*/depth.exr; "),
    Project("MoGe's codes", frames("{}.png", save_moge, MILLIMETRES, 0.5, 9)),
    Project("MegaSaM", archive("scene.npz", images=IMAGES, depths=DEPTH.astype("f2"), K=np.eye(3))),
    Project("MonST3R", monst3r, said="conf_*.npy, dynamic_mask_*.png, frame_*.npy and frame_*.png"),
    Project("ViPE", zipped(".exr", save_exr, DEPTH.astype("f2"))),
    Project("ViPE's masks", zipped(".png", save_image, LABELS)),
    Project("VGGT", archive("predictions.npz", depth=DEPTH[..., None], depth_conf=DEPTH,
                            images=np.moveaxis(IMAGES, -1, 1) / np.float32(255), **CAMERAS)),
    Project("MiDaS", frames("image_{}-dpt_large.pfm", save_pfm, DEPTH)),
    Project("Depth-Anything-V2", frames("image_{}_raw_depth_meter.npy", np.save, DEPTH)),
    Project("Marigold", frames("image_{}_depth_16bit.png", save_png, MILLIMETRES)),
    Project("SAM 2", frames("{:05}.png", save_palette, LABELS)),
    Project("SAM 2, an object", frames("001/{:05}.png", save_palette, LABELS % 2),
            said="give one of those in it, as "),
    Project("RAFT", frames("frame_{:04}.flo", save_flo, FLOW), ONE_FLOW, FLOWS),
    Project("KITTI's flow", frames("{:06}_10.png", save_kitti, FLOW), ONE_FLOW, FLOWS),
    Project("dinotool", features, CHANNEL, "here perhaps channel='max'"),
    Project("Earth2Studio", weather(".zarr"), ("--key", "t2m"), "say which one with key="),
    Project("Earth2Studio, an ensemble", weather(".zarr", "ensemble"), ("--select", "ensemble=1"),
            "(--select ensemble=0)"),
    Project("Aurora", weather(".nc", "level"), ("--select", "level=1"), "(--select level=0)"),
    Project("nnU-Net", archive("case.npz", probabilities=RNG.random((3, 1, 16, 24)).astype("f2"))),
    Project("suite2p", bare, ("--raw", "int16", "--shape", "16x24"), "(--raw int16 --shape "),
    Project("OpenPose", frames("clip_{:012}_pose_heatmaps.float", save_float, MAPS), CHANNEL,
            "here perhaps channel='max'"),
    Project("DeepLabCut", frames("image{}.mat", save_scores, MAPS), CHANNEL,
            "here perhaps channel='max'"),
    Project("ROS", frames("{:04}.png", save_ros, MILLIMETRES)),
]  # fmt: skip
