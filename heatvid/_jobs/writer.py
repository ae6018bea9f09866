"""``VideoWriter``: predictions as they come, from the loop that makes them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

from heatvid._encode.opening import check_output, output_path
from heatvid._errors import OptionError, SourceError, brief
from heatvid._frames import AnyArray
from heatvid._jobs.arriving_feed import ArrivingFeed
from heatvid._jobs.beside import Beside
from heatvid._jobs.job import Destination, Job
from heatvid._jobs.result import RenderResult
from heatvid._options.options import documented, make_options, option_fields
from heatvid._under.background import Background
from heatvid._under.opening import open_background
from heatvid.backends import Choice, choose
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
        self._choice: Choice | None = None
        self._feed: ArrivingFeed | None = None
        self._job: Job | None = None
        self._closed = False
        self.result: RenderResult | None = None
        self._beside = Beside(self._options)
        self._closing = ExitStack()  # of all that is open, the last first
        self._closing.callback(self._beside.close)

    @property
    def frames(self) -> int:
        """Predictions taken so far."""
        return 0 if self._feed is None else self._feed.frames

    def write(self, predictions: Any, background: Any = None) -> None:
        """Take one prediction or a batch of them.

        Parameters
        ----------
        predictions : array, shape (H, W) or (n, H, W), any real dtype, of any library
            Copied before this returns. With channels, 4 axes, 3 where ``channel`` is a mode that
            takes them, or what the option ``layout`` says.
        background : array, optional
            Pictures under these predictions, one each or one for all, shape (H', W', 3),
            (n, H', W', 3) or (n, 3, H', W'), gray without the axis of 3, uint8 or float in 0..1;
            the video has their size.
        """
        if self._closed:
            raise OptionError(f"{self._output}: the video is finished; open another VideoWriter")
        try:
            self._write(predictions, background)
        except BaseException:
            self.abort()
            raise

    def _write(self, predictions: Any, background: Any) -> None:
        if self._choice is None:
            self._choice = choose(self._options.backend, self._options.device)
        data = self._frames_of(self._where_it_is(predictions, "array"))
        with ExitStack() as stack:
            under = self._pictures(background, len(data))
            if under is not None:
                stack.callback(under.close)
            if self._job is None or self._feed is None:
                self._job, self._feed = self._start(data, under, self._choice)
            under = self._feed.in_cells(under)
            self._feed.demand_like_first(data, under)
            if under is not None:
                under.start(self._job.plan.composed_on)
            self._feed.take(data, under, self._job.ring.acquire, self._job.ring.submit)

    def _frames_of(self, predictions: Any) -> AnyArray:
        """All frames of a batch, or of one prediction."""
        layout, axes = self._options.layout, getattr(predictions, "ndim", 0)
        channel = self._options.channel
        if layout is None and axes < 4 and not isinstance(channel, str):
            layout = "HW" if axes == 2 else "THW"
        batch = open_source(predictions, layout=layout, channel=channel)
        return batch.read(0, len(batch))

    def _where_it_is(self, array: Any, label: str) -> Any:
        """An array as the backend has it on its device; others, and what is no array, as given."""
        assert self._choice is not None
        adopted = self._choice.backend.memory.adopt(array, label) if is_array(array) else None
        return array if adopted is None else adopted

    def _pictures(self, background: Any, count: int) -> Background | None:
        """Open the pictures that come with predictions."""
        if background is None:
            return None
        if self._options.background is not None:
            raise OptionError("background: given to both VideoWriter and write(); allowed is one")
        # One prediction alone may come with its picture, gray or not, without an axis of time.
        opened = open_background(self._where_it_is(background, "background"))
        if opened is None:
            raise OptionError(
                f"background: got {brief(background)}; allowed in write() are pictures"
            )
        if not opened.still and opened.length != count:
            raise SourceError(
                f"background: {opened.length} pictures for {count} predictions; allowed are as "
                "many, or one"
            )
        return opened

    def _start(
        self, data: AnyArray, under: Background | None, choice: Choice
    ) -> tuple[Job, ArrivingFeed]:
        """Begin the video, now that the first predictions tell its size."""
        feed = ArrivingFeed(self._options, self._beside, data, under, choice.backend.memory)
        feed.finder.demand_without_pass(str(self._output))
        destination = Destination(self._output, self._options, feed)
        self._closing.enter_context(destination)
        job = Job(self._options, feed, choice, destination, feed.finder.fixed)
        self._closing.enter_context(job)
        return job, feed

    def close(self) -> RenderResult:
        """Finish the video; further calls return the same result."""
        if self.result is not None:
            return self.result
        if self._closed or self._job is None or self._feed is None:
            self.abort()
            raise SourceError(f"{self._output}: no predictions were written; write at least one")
        try:
            self._feed.check_all_used(self.frames)
            self._feed.flush(self._job.ring.submit)
            self.result = self._job.finish()
        finally:
            self.abort()
        return self.result

    def abort(self) -> None:
        """Stop and leave no file behind; harmless when the video is finished."""
        self._closed = True
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        if exc_type is None:
            self.close()
        else:
            self.abort()

    def _repr_html_(self) -> str:
        return "" if self.result is None else self.result._repr_html_()
