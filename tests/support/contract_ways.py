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
from tests.support.contract import BACKGROUND_COLOR, INFERNAL, POISON, SHADES, Look, poison
from tests.support.oracle import Color, Picture
from tests.support.oracle_ways import Way, frame_bytes

BEHIND: Color = (128, 64, 192, 1.0)  # what BACKGROUND_COLOR is


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
    for _ in range(1 if moving else 2):  # the second time with all that the first has left
        poison(slot.output)
        poison(slot.backend)
        slot.data = frames
        slot.limits = tuple(as_limits(own) for own in limits) if moving else ()
        if behind is not None:
            slot.background[: len(frames)] = behind
        if masks is not None:
            slot.mask[: len(frames)] = masks
        before = frames.copy()
        backend.render(slot)
        backend.wait(slot)
        np.testing.assert_array_equal(frames, before)
        assert (slot.output[len(frames) :] == POISON).all(), "frames beyond the batch were written"
    return slot.frames.copy()


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
    backend: Renderer,
    ask: Ask,
    picture: Picture,
    frames: NDArray[Any],
    limits: Any = (0.0, 0.0),
    mask_size: tuple[int, int] | None = None,
    tolerance: int = 0,
) -> None:
    """Demand the oracle's bytes of fixed limits, and the same where each frame brings its own."""
    behind, masks = inputs_for(ask, picture, len(frames), mask_size)
    way = ask.oracle()
    expected = [
        frame_bytes(
            frame, picture, way, limits,
            None if behind is None else behind[i], None if masks is None else masks[i],
        )
        for i, frame in enumerate(frames)
    ]  # fmt: skip
    for moving in (False, True)[: len(frames)]:
        own = [limits] * len(frames) if moving else limits
        got = render(backend, ask, picture, frames, own, behind, masks, moving)
        difference = np.abs(got.astype(int) - np.array(expected))
        assert difference.max() <= tolerance, (
            f"{ask.way = }\n{picture = }\n{moving = }, {(difference > 0).sum()} bytes differ"
        )
