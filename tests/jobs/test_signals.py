"""One signal ends a command with one line, wherever it lands; what is begun ends as a whole."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import _signals
from heatvid._encode import output_file, output_sequence
from heatvid._ffmpeg import process
from heatvid._jobs import page
from heatvid._jobs.ring import Ring
from heatvid._signals import held_back, raise_arrived, until_signalled
from heatvid.cli import main
from tests.harness.commits import cut_short
from tests.harness.processes import processes
from tests.harness.signals import interrupt
from tests.support.videos import only

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="needs POSIX's signals and Linux's /proc"
)
INTERRUPTED = "heatvid: interrupted; no file was written\n"


@pytest.fixture(autouse=True)
def handlers_stay() -> Iterator[None]:
    """Signals are heeded as in a terminal, which a shell's background and nohup change."""
    usual = dict.fromkeys(_signals._WORDS, signal.SIG_DFL)
    usual[signal.SIGINT] = signal.default_int_handler
    before = {signum: signal.signal(signum, handler) for signum, handler in usual.items()}
    yield
    left = {signum: signal.signal(signum, handler) for signum, handler in before.items()}
    assert left == usual


def send(*signums: int) -> None:
    for signum in signums:
        signal.raise_signal(signum)


# --- at random times ---------------------------------------------------------------------------


def test_renders_that_are_interrupted_leave_one_output_whole_and_nothing_else() -> None:
    outcomes, faults = interrupt(12, seed=0)
    assert faults == []
    assert sum(outcomes.values()) == 12


def test_commits_that_are_cut_short_leave_one_sequence_whole() -> None:
    outcomes, faults = cut_short(20, files=120, seed=0)
    assert faults == []
    assert sum(outcomes.values()) == 20


# --- a command -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signums", "code", "word"),
    [
        ([signal.SIGINT], 130, "interrupted"),
        ([signal.SIGTERM], 143, "terminated"),
        ([signal.SIGINT, signal.SIGTERM], 130, "interrupted"),
        ([signal.SIGTERM, signal.SIGTERM], 143, "terminated"),
        ([signal.SIGHUP, signal.SIGHUP], 129, "terminated, as its terminal was closed"),
        ([signal.SIGHUP, signal.SIGTERM], 129, "terminated, as its terminal was closed"),
    ],
)
def test_the_first_signal_ends_a_command_and_later_ones_do_not_cut_its_clearing_short(
    capsys: pytest.CaptureFixture[str], signums: list[int], code: int, word: str
) -> None:
    cleared = []

    def command() -> int:
        try:
            send(signums[0])
        finally:
            send(*signums[1:])
            cleared.append(True)
        return 0

    assert until_signalled(command) == code
    assert cleared == [True]
    assert capsys.readouterr().err == f"heatvid: {word}; no file was written\n"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_is_ignored_ends_no_command(signum: int) -> None:
    """Nohup has a command ignore SIGHUP, a shell SIGINT in its background."""
    before = signal.signal(signum, signal.SIG_IGN)
    try:
        assert until_signalled(lambda: send(signum) or 7) == 7
    finally:
        signal.signal(signum, before)


def swallow(how: str) -> None:
    """Let a signal come where its exception is swallowed."""
    if how == "callback":

        class Forgotten:
            pass

        forgotten = Forgotten()
        reference = weakref.ref(forgotten, lambda _: send(signal.SIGINT))
        del forgotten
        gc.collect()
        assert reference() is None
    else:
        try:
            send(signal.SIGINT)
        except BaseException:
            assert how == "handler"


@pytest.mark.parametrize("how", ["callback", "handler"])
@pytest.mark.parametrize("then", ["wait", "signal", "return", "import error"])
def test_a_signal_that_is_swallowed_is_not_lost(
    capsys: pytest.CaptureFixture[str], how: str, then: str
) -> None:
    went_on = []

    def command() -> int:
        swallow(how)
        if then == "import error":
            raise ImportError("a long text")
        if then == "wait":
            raise_arrived()
        if then == "signal":
            send(signal.SIGINT)
        went_on.append(True)
        return 0

    assert until_signalled(command) == 130
    assert capsys.readouterr().err == INTERRUPTED
    assert went_on == [True] * (then == "return")


def test_an_interrupt_that_a_callback_swallows_ends_a_job_that_waits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = tmp_path / "data.npy"
    np.save(data, np.zeros((3000, 64, 64), np.uint8))
    acquire, calls = Ring.acquire, 0

    def swallowing(self: Ring) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            swallow("callback")
        return acquire(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ring, "acquire", swallowing)
        assert main(["render", str(data), "-o", str(tmp_path / "o.mp4"), "-q"]) == 130
    assert capsys.readouterr().err == INTERRUPTED
    assert calls == 3
    assert only(tmp_path) == ["data.npy"]


