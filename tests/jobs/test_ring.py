"""The ring keeps order, is bounded, hands failures over as they are, and leaves no thread."""

from __future__ import annotations

import contextlib
import gc
import queue
import random
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from heatvid._errors import RenderError
from heatvid._frames import Bytes
from heatvid._jobs import turns
from heatvid._jobs.ring import Ring
from heatvid.backends import SPARE_SLOTS, Slot

PATIENCE_SECONDS = 20  # a test that waits this long has found a hang


class FakeBackend:
    """Copies each slot's number into its output, as slowly as ``delay`` says."""

    name = "fake"

    def __init__(
        self, delay: Callable[[int], float] = lambda number: 0, *, synchronous: bool = True
    ) -> None:
        self.delay, self.synchronous = delay, synchronous
        self.slots: list[Slot] = []
        self.fail_at: dict[int, BaseException] = {}
        self.fail_waiting_at: dict[int, BaseException] = {}
        self.rendered: list[int] = []
        self.closed = 0

    def prepare(self, plan: object) -> None:
        pass

    def slot(self, input_shape: tuple[int, ...], *, has_output: bool = True) -> Slot:
        slot = Slot(np.empty((2, 1)), np.empty((0, 1), np.uint8), np.empty((2, 4), np.uint8))
        self.slots.append(slot)
        return slot

    def render(self, slot: Slot) -> None:
        number = int(slot.data[0, 0, 0])
        time.sleep(self.delay(number))
        if number in self.fail_at:
            raise self.fail_at[number]
        slot.output[:] = number
        self.rendered.append(number)

    def wait(self, slot: Slot) -> None:
        number = int(slot.output[0, 0])
        if number in self.fail_waiting_at:
            raise self.fail_waiting_at[number]

    def close(self) -> None:
        self.closed += 1


class FakeSink:
    """Takes frames; it may fail at one, or hold them back until it is told."""

    def __init__(self) -> None:
        self.unread = 0
        self.frames: list[int] = []
        self.sizes: list[int] = []
        self.calls: list[str] = []
        self.fail_at: dict[int, BaseException] = {}
        self.fail_finishing: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.killed = threading.Event()

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        while not self.gate.wait(0.005):
            if self.killed.is_set():
                raise BrokenPipeError("killed")
        number = int(frames[0, 0])
        if number in self.fail_at:
            raise self.fail_at[number]
        self.frames.append(number)
        self.sizes.append(len(frames))

    def finish(self) -> None:
        self.calls.append("finish")
        if self.fail_finishing is not None:
            raise self.fail_finishing

    def kill(self) -> None:
        self.calls.append("kill")
        self.killed.set()

    def abort(self) -> None:
        self.calls.append("abort")


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in left), left


def feed(
    pipeline: Ring, count: int, before: Callable[[int], Callable[[], None] | None] | None = None
) -> None:
    for number in range(count):
        slot = pipeline.acquire()
        slot.data = np.full((1 + number % 2, 1, 1), number)
        pipeline.submit(slot, None if before is None else before(number))


def jitter(number: int) -> float:
    return random.Random(number).choice([0, 0.001, 0.004, 0.008])


@pytest.mark.parametrize("synchronous", [True, False])
@pytest.mark.parametrize("threads", [0, 2])
def test_values_are_let_go_when_they_are_rendered(threads: int, synchronous: bool) -> None:
    backend, sink = FakeBackend(synchronous=synchronous), FakeSink()
    values = [np.full((1, 1, 1), number) for number in range(6)]
    held = [weakref.ref(each) for each in values]
    with Ring(backend, sink, (), threads) as pipeline:
        while values:
            slot = pipeline.acquire()
            slot.data = values.pop(0)
            pipeline.submit(slot)
        pipeline.drain()
        assert sink.frames == list(range(6))
        assert not any(each() is not None for each in held)


