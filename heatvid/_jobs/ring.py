"""The ring: slots go round from the caller's thread to the renderers to the encoder and back.

The caller's thread reads frames into a free slot and submits it; render threads take submitted
slots; one thread hands the rendered ones, in order, to the encoder. The number of slots bounds the
memory and holds back a reader that is faster than the encoder. Frames are lent to the encoder, not
copied: their slot is free again once it has read them. The first failure anywhere stops all of it
and is raised in the caller's thread as it is.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from heatvid._encode.sink import Sink
from heatvid._errors import RenderError
from heatvid._jobs.turns import Turn, Turns
from heatvid._signals import held_back
from heatvid.backends import SPARE_SLOTS, Renderer, Slot


class Ring:
    """Renders slots in parallel and writes them in order.

    As a context manager it finishes the output, or leaves nothing behind where an exception passes;
    nor does a ring that is forgotten.

    Parameters
    ----------
    backend : Renderer
        Prepared.
    sink : Sink
    input_shape : tuple of int
        One frame in the source's buffer; () where the source's own memory is used.
    threads : int
        Render threads; with 0 the caller's thread does all by itself, when it submits.
    slots : int, optional
        Slots of the ring.
    has_output : bool
        Whether slots have memory to render to; else whoever fills one sets its ``output``.

    Attributes
    ----------
    seconds : dict of str to float
        Time spent ``reading`` (by the caller between slots, and by render threads ahead of
        rendering), ``rendering`` (over all threads, with what they read meanwhile), and
        ``encoding`` (handing frames to the encoder, and its completion).
    """

    def __init__(
        self,
        backend: Renderer,
        sink: Sink,
        input_shape: tuple[int, ...],
        threads: int,
        slots: int | None = None,
        *,
        has_output: bool = True,
    ) -> None:
        self._backend, self._sink = backend, sink
        slots = slots or threads + SPARE_SLOTS
        self._turns = Turns(backend, sink, lends=slots >= _FEWEST_TO_LEND)
        for _ in range(slots):
            self._turns.free.put(backend.slot(input_shape, has_output=has_output))
        self._closing = threading.RLock()
        with held_back():
            self._turns.start(threads)
            self._abandon = weakref.finalize(
                self, _abandon, self._turns, sink, backend, os.getpid()
            )
        self._since = time.perf_counter()

    @property
    def written(self) -> int:
        """Frames the encoder has taken."""
        return self._turns.written

    @property
    def seconds(self) -> dict[str, float]:
        """Time spent in each stage."""
        return self._turns.seconds

    def acquire(self) -> Slot:
        """Wait for a free slot; raises what has failed meanwhile, or that all is over."""
        self.seconds["reading"] += time.perf_counter() - self._since
        slot = self._turns.take_free()
        self._since = time.perf_counter()
        return slot

    def submit(
        self,
        slot: Slot,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        """Hand over a filled slot.

        ``before`` is run by the render thread, ahead of rendering; ``after`` by the thread that
        writes, when the slot is rendered.
        """
        self._turns.put(Turn(slot, before, after))

    def drain(self) -> None:
        """Wait until all that was submitted is rendered and written; nothing more can be."""
        self.seconds["reading"] += time.perf_counter() - self._since
        self._turns.stop()
        self._turns.join(heeds_signals=True)
        self._since = time.perf_counter()
        self._turns.raise_failure()

    def finish(self) -> None:
        """Wait until all is written and the output stands under its name."""
        self.drain()
        since = time.perf_counter()
        try:
            self._sink.finish()
        except BaseException:
            self.abort()
            raise
        with held_back(), self._closing:
            if self._abandon.detach():
                self._turns.fail(_over())
                self._backend.close()
        self.seconds["encoding"] += time.perf_counter() - since

    def abort(self) -> None:
        """Stop at once and leave nothing behind; harmless when all is over."""
        with held_back(), self._closing:
            self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        try:
            if exc_type is None and self._abandon.alive:
                self.finish()
        finally:
            self.abort()


_FEWEST_TO_LEND = 3  # slots: one is lent while the others go round


def _over() -> RenderError:
    """Set as the failure at the end, so that the threads, and who comes late, do nothing more."""
    return RenderError("the job is over: it was finished or given up")


def _abandon(turns: Turns, sink: Sink, backend: Renderer, owner: int) -> None:
    """Stop at once and leave nothing behind, in the process that began it only."""
    if os.getpid() != owner:
        return
    with held_back(), ExitStack() as steps:  # the last first; each is taken whatever others raise
        steps.callback(backend.close)
        steps.callback(sink.abort)
        steps.callback(turns.join)
        steps.callback(turns.stop)
        steps.callback(sink.kill)
        turns.fail(_over())
