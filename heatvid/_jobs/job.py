"""One video on its way: the plan, the backend, the encoder and the ring between them."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.codecs import is_png
from heatvid._encode.opening import open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._errors import OptionError
from heatvid._frames import AnyArray, Resident, UnreadFrame, page_aligned
from heatvid._jobs.result import RenderResult
from heatvid._jobs.ring import Ring
from heatvid._options.options import Options
from heatvid._options.rules import check_background
from heatvid._plan.make import make_plan
from heatvid._plan.tile import TilePlan
from heatvid._progress import announcer
from heatvid._statistics.counts import first_blank
from heatvid._statistics.field_limits import FieldLimits
from heatvid._values.channels import reduced_shape
from heatvid._values.limits import FrameLimits, Limits
from heatvid.backends import Choice, Slot
from heatvid.sources import Source

Before = Callable[[], None] | None  # what a render thread does ahead of rendering

DEFAULT_FPS = Fraction(30)


def content_size(source: Source, channel: int | str | None) -> tuple[int, int]:
    """Height and width of a source's frames as they are shown."""
    if len(source.frame_shape) == 3:
        return reduced_shape(source.frame_shape, str(channel))
    height, width = source.frame_shape
    return height, width


def demand_visible(plan: TilePlan) -> None:
    """Refuse a ramp that lies beyond all values, and so hides every one."""
    limits = plan.field.limits
    if plan.field.ramp is None or not isinstance(limits, Limits):
        return
    if plan.field.alpha and not plan.field.rows_alpha(limits)[:-3].any():
        low, high = plan.field.ramp
        raise OptionError(
            f"alpha_ramp: got ({low:g}, {high:g}) for values {limits.vmin:g} to {limits.vmax:g}; "
            "allowed are values among them, as the field would be invisible"
        )


def canvas_for(options: Options, output: Path, size: tuple[int, int]) -> Canvas:
    """The frame that the options ask for: RGB where lossless, unless others are asked for."""
    exact = options.lossless or is_png(output)
    pixel_format = options.pix_fmt or ("rgb24" if exact else "yuv420p")
    return Canvas(pixel_format, *size, "pc" if options.range == "pc" else "tv")  # type: ignore[arg-type]  # checked


def output_path(output: Any) -> Path:
    """Read the name of the video, text or bytes."""
    try:
        return Path(os.fsdecode(output))
    except TypeError as error:
        raise OptionError(f"output: got {output!r}; allowed is a path") from error


