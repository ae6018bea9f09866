"""What fills slots: a field's frames, what comes beside them, and their limits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from heatvid._canvas import Canvas
from heatvid._frames import Resident
from heatvid._jobs.beside import Before, Beside
from heatvid._jobs.labels_seen import LabelsSeen
from heatvid._options.options import Options
from heatvid._options.rules import check_background
from heatvid._plan.make import demand_visible, make_plan, palette_fits
from heatvid._plan.tile import TilePlan
from heatvid._statistics.counts import blank_frames
from heatvid._statistics.field_limits import LimitsFinder
from heatvid._under.background import Background
from heatvid._under.flow_ramp import LengthRamp
from heatvid._values.depth_codes import DepthCodes
from heatvid._values.limits import FieldLimits
from heatvid.backends import Renderer, Slot
from heatvid.sources._about import About

DEFAULT_FPS = Fraction(30)


class Filled(NamedTuple):
    """A slot that has been filled, or will be.

    Attributes
    ----------
    frames : int
        Frames.
    before, after : callable or None
        What the ring does ahead of rendering, and once the slot is rendered.
    """

    frames: int
    before: Before = None
    after: Callable[[], None] | None = None


def _alone(options: Options) -> Options:
    """The options of a field that is shown by itself."""
    return replace(
        options, background=None, background_frames=None, alpha=None, alpha_ramp=None,
        alpha_mask=None, blend="over", place=None, audio=False,
    )  # fmt: skip


class Feed:
    """A field on its way into slots: what every way in has in common.

    Parameters
    ----------
    options : Options
    beside : Beside
        Background and masks; closed by whoever opened them.
    name : str
        Of the field, for messages.
    frame_shape : tuple of int
        Of its frames, (H, W) or (H, W, C).
    dtype : numpy.dtype
    length : int or None
        Frames in all, where it is known.
    fps : Fraction or None
        Its own frames a second.
    under : Background, optional
        What lies under the first frames, where that comes with them.
    seeks_blank : bool
        Whether frames that are all NaN are looked for.

    Attributes
    ----------
    size : (int, int)
        Height and width as it is shown: the background's, where frames of one lie under it.
    channels_apart : bool
        Whether each of its channels is shown by itself.
    kind : {"frames", "color", None}
        What lies under it.
    fps : Fraction
        Frames a second: as asked for, else the background's, the field's, or 30.
    timed : bool
        Whether it is any of these, not the default.
    blend : str
    finder : LimitsFinder
    labels_seen : LabelsSeen
    about : About
        What the field says of its values.
    reading : str
        How it is read, where there was a choice.
    codes : DepthCodes or None
        What its values are codes of.
    depth_dtype : numpy.dtype or None
        Of the depths that these codes stand for: metres where it is float, else millimetres.
    blank : list of int
        Frames of which every value is NaN, so far.
    limits_of_each : sequence of Limits or of tuples of Limits
        Of each frame, where they move and are known already.
    first : int
        The first frame's number among all, where these are a part.
    """

    about = About()
    codes: DepthCodes | None = None
    depth_dtype: np.dtype[Any] | None = None
    reading = ""
    limits_of_each: Sequence[FieldLimits] = ()
    first = 0

    def __init__(
        self,
        options: Options,
        beside: Beside,
        *,
        name: str,
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        length: int | None = None,
        fps: Fraction | None = None,
        under: Background | None = None,
        seeks_blank: bool = True,
    ) -> None:
        self.beside, self.name, self.length = beside, name, length
        self.frame_shape, self.dtype = frame_shape, dtype
        self.channels_apart = options.channel == "grid" and len(frame_shape) == 3
        under = under or beside.background
        self.kind = beside.kind if under is None else "frames"
        check_background(options, self.kind)
        beside.check(name, length)
        self.size = (frame_shape[0], frame_shape[1]) if under is None else under.size
        own = options.fps or (under and under.fps) or fps
        self.fps, self.timed = own or DEFAULT_FPS, own is not None
        self.finder = LimitsFinder(options, frame_shape, dtype)
        self.blend = options.blend
        self._options, self._seeks_blank = options, seeks_blank
        channels = frame_shape[2] if len(frame_shape) == 3 else None
        self.labels_seen = LabelsSeen(options, dtype, channels)
        self._ramped = None
        if options.channel == "flow" and options.alpha_ramp is not None:
            self._ramped = LengthRamp(options.alpha_ramp, options.smooth)
        self.blank: list[int] = []

    def palette_fits(self) -> bool:
        """Whether a palette holds each colour, now that limits have been found."""
        return palette_fits(
            self._options,
            self.frame_shape,
            self.dtype,
            self.kind,
            masked=self.beside.masks is not None or self._ramped is not None,
            complete=self.finder.complete,
        )

    def plan(self, canvas: Canvas, limits: FieldLimits | None) -> TilePlan:
        """Decide everything, and begin; see :meth:`tile_plan` and :meth:`begin`."""
        plan = self.tile_plan(canvas, limits)
        self.begin(plan.composed_on, plan.batch_size, limits)
        return plan

    def tile_plan(
        self,
        canvas: Canvas,
        limits: FieldLimits | None,
        *,
        alone: bool = False,
        channel: int | None = None,
    ) -> TilePlan:
        """Decide how the field is shown.

        Parameters
        ----------
        canvas : Canvas
            Of :attr:`size`, or another.
        limits : Limits, tuple of Limits or None
            None where each frame brings its own.
        alone : bool
            Whether it is shown by itself, and not over what lies under it.
        channel : int, optional
            The one that is shown, of several.
        """
        options = _alone(self._options) if alone else self._options
        masks, masked = self.beside.masks, None
        if not alone and masks is not None:
            masked = masks.size
        if not alone and self._ramped is not None:
            masked = self.frame_shape[0], self.frame_shape[1]
            options = replace(options, alpha_ramp=None)
        if channel is not None:
            options = replace(options, channel=None)
        plan = make_plan(
            options,
            canvas=canvas,
            field_size=self.frame_shape if channel is None else self.frame_shape[:2],
            field_dtype=self.dtype,
            limits=limits,
            background=None if alone else self.kind,
            mask_shape=masked,
            length=self.length,
            complete=self.finder.complete,
        )
        plan = replace(plan, batch_size=self._fitted(plan.batch_size))
        demand_visible(plan)
        return plan

    def begin(self, under: Canvas, batch_size: int, limits: FieldLimits | None) -> None:
        """Begin to fill slots of ``batch_size`` frames; pictures come as frames of ``under``."""
        self.under = under
        self.beside.start(under)
        self._moving = self._moving_limits() if limits is None else None
        self.batch_size = batch_size

    def _moving_limits(self) -> Callable[[Any], tuple[FieldLimits, ...]]:
        """Give a function of consecutive batches: the limits of each frame."""
        if not self.limits_of_each:
            return self.finder.moving(float(self.fps))
        coming = iter(self.limits_of_each)
        return lambda data: tuple(islice(coming, len(data)))

    def _fitted(self, batch_size: int) -> int:
        """Frames of a batch, by what reading them takes."""
        return batch_size

    def input_shape(self, renderer: Renderer) -> tuple[int, ...]:
        """One frame in the buffer of a slot; () where it needs none."""
        return self.frame_shape

    def _look_at(self, slot: Slot, start: int) -> Callable[[], None] | None:
        """Find a slot's limits where they move, and look for frames that are all NaN."""
        self._lay_ramp(slot)
        if self._moving is not None:
            slot.limits = self._moving(slot.data)
        if isinstance(slot.data, Resident):  # looked at when it is there: nothing waits for it
            return partial(self._look_for_blank, start, slot.data) if self._seeks_blank else None
        self._look_at_values(start, slot.data)
        return None

    def _lay_ramp(self, slot: Slot) -> None:
        """Fill the slot's masks with the opacity of its flow, where that has a ramp."""
        if self._ramped is not None:
            self._ramped.read(slot.data, slot.mask)

    def _look_at_values(self, start: int, data: Any) -> None:
        """Look for what a warning is due for, in frames of host memory."""
        if self._seeks_blank:
            self._look_for_blank(start, data)
        if self.labels_seen.watches:
            self.labels_seen.look(data)

    def _look_for_blank(self, start: int, data: Any) -> None:
        """Note the frames that are all NaN; one whose first value is a number is not."""
        if data.dtype.kind == "f":
            self.blank += [start + i for i in blank_frames(data)]

    def check_all_used(self, frames: int) -> None:
        """Demand that nothing beside the field is left over after ``frames`` predictions."""
        self.beside.check_all_used(self.name, frames)

    def warn_of_blank(self) -> None:
        """Warn of the frames that are all NaN: how many, and the first; or that all is infinite."""
        if self.finder.infinite:
            warnings.warn(
                f"{self.name}: no value is finite; what is infinite is shown in the first or last "
                "colour, or those of under and over",
                stacklevel=5,
            )
        if not self.blank:
            return
        others = len(self.blank) - 1
        more = f"; so is that of {others} more frame{'s' * (others > 1)}" if others else ""
        warnings.warn(
            f"frame {min(self.blank)}: every value is NaN, and is shown in the bad colour{more}",
            stacklevel=5,
        )

    def warn_of_strays(self) -> None:
        """Warn of labels that have no colour of their own."""
        for message in self.labels_seen.messages():
            warnings.warn(message, stacklevel=5)
