"""A page in a real JupyterLab: a cell is run there, and what it shows is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.browser import CHROMIUM
from tests.support.tabs import SOFTWARE, Browser, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
_PATIENCE_SECONDS = 120.0
_CELL = """import heatvid, numpy as np
field = np.arange(5 * 12 * 16).reshape(5, 12, 16) / 100
heatvid.show(field, cmap="turbo", progress=False)"""
_RUN = "[data-command='notebook:run-cell-and-select-next']"
_PROMPT = "document.querySelector('.jp-CodeCell .jp-InputPrompt').textContent"
_FRAME = "document.querySelector('.jp-OutputArea-output iframe')"


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """Serve a folder by JupyterLab; gives the address that it is opened by."""
    runtime = folder / "runtime"
    own = {"JUPYTER_CONFIG_DIR": folder / "config", "JUPYTER_DATA_DIR": folder / "data",
           "JUPYTER_RUNTIME_DIR": runtime, "IPYTHONDIR": folder / "ipython"}  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"]  # fmt: skip
    environment = {**os.environ, **{name: str(path) for name, path in own.items()}}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet) as own:
        try:
            yield _address(runtime)
        finally:
            own.terminate()


def _address(runtime: Path) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(StopIteration, ValueError):  # there is none yet, or no more than its name
            told = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
            break
        assert time.monotonic() < deadline, "JupyterLab did not begin"
        time.sleep(0.05)
    return f"http://127.0.0.1:{told['port']}/lab/tree/own.ipynb?reset&token={told['token']}"


def test_a_cell_shows_a_page_that_can_be_used(tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab")
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [],
            "source": _CELL}  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "own.ipynb").write_text(json.dumps(notebook))
    with lab(tmp_path) as address, Browser(tmp_path, *SOFTWARE) as browser:
        tab = browser.open(address)
        until(tab, "document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]')")
        until(tab, f'document.querySelector("{_RUN}")')
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not tab.run(f"Boolean({_FRAME}?.contentWindow.heatvid)"):
            assert time.monotonic() < deadline, "the cell showed nothing"
            if tab.run(f"{_PROMPT}.trim() === '[ ]:'"):  # what comes too early is not run
                tab.click(".jp-CodeCell .jp-InputPrompt")
                tab.click(_RUN)
            time.sleep(1)
        tab.run(f"{_FRAME}.contentWindow.heatvid.ready")
        tab.run(f"{_FRAME}.contentWindow.heatvid.seek(3)")
        value = tab.run(f"{_FRAME}.contentWindow.heatvid.value(5, 7)")
        assert value == pytest.approx((3 * 12 * 16 + 7 * 16 + 5) / 100, abs=9.6 * 3 / 256)
        assert tab.run(f"{_FRAME}.getBoundingClientRect().height") <= 760
