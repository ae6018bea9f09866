"""Tasks on an executor, results as they come; what a killed worker was at runs again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from heatvid._errors import RenderError

Item = TypeVar("Item")
Result = TypeVar("Result")
TRIES = 3  # of a task that was alone each time its worker was killed
_STOP_SECONDS = 30.0  # for what runs to stop
_LOOK_SECONDS = 1.0  # between looks whether anything can still come
_LOST_SECONDS = 10.0  # without a connection, after which nothing is waited for


class Engine(Protocol):
    """What runs tasks.

    Attributes
    ----------
    window : int or None
        Tasks to have submitted at a time; None for all.
    """

    window: int | None

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a task run."""

    def revive(self) -> bool:
        """Begin anew after workers were killed; False where that is not ours to do."""

    def is_lost(self) -> bool:
        """Whether nothing will come back any more of what was submitted."""

    def cancel(self) -> None:
        """Stop what is running."""

    def close(self) -> None:
        """Let go what was made for this."""


class Given:
    """An executor of the caller's, which stays open.

    Parameters
    ----------
    executor : Executor
    stop : callable
        Asks tasks that run in this very process to stop.
    answers : callable
        Whether it still can give results.
    """

    window: int | None = None

    def __init__(
        self, executor: Executor, stop: Callable[[], None], answers: Callable[[], bool]
    ) -> None:
        self._executor, self._stop, self._answers = executor, stop, answers
        self._futures: set[Future[Any]] = set()
        self._answered = time.monotonic()

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have a task run."""
        future = self._executor.submit(task, *arguments)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def revive(self) -> bool:
        """It is the caller's."""
        return False

    def is_lost(self) -> bool:
        """Whether it has not answered for some time."""
        if self._answers():
            self._answered = time.monotonic()
        return time.monotonic() - self._answered > _LOST_SECONDS

    def cancel(self) -> None:
        """Ask for the end of what is running, and wait for it."""
        futures = list(self._futures)
        self._stop()
        for future in futures:
            future.cancel()
        wait(futures, _STOP_SECONDS)

    def close(self) -> None:
        """It is the caller's."""


def outcomes(
    task: Callable[..., Result], items: Sequence[Item], engine: Engine, *arguments: Any
) -> Iterator[tuple[Item, Result | BaseException]]:
    """Run ``task(item, *arguments)`` of every item; yield each with what came of it.

    Where a worker is killed, what was submitted runs again, each alone until it is known which of
    them its worker does not survive: that one fails.
    """
    running = _Running(task, items, engine, arguments)
    try:
        while running:
            yield from running.advance()
    except BaseException:
        engine.cancel()
        raise


class _Running(Generic[Item, Result]):
    """What waits, what was submitted, and who is suspected of killing workers."""

    def __init__(
        self,
        task: Callable[..., Result],
        items: Sequence[Item],
        engine: Engine,
        arguments: tuple[Any, ...],
    ) -> None:
        self._task, self._engine, self._arguments = task, engine, arguments
        self._waiting = deque(enumerate(items))
        self._suspects: deque[tuple[int, Item]] = deque()
        self._futures: dict[Future[Result], tuple[int, Item]] = {}
        self._over: SimpleQueue[Future[Result]] = SimpleQueue()
        self._tries: Counter[int] = Counter()

    def __bool__(self) -> bool:
        return bool(self._waiting or self._suspects or self._futures)

    def advance(self) -> Iterator[tuple[Item, Result | BaseException]]:
        """Submit what may be, wait for something to end, and give that."""
        self._submit()
        future = self._next()
        if future is None:
            yield from self._give_up()
        elif future not in self._futures:  # of workers that were killed since
            return
        elif isinstance(_error_of(future), BrokenExecutor):
            yield from self._recover()
        else:
            yield self._futures.pop(future)[1], _outcome(future)

    def _next(self) -> Future[Result] | None:
        """Wait for something to end; None where nothing will."""
        while True:
            try:
                return self._over.get(timeout=_LOOK_SECONDS)
            except Empty:
                if self._engine.is_lost():
                    return None

    def _give_up(self) -> Iterator[tuple[Item, Result | BaseException]]:
        left = [*self._futures.values(), *self._suspects, *self._waiting]
        for each in (self._futures, self._suspects, self._waiting):
            each.clear()
        for _, item in left:
            yield item, RenderError(_LOST)

    def _submit(self) -> None:
        """Fill the window; with a suspect there is one at a time."""
        window = self._engine.window
        while self._suspects and not self._futures:
            self._start(self._suspects.popleft())
        while self._waiting and not self._suspects and not self._alone():
            if window is not None and len(self._futures) >= window:
                break
            self._start(self._waiting.popleft())

    def _alone(self) -> bool:
        return any(number in self._tries for number, _ in self._futures.values())

    def _start(self, entry: tuple[int, Item]) -> None:
        try:
            future = self._engine.submit(self._task, entry[1], *self._arguments)
        except BrokenExecutor as error:  # killed since the last one came back
            future = Future()
            future.set_exception(error)
        self._futures[future] = entry
        future.add_done_callback(self._over.put)

    def _recover(self) -> Iterator[tuple[Item, Result | BaseException]]:
        """Begin anew once all that was submitted is over; give what was done in time."""
        wait(self._futures)
        broken = []
        for future, entry in self._futures.items():
            if isinstance(_error_of(future), BrokenExecutor):
                broken.append(entry)
            else:
                yield entry[1], _outcome(future)
        self._futures.clear()
        revived = self._engine.revive()
        for number, item in broken:
            self._tries[number] += len(broken) == 1
            if not revived or self._tries[number] >= TRIES:
                yield item, RenderError(_KILLED)
            else:
                self._suspects.append((number, item))


_LOST = "the cluster was lost; --continue (resume=True) goes on with what is not whole"
_KILLED = (
    "its worker process was killed, out of memory perhaps (fewer --jobs need less); a script that "
    "calls heatvid.batch does so under: if __name__ == '__main__'"
)


def _error_of(future: Future[Any]) -> BaseException | None:
    return None if future.cancelled() else future.exception()


def _outcome(future: Future[Any]) -> Any:
    if future.cancelled():
        return CancelledError("was cancelled by what runs it")
    error = future.exception()
    return future.result() if error is None else error