@pytest.mark.parametrize(("threads", "in_turn"), [(0, True), (1, True), (5, False)])
def test_frames_are_written_in_order_whichever_thread_ends_first(
    threads: int, in_turn: bool
) -> None:
    backend, sink = FakeBackend(jitter), FakeSink()
    with Ring(backend, sink, (), threads) as pipeline:
        feed(pipeline, 80)
    assert sink.frames == list(range(80))
    assert sink.sizes == [1, 2] * 40
    assert pipeline.written == 120
    assert (backend.rendered == sorted(backend.rendered)) is in_turn
    assert sink.calls == ["finish"]
    assert backend.closed == 1


def test_before_runs_ahead_of_the_rendering_of_its_slot_in_a_render_thread() -> None:
    backend, sink = FakeBackend(), FakeSink()
    seen: list[tuple[int, str, bool]] = []

    def before(number: int) -> Callable[[], None]:
        def read() -> None:
            name = threading.current_thread().name
            seen.append((number, name, number in backend.rendered))

        return read

    with Ring(backend, sink, (), 2) as pipeline:
        feed(pipeline, 10, before)
    assert sorted(number for number, _, _ in seen) == list(range(10))
    assert all(name.startswith("heatvid-render") for _, name, _ in seen)
    assert not any(rendered for _, _, rendered in seen)


def test_the_ring_holds_the_reader_back_when_the_encoder_is_slow() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.gate.clear()
    acquired = []
    with Ring(backend, sink, (), 2) as pipeline:
        size = 2 + SPARE_SLOTS

        def read() -> None:
            for number in range(20):
                slot = pipeline.acquire()
                acquired.append(number)
                slot.data = np.full((1, 1, 1), number)
                pipeline.submit(slot)

        reader = threading.Thread(target=read)
        reader.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(acquired) < size and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)
        assert len(acquired) == size
        assert pipeline.written == 0
        sink.gate.set()
        reader.join(PATIENCE_SECONDS)
    assert len(backend.slots) == size
    assert sink.frames == list(range(20))


class LateReader(FakeSink):
    """Is lent frames, and reads them once the next are there: each must still be what it was."""

    def __init__(self) -> None:
        super().__init__()
        self.lent: Bytes | None = None

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        assert lend
        self.read()
        self.lent, self.unread = frames, frames.nbytes

    def read(self) -> None:
        if self.lent is not None:
            super().write(self.lent)

    def finish(self) -> None:
        gc.collect()
        self.read()
        super().finish()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_what_is_lent_to_the_encoder_stays_as_it_is_until_it_is_read(threads: int) -> None:
    backend, sink = FakeBackend(jitter), LateReader()
    with Ring(backend, sink, (), threads) as pipeline:
        backend.slots.clear()  # only the ring keeps the memory
        feed(pipeline, 80)
    assert sink.frames == list(range(80))
    assert sink.sizes == [1, 2] * 40


def test_all_that_is_lent_comes_back_when_something_fails() -> None:
    backend, sink = FakeBackend(), LateReader()
    backend.fail_at[20] = ValueError("mine")
    with pytest.raises(ValueError, match="mine"), Ring(backend, sink, (), 1) as pipeline:
        feed(pipeline, 1000)


def test_nothing_is_lent_by_a_ring_that_would_stand_still() -> None:
    backend, sink = FakeBackend(), FakeSink()
    lends = []
    sink.write = lambda frames, lend: lends.append(lend)  # type: ignore[method-assign]
    for slots in (1, 2, 3):
        with Ring(backend, sink, (), 1, slots) as pipeline:
            feed(pipeline, 10)
    assert lends == [False] * 20 + [True] * 10


def _failing(where: str, failure: BaseException) -> tuple[FakeBackend, FakeSink]:
    backend, sink = FakeBackend(jitter), FakeSink()
    {"render": backend.fail_at, "wait": backend.fail_waiting_at, "write": sink.fail_at}.get(
        where, {}
    )[7] = failure
    return backend, sink


@pytest.mark.parametrize("threads", [0, 1, 4])
@pytest.mark.parametrize("count", [8, 9, 200])
@pytest.mark.parametrize("where", ["render", "wait", "write", "before"])
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_a_failure_anywhere_reaches_the_caller_as_it_is(
    where: str, count: int, threads: int, kind: type[BaseException]
) -> None:
    failure = kind("mine")
    backend, sink = _failing(where, failure)

    def before(number: int) -> Callable[[], None] | None:
        def fail() -> None:
            raise failure

        return fail if where == "before" and number == 7 else None

    with pytest.raises(kind) as caught, Ring(backend, sink, (), threads) as pipeline:
        feed(pipeline, count, before)
    assert caught.value is failure
    assert sink.frames == list(range(7))[: len(sink.frames)]
    assert sink.calls == ["kill", "abort"]
    assert backend.closed == 1


