"""The benchmarks' figures, demands and tables are what their runs say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchmarks.__main__ as command_line
from benchmarks import (
    _charts,
    _lines,
    _peer_defaults,
    _peer_figures,
    _readme,
    _reference,
    _scene_video,
    scaling,
    table,
)
from benchmarks._demands import at_least, at_most, report
from benchmarks._measure import RESULTS, Case, Run, run_case
from benchmarks.tools import (
    BEFORE,
    DEFAULT,
    FLOOR,
    HEAT,
    OVERLAY,
    SAME_PICTURES,
    TEXTURED,
    TOOLS,
    missing,
)
from benchmarks.tools.pseudocolor import _lookup


def run(cpu: float, wall: float, peak: int = 1 << 20) -> Run:
    return Run(wall, cpu / 2, cpu / 2, peak, peak)


# --- the comparison with other tools --------------------------------------------------------------


def figures(**cpu_and_wall: tuple[float, float]) -> dict[str, Any]:
    """Figures of tools from one run each of 100 frames, in seconds."""
    runs = {name.replace("_", " "): [run(*each)] for name, each in cpu_and_wall.items()}
    counts = dict.fromkeys(runs, 100)
    return _peer_figures.derive(runs, counts, dict.fromkeys(runs, 2048 * 100))


def test_figures_are_differences_within_a_round() -> None:
    # The machine is half as fast in the second round; medians across rounds would hide it.
    runs = {
        FLOOR: [run(1.0, 1.0), run(2.0, 2.0), run(1.0, 1.0)],
        "OpenCV": [run(1.5, 1.25), run(2.6, 2.5), run(1.4, 1.25)],
    }
    own = _peer_figures.derive(runs, {FLOOR: 100, "OpenCV": 50}, {FLOOR: 1, "OpenCV": 51_200})
    assert own["OpenCV"]["cpu_ms_above_floor"] == pytest.approx(1000 * (1.5 / 50 - 1 / 100))
    assert own["OpenCV"]["fps_of_floor_percent"] == pytest.approx(100 * 50 / 1.25 / 100)
    assert own["OpenCV"]["fps"] == pytest.approx(50 / 1.25)
    assert own["OpenCV"]["file_kib_a_frame"] == 1
    assert own["OpenCV"]["above_floor_of_opencv"] == 1
    assert own[FLOOR]["cpu_ms_above_floor"] == 0


def test_demands_hold_and_are_missed_where_the_figures_say_so() -> None:
    good = figures(
        floor=(1.0, 1.0), heatvid_numba=(1.34, 1.1), heatvid_numpy=(1.9, 1.3), OpenCV=(2.0, 1.4)
    )
    assert [d.holds for d in _peer_figures.demands({"ultrafast": {"heat": good}})] == [True] * 4
    bad = figures(
        floor=(1.0, 1.0), heatvid_numba=(1.36, 1.2), heatvid_numpy=(2.1, 1.3), OpenCV=(2.0, 1.1)
    )
    assert [d.holds for d in _peer_figures.demands({"ultrafast": {"heat": bad}})] == [False] * 4


def test_each_kind_and_preset_has_its_own_bounds() -> None:
    own = figures(floor=(1.0, 1.0), heatvid_numba=(1.5, 1.3), OpenCV=(2.0, 1.4))
    every = {preset: {"heat": own, "overlay": own} for preset in ("ultrafast", "medium")}
    bounds = [(d.what.split(":")[0], d.bound) for d in _peer_figures.demands(every)]
    assert bounds == [
        ("heat, ultrafast", 0.35), ("heat, ultrafast", 1.0), ("heat, ultrafast", 85.0),
        ("heat, ultrafast", 1.0),
        ("overlay, ultrafast", 0.6), ("overlay, ultrafast", 1.0), ("overlay, ultrafast", 72.0),
        ("overlay, ultrafast", 1.0),
        ("heat, medium", 97.0), ("heat, medium", 1.0),
        ("overlay, medium", 97.0), ("overlay, medium", 1.0),
    ]  # fmt: skip


def test_an_overlay_is_held_to_both_floors() -> None:
    runs = {
        FLOOR: [run(1.0, 1.0)], SAME_PICTURES: [run(2.0, 2.0)], "heatvid numba": [run(2.1, 2.05)]
    }  # fmt: skip
    own = _peer_figures.derive(runs, dict.fromkeys(runs, 100), dict.fromkeys(runs, 1))
    assert own["heatvid numba"]["cpu_ms_above_floor"] == pytest.approx(11)
    assert own["heatvid numba"]["cpu_ms_above_same_pictures"] == pytest.approx(1)
    demands = _peer_figures.demands({"medium": {"overlay": own}})
    speeds = {d.what.split(", ")[-1]: d for d in demands if d.bound == 97.0}
    assert [d.holds for d in speeds.values()] == [False, True]
    assert [d.value for d in speeds.values()] == pytest.approx([100 / 2.05, 200 / 2.05])


def test_what_was_not_measured_is_neither_held_nor_missed(capsys: Any) -> None:
    own = figures(floor=(1.0, 1.0), heatvid_numpy=(1.9, 1.3))
    demands = _peer_figures.demands({"ultrafast": {"heat": own}})
    assert [d.holds for d in demands] == [None] * 4
    assert report(demands) == 0
    assert capsys.readouterr().out.count("not measured") == 4


def default_figures(**seconds: float) -> dict[str, Any]:
    """Figures by default of tools from one run each of 100 frames."""
    runs = {name.replace("_", " "): [run(1.0, each)] for name, each in seconds.items()}
    runs = {BEFORE if name == "before" else name: each for name, each in runs.items()}
    counts = dict.fromkeys(runs, 100)
    stored = {name: "mpeg4 yuv420p" if name == "OpenCV" else "h264 yuv420p" for name in runs}
    return _peer_defaults.derive(runs, counts, dict.fromkeys(runs, 1024), stored)


def test_the_default_is_held_to_the_one_before_and_to_peers_that_play() -> None:
    own = default_figures(heatvid=1.0, before=3.5, imageio=3.5, OpenCV=0.5)
    assert own["OpenCV"]["times_as_fast"] == pytest.approx(0.5)
    assert (own["OpenCV"]["plays"], own["imageio"]["plays"]) == (False, True)
    kinds = dict.fromkeys((HEAT, TEXTURED, OVERLAY), own)
    held = {d.what: d for d in _peer_defaults.demands(kinds) if "times as fast" in d.what}
    assert {what: (d.bound, d.holds) for what, d in held.items()} == {
        "heat, defaults: heatvid, times as fast as preset medium": (4.0, False),
        "heat, defaults: heatvid, times as fast as imageio": (4.0, False),
        "textured, defaults: heatvid, times as fast as preset medium": (3.0, True),
        "textured, defaults: heatvid, times as fast as imageio": (4.0, False),
        "overlay, defaults: heatvid, times as fast as preset medium": (1.6, True),
        "overlay, defaults: heatvid, times as fast as imageio": (2.0, True),
    }


def test_times_as_fast_are_of_frames_within_a_round() -> None:
    runs = {DEFAULT: [run(1.0, 1.0), run(1.0, 2.0)], "mediapy": [run(1.0, 2.0)]}
    stored = dict.fromkeys(runs, "h264 yuv420p")
    own = _peer_defaults.derive(runs, {DEFAULT: 100, "mediapy": 50}, dict.fromkeys(runs, 1), stored)
    assert own["mediapy"]["times_as_fast"] == pytest.approx(4)


def test_speed_that_costs_bytes_or_colours_is_missed() -> None:
    own = default_figures(heatvid=1.0, before=9.0)
    own[DEFAULT]["file_kib_a_frame"] *= 1.06
    for name, mean in ((DEFAULT, 1.7), (BEFORE, 1.5)):
        own[name]["error"] = {"mean": mean, "worst": 9.0, "worst_area": 5.0}
    speed, *equal = _peer_defaults.demands({HEAT: own})
    assert speed.holds
    assert [d.holds for d in equal] == [False, False]


def test_colours_further_off_than_the_encoders_are_missed() -> None:
    own = figures(floor=(1.0, 1.0), heatvid_numba=(1.3, 1.1), OpenCV=(2.0, 1.4))
    for name, mean in ((FLOOR, 1.5), ("heatvid numba", 2.1), ("OpenCV", 7.0)):
        own[name]["error"] = {"mean": mean, "worst": 9.0, "worst_area": 5.0}
    last = _peer_figures.demands({"medium": {"heat": own}})[-1]
    assert (last.holds, last.value) == (False, pytest.approx(0.6))


@pytest.mark.parametrize(
    ("demand", "holds"),
    [
        (at_most("x", 1.0, 1.0), True), (at_most("x", 1.1, 1.0), False),
        (at_least("x", 1.0, 1.0), True), (at_least("x", 0.9, 1.0), False),
        (at_least("x", None, 1.0), None),
    ],
)  # fmt: skip
def test_a_bound_is_held_from_its_own_side(demand: Any, holds: bool | None) -> None:
    assert demand.holds is holds
    assert report([demand]) == (1 if holds is False else 0)
    assert demand.as_json()["holds"] is holds


# --- the reference picture ------------------------------------------------------------------------


def test_a_picture_is_compared_by_pixels_and_by_areas() -> None:
    reference = np.full((16, 24, 3), 100.0)
    shown = reference.copy()
    shown[0, 0] += 64
    assert _reference.compare([shown], [reference]) == _reference.PictureError(
        mean=64 / (16 * 24), worst=64, worst_area=1
    )
    assert _reference.compare([reference + 7], [reference]).worst_area == pytest.approx(7)


def test_a_video_is_played_by_its_tags(tmp_path: Path) -> None:
    """The tagged video is read as BT.709 whatever its size; read as BT.601 it would be far off."""
    path = tmp_path / "v.mp4"
    _scene_video.write_video(path, 2, 96, 128)
    (shown,) = _reference.play(path, 96, 128, [0])
    (view,) = _scene_video._views(1, 96, 128)
    luma = view[: 96 * 128].reshape(96, 128)
    chroma = view[96 * 128 :].reshape(2, 48, 64).repeat(2, 1).repeat(2, 2)
    planes = np.stack([luma, *chroma]).astype(float)
    right, wrong = (
        _reference.compare([shown], [_reference._to_rgb(planes, matrix, full=False)])
        for matrix in ("bt709", "bt601")
    )
    assert right.mean < 0.9 * wrong.mean
    assert right.worst_area < 0.8 * wrong.worst_area
    assert _reference.count_frames(path) == 2


def test_the_pseudocolor_table_is_spelled_exactly() -> None:
    levels = [3, 1, 4, 1, 5, 9, 2, 6]
    text = re.sub(r"\bif\(", "choose(", _lookup(levels))
    space = {"choose": lambda a, b, c: b if a else c, "lt": lambda a, b: a < b}
    assert [eval(text, {**space, "val": i}) for i in range(8)] == levels


# --- scaling --------------------------------------------------------------------------------------


def test_a_line_has_its_slope_its_start_and_how_straight_it_is() -> None:
    fit = _lines.fit([1, 2, 3], [5, 7, 9])
    assert fit == pytest.approx({"each": 2, "start": 3, "r_squared": 1})
    bent = _lines.fit([1, 2, 3], [0, 9, 0])
    assert bent is not None
    assert bent["r_squared"] == pytest.approx(0)
    assert _lines.fit([1, 2], [5, 7]) is None


@pytest.mark.parametrize(
    ("peak_mb", "small_seconds", "holds"), [(199, 1.0, True), (201, 1.1, False)]
)
def test_scaling_is_held_to_the_ring_and_to_small_fields(
    peak_mb: int, small_seconds: float, holds: bool
) -> None:
    size, small = (1080, 1920), (64, 64)
    points = [
        scaling.Point("frames", 60, "numpy", "heat", 60, size, size),
        scaling.Point("field", 1080 * 1920, "numpy", "heat", 60, size, size),
        scaling.Point("field", 64 * 64, "numpy", "heat", 60, size, small),
    ]
    each = (run(1, 1, peak_mb * 10**6), run(1, 1), run(small_seconds, small_seconds))
    runs = {point.name: [own] for point, own in zip(points, each, strict=True)}
    rings = {point.name: 50 * 10**6 for point in points}
    assert [d.holds for d in scaling._demands(points, runs, rings)] == [holds] * 3


# --- README ---------------------------------------------------------------------------------------


def test_readme_has_the_figures_of_the_results() -> None:
    text = _readme.README.read_text(encoding="utf-8")
    assert "peers" in _readme.marked(text)
    assert _readme.filled(text) == text, "run python -m benchmarks table"
    assert table.main(["--check"]) == 0
    assert _readme.machine(json.loads((RESULTS / "peers.json").read_text())) in text


def test_a_table_is_written_between_its_markers_only(tmp_path: Path) -> None:
    content = json.loads((RESULTS / "peers.json").read_text())
    tools = content["summary"][next(iter(content["summary"]))]["heat"]
    tools["heatvid numpy"]["fps"] = 123.4
    (tmp_path / "peers.json").write_text(json.dumps(content))
    text = "a\n<!-- benchmark: peers -->\nold\n<!-- end of benchmark -->\nb\n"
    new = _readme.filled(text, tmp_path)
    assert new.startswith("a\n<!-- benchmark: peers -->\n")
    assert new.endswith("\n<!-- end of benchmark -->\nb\n")
    assert "old" not in new
    assert "| **heatvid numpy** | 123 |" in new
    assert _readme.filled(new, tmp_path) == new


def test_the_table_of_defaults_says_which_files_no_browser_plays() -> None:
    content = json.loads((RESULTS / "peers.json").read_text())
    kinds = {HEAT: default_figures(heatvid=1.0, before=4.25, OpenCV=0.5)}
    given = content | {
        "summary": {"defaults": kinds}, "lengths": {"defaults": {"frames": 100, "rounds": 1}}
    }  # fmt: skip
    text = _readme.peers(given)
    assert "| **heatvid** | 100 | 0 | h264 |" in text
    assert "| heatvid, before | 23.5 (4.2×) | 0 | h264 |" in text
    assert "| OpenCV | 200 (0.5×) | 0 | mpeg4, in no browser |" in text
    assert "one round of 100 frames" in text
    assert "beside other work" not in text
    given["lengths"]["defaults"]["load"] = 10
    assert "beside other work (load 10)" in _readme.peers(given | {"machine": {"cores": 2}})


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_result_names_its_machine_and_settings(path: Path) -> None:
    content = json.loads(path.read_text())
    assert content["benchmark"] == path.stem
    assert content["machine"]["cpu"]
    assert content["machine"]["ffmpeg"]
    assert content["settings"]
    assert content["summary"]
    runs = [own for each in content["runs"].values() for own in each]
    assert runs or path.stem in ("startup", "batch", "encoders")  # which time themselves
    for own in runs:
        assert Run(**own).cpu_seconds > 0


# --- the command ----------------------------------------------------------------------------------


def test_the_benchmarks_are_listed_with_what_they_measure(capsys: Any) -> None:
    assert command_line.main([]) == 0
    said = capsys.readouterr().out
    for name in ("peers", "scaling", "cpu-vs-gpu", "gpu", "table"):
        assert re.search(rf"^  {name} +\w", said, re.MULTILINE), said
    assert command_line.main(["nothing"]) == 2


def test_a_tool_that_is_not_installed_says_what_installs_it(monkeypatch: Any) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    tools = [tool for tool in TOOLS if tool.package is not None]
    assert tools
    for tool in tools:
        assert f"pip install '{tool.pip}'" in str(missing(tool))


def test_a_case_that_fails_is_not_measured() -> None:
    with pytest.raises(Exception, match="returned non-zero exit status 1"):
        run_case(Case("x", "benchmarks.tools.heatvid:nothing", {}))


def test_labels_that_would_overlap_are_moved_apart() -> None:
    assert _charts.spread_labels([1.0, 5.0, 9.0], 2.0) == [1.0, 5.0, 9.0]
    moved = _charts.spread_labels([3.0, 3.0, 9.0], 2.0)
    assert moved[2] == 9.0
    assert abs(moved[0] - moved[1]) == pytest.approx(2.0)
