"""What type checkers are told of the options is what the options are."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import heatvid
from heatvid._options import accepted
from heatvid._options.options import option_fields

FUNCTIONS = {
    heatvid.log_video: accepted.RenderOptions,
    heatvid.render: accepted.RenderOptions,
    heatvid.compare: accepted.RenderOptions,
    heatvid.Panel: accepted.PanelOptions,
    heatvid.difference: accepted.PanelOptions,
    heatvid.VideoWriter: accepted.WriterOptions,
    heatvid.show: accepted.ShowOptions,
    heatvid.to_rgb: accepted.RgbOptions,
    heatvid.measure: accepted.MeasureOptions,
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_type_checkers_are_told_of_every_option(function: Any) -> None:
    parameters = inspect.signature(function).parameters
    options = {name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY} - {"step"}
    assert set(get_type_hints(FUNCTIONS[function])) == options


@pytest.mark.parametrize("option", option_fields(), ids=lambda option: option.name)
def test_type_checkers_are_told_of_every_choice(option: Any) -> None:
    hint = get_type_hints(accepted.RenderOptions)[option.name]
    told = [get_args(kind) for kind in get_args(hint) if get_origin(kind) is Literal]
    choices = option.metadata["check"].choices
    assert told == ([choices] if choices else [])
    assert hint is Any or type(None) in get_args(hint), "None stands for the default"


USES = """
import numpy as np
import heatvid

frames = np.zeros((3, 4, 5), np.float32)
low: np.float32 = frames[0, 0, 0]
heatvid.render(frames, "x.mp4", fps=30, vmin=low, percentiles=[1, 99], scope="frame")
heatvid.render(source=frames, output="x.mp4", fps="24000/1001", outlines=np.int64(3), bad="red")
heatvid.VideoWriter("x.mp4", vmax=1, alpha_ramp=(0, 1)).write(frames)
heatvid.to_rgb(frames, cmap="magma", channel=0)
heatvid.measure("x.npy", frames="1:", norm="log")
"""
MISUSES = {
    'heatvid.render("x.npy", "x.mp4", cmpa="magma")': 'Unexpected keyword argument "cmpa"',
    'heatvid.render("x.npy", "x.mp4", vmin="low")': 'Argument "vmin"',
    'heatvid.to_rgb(None, fps=30)': 'Unexpected keyword argument "fps"',
    'heatvid.VideoWriter("x.mp4", blend="under")': 'Argument "blend"',
    'heatvid.measure("x.npy", alpha=1)': 'Unexpected keyword argument "alpha"',
}  # fmt: skip


def test_type_checkers_find_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    script = tmp_path / "uses.py"
    script.write_text(USES + "\n".join(MISUSES))
    first = len(USES.splitlines()) + 1
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(script)]
    root = Path(heatvid.__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    told = [line for line in done.stdout.splitlines() if "uses.py" in line and "error:" in line]
    assert [int(line.split(":")[1]) for line in told] == [first + i for i in range(len(MISUSES))]
    for line, words in zip(told, MISUSES.values(), strict=True):
        assert words in line