def test_a_failure_is_raised_where_the_next_slot_is_asked_for() -> None:
    backend, sink = _failing("render", ValueError("mine"))
    asked: list[int] = []

    def read(pipeline: Ring) -> None:
        for number in range(1000):
            slot = pipeline.acquire()
            asked.append(number)
            slot.data = np.full((1, 1, 1), number)
            pipeline.submit(slot)

    with pytest.raises(ValueError, match="mine"), Ring(backend, sink, (), 2) as pipeline:
        read(pipeline)
    assert len(asked) <= 8 + len(backend.slots)


def test_a_failure_stops_the_rendering_of_what_waits() -> None:
    backend, sink = _failing("write", OSError("full"))
    with pytest.raises(OSError, match="full"), Ring(backend, sink, (), 2) as pipeline:
        feed(pipeline, 1000)
    assert max(backend.rendered) < 7 + 2 * len(backend.slots)


def test_the_first_of_two_failures_is_raised() -> None:
    first, second = ValueError("first"), ValueError("second")
    backend, sink = FakeBackend(), FakeSink()
    backend.fail_at = {3: first, 4: second}
    with pytest.raises(ValueError, match="first"), Ring(backend, sink, (), 1) as pipeline:
        feed(pipeline, 20)


def test_a_sink_that_cannot_finish_is_a_failure() -> None:
    failure = OSError("full")
    backend, sink = FakeBackend(), FakeSink()
    sink.fail_finishing = failure
    with pytest.raises(OSError, match="full") as caught, Ring(backend, sink, (), 2) as ring:
        feed(ring, 3)
    assert caught.value is failure
    assert sink.calls == ["finish", "kill", "abort"]
    assert backend.closed == 1


def test_a_sink_that_cannot_finish_is_given_up_at_once() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.fail_finishing = OSError("full")
    ring = Ring(backend, sink, (), 2)
    feed(ring, 3)
    with pytest.raises(OSError, match="full"):
        ring.finish()
    assert sink.calls == ["finish", "kill", "abort"]
    assert backend.closed == 1


@pytest.mark.parametrize("submitted", [0, 1, 4])
def test_the_callers_own_exception_passes_and_nothing_is_kept(submitted: int) -> None:
    failure = RuntimeError("mine")
    backend, sink = FakeBackend(), FakeSink()

    def use(pipeline: Ring) -> None:
        feed(pipeline, submitted)
        raise failure

    with pytest.raises(RuntimeError) as caught, Ring(backend, sink, (), 2) as pipeline:
        use(pipeline)
    assert caught.value is failure
    assert sink.calls == ["kill", "abort"]
    assert backend.closed == 1


def test_abort_ends_at_once_while_the_sink_blocks() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.gate.clear()  # write() returns only by being killed
    pipeline = Ring(backend, sink, (), 2)
    feed(pipeline, 4)
    since = time.monotonic()
    pipeline.abort()
    assert time.monotonic() - since < 2
    assert sink.calls == ["kill", "abort"]
    pipeline.abort()
    assert sink.calls == ["kill", "abort"]


def test_abort_after_finish_changes_nothing() -> None:
    backend, sink = FakeBackend(), FakeSink()
    pipeline = Ring(backend, sink, (), 2)
    feed(pipeline, 4)
    pipeline.finish()
    pipeline.abort()
    assert sink.calls == ["finish"]
    assert backend.closed == 1


def test_an_interrupt_while_waiting_for_a_slot_ends_in_an_abort() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.gate.clear()
    with pytest.raises(KeyboardInterrupt), Ring(backend, sink, (), 1) as pipeline:
        _interrupted_soon(lambda: feed(pipeline, 100))
    assert sink.calls == ["kill", "abort"]


