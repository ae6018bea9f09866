"""Files of a batch are decoded side by side, and what a library prints is its own thread's."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from heatvid import SourceError, open_source
from heatvid.sources._printed import printed
from heatvid.sources._side_by_side import SideBySide

PATIENCE_SECONDS = 20  # who waits this long has found that others wait, too


def test_calls_run_at_the_same_time() -> None:
    together = threading.Barrier(3)
    work = SideBySide("x", 3)
    work.each(lambda i: together.wait(PATIENCE_SECONDS), range(3))
    work.close()


def test_one_thread_calls_in_its_own() -> None:
    called: list[tuple[int, str]] = []
    SideBySide("x", 1).each(lambda i: called.append((i, threading.current_thread().name)), range(3))
    assert called == [(i, threading.current_thread().name) for i in range(3)]


def test_the_first_failure_is_raised_when_all_have_ended() -> None:
    ended: list[int] = []
    begun = threading.Event()

    def work(i: int) -> None:
        if i == 1:
            begun.set()
            raise SourceError("the second")
        begun.wait(PATIENCE_SECONDS)
        ended.append(i)
        if i == 2:
            raise SourceError("the third")

    each = SideBySide("x", 4)
    with pytest.raises(SourceError, match="the second"):
        each.each(work, range(4))
    assert sorted(ended) == [0, 2, 3]
    each.close()


def test_nothing_is_begun_when_it_is_closed() -> None:
    work = SideBySide("the folder", 2)
    work.close()
    work.close()
    with pytest.raises(SourceError, match="the folder: the files are closed; open them again"):
        work.each(str, range(2))


def test_pictures_of_a_batch_are_decoded_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatvid.sources._side_by_side.available_cores", lambda: 4)
    frames = np.arange(8 * 6 * 5, dtype=np.uint8).reshape(8, 6, 5)
    for i, frame in enumerate(frames):
        iio.imwrite(tmp_path / f"{i}.png", frame)
    with open_source(tmp_path) as source:
        together, load = threading.Barrier(4), source._load  # type: ignore[attr-defined]

        def met(path: str, place: np.ndarray) -> None:
            together.wait(PATIENCE_SECONDS)
            load(path, place)

        monkeypatch.setattr(source, "_load", met)
        np.testing.assert_array_equal(source.read(0, 8), frames)


def test_a_damaged_picture_is_told_by_its_name(tmp_path: Path) -> None:
    for i in range(6):
        iio.imwrite(tmp_path / f"{i}.png", np.full((40, 50), i, np.uint8))
    with open_source(tmp_path) as source:
        whole = (tmp_path / "3.png").read_bytes()
        (tmp_path / "3.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(SourceError, match=r"3\.png"):
            source.read(0, 6)
        np.testing.assert_array_equal(source.read(4, 2)[:, 0, 0], [4, 5])


def test_what_one_thread_prints_is_kept_while_others_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, together = sys.stdout, threading.Barrier(3)

    def kept(word: str) -> str:
        with printed() as words:
            together.wait(PATIENCE_SECONDS)
            sys.stdout.write(f"{word}\n")
            together.wait(PATIENCE_SECONDS)
        return words.getvalue()

    with ThreadPoolExecutor(2) as pool:
        coming = [pool.submit(kept, word) for word in ("one", "two")]
        together.wait(PATIENCE_SECONDS)
        sys.stdout.write("mine\n")
        sys.stdout.flush()
        together.wait(PATIENCE_SECONDS)
        assert [each.result() for each in coming] == ["one\n", "two\n"]
    assert capsys.readouterr().out == "mine\n"
    assert sys.stdout is before


@pytest.mark.parametrize("stream", [None, "another"])
def test_standard_output_may_be_another_or_none(
    monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    with printed() as words:
        sys.stdout.write("kept\n")
    assert words.getvalue() == "kept\n"
    assert sys.stdout is stream


def test_without_standard_output_others_print_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with printed() as words, ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: sys.stdout.write("lost")).result() == 4
    assert words.getvalue() == ""
