"""Options as they are typed, and the dumps that they are tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import heatvid
from tests.support.clicks import video_with_clicks
from tests.support.videos import numbered, pictures

# What several options need beside them.
OVER = {"background": "picture.png"}
BARE = {"raw": "int32", "shape": "6x24x32", "skip_bytes": 128}  # behind the header of .npy
FLAGS = ("own_limits", "lossless", "exact", "transparent", "audio", "overwrite", "progress")


def flags(options: dict[str, Any]) -> list[str]:
    """Options as they are typed."""
    typed = []
    for name, value in options.items():
        flag = "--no-progress" if name == "progress" else f"--{name.replace('_', '-')}"
        if name in FLAGS:
            typed += [flag] if isinstance(value, bool) else [f"{flag}={value}"]
        elif isinstance(value, dict):
            typed += [flag, *(f"{label}={color}" for label, color in value.items())]
        else:
            typed += [flag, *map(str, value if isinstance(value, tuple) else [value])]
    return typed


def make_dumps(at: Path) -> None:
    """One of each kind, in a folder."""
    frames = numbered() * 2 - 0.5
    frames[0, 3, 3] = np.nan
    rng = np.random.default_rng(5)
    arrays = {
        "values": frames,
        "positive": numbered() * 300 + 0.1,
        "growing": numbered() * np.arange(1, 7).reshape(-1, 1, 1),
        "square": numbered(6, 24, 24),
        "halves": np.rint(numbered() * 2) / 2,
        "labels": np.kron(rng.integers(0, 6, (6, 6, 8)), np.ones((4, 4))).astype(np.uint8),
        "classes": rng.random((6, 24, 32, 3), np.float32),
        "flow": rng.normal(size=(6, 24, 32, 2)).astype(np.float32),
        "pictures": pictures(),
        "mask": np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32),
        "masks": np.stack([np.full((12, 16), 50 * i, np.uint8) for i in range(6)]),
        "levels": np.full((24, 32), 255.0),
    }
    arrays["two"] = arrays["masks"][:2]
    for name, array in arrays.items():
        np.save(at / f"{name}.npy", array)
    (at / "names.txt").write_text("0: sky\n1: road\n2: car\n")
    np.savez(at / "two.npz", a=frames, b=frames[::-1])
    Image.fromarray(pictures(1, 48, 64)[0]).save(at / "picture.png")
    heatvid.render(frames, at / "made.mp4", cmap="turbo", vmax=3, preset="ultrafast")
    video_with_clicks(at / "clicks.mp4", "aac", frames=6, seconds=0.2)
