"""An output says how it was made, the same of the same job, and another one can be made like it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import OptionError, SourceError
from heatvid._jobs.made import made_of
from heatvid._options.options import Options
from heatvid._options.record import MOST_BYTES, command_of, looks_of, read_record, record_of
from heatvid._tools.inspect import inspect_source
from heatvid.cli import main
from tests.support.clicks import video_with_clicks
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, numbered, pictures, rgb_of

LOOKS: dict[str, Any] = {"cmap": "magma", "norm": "power", "gamma": 2.0, "bad": "red"}
LOSSLESS: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", numbered() * 3 - 1)
    np.save("other.npy", numbered()[:, ::-1] * 5)


def made(path: str) -> dict[str, Any]:
    record = made_of(path, path)
    assert record is not None
    return record


# --- told --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output",
    ["o.mp4", "o.m4v", "o.mov", "o.mkv", "o.webm", "o.gif", "o.apng", "o.webp", "o.avif",
     "%03d.png", "%03d.jpg", "%03d.webp"],
)  # fmt: skip
def test_an_output_says_how_it_was_made(output: str) -> None:
    fps = "25" if output == "o.gif" else "24000/1001"
    result = heatvid.render("data.npy", output, fps=fps, **LOOKS)
    record = made(output.replace("%03d", "000"))
    assert record == {
        "heatvid": heatvid.__version__,
        "source": "data.npy",
        "norm": "power",
        "limits": list(result.limits or ()),
        "cmap": "magma",
        "options": {**LOOKS, "fps": fps},
        "untold": [],
    }


@pytest.mark.parametrize("output", ["o.gif", "o.apng", "o.webp", "o.avif"])
@pytest.mark.parametrize("transparent", [False, True])
def test_one_frame_and_what_is_seen_through_say_it_too(output: str, transparent: bool) -> None:
    keeps = transparent and output in ("o.apng", "o.webp")
    heatvid.render("data.npy", output, frames=1, transparent=keeps, fps=25)
    assert made(output)["options"] == {"frames": 1, "fps": "25"} | (
        {"transparent": True} if keeps else {}
    )
    with Image.open(output) as image:
        assert (image.size, getattr(image, "n_frames", 1)) == ((32, 24), 1)
        assert (image.mode == "RGBA") == keeps


def test_pictures_of_values_say_it() -> None:
    limits = heatvid.render("data.npy", "%d.tif", frames=":2").limits
    record = made("1.tif")
    assert (record["limits"], record["norm"]) == (list(limits or ()), "linear")
    assert "cmap" not in record
    heatvid.render("data.npy", "%d.exr", frames=":2", scale=2)
    assert made("1.exr") == {
        "heatvid": heatvid.__version__, "source": "data.npy", "untold": [],
        "options": {"frames": ":2", "scale": 2},
    }  # fmt: skip


def test_other_readers_find_what_pictures_say() -> None:
    heatvid.render("data.npy", "o.png", frames=0)
    wanted = made("o.png")
    heatvid.render("data.npy", "o.jpg", frames=0)
    heatvid.render("data.npy", "%d.webp", frames=0)
    heatvid.render("data.npy", "o.tif", frames=0, pix_fmt="rgb24")
    with Image.open("o.jpg") as image:
        assert json.loads(image.info["comment"]) == wanted
    with Image.open("0.webp") as image:
        assert json.loads(image.getexif()[270]) == wanted
    with Image.open("o.tif") as image:
        told = json.loads(image.tag_v2[270])
    assert told["options"].pop("pix_fmt") == "rgb24"
    assert told == wanted


def test_a_video_of_depth_says_which_metres_its_codes_are() -> None:
    depth = np.random.default_rng(0).uniform(0.5, 4, (3, 24, 32)).astype(np.float32)
    heatvid.render(depth, "d.mp4", encode_depth="lerobot", vmin=0.2, vmax=5)
    with heatvid.VideoWriter("w.mp4", encode_depth="lerobot", vmin=0.2, vmax=5) as video:
        video.write(depth)
    for name in ("d.mp4", "w.mp4"):
        record = made(name)
        assert record["options"] == {"encode_depth": "lerobot", "vmin": 0.2, "vmax": 5}
        assert record["limits"] == [0.2, 5]
        with heatvid.open_source(name) as source:
            np.testing.assert_allclose(source.read(0, 3), depth, atol=2e-3)
    assert looks_of(made("d.mp4"), {}) == {"limits": [0.2, 5]}


def test_sound_and_second_step_keep_it() -> None:
    video_with_clicks(Path("clip.mp4"), "aac", frames=6, seconds=0.2)
    heatvid.render("data.npy", "o.mp4", background="clip.mp4", audio=True, preset="ultrafast")
    assert made("o.mp4")["options"] == {
        "background": "clip.mp4", "audio": True, "preset": "ultrafast",
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_the_same_job_gives_the_same_bytes(suffix: str) -> None:
    for name in ("a", "b"):
        heatvid.render("data.npy", name + suffix, **{**LOSSLESS, "encoder_threads": 1})
    assert Path(f"a{suffix}").read_bytes() == Path(f"b{suffix}").read_bytes()


def test_it_names_no_folder_no_query_and_nothing_that_is_no_text(tmp_path: Path) -> None:
    np.save("back.npy", pictures())
    options = Options(background=tmp_path / "back.npy", alpha_mask=pictures(), cmap=np.eye(3))
    line = record_of(options, version="1", source=f"{tmp_path}/x.zarr?token=secret")
    record = json.loads(line)
    assert record["options"] == {"background": "back.npy"}
    assert sorted(record["untold"]) == ["alpha_mask", "cmap"]
    assert record["source"] == "x.zarr"
    assert str(tmp_path) not in line


def test_it_is_bounded() -> None:
    labels = dict.fromkeys(range(20000), "#102030")
    line = record_of(Options(label_colors=labels, norm="labels"), version="1", source="x")
    assert len(line) <= MOST_BYTES
    assert json.loads(line)["untold"] == ["label_colors"]


def test_names_of_any_bytes_are_told(tmp_path: Path) -> None:
    name = "a=b;#\\ \n'é" if os.name != "nt" else "a=b;#'é"
    np.save(f"{name}.npy", numbered())
    heatvid.render(f"{name}.npy", "o.mp4", preset="ultrafast")
    assert made("o.mp4")["source"].startswith("a=b;#")


def test_inspect_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    heatvid.render("data.npy", "o.mkv", vmin=-1, vmax=2, **LOSSLESS, **LOOKS)
    report = inspect_source("o.mkv", progress=False)
    assert report.as_dict()["made"] == made("o.mkv")
    shown = str(report)
    assert f"made by      heatvid {heatvid.__version__}" in shown
    assert "command      heatvid render data.npy --norm power --vmin -1.0" in shown
    assert "limits       [-1.0, 2.0]" in shown
    assert inspect_source("data.npy", progress=False).made is None


@pytest.mark.parametrize("output", ["o.gif", "o.avif", "o.jpg"])
def test_inspect_shows_how_pictures_were_made(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    heatvid.render("data.npy", output, frames=0, fps=25, vmin=-1, vmax=2)
    assert main(["inspect", output, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == made(output)
    assert main(["inspect", output]) == 0
    assert "  command      heatvid render data.npy" in capsys.readouterr().out


def test_inspect_shows_how_the_pictures_of_a_folder_were_made() -> None:
    heatvid.render("data.npy", "frames/%d.png", pix_fmt="gray")
    assert inspect_source("frames", progress=False).made == made("frames/0.png")


def test_the_command_makes_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    labels = {0: "transparent", -1: "red"}
    options = Options(norm="labels", label_colors=labels, background="teal", **LOSSLESS)
    command = command_of(json.loads(record_of(options, version="1", source="x y.npy")))
    np.save("x y.npy", (numbered() * 4).astype(np.int8) - 1)
    heatvid.render("x y.npy", "a.mkv", norm="labels", label_colors=labels, background="teal",
                   **LOSSLESS)  # fmt: skip
    import shlex

    assert main([*shlex.split(command)[1:], "-o", "b.mkv", "-q"]) == 0
    assert Path("a.mkv").read_bytes() == Path("b.mkv").read_bytes()


# --- taken -------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["o.mp4", "%03d.png", "o.gif", "%03d.jpg", "o.webp"])
def test_another_output_takes_the_looks_and_the_limits(output: str) -> None:
    limits = heatvid.render("data.npy", output, percentiles=(5, 95), fps=20, **LOOKS).limits
    like = output.replace("%03d", "000")
    result = heatvid.render("other.npy", "like.mkv", like=like, **LOSSLESS)
    assert (result.limits, result.fps) == (limits, 30)
    wanted = heatvid.to_rgb(np.load("other.npy"), limits=limits, **LOOKS)
    np.testing.assert_array_equal(rgb_of("like.mkv", 24, 32), wanted)
    assert main(["render", "other.npy", "-o", "typed.mkv", "-q", "--lossless", "--preset",
                 "ultrafast", "--like", like]) == 0  # fmt: skip
    assert Path("typed.mkv").read_bytes() == Path("like.mkv").read_bytes()


def test_what_is_given_goes_before_what_is_taken() -> None:
    heatvid.render("data.npy", "o.mp4", vmin=0, vmax=1, preset="ultrafast", **LOOKS)

    def looks(**given: Any) -> dict[str, Any]:
        return looks_of(made("o.mp4"), given)

    assert looks() == {**LOOKS, "limits": [0, 1]}
    assert looks(vmin=0.5) == LOOKS
    assert looks(scope="frame", cmap="turbo") == {k: v for k, v in LOOKS.items() if k != "cmap"}
    assert looks(norm="log") == {"cmap": "magma", "bad": "red", "limits": [0, 1]}
    assert looks(channel="argmax") == {"cmap": "magma", "bad": "red"}
    assert looks(pix_fmt="gray") == {"norm": "power", "gamma": 2.0, "limits": [0, 1]}


def test_blending_is_taken_where_there_is_a_background() -> None:
    heatvid.render("data.npy", "o.mp4", background="red", alpha=0.25, preset="ultrafast")
    record = made("o.mp4")
    assert "alpha" not in looks_of(record, {})
    assert looks_of(record, {"background": "teal"})["alpha"] == 0.25
    assert "background" not in looks_of(record, {"background": "teal"})


def test_limits_that_moved_are_not_taken() -> None:
    heatvid.render("data.npy", "o.mp4", scope="frame", preset="ultrafast")
    assert looks_of(made("o.mp4"), {}) == {"scope": "frame"}


def test_a_writer_makes_like() -> None:
    heatvid.render("data.npy", "o.mp4", vmin=0, vmax=1, layout="THW", preset="ultrafast", **LOOKS)
    with heatvid.VideoWriter("w.mkv", like="o.mp4", **LOSSLESS) as video:
        video.write(np.load("other.npy"))
    wanted = heatvid.to_rgb(np.load("other.npy"), vmin=0, vmax=1, **LOOKS)
    np.testing.assert_array_equal(rgb_of("w.mkv", 24, 32), wanted)


def test_what_an_output_could_not_tell_is_a_warning() -> None:
    colors = np.random.default_rng(0).integers(0, 255, (9, 3), dtype=np.uint8)
    heatvid.render("data.npy", "o.mp4", cmap=colors, preset="ultrafast")
    with pytest.warns(UserWarning, match=r"like: o.mp4: does not tell its cmap"):
        heatvid.render("other.npy", "like.mp4", like="o.mp4", preset="ultrafast")
    heatvid.render("other.npy", "given.mp4", like="o.mp4", cmap="turbo", preset="ultrafast")


# --- anybody's files ---------------------------------------------------------------------------


def comment(text: str) -> str:
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=0.1:s=32x24", "-metadata", f"comment={text}", "x.mp4")
    return "x.mp4"


def record(**options: Any) -> str:
    return json.dumps({"heatvid": "9", "source": "x", "options": options, "untold": []})


SILENT = {
    "no json": "made by hand",
    "other json": '{"options": {}}',
    "a list": "[1, 2]",
    "wrong kinds": '{"heatvid": 1, "source": "x", "options": [], "untold": []}',
    "deep": "[" * 20_000,
    "a long number": "1" * 20_000,
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_a_file_that_does_not_say_how_it_was_made_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="does not say how it was made") as error:
        heatvid.render("data.npy", "o.mp4", like=comment(text))
    clear_line(error.value, "like: x.mp4")
    assert not Path("o.mp4").exists()


@pytest.mark.parametrize(
    "options",
    [{"vmin": "low"}, {"norm": ["log"]}, {"gamma": {}}, {"cmap": {"a": 1}}, {"cmap": "../x"},
     {"label_colors": 3, "norm": "labels"}, {"percentiles": [1]}, {"smooth": 1e999},
     {"bad": [[[]]]}],
    ids=str,
)  # fmt: skip
def test_what_is_not_allowed_is_not_taken(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError) as error:
        heatvid.render("data.npy", "o.mp4", like=comment(record(**options)))
    clear_line(error.value)
    assert not Path("o.mp4").exists()


def test_options_that_are_no_looks_are_not_taken() -> None:
    path = comment(record(output="evil.mp4", overwrite=True, background="/etc/passwd", key="k",
                          alpha_mask="x", like="y", backend="cuda", cmpa=3))  # fmt: skip
    heatvid.render("data.npy", "o.mp4", like=path, preset="ultrafast")
    assert not Path("evil.mp4").exists()


def test_files_that_cannot_be_read_are_refused() -> None:
    Path("text.mp4").write_text("no video")
    Path("empty.png").write_bytes(b"")
    Path("cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")
    for name, words in (
        ("none.mp4", "is no file"), (".", "is no file"), ("text.mp4", "not a video: .*; allowed"),
        ("empty.png", "is (empty|not a video)"), ("cut.png", "does not say"),
    ):  # fmt: skip
        with pytest.raises((OptionError, SourceError), match=words) as error:
            heatvid.render("data.npy", "o.mp4", like=name)
        clear_line(error.value, f"like: {name}")
    with pytest.raises(OptionError, match="like: got 3; allowed is a path"):
        heatvid.render("data.npy", "o.mp4", like=3)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "exr", "gif", "apng", "avif"])
def test_what_is_cut_or_changed_anywhere_is_refused_in_a_line(suffix: str) -> None:
    colours = {"pix_fmt": "rgb24"} if suffix == "tif" else {}
    heatvid.render("data.npy", f"o.{suffix}", frames=0, **colours)
    whole, rng = Path(f"o.{suffix}").read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        for at in rng.integers(0, len(changed), rng.integers(0, 4)):
            changed[at] = rng.integers(256)
        Path(f"x.{suffix}").write_bytes(changed)
        with contextlib.suppress(SourceError):
            made_of(f"x.{suffix}", "x")


def test_a_record_is_read_back() -> None:
    line = record_of(Options(cmap="magma", frames=slice(1, None, 2)), version="1", source="x")
    record = read_record(line)
    assert record is not None
    assert record["options"] == {"frames": "1::2", "cmap": "magma"}
    assert read_record(line + " " * MOST_BYTES) is None
