"""The benchmarks at tiny sizes: every tool makes the right picture, every command a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import (
    _measure,
    _reference,
    _scenes,
    composition,
    cpu_vs_gpu,
    memory,
    peers,
    readers,
    scaling,
    startup,
)
from benchmarks._peer_scene import Scene
from benchmarks._ring import ring_bytes
from benchmarks.tools import (
    BEFORE,
    DEFAULT,
    DEFAULTS,
    FLOOR,
    HEAT,
    OVERLAY,
    SAME_PICTURES,
    TEXTURED,
    TOOLS,
    Tool,
    missing,
)

SIZE = (96, 160)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: Any) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    made = Scene(peers.CHECKED_LENGTH, *SIZE, folder / "files", folder / "planes.npy")
    made.make(peers.KINDS, floors=True)
    return made


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        pytest.param(tool, kind, id=f"{tool.name}-{kind}")
        for tool in TOOLS
        for kind in tool.kinds
        if tool.at_presets
    ],
)
def test_every_tool_makes_every_frame_of_the_picture(
    tool: Tool, kind: str, scene: Scene, capsys: Any
) -> None:
    if lacking := missing(tool):
        pytest.skip(lacking)
    if (tool.name, kind) == (FLOOR, OVERLAY):  # the video as it is: nothing to compare it with
        _measure.run_case(scene.case(tool, kind, "ultrafast", 12))
    errors = peers._check_pictures(scene, [tool], kind, "ultrafast", 12)
    written = scene.output(tool, kind, "ultrafast")
    assert _reference.count_frames(written) == scene.frames
    if (tool.name, kind) == (FLOOR, OVERLAY):
        assert errors == {}
        return
    # Chroma is coarse at this size, and so is x264; a wrong matrix or a swap is 6 and more above.
    assert errors[tool.name]["mean"] < 5
    assert f"{kind} {tool.name}" in capsys.readouterr().out


@pytest.mark.parametrize("tool", [pytest.param(t, id=t.name) for t in TOOLS if t.at_defaults])
def test_every_tool_shows_a_textured_field_by_default(tool: Tool, scene: Scene) -> None:
    if lacking := missing(tool):
        pytest.skip(lacking)
    errors = peers._check_pictures(scene, [tool], TEXTURED, DEFAULTS, 20)
    assert _reference.count_frames(scene.output(tool, TEXTURED, DEFAULTS)) == scene.frames
    # At this size and at their own qualities; the smooth field shown in its place is 77 off.
    assert errors[tool.name]["mean"] < 8


def test_the_default_before_is_another_encoding_by_the_same_build(scene: Scene) -> None:
    own, before = (next(tool for tool in TOOLS if tool.name == name) for name in (DEFAULT, BEFORE))
    given = [dict(scene.case(tool, HEAT, DEFAULTS, 20).arguments) for tool in (own, before)]
    assert [each["preset"] for each in given] == [None, "medium"]
    assert [each["crf"] for each in given] == [None, 18]
    assert [each["source"] for each in given] == [str(scene.source(HEAT))] * 2


def test_a_textured_dump_keeps_to_the_limits(scene: Scene) -> None:
    values = np.load(scene.source(TEXTURED))
    assert values.shape == (scene.frames, *SIZE)
    assert values.dtype == np.float32
    assert values.min() == 0  # the relief itself goes below
    assert 0.9 < values.max() <= 1


def test_nonsense_ends_the_benchmark_before_anything_is_timed(
    scene: Scene, monkeypatch: Any
) -> None:
    tool = next(tool for tool in TOOLS if tool.name == "heatvid numpy")
    monkeypatch.setattr(_reference, "heat", lambda i, h, w: np.zeros((h, w, 3)))
    with pytest.raises(SystemExit, match="heatvid numpy: its picture is wrong"):
        peers._check_pictures(scene, [tool], HEAT, "ultrafast", 20)


def test_a_video_of_too_few_frames_ends_the_benchmark(scene: Scene) -> None:
    tool = next(tool for tool in TOOLS if tool.name == FLOOR)
    given = scene.case(tool, HEAT, "ultrafast", 20)
    short = _measure.Case(given.name, given.preparation, {**given.arguments, "frames": 5})
    runs = {given.name: [_measure.run_case(short)]}
    with pytest.raises(SystemExit, match="floor: 5 frames in its video, not 12"):
        peers._summarize(scene, [tool], HEAT, "ultrafast", runs, {})


@pytest.mark.exhaustive
def test_peers_writes_its_figures_demands_and_plot(tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "peers.json"
    code = peers.main([
        "--frames", "12", "--rounds", "1", "--size", "96", "160", "--preset", "ultrafast",
        "--only", "heatvid numpy", "-o", str(output),
    ])  # fmt: skip
    content = json.loads(output.read_text())
    assert content["summary"].keys() == {"ultrafast"}
    for kind in (HEAT, OVERLAY):
        tools = content["summary"]["ultrafast"][kind]
        floors = {FLOOR, SAME_PICTURES} if kind == OVERLAY else {FLOOR}
        assert tools.keys() == {*floors, "heatvid numpy"}
        assert tools["heatvid numpy"]["fps"] > 0
        assert 0 < tools["heatvid numpy"]["error"]["mean"] < 10
        assert len(content["runs"][f"ultrafast {kind} heatvid numpy"]) == 1
    missed = [demand for demand in content["demands"] if demand["holds"] is False]
    assert code == bool(missed)
    assert content["machine"]["cpu"]
    assert content["tools"]["heatvid numpy"]
    assert output.with_suffix(".png").read_bytes().startswith(PNG)
    assert "CPU-ms" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_a_part_measured_alone_is_kept_beside_the_others(tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "peers.json"
    short = [
        "--slow-frames", "12", "--slow-rounds", "1", "--size", "96", "160", "--preset", "defaults",
        "--only", "OpenCV", "-o", str(output),
    ]  # fmt: skip
    peers.main([*short, "--kind", "textured"])
    first = json.loads(output.read_text())
    peers.main([*short, "--kind", "heat", "--keep"])
    content = json.loads(output.read_text())
    assert list(content["summary"]["defaults"]) == [HEAT, TEXTURED]
    assert content["summary"]["defaults"][TEXTURED] == first["summary"]["defaults"][TEXTURED]
    length = content["lengths"]["defaults"]
    assert (length["frames"], length["rounds"]) == (12, 1)
    assert {DEFAULT, BEFORE} <= content["summary"]["defaults"][HEAT].keys()
    assert len(content["runs"]) == len(first["runs"]) * 2
    assert sum("preset medium" in each["what"] for each in content["demands"]) == 6
    assert "KiB a frame" in capsys.readouterr().out
    assert output.with_suffix(".png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    "arguments", [["--frames", "3"], ["--slow-frames", "3"], ["--only", "nothing"]]
)
def test_peers_refuses_what_it_cannot_do(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        peers.main(arguments)
    assert stopped.value.code == 2
    assert "allowed" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_scaling_has_every_axis(tmp_path: Path) -> None:
    output = tmp_path / "scaling.json"
    scaling.main([
        "--frames", "4", "8", "12", "--heights", "32", "64", "--threads", "1",
        "--height", "48", "--video-height", "64", "--length", "4", "--rounds", "1",
        "--kind", "overlay", "--backend", "numpy", "-o", str(output),
    ])  # fmt: skip
    content = json.loads(output.read_text())
    assert content["summary"].keys() == {"frames", "pixels", "threads", "field"}
    frames = content["summary"]["frames"]["overlay, numpy"]
    assert frames["x"] == [4, 8, 12]
    assert frames["cpu_line"].keys() == {"each", "start", "r_squared"}
    rings = zip(frames["peak_mb"], frames["ring_mb"], strict=True)
    assert all(peak > ring > 0 for peak, ring in rings)
    assert len(content["demands"]) == 3
    assert output.with_suffix(".png").read_bytes().startswith(PNG)


def test_the_ring_is_as_large_as_its_slots(tmp_path: Path) -> None:
    _scenes.write_fields(tmp_path / "f.npy", 3, 32, 48)
    task = {"source": str(tmp_path / "f.npy"), "backend": "numpy", "threads": 2, "video": "v.mp4"}
    frame = 2 * (32 * 48 * 3 // 2)  # of the video below, and of the output
    assert ring_bytes(task, (32, 48)) == 3 * frame * (2 + 2)


@pytest.mark.exhaustive
def test_backends_are_compared_with_and_without_the_encoder(tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "cpu-vs-gpu.json"
    cpu_vs_gpu.main([
        "--frames", "4", "--rounds", "1", "--height", "64", "--job", "heat uint8",
        "--job", "overlay 64×64 bilinear", "-o", str(output),
    ])  # fmt: skip
    content = json.loads(output.read_text())
    for job in ("heat uint8", "overlay 64×64 bilinear"):
        for mode in ("render only", "end to end"):
            assert content["summary"][job][mode]["numpy"]["fps"] > 0
    assert content["summary"]["encoder alone"]["end to end"]["ffmpeg"]["fps"] > 0
    said = capsys.readouterr().out
    for name, lacking in content["missing_backends"].items():
        assert f"without {name}: {lacking}" in said
    assert output.with_suffix(".png").read_bytes().startswith(PNG)


def test_the_start_is_measured_in_fresh_processes(tmp_path: Path) -> None:
    output = tmp_path / "startup.json"
    code = startup.main(["--rounds", "1", "--backend", "numpy", "-o", str(output)])
    content = json.loads(output.read_text())
    medians = content["summary"]["median_seconds"]
    assert 0 < medians["import heatvid"] < medians["heatvid --help"] < medians["a clip"]
    assert code == any(demand["holds"] is False for demand in content["demands"])


def test_readers_are_compared_with_their_libraries(tmp_path: Path) -> None:
    output = tmp_path / "readers.json"
    code = readers.main([
        "--frames", "6", "--chunk", "3", "--size", "32", "48", "--rounds", "1", "--container",
        "hdf5", "--container", "npz", "--container", "stored npz", "--container", "tiff",
        "--container", "exr", "-o", str(output),
    ])  # fmt: skip
    content = json.loads(output.read_text())
    assert len(content["demands"]) == 6
    assert all(seconds > 0 for seconds in content["summary"]["median_seconds"].values())
    assert code == any(demand["holds"] is False for demand in content["demands"])


def test_memory_is_compared_of_a_short_and_a_long_file_of_a_container(tmp_path: Path) -> None:
    output = tmp_path / "memory.json"
    code = memory.main([
        "--frames", "4", "--factor", "2", "--size", "32", "48", "--rounds", "1", "--cores", "1",
        "--container", "npy", "--container", "hdf5", "-o", str(output),
    ])  # fmt: skip
    summary = json.loads(output.read_text())["summary"]
    assert list(summary) == ["npy, cores 1", "hdf5, cores 1"]
    assert all(own["long_bytes"] > own["short_bytes"] * 0.8 > 1e7 for own in summary.values())
    assert code == any(own["ratio"] > memory.ALLOWED_RATIO for own in summary.values())


def test_composition_writes_what_each_tool_took(tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / "composition.json"
    code = composition.main([
        "--frames", "6", "--slow-frames", "3", "--rounds", "1", "--size", "200", "120",
        "--before", str(_measure.ROOT), "--only", "numpy", "OpenCV", "FuncAnimation",
        "-o", str(output),
    ])  # fmt: skip
    content = json.loads(output.read_text())
    assert {"numpy", "numpy figure, discarded", "OpenCV", "FuncAnimation", "numpy one, before"} < (
        content["summary"].keys()
    )
    above = content["summary"]["above, CPU-ms a frame"]
    assert list(above) == ["numpy"]
    missed = [demand for demand in content["demands"] if demand["holds"] is False]
    assert code == bool(missed)
    assert "not measured times as fast as parallel" in capsys.readouterr().out
