"""Plans of every kind, and whether a backend renders the reference's bytes of them."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

FRAMES = 2
SIZES = ((270, 480), (135, 241))  # of the canvas: whole groups of pixels, and an odd rest


@dataclasses.dataclass(frozen=True)
class Look:
    """Options that lead through another part of the kernels.

    Attributes
    ----------
    name : str
    dtype : str
    field : (int, int) or None
        Size of the field; None for the canvas's.
    channels : int
    canvas : str
        Its pixel format.
    over : bool
        Whether frames of a background lie under the field.
    mask : (int, int) or None
        Size of an opacity mask.
    options : dict
    """

    name: str
    dtype: str = "float32"
    field: tuple[int, int] | None = None
    channels: int = 1
    canvas: str = "yuv420p"
    over: bool = False
    mask: tuple[int, int] | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def limits(self) -> tuple[float, float]:
        """Limits that some values lie beyond."""
        kind = np.dtype(self.dtype)
        if kind.kind == "f":
            return (0.05, 0.9)
        return (0.0, 1.0) if kind.kind == "b" else (9.0, 120.0)

    def frames(self, size: tuple[int, int]) -> NDArray[Any]:
        """Frames of random values, shape (2, H, W) or (2, H, W, C)."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        shape = (FRAMES, *(self.field or size), *((self.channels,) if self.channels > 1 else ()))
        kind = np.dtype(self.dtype)
        if kind.kind == "b":
            return rng.random(shape) < 0.5
        if kind.kind in "iu":
            return rng.integers(0, 128, shape).astype(kind)
        values = rng.uniform(-0.1, 1.1, shape).astype(kind)
        special = values.reshape(-1)[:: values.size // 97]
        special[:] = np.resize(np.array([np.nan, np.inf, -np.inf]), special.size)
        return values


LOOKS = (
    *(Look(f"heat {dtype}", dtype) for dtype in (
        "bool", "uint8", "uint16", "int16", "int32", "float16", "float32", "float64")),
    *(Look(f"overlay {dtype}", dtype, over=True) for dtype in ("uint8", "float16", "float32")),
    *(Look(f"{way} from 64×64", field=(64, 64), over=True, options={"resample": way})
      for way in ("nearest", "bilinear", "bicubic")),
    *(Look(f"{fit} from 64×64", field=(64, 64), over=True, options={"fit": fit})
      for fit in ("letterbox", "crop")),
    *(Look(f"norm {norm}", options={"norm": norm})
      for norm in ("log", "symlog", "power", "sigmoid", "centered")),
    *(Look(f"blend {blend}", over=True, options={"blend": blend})
      for blend in ("multiply", "screen", "lighten", "darken", "add")),
    Look("RGB", channels=3, options={"channel": "rgb"}),
    Look("RGB over", channels=3, over=True, options={"channel": "rgb"}),
    *(Look(f"channels {mode}", channels=4, options={"channel": mode})
      for mode in ("argmax", "max", "mean", "norm")),
    Look("labels with outlines", "uint8", (64, 64), over=True,
         options={"norm": "labels", "outlines": 2}),
    Look("smoothed", options={"smooth": 1.5}),
    Look("alpha ramp", over=True, options={"alpha_ramp": (0.2, 0.6)}),
    Look("alpha mask", over=True, mask=(64, 64)),
    Look("transparent NaN", over=True, options={"bad": "transparent", "under": "white"}),
    *(Look(f"canvas {name}", canvas=name) for name in ("rgb24", "gray", "gray16le")),
    *(Look(f"canvas {name} over", canvas=name, over=True) for name in ("rgb24", "yuv444p", "nv12")),
    Look("flow", channels=2, canvas="rgb24", options={"channel": "flow"}),
)  # fmt: skip


def check(name: str) -> list[str]:
    """Render every look with a backend and with the reference.

    Returns
    -------
    list of str
        What differs, a line each; empty where the bytes are the same.
    """
    return [line for look, size in each() for line in differences(name, look, size)]


def each() -> Iterator[tuple[Look, tuple[int, int]]]:
    """Every look at every size, of the canvases that there are."""
    from heatvid._canvas import PixelFormat

    for look in LOOKS:
        if look.canvas in get_args(PixelFormat):
            for size in SIZES:
                yield look, size


def differences(name: str, look: Look, size: tuple[int, int]) -> list[str]:
    """Compare one look; no line or one."""
    plan, frames = _plan(look, size), look.frames(size)
    expected, found = (_render(each, plan, frames) for each in ("numpy", name))
    # Through int16, as differences of bytes would wrap.
    off = np.abs(expected.astype(np.int16) - found.astype(np.int16))
    if not off.any():
        return []
    where = tuple(int(i) for i in np.argwhere(off)[0])
    return [
        f"{look.name}, {size[0]}×{size[1]}: {(off > 0).sum()} of {off.size} bytes "
        f"differ, by {off.max()} at most; first (frame, byte) {where}: {found[where]}, not "
        f"{expected[where]}"
    ]


def _plan(look: Look, size: tuple[int, int]) -> Any:
    from heatvid._canvas import Canvas
    from heatvid._options.options import make_options
    from heatvid._plan.make import make_plan
    from heatvid._values.limits import Limits

    own = look.field or size
    channels = (look.channels,) if look.channels > 1 else ()
    limits = Limits(*look.limits())
    asked = {look.options.get("norm"), look.options.get("channel")}
    kept = {} if asked & {"labels", "rgb", "flow"} else {"cmap": "turbo"}
    return make_plan(
        make_options({**kept, **look.options, "batch_size": FRAMES}),
        canvas=Canvas(look.canvas, *size),  # type: ignore[arg-type]  # one of the formats
        field_size=(*own, *channels),
        field_dtype=np.dtype(look.dtype),
        limits=(limits,) * 3 if look.options.get("channel") == "rgb" else limits,
        background="frames" if look.over else None,
        mask_shape=look.mask,
    )


def _render(name: str, plan: Any, frames: NDArray[Any]) -> NDArray[np.uint8]:
    from heatvid.backends import choose

    backend = choose(name).backend
    backend.prepare(plan)
    slot = backend.slot(())
    slot.data = frames
    rng = np.random.default_rng(0)
    if plan.blends:
        slot.background[:] = rng.integers(0, 256, slot.background.shape, dtype=np.uint8)
    if plan.mask is not None:
        slot.mask[:] = rng.random(slot.mask.shape, dtype=np.float32)
    backend.render(slot)
    backend.wait(slot)
    rendered = np.array(slot.frames)
    backend.close()
    return rendered
