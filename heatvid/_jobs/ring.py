"""The ring: slots go round from the caller's thread to the renderers to the encoder and back.

The caller's thread reads frames into a free slot and submits it; render threads take submitted
slots; one thread hands the rendered ones, in order, to the encoder. The number of slots bounds the
memory and holds back a reader that is faster than the encoder. Frames are lent to the encoder, not
copied: their slot is free again once it has read them. The first failure anywhere stops all of it
and is raised in the caller's thread as it is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Self

from heatvid._encode.sink import Sink
from heatvid.backends import SPARE_SLOTS, Renderer, Slot


@dataclass(eq=False)
class _Turn:
    """A slot on its way round: what is done before and after rendering.

    ``rendering`` is held from the beginning until the slot is rendered.
    """

    slot: Slot
    before: Callable[[], None] | None
    after: Callable[[], None] | None
    rendering: threading.Lock = field(default_factory=threading.Lock)


class Ring:
    """Renders slots in parallel and writes them in order.

    As a context manager it finishes the output, or leaves nothing behind where an exception passes.

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
    written : int
        Frames the encoder has taken.
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
        self.written = 0
        self.seconds = {"reading": 0.0, "rendering": 0.0, "encoding": 0.0}
        self._failure: BaseException | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._free: SimpleQueue[Slot] = SimpleQueue()
        self._to_render: SimpleQueue[_Turn | None] = SimpleQueue()
        self._to_write: SimpleQueue[_Turn | None] = SimpleQueue()
        self._lent: deque[Slot] = deque()  # of the object: memory that is lent must not be freed
        self._lent_bytes = 0
        slots = slots or threads + SPARE_SLOTS
        self._lends = slots >= _FEWEST_TO_LEND
        for _ in range(slots):
            self._free.put(backend.slot(input_shape, has_output=has_output))
        work = [(self._render_turns, f"heatvid-render-{i}") for i in range(threads)]
        work += [(self._write_turns, "heatvid-write")] if work else []
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True) for target, name in work
        ]
        for thread in self._threads:
            thread.start()
        self._since = time.perf_counter()

    def acquire(self) -> Slot:
        """Wait for a free slot; raises what has failed meanwhile."""
        self.seconds["reading"] += time.perf_counter() - self._since
        slot = self._free.get()
        self._raise_failure()
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
        turn = _Turn(slot, before, after)
        turn.rendering.acquire()
        if self._threads:
            self._to_write.put(turn)
            self._to_render.put(turn)
        else:
            self._render_turn(turn)
            self._write_turn(turn)
            self._raise_failure()

    def drain(self) -> None:
        """Wait until all that was submitted is rendered and written; nothing more can be."""
        self.seconds["reading"] += time.perf_counter() - self._since
        self._stop()
        self._since = time.perf_counter()
        self._raise_failure()

    def finish(self) -> None:
        """Wait until all is written and the output stands under its name."""
        self.drain()
        self._closed = True
        since = time.perf_counter()
        try:
            self._sink.finish()
        finally:
            self._backend.close()
        self.seconds["encoding"] += time.perf_counter() - since

    def abort(self) -> None:
        """Stop at once and leave nothing behind; harmless when all is over."""
        if self._closed:
            return
        self._closed = True
        self._fail(_Aborted())
        self._sink.kill()
        self._stop()
        self._sink.abort()
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        try:
            if exc_type is None:
                self.finish()
        finally:
            self.abort()

    def _stop(self) -> None:
        """Let the threads run out of turns, and join them."""
        for _ in self._threads[:-1]:
            self._to_render.put(None)
        self._to_write.put(None)
        for thread in self._threads:
            thread.join()

    def _fail(self, failure: BaseException) -> None:
        with self._lock:
            self._failure = self._failure or failure

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _render_turns(self) -> None:
        while (turn := self._to_render.get()) is not None:
            self._render_turn(turn)

    def _render_turn(self, turn: _Turn) -> None:
        since = read = time.perf_counter()
        try:
            if self._failure is None:
                if turn.before is not None:
                    turn.before()
                read = time.perf_counter()
                self._backend.render(turn.slot)
        except BaseException as failure:
            self._fail(failure)
        turn.rendering.release()
        with self._lock:
            self.seconds["reading"] += read - since
            self.seconds["rendering"] += time.perf_counter() - read

    def _write_turns(self) -> None:
        while (turn := self._to_write.get()) is not None:
            self._write_turn(turn)

    def _write_turn(self, turn: _Turn) -> None:
        turn.rendering.acquire()
        since = time.perf_counter()
        frames = turn.slot.frames
        self._lent.append(turn.slot)
        self._lent_bytes += frames.nbytes
        try:
            if self._failure is None:
                self._backend.wait(turn.slot)
                if turn.after is not None:
                    turn.after()
                self._sink.write(frames, lend=self._lends)
                self.written += len(frames)
        except BaseException as failure:
            self._fail(failure)
        self.seconds["encoding"] += time.perf_counter() - since
        self._take_back()

    def _take_back(self) -> None:
        """Free the slots, oldest first, that the encoder has read."""
        unread = self._sink.unread if self._failure is None else 0
        while self._lent:
            later = self._lent_bytes - self._lent[0].frames.nbytes
            if later < unread:
                break
            self._lent_bytes = later
            self._free.put(self._lent.popleft())


_FEWEST_TO_LEND = 3  # slots: one is lent while the others go round


class _Aborted(BaseException):
    """Set as the failure where the caller gives up, so that the threads do nothing more."""
