"""Where the system gives no more threads, an output is one error, and nothing is left."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest

import heatvid
from heatvid._errors import RenderError


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("name", ["o.mp4", "%d.png"])
def test_a_thread_that_cannot_be_started_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    begin, started = threading.Thread.start, 0

    def start(self: threading.Thread) -> None:
        nonlocal started
        if started == at:
            raise RuntimeError("can't start new thread")
        started += 1
        begin(self)

    folder, before = tmp_path / "out", threading.active_count()
    folder.mkdir()
    frames = np.zeros((40, 64, 64), np.uint8)
    settings = {"backend": "numpy", "threads": 3, "batch_size": 2}
    heatvid.render(frames, tmp_path / "warm.mp4", **settings)  # what starts once a process, has
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RenderError, match="can't start new thread"):
            heatvid.render(frames, folder / name, **settings)
    gc.collect()
    assert list(folder.iterdir()) == []
    assert threading.active_count() == before
