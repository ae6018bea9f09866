"""Render any way of looking through a backend's protocol, and compare with the slow oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._options.options import Options
from heatvid._plan.make import make_plan
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid.backends import Renderer
from tests.support import oracle_canvases
from tests.support.backends import Backends
from tests.support.contract import BACKGROUND_COLOR, INFERNAL, SHADES, Look, random_cmap, rendered
from tests.support.oracle import Color, Picture
from tests.support.oracle_ways import Way, frame_bytes

BEHIND: Color = (128, 64, 192, 1.0)  # what BACKGROUND_COLOR is
BLENDS = ["over", "multiply", "screen", "lighten", "darken", "add"]
ENDS = {"under": "transparent", "over": "#0a14c8", "bad": (0.2, 0.4, 0.6, 0.25)}
LABELS = Look(random_cmap(7, seed=3))
GRADED = Look(random_cmap(256, 4), **ENDS)  # type: ignore[arg-type]  # a dict of colours
CANVASES = ["yuv420p-tv", "yuv420p-pc", "rgb24-tv", "yuv444p-pc", "nv12-tv"]
EITHER = ["yuv420p-tv", "rgb24-tv", "yuv444p-pc"]  # where colours do not matter: each arrangement
BACKGROUNDS = [None, "color", "frames"]
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 10), (13, 6)]


@dataclass(frozen=True)
class Ask:
    """What a user asks for: a look, and everything that :class:`Way` has."""

    look: Look = INFERNAL
    masked: bool = False
    label_colors: dict[int, Any] = field(default_factory=dict)
    way: dict[str, Any] = field(default_factory=dict)  # of Way, but its colours and alpha

    def options(self, **more: Any) -> Options:
        look, way = self.look, dict(self.way)
        own = {name: way.pop(name) for name in ("ramp", "outline", "under") if name in way}
        if "ramp" in own:
            way["alpha_ramp"] = own["ramp"]
        if self.label_colors:
            way["label_colors"] = self.label_colors
        given = {
            "cmap": look.cmap, "under": look.under, "over": look.over, "bad": look.bad,
            "alpha": look.alpha, "resample": None if labels(way) else look.resample,
            "background": BACKGROUND_COLOR if look.background == "color" else None,
        }  # fmt: skip
        return Options(**{**given, **way, **more})

    def oracle(self) -> Way:
        look, way = self.look, dict(self.way)
        if way.get("channel") == "argmax":
            way["norm"] = "labels"
        colors = look.colors
        way["chosen"] = {label: SHADES[shade] for label, shade in self.label_colors.items()}
        way.setdefault("resample", "nearest" if labels(way) else look.resample)
        if look.background == "color":
            way["under"] = BEHIND
        return Way(colors, alpha=look.opacity, **way)


def labels(way: dict[str, Any]) -> bool:
    return way.get("norm") == "labels" or way.get("channel") == "argmax"


def plan_for(
    ask: Ask,
    picture: Picture,
    shape: tuple[int, ...],
    dtype: Any,
    limits: Any,
    mask_shape: tuple[int, int] | None = None,
    batch_size: int = 1,
) -> TilePlan:
    return make_plan(
        ask.options(batch_size=batch_size),
        canvas=Canvas(
            picture.pixel_format, picture.height, picture.width, picture.color_range  # type: ignore[arg-type]
        ),
        field_size=shape,
        field_dtype=np.dtype(dtype),
        limits=None if limits is None else as_limits(limits),
        background=ask.look.background,
        mask_shape=mask_shape,
    )  # fmt: skip


def as_limits(limits: Any) -> Any:
    if isinstance(limits[0], Sequence):
        return tuple(Limits(*pair) for pair in limits)
    return Limits(*limits)


def render(
    backend: Renderer,
    ask: Ask,
    picture: Picture,
    frames: NDArray[Any],
    limits: Any = (0.0, 0.0),
    behind: NDArray[np.uint8] | None = None,
    masks: NDArray[np.float32] | None = None,
    moving: bool = False,
) -> NDArray[np.uint8]:
    """A batch of frames, shape (n, h, w[, c]), as rendered: (n, frame_bytes).

    ``limits`` are of all frames, or a list with those of each where they are ``moving``.
    """
    mask_shape = None if masks is None else masks.shape[1:]
    plan = plan_for(
        ask, picture, frames.shape[1:], frames.dtype, None if moving else limits, mask_shape,
        len(frames) + 1,
    )  # fmt: skip
    backend.prepare(plan)
    slot = backend.slot(())
    own = [as_limits(each) for each in limits] if moving else []
    for _ in range(2):  # the second time with all that the first has left
        got = rendered(backend, slot, frames, own, behind, masks)
    return got


def inputs_for(
    ask: Ask, picture: Picture, count: int, mask_size: tuple[int, int] | None = None, seed: int = 0
) -> tuple[NDArray[np.uint8] | None, NDArray[np.float32] | None]:
    """Random background frames on the canvas that is composed on, and random masks."""
    rng = np.random.default_rng(seed)
    behind = masks = None
    if ask.look.background == "frames":
        rgb = picture.height * picture.width * 3
        size = picture.frame_bytes if ask.way.get("blend", "over") == "over" else rgb
        behind = rng.integers(0, 256, (count, size), dtype=np.uint8)
    if ask.masked:
        shape = (count, *(mask_size or (picture.height, picture.width)))
        masks = rng.uniform(-0.2, 1.2, shape).clip(0, 1).astype(np.float32)
        masks[rng.random(shape) < 0.1] = np.nan
    return behind, masks


def check(
    backends: Backends,
    ask: Ask,
    picture: Picture,
    frames: NDArray[Any],
    limits: Any = (0.0, 0.0),
    mask_size: tuple[int, int] | None = None,
    tolerance: int = 0,
) -> None:
    """Demand the oracle's bytes of fixed limits, and of limits that each frame brings.

    These move: behind the frames the first one comes once more, with narrower limits.
    """
    count, again = len(frames), np.concatenate([frames, frames[:1]])
    own = [limits] * count + [narrower(limits)]
    behind, masks = inputs_for(ask, picture, count + 1, mask_size)
    shown = [None if given is None else given[:count] for given in (behind, masks)]
    wanted = _expected(ask, picture, again, own, behind, masks)

    def compare(backend: Renderer) -> None:
        fixed = render(backend, ask, picture, frames, limits, *shown)
        moving = render(backend, ask, picture, again, own, behind, masks, moving=True)
        for name, got in (("fixed", fixed), ("moving", moving)):
            difference = np.abs(got.astype(int) - wanted[: len(got)])
            assert difference.max() <= tolerance, (
                f"{name} limits, {(difference > 0).sum()} bytes differ\n{ask = }\n{picture = }"
            )

    backends.each(compare)


def narrower(limits: Any) -> Any:
    """Other limits, of which the upper one is less."""
    if isinstance(limits[0], Sequence):
        return [narrower(pair) for pair in limits]
    low, high = limits
    return low, high - (high - low) / 4


def _expected(
    ask: Ask,
    picture: Picture,
    frames: NDArray[Any],
    limits: Sequence[Any],
    behind: NDArray[np.uint8] | None,
    masks: NDArray[np.float32] | None,
) -> NDArray[np.int64]:
    """The oracle's frames."""
    way = ask.oracle()
    if picture.pixel_format in (*oracle_canvases.ALPHA, *oracle_canvases.DEEP):
        assert behind is None, "nothing lies behind these canvases"
        own = [None] * len(frames) if masks is None else masks
        parts = zip(frames, limits, own, strict=True)
        made = [
            oracle_canvases.frame_bytes(frame, picture, way, pair, mask)
            for frame, pair, mask in parts
        ]
        return np.array(made, np.int64)
    expected = [
        frame_bytes(
            frame, picture, way, limits[i],
            None if behind is None else behind[i], None if masks is None else masks[i],
        )
        for i, frame in enumerate(frames)
    ]  # fmt: skip
    return np.array(expected, np.int64)


def flows(dtype: str = "float32") -> NDArray[Any]:
    """Two frames of vectors, some of them special."""
    frames = np.random.default_rng(0).normal(0, 3, (2, 9, 14, 2)).astype(dtype)
    special = [[np.nan, 0], [0, np.nan], [0, 0], [5, 0], [np.inf, 1], [1, -np.inf], [-5, -0.0]]
    frames[0, 0, :7] = special
    if dtype != "float16":
        frames[0, 1, :2] = [[1.666666752e9, 0], [0, -1e9]]
    return frames
