"""``VideoWriter``: predictions as they come, from the loop that makes them."""

from __future__ import annotations

from typing import Any, Self

from heatvid._encode.opening import check_output
from heatvid._errors import OptionError, SourceError
from heatvid._frames import AnyArray
from heatvid._jobs.job import DEFAULT_FPS, Job, content_size, output_path
from heatvid._jobs.result import RenderResult
from heatvid._options.options import documented, make_options, option_fields
from heatvid._under.background import Background
from heatvid._under.masks import Masks
from heatvid._under.opening import open_background
from heatvid._under.stills import ArrayBackground, ResidentBackground, StillBackground
from heatvid.backends import Choice, Slot, choose
from heatvid.sources import open_source
from heatvid.sources._arrays import is_array

_WANTED = ("layout", "channel", "values", "colour", "blending", "output", "running")


@documented(*_WANTED)
class VideoWriter:
    """Writes predictions to a video as they come.

    A context manager: leaving it finishes the file; leaving it by an exception leaves no file, and
    an earlier one as it was. Shape and dtype are those of the first prediction.

    Parameters
    ----------
    output : path
        The video: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``; or numbered pictures,
        ``frames/%05d.png``.
    {options}

    Attributes
    ----------
    frames : int
        Predictions taken so far.
    result : RenderResult or None
        Set when the video is finished.

    Raises
    ------
    UsageError
        The output or an option cannot be used. A range of the whole sequence cannot be known
        beforehand: without ``vmin`` and ``vmax`` (or uint8 or bool predictions), ``scope`` has to
        be ``frame`` or ``running``.
    RenderError
        Rendering failed; nothing stands under the final name.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "out.mp4")
    >>> with VideoWriter(path, fps=30, vmin=0, vmax=1, cmap="magma") as video:
    ...     for _ in range(4):
    ...         video.write(np.random.rand(32, 32))
    >>> video.result.frames
    4
    """

    def __init__(self, output: Any, **options: Any) -> None:
        names = [option.name for option in option_fields(_WANTED)]
        self._options = make_options(options, allowed=names)
        self._output = output_path(output)
        check_output(self._output, overwrite=self._options.overwrite)
        self._job: Job | None = None
        self._choice: Choice | None = None
        self._slot: Slot | None = None
        self._taken = 0  # frames in the slot that is being filled
        self._closed = False
        self.frames = 0
        self.result: RenderResult | None = None
        given = self._options.background
        self._background = None if given is None else open_background(given)
        mask = self._options.alpha_mask
        self._masks = None if mask is None else Masks(mask)

    def write(self, predictions: Any, background: Any = None) -> None:
        """Take one prediction or a batch of them.

        Parameters
        ----------
        predictions : array, shape (H, W) or (n, H, W), any real dtype, of any library
            Copied before this returns. With channels, 4 axes, or what the option ``layout`` says.
        background : array, optional
            Pictures under these predictions, shape (H', W', 3) or (n, H', W', 3), gray without
            the last axis, uint8 or float in 0..1; the video has their size.
        """
        if self._closed:
            raise OptionError(f"{self._output}: the video is finished; open another VideoWriter")
        try:
            self._write(predictions, background)
        except BaseException:
            self.abort()
            raise

    def _write(self, predictions: Any, background: Any) -> None:
        layout, channel = self._options.layout, self._options.channel
        if self._choice is None:
            self._choice = choose(self._options.backend, self._options.device)
        predictions = self._where_it_is(predictions, "array")
        if layout is None and getattr(predictions, "ndim", 0) < 4:
            layout = "HW" if getattr(predictions, "ndim", 0) == 2 else "THW"
        batch = open_source(predictions, layout=layout, channel=channel)
        size = content_size(batch, channel)
        data = batch.read(0, len(batch))
        under = self._pictures(background, len(data))
        if self._job is None:
            self._job = self._start(data, size if under is None else under.size, under)
        self._demand_like_first(data, under)
        if under is not None and under is not self._background:
            under.start(self._job.plan.composed_on)
        for i, frame in enumerate(data):
            self._take(frame, under, i)

    def _where_it_is(self, array: Any, label: str) -> Any:
        """An array as the backend has it on its device; others, and what is no array, as given."""
        assert self._choice is not None
        adopted = self._choice.backend.adopt(array, label) if is_array(array) else None
        return array if adopted is None else adopted

    def _pictures(self, background: Any, count: int) -> Background | None:
        if background is None:
            return self._background
        if self._options.background is not None:
            raise OptionError("background: given to both VideoWriter and write(); allowed is one")
        # One prediction alone may come with its picture, gray or not, without an axis of time.
        opened = open_background(self._where_it_is(background, "background"))
        if opened is None:
            raise OptionError(f"background: got {background!r}; allowed in write() are pictures")
        stacked = isinstance(opened, (ArrayBackground, ResidentBackground))
        if stacked and opened.length not in (None, count):
            raise SourceError(
                f"background: {opened.length} pictures for {count} predictions; allowed are as "
                "many, or one"
            )
        return opened

    def _start(self, data: AnyArray, size: tuple[int, int], under: Background | None) -> Job:
        assert self._choice is not None
        kind = None if self._options.background is None else "color"
        job = Job(
            self._output,
            self._options,
            size=size,
            frame_shape=data.shape[1:],
            dtype=data.dtype,
            fps=self._options.fps or (under and under.fps) or DEFAULT_FPS,
            background=kind if under is None else "frames",
            choice=self._choice,
        )
        try:
            limits = job.field_limits.fixed
            if limits is None and not job.field_limits.moves:
                raise OptionError(
                    "vmin, vmax: not given; predictions that come one at a time have no range of "
                    "the whole sequence; give both, or scope='frame' or scope='running'"
                )
            mask_shape = None if self._masks is None else self._masks.size
            job.start(limits, data.shape[1:], mask_shape)
            if self._background is not None:
                self._background.start(job.plan.composed_on)
        except BaseException:
            job.abort()
            raise
        self._shape, self._dtype, self._under = data.shape[1:], data.dtype, under is not None
        return job

    def _demand_like_first(self, data: AnyArray, under: Background | None) -> None:
        assert self._job is not None
        if (data.shape[1:], data.dtype) != (self._shape, self._dtype):
            raise SourceError(
                f"prediction {self.frames}: is {data.shape[1:]} {data.dtype}, the first was "
                f"{self._shape} {self._dtype}; all need one shape and dtype"
            )
        size = (self._job.canvas.content_height, self._job.canvas.content_width)
        if (under is not None) != self._under or (under is not None and under.size != size):
            got = "none" if under is None else f"{under.size[1]}x{under.size[0]}"
            first = f"{size[1]}x{size[0]}" if self._under else "none"
            raise SourceError(
                f"prediction {self.frames}: background {got}, the first had {first}; all need "
                "one of the same size"
            )

    def _take(self, frame: AnyArray, under: Background | None, i: int) -> None:
        """Copy a frame and what lies under it into the slot, and hand on a full one."""
        assert self._job is not None
        if self._slot is None:
            self._slot, self._taken = self._job.acquire(), 0
        slot, place, backend = self._slot, self._taken, self._job.choice.backend
        backend.store(slot, place, frame)
        if under is not None:
            row = slot.background[place : place + 1]
            picture = under.resident(i)
            if picture is not None:
                backend.lay_under(slot, place, picture)
            elif under is self._background:
                self._demand_picture_left(under)
                under.read(self.frames, row)
            else:
                under.read(0 if isinstance(under, StillBackground) else i, row)
        if self._masks is not None:
            self._masks.read(self.frames, slot.mask[place : place + 1])
        self._taken += 1
        self.frames += 1
        if self._taken == self._job.plan.batch_size:
            self._flush()

    def _demand_picture_left(self, under: Background) -> None:
        if under.length is not None and self.frames >= under.length:
            raise SourceError(
                f"background: {under.name} ends after {under.length} frames, and there are more "
                "predictions; allowed are equal lengths, or one still picture"
            )

    def _flush(self) -> None:
        if self._slot is not None and self._job is not None and self._taken:
            slot, self._slot = self._slot, None
            self._job.submit(slot, self._job.choice.backend.stored(slot, self._taken))

    def close(self) -> RenderResult:
        """Finish the video; further calls return the same result."""
        if self.result is not None:
            return self.result
        if self._closed or self._job is None:
            self.abort()
            raise SourceError(f"{self._output}: no predictions were written; write at least one")
        try:
            self._demand_all_used()
            self._flush()
            self.result = self._job.finish()
        finally:
            self.abort()
        return self.result

    def _demand_all_used(self) -> None:
        """Demand that neither pictures nor masks are left over."""
        under, masks = self._background, self._masks
        if under is not None and under.length not in (None, self.frames):
            raise SourceError(
                f"background: {under.name} has {under.length} frames, {self.frames} predictions "
                "were written; allowed are equal lengths, or one still picture"
            )
        if masks is not None and masks.length not in (None, 1, self.frames):
            raise SourceError(
                f"alpha_mask: {masks.name} has {masks.length} frames, {self.frames} predictions "
                "were written; allowed are equal lengths, or one mask"
            )

    def abort(self) -> None:
        """Stop and leave no file behind; harmless when the video is finished."""
        self._closed = True
        if self._job is not None:
            self._job.abort()
        if self._background is not None:
            self._background.close()
        if self._masks is not None:
            self._masks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        if exc_type is None:
            self.close()
        else:
            self.abort()

    def _repr_html_(self) -> str:
        return "" if self.result is None else self.result._repr_html_()
