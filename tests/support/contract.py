"""Render through a backend's protocol, and compare with the oracle byte for byte."""

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
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends import Renderer, Slot
from tests.support.backends import Backends
from tests.support.oracle import BLACK, Color, Picture, frame_bytes

POISON = 0xAA
CANVASES = ["yuv420p-tv", "yuv420p-pc", "rgb24-tv", "yuv444p-tv", "nv12-pc"]
EVERY_CANVAS = [*CANVASES, "yuv444p-pc", "nv12-tv"]


@dataclass(frozen=True)
class Look:
    """Colours and blending, as an option for heatvid and as rows for the oracle."""

    cmap: NDArray[np.uint8]
    under: Any = None
    over: Any = None
    bad: Any = None
    alpha: float | None = None
    background: str | None = None  # "frames", "color"
    resample: str = "bilinear"

    @property
    def colors(self) -> list[Color]:
        rows = [_color(row) for row in self.cmap]
        ends = ((self.under, rows[0]), (self.over, rows[-1]), (self.bad, BLACK))
        return rows + [own if given is None else SHADES[given] for given, own in ends]

    @property
    def opacity(self) -> float:
        if self.alpha is not None:
            return self.alpha
        return 1.0 if self.background is None else 0.5


# Colours for options, and what they are.
SHADES: dict[Any, Color] = {
    "transparent": (0, 0, 0, 0.0),
    "#0a14c8": (10, 20, 200, 1.0),
    (0.2, 0.4, 0.6, 0.25): (51, 102, 153, 0.25),
    "white": (255, 255, 255, 1.0),
}
BACKGROUND_COLOR = "#8040c0"
_BEHIND: Color = (128, 64, 192, 1.0)


def _color(row: NDArray[np.uint8]) -> Color:
    r, g, b = (int(channel) for channel in row[:3])
    return (r, g, b, row[3] / 255 if len(row) == 4 else 1.0)


def random_cmap(entries: int, channels: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng((seed, entries, channels))
    return rng.integers(0, 256, (entries, channels), dtype=np.uint8)


INFERNAL = Look(random_cmap(256))


def picture_of(canvas: str, height: int, width: int) -> Picture:
    """A picture of a canvas that is named by its format and its range."""
    pixel_format, color_range = canvas.split("-")
    return Picture(pixel_format, height, width, color_range)


def plan_for(
    picture: Picture,
    look: Look,
    frame: NDArray[Any],
    limits: tuple[float, float] | None,
    batch_size: int,
) -> TilePlan:
    options = Options(
        cmap=look.cmap, under=look.under, over=look.over, bad=look.bad, alpha=look.alpha,
        background=BACKGROUND_COLOR if look.background == "color" else None,
        resample=look.resample, batch_size=batch_size, range=picture.color_range,
    )  # fmt: skip
    return make_plan(
        options,
        canvas=Canvas(
            picture.pixel_format, picture.height, picture.width, picture.color_range  # type: ignore[arg-type]
        ),
        field_size=(frame.shape[0], frame.shape[1]),
        field_dtype=frame.dtype,
        limits=None if limits is None else Limits(*limits),
        background=look.background,
    )  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Frames of one batch, shape (n, h, w), and what comes with them."""

    frames: NDArray[Any]
    behind: NDArray[np.uint8] | None = None  # shape (n, frame_bytes)
    limits: Sequence[tuple[float, float]] = ()  # of each frame, where the plan has none


@dataclass
class Prepared:
    """One backend prepared for one plan, with one slot."""

    backend: Renderer
    picture: Picture
    look: Look
    frame: NDArray[Any]  # the shape and dtype of all frames
    limits: tuple[float, float] | None  # None: each frame brings its own
    batch_size: int = 1
    slot: Slot = field(init=False)

    def __post_init__(self) -> None:
        plan = plan_for(self.picture, self.look, self.frame, self.limits, self.batch_size)
        self.backend.prepare(plan)
        self.slot = self.backend.slot(())

    def render(self, batch: Batch) -> NDArray[np.uint8]:
        """Frames as rendered, shape (n, frame_bytes)."""
        limits = [Limits(*pair) for pair in batch.limits]
        return rendered(self.backend, self.slot, batch.frames, limits, batch.behind)


def rendered(
    backend: Renderer,
    slot: Slot,
    frames: NDArray[Any],
    limits: Sequence[FieldLimits] = (),
    behind: NDArray[np.uint8] | None = None,
    masks: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """A batch rendered in a slot that is dirty; what was given, and what lies beyond, is kept."""
    poison(slot.output)
    poison(slot.backend)
    slot.data, slot.limits = frames, tuple(limits)
    given = [(frames, frames.copy())]
    for buffer, own in ((slot.background, behind), (slot.mask, masks)):
        if own is not None:
            buffer[: len(frames)] = own
            poison(buffer[len(frames) :])
            given.append((buffer[: len(frames)], own))
    backend.render(slot)
    backend.wait(slot)
    for now, before in given:
        np.testing.assert_array_equal(now, before, "what was given was written")
    assert (slot.output[len(frames) :] == POISON).all(), "frames beyond the batch were written"
    return slot.frames.copy()


def poison(memory: Any) -> None:
    """Overwrite all host arrays in what a backend keeps with a slot."""
    if isinstance(memory, np.ndarray):
        if memory.flags.writeable and memory.dtype.kind in "biuf":
            memory.view(np.uint8)[...] = POISON
    elif isinstance(memory, dict):
        for part in memory.values():
            poison(part)
    elif isinstance(memory, (list, tuple)):
        for part in memory:
            poison(part)
    elif type(memory).__module__.startswith("heatvid") and hasattr(memory, "__dict__"):
        poison(vars(memory))


def check_batches(
    backends: Backends,
    picture: Picture,
    look: Look,
    limits: tuple[float, float] | None,
    batches: Sequence[Batch],
) -> None:
    """Render batches one after the other into one slot, and demand the oracle's bytes of each."""
    wanted = [_expected(picture, look, limits, batch) for batch in batches]
    most = max(len(batch.frames) for batch in batches)

    def compare(backend: Renderer) -> None:
        prepared = Prepared(backend, picture, look, batches[0].frames[0], limits, most)
        for batch, frames in zip(batches, wanted, strict=True):
            np.testing.assert_array_equal(prepared.render(batch), frames)

    backends.each(compare)


def check(
    backends: Backends,
    picture: Picture,
    look: Look,
    frames: NDArray[Any],
    limits: tuple[float, float],
    seed: int = 0,
) -> None:
    """Render a batch, shape (n, h, w), and demand the oracle's bytes."""
    behind = None
    if look.background == "frames":
        rng = np.random.default_rng(seed)
        behind = rng.integers(0, 256, (len(frames), picture.frame_bytes), dtype=np.uint8)
    check_batches(backends, picture, look, limits, [Batch(frames, behind)])


def _expected(
    picture: Picture, look: Look, limits: tuple[float, float] | None, batch: Batch
) -> NDArray[np.uint8]:
    """The oracle's frames of a batch."""
    color = _BEHIND if look.background == "color" else BLACK
    frames = [
        frame_bytes(
            frame,
            picture,
            look.colors,
            limits or batch.limits[i],
            alpha=look.opacity,
            background=color if batch.behind is None else batch.behind[i],
            bilinear=look.resample == "bilinear",
        )
        for i, frame in enumerate(batch.frames)
    ]
    return np.array(frames)