def test_an_interrupt_after_the_output_is_there_is_told_truly(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = tmp_path / "data.npy"
    np.save(data, np.zeros((3, 8, 8), np.uint8))
    move = output_file.move_to_free

    def interrupted(source: str, target: str) -> None:
        send(signal.SIGINT)
        move(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output_file, "move_to_free", interrupted)
        assert main(["render", str(data), "-o", str(tmp_path / "o.mp4"), "-q"]) == 130
    assert capsys.readouterr().err == "heatvid: interrupted; the output had been written\n"
    assert only(tmp_path) == ["data.npy", "o.mp4"]


def test_an_interrupt_before_a_page_is_there_is_told_truly(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = tmp_path / "data.npy"
    np.save(data, np.zeros((3, 8, 8), np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "assemble", lambda *arguments: send(signal.SIGINT))
        assert main(["render", str(data), "-o", str(tmp_path / "o.html"), "-q"]) == 130
    assert capsys.readouterr().err == INTERRUPTED
    assert only(tmp_path) == ["data.npy"]


IMPORTING = """
    import builtins, signal, sys
    from heatvid.__main__ import main
    real, left = builtins.__import__, int(sys.argv.pop(1))

    def importing(name, *rest):
        global left
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)
        return real(name, *rest)

    builtins.__import__ = importing
    sys.exit(main())
"""


@pytest.mark.parametrize("at", [1, 30, 200, 500, 900, 1400])
def test_an_interrupt_while_modules_are_loaded_gives_one_line(tmp_path: Path, at: int) -> None:
    np.save(tmp_path / "data.npy", np.zeros((3, 8, 8), np.uint8))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(IMPORTING), str(at),
         "render", tmp_path / "data.npy", "-o", tmp_path / "o.mp4"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, INTERRUPTED)
    assert only(tmp_path) == ["data.npy"]


def test_an_interrupt_of_code_that_is_executed_has_the_exit_code_of_others(tmp_path: Path) -> None:
    (tmp_path / "run_heatvid.py").write_text(
        "import heatvid.cli, heatvid.__main__\n"
        "def make():\n    exec('import signal; signal.raise_signal(signal.SIGINT)')\n"
        "heatvid.cli._parser = make\n"
        "raise SystemExit(heatvid.__main__.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "run_heatvid"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, INTERRUPTED)


def test_what_a_command_changes_in_the_process_is_put_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = warnings.showwarning, sys.unraisablehook
    for arguments in (["cmaps", "viridis"], ["cmaps", "nothing"], ["zork"]):
        main(arguments)
        assert (warnings.showwarning, sys.unraisablehook) == before
    capsys.readouterr()


# --- held back -----------------------------------------------------------------------------------


def test_signals_are_held_back_and_then_come() -> None:
    done = []

    def use() -> None:
        with held_back(), held_back():
            send(signal.SIGINT)
            send(signal.SIGINT)
            done.append(True)
        done.append(False)

    with pytest.raises(KeyboardInterrupt):
        use()
    assert done == [True]
    assert not _signals._hold.holds


def test_an_ignored_signal_stays_ignored_and_other_threads_hold_nothing() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            send(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    handlers = []

    def use() -> None:
        with held_back():
            handlers.append(signal.getsignal(signal.SIGINT))

    other = threading.Thread(target=use)
    other.start()
    other.join()
    assert handlers == [before]


def test_a_signal_that_nobody_handles_ends_the_process_after_what_was_begun() -> None:
    code = """
        import signal
        from heatvid._signals import held_back
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            print("done", flush=True)
        print("too far")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "done\n", "")


# --- where it lands in a render ------------------------------------------------------------------


def _after(action: Callable[..., Any]) -> Callable[..., Any]:
    def interrupted(*arguments: Any, **settings: Any) -> Any:
        result = action(*arguments, **settings)
        send(signal.SIGINT)
        return result

    return interrupted


@pytest.mark.parametrize("name", ["o.mp4", "%d.png", "0.png"])
@pytest.mark.parametrize(
    ("owner", "action"),
    [
        (process.subprocess, "Popen"),
        (process, "StderrTail"),
        (threading.Thread, "start"),
        (output_file, "create_locked"),
        (output_file, "create_hidden"),
        (output_sequence, "create_hidden"),
        (output_file, "close_in_forked_children"),
        (output_sequence.os, "mkdir"),
        (weakref, "finalize"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_interrupt_of_a_start_leaves_nothing(
    tmp_path: Path, name: str, owner: Any, action: str
) -> None:
    frames = np.zeros((1, 8, 8), np.uint8)
    folder = tmp_path / "new" / "folder"
    before = threading.active_count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, action, _after(getattr(owner, action)))
        try:
            heatvid.render(frames, folder / name)
        except KeyboardInterrupt:
            outcome: list[Path] = []
        else:
            outcome = list(tmp_path.rglob("*"))  # nothing of the kind is done for this output
    gc.collect()
    assert list(tmp_path.rglob("*")) == outcome
    assert processes(folder) == []
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
