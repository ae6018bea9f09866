"""The command line: what each command takes, writes and shows."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._options.options import option_fields
from heatvid._options.output import BACKENDS
from heatvid.backends import why_not
from heatvid.cli import main
from tests.support.command import heatvid_process, refused
from tests.support.videos import numbered, only, pictures, rgb_of

QUICK = ("--preset", "ultrafast")


# --- render -----------------------------------------------------------------------------------


def test_render_writes_the_video_and_says_what_it_wrote(
    data: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "data.npy", "-o", "out.mkv", "--lossless", "--vmin=0"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(
        r"out.mkv: 6 frames, 32x24, 30 fps, values 0 to 1; (cuda|numba|numpy), [\d.]+ s; "
        r"small to look at: --zoom 8 enlarges it\n",
        out,
    )
    assert err == ""
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), heatvid.to_rgb(data, vmin=0))


@pytest.mark.parametrize(
    ("flags", "options"),
    [
        (["--cmap", "turbo"], {"cmap": "turbo"}),
        (["--vmin", "-1e-3", "--vmax", ".5"], {"vmin": -1e-3, "vmax": 0.5}),
        (["--vmin", "-.5", "--vmax", "2"], {"vmin": -0.5, "vmax": 2}),
        (["--percentiles", "5", "90"], {"percentiles": (5, 90)}),
        (["--scope", "frame"], {"scope": "frame"}),
        (["--under", "red", "--over", "#00ff00", "--vmin", ".3", "--vmax", ".6"],
         {"under": "red", "over": "#00ff00", "vmin": 0.3, "vmax": 0.6}),
        (["--bad", "transparent", "-b", "blue"], {"bad": "transparent", "background": "blue"}),
        (["--background", "bg.png", "--alpha", "0.3"], {"background": "bg.png", "alpha": 0.3}),
        (["-b", "bg.png", "--resample", "nearest"],
         {"background": "bg.png", "resample": "nearest"}),
    ],
)  # fmt: skip
def test_each_option_of_a_picture_is_that_of_python(
    flags: list[str], options: dict[str, Any]
) -> None:
    frames = numbered(3)
    frames[0, 3, 3] = np.nan
    np.save("data.npy", frames)
    Image.fromarray(pictures(1, 48, 64)[0]).save("bg.png")
    assert main(["render", "data.npy", "-o", "out.mkv", "--lossless", "-q", *flags]) == 0
    wanted = heatvid.to_rgb(frames, **options)
    np.testing.assert_array_equal(rgb_of("out.mkv", *wanted.shape[1:3]), wanted)


def test_each_option_of_input_chooses_the_frames(data: np.ndarray) -> None:
    np.savez("both.npz", depth=np.moveaxis(data, 0, 2)[:, :, None].repeat(2, 2), other=data)
    assert main([
        "render", "both.npz", "-o", "out.mkv", "--lossless", "-q", "--key", "depth",
        "--layout", "HWCT", "--channel", "1", "--frames", "1:5:2", "--vmin", "0", "--vmax", "1",
    ]) == 0  # fmt: skip
    wanted = heatvid.to_rgb(data[1:5:2], vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), wanted)


def test_each_option_of_output_and_running_is_taken(data: np.ndarray) -> None:
    assert main([
        "render", "data.npy", "-o", "out.mp4", "-q", "--fps", "24000/1001", "--crf", "30",
        "--preset", "veryfast", "--pix-fmt", "yuv420p", "--range", "pc", "--backend", "numpy",
        "--batch-size", "2", "--threads", "3", "--no-progress",
    ]) == 0  # fmt: skip
    assert main(["render", "data.npy", "-o", "out.mp4", "-q", "--overwrite"]) == 0


def test_several_files_are_the_frames(data: np.ndarray) -> None:
    for i, frame in enumerate(data):
        np.save(f"f{i}.npy", frame)
    names = [f"f{i}.npy" for i in range(len(data))]
    assert main(["render", *names, "-o", "out.mkv", "--lossless", "-q"]) == 0
    np.testing.assert_array_equal(rgb_of("out.mkv", 24, 32), heatvid.to_rgb(data))


def test_quiet_prints_nothing(data: np.ndarray) -> None:
    done = heatvid_process("render", "data.npy", "-o", "out.mp4", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_warning_is_one_line(data: np.ndarray) -> None:
    with open("data.npy", "ab") as file:
        file.write(b"more")
    done = heatvid_process("render", "data.npy", "-o", "out.mp4", *QUICK)
    assert done.returncode == 0
    assert re.fullmatch(r"heatvid: warning: data.npy: 4 bytes [^\n]*\n", done.stderr)


# --- inspect ----------------------------------------------------------------------------------


def test_inspect_shows_shape_range_and_advice(capsys: pytest.CaptureFixture[str]) -> None:
    frames = np.random.default_rng(0).normal(size=(3, 20, 20)).astype(np.float32)
    frames[0, 0, :2], frames[1, 1, 1] = np.nan, np.inf
    np.save("data.npy", frames)
    assert main(["inspect", "data.npy"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "shape        3 x 20 x 20  (frames, height, width)" in out
    assert "dtype        float32" in out
    finite = frames[np.isfinite(frames)]
    assert f"range        {finite.min():.6g} to {finite.max():.6g}" in out
    assert "not finite   2 NaN (0.17%), 1 +Inf (0.08%)" in out
    assert out.count("█") > 48
    advice = re.search(r"try: heatvid render \.\.\. (.*)\n", out)
    assert advice
    assert main(["render", "data.npy", "-o", "out.mp4", "-q", *advice[1].split()]) == 0


def test_the_advice_of_inspect_can_be_typed_whatever_the_scale(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for scale in (1e-9, 1, 1e9):
        frames = np.random.default_rng(0).normal(size=(3, 20, 20)) * scale
        np.save("data.npy", frames)
        assert main(["inspect", "data.npy"]) == 0
        advice = re.search(r"heatvid render \.\.\. (.*)\n", capsys.readouterr().out)
        assert advice
        typed = ["render", "data.npy", "-o", "o.mp4", "-q", "--overwrite", *advice[1].split()]
        assert main(typed) == 0


def test_inspect_gives_json(data: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    for i, frame in enumerate(np.rint(data * 255).astype(np.uint8)):
        Image.fromarray(frame).save(f"{i}.png")
    for source, dtype in (("data.npy", "float32"), ("*.png", "uint8")):
        assert main(["inspect", source, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["source"] == source
        assert report["shape"] == [6, 24, 32]
        assert report["dtype"] == dtype
        assert (report["nan"], report["finite"]) == (0, data.size)
        assert report["minimum"] == 0
        assert sum(report["histogram"]) == data.size
        assert set(report["percentiles"]) == {"1", "5", "25", "50", "75", "95", "99"}


def test_inspect_of_nothing_finite(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("nan.npy", np.full((2, 3, 3), np.nan))
    assert main(["inspect", "nan.npy"]) == 0
    assert "range        nothing finite" in capsys.readouterr().out
    assert main(["inspect", "nan.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["minimum"] is None


def test_inspect_names_the_first_files_of_a_folder(
    data: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("frames").mkdir()
    for i, frame in enumerate(data):
        np.save(f"frames/f_{i + 8}.npy", frame)
    assert main(["inspect", "frames", "--frames", "1:"]) == 0
    assert "files        f_9.npy, f_10.npy, f_11.npy, ..." in capsys.readouterr().out


# --- the other commands -----------------------------------------------------------------------


def test_cmaps_lists_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps"]) == 0
    names = capsys.readouterr().out.split()
    assert len(names) > 500
    assert {"viridis", "inferno", "turbo"} <= set(names)
    assert main(["cmaps", "cmocean"]) == 0
    some = capsys.readouterr().out.split()
    assert some
    assert all("cmocean" in name for name in some)
    assert set(some) <= set(names)


def test_cmaps_lists_those_of_a_kind_and_those_for_colour_blind_eyes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def listed(*options: str) -> set[str]:
        assert main(["cmaps", *options]) == 0
        return set(capsys.readouterr().out.split())

    assert listed("--kind", "cyclic", "twilight") == {
        "matplotlib:twilight", "matplotlib:twilight_shifted", "twilight", "twilight_shifted"
    }  # fmt: skip
    safe = listed("--colorblind-safe", "--kind", "diverging", "colorbrewer:Rd")
    assert {"colorbrewer:RdBu", "colorbrewer:RdYlBu"} <= safe
    assert not {"colorbrewer:RdGy", "colorbrewer:RdYlGn"} & safe
    assert main(["cmaps", "--kind", "cyclic", "--colorblind-safe", "-o", "sheet.png"]) == 0


def test_cmaps_draws_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps", "virid", "-o", "sheet.png"]) == 0
    count = int(re.fullmatch(r"sheet.png: (\d+) colormaps\n", capsys.readouterr().out)[1])  # type: ignore[index]
    with Image.open("sheet.png") as sheet:
        assert sheet.size == (3 * 8 + 230 + 512, 16 + 22 * count)
        pixels = np.asarray(sheet.convert("RGB"))
    wanted = heatvid.to_rgb(np.arange(512)[None] // 2 / 255, cmap="viridis", vmin=0, vmax=1)[0]
    for row in range(count):
        np.testing.assert_array_equal(pixels[8 + 22 * row + 11, 246 : 246 + 512], wanted)
    assert main(["cmaps", "virid", "-o", "sheet.png", "--overwrite"]) == 0


def test_names_on_a_sheet_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmaps", "cyclic-protanopic-deuteranopic", "-o", "sheet.png"]) == 0
    with Image.open("sheet.png") as sheet:
        names = np.asarray(sheet.convert("L"))[:, : -(512 + 8)]
    assert names[:, :-8].min() < 128
    assert (names[:, -8:] == 255).all()


def test_a_sheet_that_cannot_be_written_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.png").write_bytes(b"old")

    def full(self: Image.Image, path: str, **_: object) -> None:
        Path(path).write_bytes(b"cut")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    arguments = ["cmaps", "viridis", "-o", str(tmp_path / "sheet.png"), "--overwrite"]
    assert "sheet.png: no space left on device" in refused(capsys, arguments)
    assert only(tmp_path) == ["sheet.png"]
    assert (tmp_path / "sheet.png").read_bytes() == b"old"


def test_demo_renders_a_flow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid._tools import demo

    monkeypatch.setattr(demo, "FRAMES", 3)
    monkeypatch.setattr(demo, "CROSSINGS", 0.05)
    monkeypatch.setattr(demo, "SETTLING_TIME", 0.1)
    assert main(["demo"]) == 0
    assert re.match(r"demo.mp4: 3 frames, 1920x720, 30 fps, ", capsys.readouterr().out)
    assert main(["demo", "-o", "demo.mp4", "--overwrite", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_doctor_says_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"ffmpeg +\d+\.\d+", out)
    assert re.search(r"H.264 \(.mp4\) +works", out)
    assert re.search(r"backends\n +cuda +\S.*\n +numba +\S.*\n +numpy +works\n", out)
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["works"] is True
    videos = report["videos"]
    for newer in ("AV1 (.mp4)", "AVIF (.avif)"):  # than the lowest ffmpeg
        assert re.match(r"works$|this ffmpeg .*from ffmpeg 5", videos.pop(newer))
    assert set(videos.values()) == {"works"}
    assert {name: why_not(name) or "works" for name in BACKENDS} == report["backends"]


def test_doctor_says_which_codecs_an_ffmpeg_lacks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = frozenset({"libx264", "libx264rgb", "ffv1"})
    monkeypatch.setattr("heatvid._encode.choosing.listed_encoders", lambda exe: few)
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"H.264 \(.mp4\) +works", out)
    assert re.search(r"AV1 \(.mp4\) +this ffmpeg has no encoder libsvtav1 or libaom-av1", out)


def test_doctor_fails_where_ffmpeg_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/no/such/ffmpeg")
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "IMAGEIO_FFMPEG_EXE: /no/such/ffmpeg does not exist" in out
    assert err == ""
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["works"] is False


@pytest.mark.parametrize(
    "command", ["", "render", "batch", "gallery", "inspect", "cmaps", "demo", "doctor"]
)
def test_help_fits_a_terminal(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: heatvid{' ' if command else ''}{command}")
    assert max(map(len, out.splitlines())) <= 80


def test_the_help_of_render_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["render", "--help"])
    out = capsys.readouterr().out
    for option in option_fields():
        name = "no-progress" if option.name == "progress" else option.name.replace("_", "-")
        assert re.search(rf"^  (-\w [^ ,]+, )?--{name}\b", out, re.MULTILINE), name


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"heatvid {heatvid.__version__}\n"
