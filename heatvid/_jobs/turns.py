"""What the ring's threads do: render slots side by side, and write them in order.

Threads hold what is here and not the ring, so that a ring that is forgotten can be cleared away.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import numpy as np

from heatvid._encode.sink import Sink
from heatvid._errors import RenderError
from heatvid._frames import Bytes
from heatvid._signals import raise_arrived
from heatvid.backends import Renderer, Slot

_POLL_SECONDS = 0.2  # after which whoever waits looks for a signal that was swallowed


@dataclass(eq=False)
class Turn:
    """A slot on its way round: what is done before and after rendering.

    ``rendering`` is held from the beginning until the slot is rendered; ``frames`` are its own from
    then on.
    """

    slot: Slot
    before: Callable[[], None] | None
    after: Callable[[], None] | None
    rendering: threading.Lock = field(default_factory=threading.Lock)
    frames: Bytes = field(default_factory=lambda: np.empty((0, 0), np.uint8))


class Turns:
    """The turns of one ring: queues, what has failed, and the threads that work on them.

    Parameters
    ----------
    backend : Renderer
    sink : Sink
    lends : bool
        Whether frames are lent to the sink.

    Attributes
    ----------
    free : SimpleQueue of Slot
    written : int
    seconds : dict of str to float
        See :class:`Ring`.
    """

    def __init__(self, backend: Renderer, sink: Sink, *, lends: bool) -> None:
        self.written = 0
        self.seconds = {"reading": 0.0, "rendering": 0.0, "encoding": 0.0}
        self.free: SimpleQueue[Slot] = SimpleQueue()
        self._backend, self._sink, self._lends = backend, sink, lends
        self._failure: BaseException | None = None
        self._lock = threading.Lock()
        self._to_render: SimpleQueue[Turn | None] = SimpleQueue()
        self._to_write: SimpleQueue[Turn | None] = SimpleQueue()
        self._lent: deque[Turn] = deque()  # of the object: memory that is lent must not be freed
        self._lent_bytes = 0
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._ended: SimpleQueue[None] = SimpleQueue()

    # --- by the caller's thread --------------------------------------------------------------

    def start(self, renderers: int) -> None:
        """Start so many render threads, and one that writes; or none, where it is 0.

        Raises
        ------
        RenderError
            The system has no thread to give; none is left.
        """
        work = [(self._render_turns, f"heatvid-render-{i}") for i in range(renderers)]
        work += [(self._write_turns, "heatvid-write")] if work else []
        for target, name in work:
            thread = threading.Thread(target=self._run, args=(target,), name=name, daemon=True)
            self._running += 1
            try:
                thread.start()
            except RuntimeError as error:
                self._running -= 1
                self.stop()
                self.join()
                raise RenderError(f"{error}: {len(work)} are needed; threads=1 takes 2") from error
            self._threads.append(thread)

    def take_free(self) -> Slot:
        """Wait for a free slot; raises what has failed meanwhile."""
        while True:
            raise_arrived()
            self.raise_failure()
            with suppress(Empty):
                slot = self.free.get(timeout=_POLL_SECONDS)
                self.raise_failure()
                return slot

    def put(self, turn: Turn) -> None:
        """Send a turn round."""
        turn.rendering.acquire()
        if self._threads:
            # An interrupt between the two leaves a slot unwritten; the other way round, the thread
            # that writes would wait for it for ever.
            self._to_render.put(turn)
            self._to_write.put(turn)
        else:
            self._render_turn(turn)
            self._write_turn(turn)
            self.raise_failure()

    def stop(self) -> None:
        """Let the threads run out of turns."""
        for _ in self._threads:
            self._to_render.put(None)
        self._to_write.put(None)

    def join(self, *, heeds_signals: bool = False) -> None:
        """Wait until the threads have ended; a thread of them does not wait for itself."""
        own = threading.current_thread() in self._threads
        while self._running > own:
            with suppress(Empty):
                self._ended.get(timeout=_POLL_SECONDS)
            if heeds_signals:
                raise_arrived()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def fail(self, failure: BaseException) -> None:
        """Stop all that is under way; the first failure is the one that is raised."""
        with self._lock:
            self._failure = self._failure or failure

    def raise_failure(self) -> None:
        """Raise what has failed."""
        if self._failure is not None:
            raise self._failure

    # --- by the threads ----------------------------------------------------------------------

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._running -= 1
            self._ended.put(None)

    def _render_turns(self) -> None:
        while (turn := self._to_render.get()) is not None:
            self._render_turn(turn)

    def _render_turn(self, turn: Turn) -> None:
        since = read = time.perf_counter()
        try:
            if self._failure is None:
                if turn.before is not None:
                    turn.before()
                read = time.perf_counter()
                self._backend.render(turn.slot)
                turn.frames = turn.slot.frames
                if self._backend.synchronous:
                    turn.slot.let_values_go()
        except BaseException as failure:
            self.fail(failure)
        turn.rendering.release()
        with self._lock:
            self.seconds["reading"] += read - since
            self.seconds["rendering"] += time.perf_counter() - read

    def _write_turns(self) -> None:
        while (turn := self._to_write.get()) is not None:
            self._write_turn(turn)

    def _write_turn(self, turn: Turn) -> None:
        turn.rendering.acquire()
        since = time.perf_counter()
        frames = turn.frames
        self._lent.append(turn)
        self._lent_bytes += frames.nbytes
        try:
            if self._failure is None:
                self._backend.wait(turn.slot)
                if turn.after is not None:
                    turn.after()
                turn.slot.let_values_go()
                self._sink.write(frames, lend=self._lends)
                self.written += len(frames)
        except BaseException as failure:
            self.fail(failure)
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
            self.free.put(self._lent.popleft().slot)