class Job:
    """Renders slot by slot into one encoder; a context manager that finishes or discards.

    Parameters
    ----------
    output : path
    options : Options
    size : (int, int)
        Height and width of the video's content.
    frame_shape : tuple of int
        Of the field's frames, (H, W) or (H, W, C).
    dtype : numpy.dtype
        Of the field.
    fps : Fraction
    background : {"frames", "color", None}
        What lies under the field; "color" is that of the options.
    choice : Choice
        The backend.

    Attributes
    ----------
    encoder : VideoSink
        Started with the job, so that an output that cannot be written is known at once.
    """

    def __init__(
        self,
        output: Any,
        options: Options,
        *,
        size: tuple[int, int],
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fps: Fraction,
        background: str | None,
        choice: Choice,
    ) -> None:
        self._since = time.perf_counter()
        check_background(options, background)
        self._options, self._background = options, background
        self._frame_shape, self._dtype, self._fps = frame_shape, dtype, fps
        self.path = output_path(output)
        self.canvas = canvas_for(options, self.path, size)
        self.field_limits = FieldLimits(options, frame_shape, dtype)
        self.choice = choice
        self.limits: FrameLimits | None = None
        self._pipeline: Ring | None = None
        self._moving = self.field_limits.moving(float(fps))
        self.statistics_seconds = 0.0
        self._submitted = 0
        self._blank: list[int] = []  # frames of which every value is NaN, the first of a batch
        self._own = threading.local()  # of each render thread: what it reads into
        self.encoder = open_sink(
            OutputSettings(
                output=output,
                canvas=self.canvas,
                fps=fps,
                crf=options.crf,
                preset=options.preset,
                lossless=options.lossless,
                overwrite=options.overwrite,
            )
        )

    def start(
        self,
        limits: FrameLimits | None,
        input_shape: tuple[int, ...],
        mask_shape: tuple[int, int] | None = None,
        length: int | None = None,
    ) -> None:
        """Make the plan and the ring.

        Parameters
        ----------
        limits : Limits, tuple of Limits or None
            Of the sequence; None where each frame brings its own.
        input_shape : tuple of int
            One frame in the source's buffer; () where the source's own memory is used.
        mask_shape : (int, int), optional
            Of the opacity masks.
        length : int, optional
            Frames in all, where it is known.
        """
        self.limits = limits
        self.plan = make_plan(
            self._options,
            canvas=self.canvas,
            field_size=self._frame_shape,
            field_dtype=self._dtype,
            limits=limits,
            background=self._background,
            mask_shape=mask_shape,
            length=length,
        )
        demand_visible(self.plan)
        backend = self.choice.backend
        backend.announce = announcer(self._options.progress)
        backend.prepare(self.plan)
        self._pipeline = Ring(backend, self.encoder, input_shape, *backend.ring())

    @property
    def written(self) -> int:
        """Frames the encoder has taken."""
        return 0 if self._pipeline is None else self._pipeline.written

    def acquire(self) -> Slot:
        """Wait for a free slot."""
        assert self._pipeline is not None
        return self._pipeline.acquire()

    def submit(self, slot: Slot, data: AnyArray, before: Before = None) -> None:
        """Render a slot's ``data``, shape (n, H, W) or (n, H, W, C), over its background."""
        assert self._pipeline is not None
        slot.data = data
        after = None
        if isinstance(data, Resident):  # looked at when it is there, so that nothing waits for it
            after = partial(self._look_for_blank, self._submitted, data)
        else:
            self._look_for_blank(self._submitted, data)
        self._submitted += len(data)
        if self.limits is None:
            slot.limits = self._moving(data)
        self._pipeline.submit(slot, before, after)

    def submit_unread(self, slot: Slot, source: Source, start: int, before: Before = None) -> None:
        """Let a render thread read the slot's frames, from a concurrent source, and render them.

        Where the backend can, it reads rows as it renders them. A frame that may be all NaN is read
        as a whole, to be looked at.
        """
        assert self._pipeline is not None
        assert source.concurrent, f"{source.name}: frames have to be read in order"
        assert self.limits is not None, "limits that move are found in order"

        size, reads_rows = self.plan.batch_size, self.choice.backend.reads_rows

        def fetch() -> None:
            unread = source.unread(start, size) if reads_rows else None
            if unread is None or any(map(_begins_with_nan, unread)):
                memory = slot.input if slot.input.size else self._memory_of(source)
                slot.data = source.read(start, size, memory)
                self._look_for_blank(start, slot.data)
            else:
                slot.data = unread
            if before is not None:
                before()

        self._pipeline.submit(slot, fetch)

    def _memory_of(self, source: Source) -> AnyArray:
        """What this thread reads into."""
        own: AnyArray | None = getattr(self._own, "memory", None)
        if own is None:
            shape = (self.plan.batch_size, *source.buffer_shape)
            own = self._own.memory = page_aligned(shape, source.dtype)
        return own

    def _look_for_blank(self, start: int, data: AnyArray) -> None:
        """Note a frame that is all NaN; one whose first value is a number is not."""
        if (self._blank and start > min(self._blank)) or data.dtype.kind != "f":
            return
        blank = first_blank(data)
        if blank is not None:
            self._blank.append(start + blank)

    def _warn_of_blank(self) -> None:
        if self._blank:
            warnings.warn(
                f"frame {min(self._blank)}: every value is NaN, and is shown in the bad colour",
                stacklevel=3,
            )

    def finish(self) -> RenderResult:
        """Complete the video."""
        assert self._pipeline is not None
        self._pipeline.finish()
        self._warn_of_blank()
        seconds = {"statistics": self.statistics_seconds, **self._pipeline.seconds}
        return RenderResult(
            path=self.path,
            frames=self._pipeline.written,
            height=self.canvas.height,
            width=self.canvas.width,
            fps=self._fps,
            limits=self._shown_limits(),
            backend=self.choice.backend.name,
            reason=self.choice.reason,
            seconds={**seconds, "total": time.perf_counter() - self._since},
        )

    def _shown_limits(self) -> FrameLimits | None:
        """The limits; where values number the colours, those of the table."""
        if self.plan.field.norm.kind not in ("identity", "labels"):
            return self.limits
        return Limits(0.0, float(self.plan.field.entries - 1))

    def abort(self) -> None:
        """Leave nothing behind; harmless when all is over."""
        if self._pipeline is not None:
            self._pipeline.abort()
        else:
            self.encoder.abort()
            self.choice.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def _begins_with_nan(frame: UnreadFrame) -> bool:
    if frame.dtype.kind != "f":
        return False
    first = np.empty(1, frame.dtype)
    frame.read_rows(0, first)
    return bool(np.isnan(first[0]))