def test_an_interrupt_while_finishing_ends_in_an_abort() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.gate.clear()
    pipeline = Ring(backend, sink, (), 1)
    feed(pipeline, 2)
    with pytest.raises(KeyboardInterrupt):
        _interrupted_soon(pipeline.finish)
    pipeline.abort()
    assert sink.calls == ["kill", "abort"]


def _interrupted_soon(action: Callable[[], None]) -> None:
    interrupt = threading.Timer(0.05, _interrupt_main)
    interrupt.start()
    try:
        action()
    finally:
        interrupt.join()


def _interrupt_main() -> None:
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_seconds_are_measured() -> None:
    backend, sink = FakeBackend(lambda number: 0.002), FakeSink()
    with Ring(backend, sink, (), 2) as pipeline:
        feed(pipeline, 10)
    assert pipeline.seconds["rendering"] >= 0.02
    assert set(pipeline.seconds) == {"reading", "rendering", "encoding"}


# --- interrupts anywhere, threads that fail, rings that are forgotten -----------------------------


@pytest.mark.parametrize("at", [1, 2])
def test_an_interrupt_between_the_steps_of_a_submit_ends_in_an_abort(
    monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Each slot is put in two queues; a thread must not wait for what is in one of them only."""
    backend, sink = FakeBackend(), FakeSink()
    puts = 0

    class Interrupted(queue.SimpleQueue):  # type: ignore[type-arg]
        def put(self, item: object, *settings: object) -> None:
            nonlocal puts
            if type(item).__name__.endswith("Turn"):
                puts += 1
                if puts == at:
                    raise KeyboardInterrupt
            super().put(item)

    monkeypatch.setattr(turns, "SimpleQueue", Interrupted)
    ended = threading.Event()

    def use() -> None:
        with contextlib.suppress(KeyboardInterrupt), Ring(backend, sink, (), 2) as ring:
            feed(ring, 3)
        ended.set()

    threading.Thread(target=use, daemon=True).start()
    assert ended.wait(PATIENCE_SECONDS)
    assert sink.calls == ["kill", "abort"]


def test_an_interrupt_while_aborting_skips_no_step() -> None:
    backend, sink = FakeBackend(lambda number: 0.3), FakeSink()
    ring = Ring(backend, sink, (), 2)
    feed(ring, 4)
    with pytest.raises(KeyboardInterrupt):
        _interrupted_soon(ring.abort)
    assert sink.calls == ["kill", "abort"]
    assert backend.closed == 1


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_thread_that_cannot_be_started_leaves_none_waiting(
    monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    begin, started = threading.Thread.start, 0

    def start(self: threading.Thread) -> None:
        nonlocal started
        if started == at:
            raise RuntimeError("can't start new thread")
        started += 1
        begin(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    before = threading.active_count()
    with pytest.raises(RenderError, match="can't start new thread: 3 are needed"):
        Ring(FakeBackend(), FakeSink(), (), 2)
    assert started == at
    assert threading.active_count() == before


def test_a_ring_that_is_forgotten_is_cleared_away() -> None:
    backend, sink = FakeBackend(), FakeSink()
    ring = Ring(backend, sink, (), 2)
    feed(ring, 3)
    before = threading.active_count()
    del ring
    gc.collect()
    assert threading.active_count() == before - 3
    assert sink.calls == ["kill", "abort"]
    assert backend.closed == 1


@pytest.mark.parametrize("end", ["finish", "abort"])
def test_whoever_comes_after_the_end_does_not_wait(end: str) -> None:
    ring = Ring(FakeBackend(), FakeSink(), (), 1)
    feed(ring, 2)
    getattr(ring, end)()
    for _ in range(10):
        with pytest.raises(RenderError, match="the job is over"):
            ring.acquire()


def test_whoever_waits_for_a_slot_learns_of_an_abort() -> None:
    backend, sink = FakeBackend(), FakeSink()
    sink.gate.clear()
    ring, failures = Ring(backend, sink, (), 1), []

    def wait() -> None:
        with contextlib.suppress(RenderError):
            feed(ring, 100)
        failures.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.05)
    ring.abort()
    waiting.join(PATIENCE_SECONDS)
    assert failures == [True]
