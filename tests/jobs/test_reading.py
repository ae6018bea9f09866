"""How frames are read for limits and for rendering: once, ahead, and in several threads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._statistics.reading import ahead
from heatvid.cli import main
from heatvid.sources import Source, _kept, _zip, open_source
from heatvid.sources._kept import KeptSource
from tests.support.videos import encoded

VALUES = np.random.default_rng(3).random((12, 32, 48), np.float32)
FAST: dict[str, Any] = {"preset": "ultrafast", "progress": False}


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    np.savez_compressed(tmp_path / "x.npz", depth=VALUES)
    return tmp_path / "x.npz"


def inflated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that are inflated from now on."""
    sizes: list[int] = []
    read = _zip.Inflating.read

    def counting(self: _zip.Inflating, size: int, /) -> bytes:
        got = read(self, size)
        sizes.append(len(got))
        return got

    monkeypatch.setattr(_zip.Inflating, "read", counting)
    return sizes


@pytest.mark.parametrize(
    ("free", "times", "words"),
    [(1 << 30, 1, "decoded once, for the limits, and kept"), (1 << 10, 2, "and again to be")],
)
def test_a_compressed_dump_is_decoded_once_where_it_fits_in_a_quarter_of_memory(
    free: int, times: int, words: str, compressed: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(_kept, "available_memory", lambda: free)
    sizes = inflated(monkeypatch)
    out = str(tmp_path / "a.mp4")
    assert main(["render", str(compressed), "-o", out, "--debug", "--preset", "ultrafast"]) == 0
    assert abs(sum(sizes) - times * VALUES.nbytes) < 1000  # and headers
    assert words in capsys.readouterr().err
    result = heatvid.render(VALUES, tmp_path / "b.mp4", **FAST)
    assert result.reading == ""
    assert encoded(out) == encoded(tmp_path / "b.mp4")


def test_what_is_kept_is_given_again_whatever_was_read_first(compressed: Path) -> None:
    with open_source(compressed) as inner:
        source = KeptSource(inner)
        for start, count in ((3, 2), (0, 1), (4, 8), (0, 12), (7, 3), (11, 9)):
            np.testing.assert_array_equal(source.read(start, count), VALUES[start : start + count])
        assert source.concurrent


def test_a_thread_reads_ahead_of_whoever_counts(compressed: Path) -> None:
    with open_source(compressed) as source:
        got = [(batch.start, batch.data.copy()) for batch in ahead(source, 5)]
    assert [start for start, _ in got] == [0, 5, 10]
    np.testing.assert_array_equal(np.concatenate([data for _, data in got]), VALUES)


class Watched(Source):
    """Frames that say which threads read them; those of a part are broken."""

    concurrent = True

    def __init__(self, broken: int = -1) -> None:
        self.name, self.length, self.frame_shape = "watched", 400, (64, 64)
        self.dtype = np.dtype(np.float32)
        self.threads: set[str] = set()
        self._broken, self._both = broken, threading.Barrier(2, timeout=20)

    def read(self, start: int, count: int, out: Any = None) -> Any:
        """Fill frames with their numbers."""
        if not self.threads:
            self._both.wait()  # which takes two at once
        self.threads.add(threading.current_thread().name)
        if start <= self._broken < start + count:
            raise heatvid.SourceError("watched: is broken")
        out[:count] = np.arange(start, start + count).reshape(-1, 1, 1)
        return out[: min(count, 400 - start)]


def test_a_pass_reads_in_several_threads_where_a_source_lets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, heard = Watched(), []
    summary = heatvid.summarize(source, (50,), heard.append, threads=2, batch_bytes=1 << 18)
    assert len(source.threads) == 2
    assert (summary.minimum, summary.maximum, summary.percentiles[50]) == (0, 399, 199.5)
    assert sum(heard) % 400 == 0


def test_what_goes_wrong_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    with pytest.raises(heatvid.SourceError, match="watched: is broken"):
        heatvid.summarize(Watched(broken=120), (50,), threads=2, batch_bytes=1 << 18)
    assert threading.active_count() == before
