"""``VideoWriter``: predictions as they come, from the loop that makes them."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import ExitStack, suppress
from typing import Any, Self, Unpack

import numpy as np

from heatvid._encode.containers import is_page, suffix_of
from heatvid._encode.opening import check_output, output_path
from heatvid._errors import OptionError, SourceError, UsageError, brief, called, kind_of
from heatvid._frames import AnyArray
from heatvid._jobs.beside import Beside
from heatvid._jobs.composing import compose_feed
from heatvid._jobs.composition import composed, is_composed
from heatvid._jobs.depth import as_stored, coded, codes_for
from heatvid._jobs.job import Destination, Job, for_output
from heatvid._jobs.made import naming_like, options_from
from heatvid._jobs.own import in_own_colours
from heatvid._jobs.result import RenderResult
from heatvid._jobs.writer_feed import WriterFeed
from heatvid._options.accepted import WriterOptions
from heatvid._options.documenting import documented
from heatvid._options.options import option_fields
from heatvid._signals import held_back
from heatvid._under.background import Background
from heatvid._under.opening import open_background
from heatvid._under.resized import resized
from heatvid.backends import Choice, choose
from heatvid.sources import Source, open_source
from heatvid.sources._arrays import is_array
from heatvid.sources._axes import LayoutChoiceError
from heatvid.sources._lazy import is_lazy

_WANTED = (
    "layout", "channel", "values", "colour", "blending", "composition", "output",
    "backend", "device", "batch_size", "threads", "progress",
)  # fmt: skip


@documented(*_WANTED)
class VideoWriter:
    """Writes predictions to a video as they come.

    A context manager: leaving it finishes the file; leaving it by an exception leaves no file, and
    an earlier one as it was, and so does a writer that is forgotten. Shape and dtype are those of
    the first prediction; others are refused, and the video goes on. Several threads may write:
    their predictions follow one another in the order of their calls. A forked child may not.

    Parameters
    ----------
    output : path or file object
        The video: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``; or a picture that moves: ``.gif``,
        ``.apng``, ``.webp`` or ``.avif``; or numbered pictures, ``frames/%05d.png``, ``.jpg``,
        ``.webp`` and ``.tif``; or a binary file object, with ``format``.
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

    def __init__(self, output: Any, **options: Unpack[WriterOptions]) -> None:
        self._lock = threading.RLock()  # of all that is below
        self._owner = os.getpid()
        self._closed = False
        self._closing = ExitStack()  # of all that is open, the last first
        weakref.finalize(self, _close_own, self._closing, self._owner)
        names = [option.name for option in option_fields(_WANTED)]
        given = options_from(options, names, output)
        self._output = output_path(output, given.format)
        if suffix_of(self._output) == ".exr":
            raise OptionError(f"{called(self._output)}: .exr holds values as they are; allowed "
                              "is heatvid.render, which writes them")  # fmt: skip
        if is_page(self._output):
            raise OptionError(f"{called(self._output)}: a page holds one scale of all values; "
                              "allowed is heatvid.render, which writes it")  # fmt: skip
        given = in_own_colours(for_output(given, self._output), None)  # arrays have none
        self._codes, self._options = codes_for(given, self._output), as_stored(given)
        inputs = (self._options.background, self._options.alpha_mask)
        check_output(
            self._output,
            overwrite=self._options.overwrite,
            inputs=inputs,
            start=self._options.start_number,
        )
        self._choice: Choice | None = None
        self._feed: WriterFeed | None = None
        self._job: Job | None = None
        self.result: RenderResult | None = None
        self._beside = Beside(self._options)
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
        background : array or path, optional
            Pictures under these predictions, one each or one for all, shape (H', W', 3),
            (n, H', W', 3) or (n, 3, H', W'), gray without the axis of 3, uint8 or float in 0..1;
            the video has their size.
        """
        self._demand_own()
        with self._lock:
            if self._closed:
                raise OptionError(
                    f"{called(self._output)}: the video is finished; open another VideoWriter"
                )
            job, frames = self._job, self.frames
            try:
                with naming_like(self._options):
                    self._write(predictions, background)
            except BaseException as error:
                refused = isinstance(error, UsageError) and (self._job, self.frames) == (
                    job,
                    frames,
                )
                if not refused:
                    self.abort()
                raise

    def _write(self, predictions: Any, background: Any) -> None:
        if self._choice is None:
            self._choice = choose(self._options.backend, self._options.device)
            if is_composed(self._options):
                self._choice = composed(self._choice)
        frames = self._frames_of(self._where_it_is(predictions, "array"))
        data = frames if self._codes is None else coded(frames, self._codes)
        with ExitStack() as stack:
            under = self._pictures(background, len(data))
            if under is not None:
                stack.callback(under.close)
            if self._job is None or self._feed is None:
                self._job, self._feed = self._start(data, under, frames.dtype)
            self._feed.demand_like_first(data, under)
            if under is not None:
                under = resized(under, self._feed.under)
                under.start(self._feed.under)
            self._feed.take(data, under, self._job.ring.acquire, self._job.ring.submit)

    def _demand_own(self) -> None:
        """Refuse a forked child, in which no thread of the video's runs."""
        if os.getpid() != self._owner:
            raise OptionError(
                f"{called(self._output)}: was opened by another process, of which this one is a "
                "fork; open another VideoWriter here"
            )

    def _frames_of(self, predictions: Any) -> AnyArray:
        """All frames of a batch, or of one prediction."""
        if _names_files(predictions):
            raise SourceError(
                f"array: got {brief(predictions)}; a path is not an array; allowed are arrays, "
                "shape (H, W) or (n, H, W) (heatvid.render takes files)"
            )
        batch = self._opened(predictions)
        try:
            if batch.length is None:
                raise SourceError(
                    f"array: {kind_of(predictions)} is no batch; allowed are arrays, shape (H, W) "
                    "or (n, H, W) (heatvid.render takes iterators)"
                )
            return batch.read(0, batch.length)
        finally:
            if batch is not predictions:
                batch.close()

    def _opened(self, predictions: Any) -> Source:
        """A batch: by the names of its dimensions, else of frames or stacks without channels."""
        layout, channel = self._options.layout, self._options.channel
        if not is_array(predictions) or is_lazy(predictions):
            with suppress(LayoutChoiceError):
                return open_source(predictions, layout=layout, channel=channel)
        axes = getattr(predictions, "ndim", 0)
        if layout is None and axes < 4 and not isinstance(channel, str):
            layout = "HW" if axes == 2 else "THW"
        return open_source(predictions, layout=layout, channel=channel)

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
        self, data: AnyArray, under: Background | None, given: np.dtype[Any]
    ) -> tuple[Job, WriterFeed]:
        """Begin the video, now that the first predictions tell its size; ``given`` is their dtype.

        That of ``data`` is another where these are codes of depths.
        """
        choice = self._choice
        assert choice is not None
        feed = WriterFeed(self._options, self._beside, data, under, choice.backend.memory)
        feed.codes, feed.depth_dtype = self._codes, given
        feed.finder.demand_without_pass(called(self._output))
        whole = compose_feed(self._options, feed) if is_composed(self._options) else feed
        with ExitStack() as closing:
            destination = closing.enter_context(Destination(self._output, self._options, whole))
            job = Job(self._options, whole, choice, destination, feed.finder.fixed)
            closing.enter_context(job)
            self._closing.push(closing.pop_all())
        return job, feed

    def close(self) -> RenderResult:
        """Finish the video; further calls return the same result."""
        self._demand_own()
        with self._lock:
            if self.result is not None:
                return self.result
            if self._job is None or self._feed is None:
                self.abort()
                raise SourceError(
                    f"{called(self._output)}: no predictions were written; write at least one"
                )
            if self._closed:
                raise OptionError(f"{called(self._output)}: the video was given up; open another")
            try:
                self._feed.check_all_used(self.frames)
                self._feed.flush(self._job.ring.submit)
                self.result = self._job.finish()
            finally:
                self.abort()
            return self.result

    def abort(self) -> None:
        """Stop and leave no file behind; harmless when the video is finished.

        A write that another thread is in the middle of ends with an error.
        """
        if os.getpid() != self._owner:
            return
        with held_back():
            self._closed = True
            if (job := self._job) is not None:
                job.abort()
            with self._lock:
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


def _close_own(closing: ExitStack, owner: int) -> None:
    """Close what a forgotten writer holds open, in the process that opened it."""
    if os.getpid() == owner:
        with held_back():
            closing.close()


def _names_files(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_names_files, value))
    return isinstance(value, (str, bytes, os.PathLike))
