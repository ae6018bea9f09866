"""What is drawn around a field is drawn like that of another output, where the output shows it."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._encode.comment import read_comment
from heatvid._errors import OptionError
from heatvid._options.record import looks_of, read_record
from heatvid.cli import main
from tests.support.executors import Inline
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, numbered, rgb_of

LOSSLESS: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}
DRAWN: dict[str, Any] = {
    "colorbar": "right", "label": "depth (m)", "text": "{frame} {time:.1f}", "text_place": "top",
    "text_size": 9.0, "text_color": "yellow", "text_box": "blue", "gap_color": "navy", "zoom": 3.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", numbered(5) * 3 - 1)
    np.save("other.npy", numbered(5)[:, ::-1] * 5)
    np.save("labels.npy", (numbered(5) * 4).astype(np.uint8))


def looks(path: str, **given: Any) -> dict[str, Any]:
    record = read_record(read_comment(path, path) or "")
    assert record is not None
    return looks_of(record, given)


def anybodys(**options: Any) -> str:
    record = {"heatvid": "9", "source": "x", "options": options, "untold": []}
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=0.1:s=32x24",
           "-metadata", f"comment={json.dumps(record)}", "x.mp4")  # fmt: skip
    return "x.mp4"


def test_another_output_is_drawn_like_it_but_for_what_names_what_was_shown() -> None:
    heatvid.render("data.npy", "o.mp4", title="night", cmap="magma", **DRAWN, **LOSSLESS)
    result = heatvid.render("other.npy", "like.mp4", like="o.mp4", **LOSSLESS)
    wanted = heatvid.render(
        "other.npy", "wanted.mp4", cmap="magma", limits=result.limits, **DRAWN, **LOSSLESS
    )
    size = result.height, result.width
    assert size == (wanted.height, wanted.width)
    np.testing.assert_array_equal(rgb_of("like.mp4", *size), rgb_of("wanted.mp4", *size))
    assert main(["render", "other.npy", "-o", "typed.mp4", "-q", "--lossless", "--preset",
                 "ultrafast", "--like", "o.mp4"]) == 0  # fmt: skip
    assert Path("typed.mp4").read_bytes() == Path("like.mp4").read_bytes()


def test_what_is_given_goes_before_what_is_drawn_like_it() -> None:
    heatvid.render("data.npy", "o.mp4", vmin=0, vmax=1, preset="ultrafast", **DRAWN)
    assert looks("o.mp4") == {**DRAWN, "limits": [0, 1]}
    assert looks("o.mp4", pix_fmt="gray") == {"limits": [0, 1]}
    for name, value in (("size", "200x200"), ("zoom", 2), ("panel_size", "90x90")):
        assert "zoom" not in looks("o.mp4", **{name: value})
    colours = {name: value for name, value in DRAWN.items() if name not in ("colorbar", "label")}
    assert looks("o.mp4", channel="rgb") == {**colours, "limits": [0, 1]}


def test_panels_are_taken_where_there_is_a_background() -> None:
    panels: dict[str, Any] = {"panels": ["background", "overlay"], "columns": 1, "gap": 4,
                              "own_limits": True}  # fmt: skip
    under = np.zeros((5, 24, 32, 3), np.uint8)
    heatvid.render("data.npy", "o.mp4", background=under, preset="ultrafast", **panels)
    assert not panels.keys() & looks("o.mp4").keys()
    taken = looks("o.mp4", background=under)
    assert {name: taken[name] for name in panels} == panels
    result = heatvid.render("other.npy", "p.mp4", background=under, like="o.mp4")
    assert (result.height, result.width) == (24 + 4 + 24, 32)


@pytest.mark.parametrize("output", ["like.tif", "like.html"])
def test_outputs_take_what_means_something_in_them(output: str) -> None:
    heatvid.render("data.npy", "o.mp4", cmap="magma", vmin=0, vmax=2, preset="ultrafast", **DRAWN)
    heatvid.render("other.npy", output, like="o.mp4", frames=0)
    assert Path(output).exists()
    assert main(["render", "other.npy", "-o", f"typed-{output}", "-q", "--frames", "0",
                 "--like", "o.mp4"]) == 0  # fmt: skip


def test_a_file_of_values_takes_no_colours_unless_it_is_one_of_these() -> None:
    heatvid.render("data.npy", "o.mp4", cmap="magma", vmin=0, vmax=2, preset="ultrafast", **DRAWN)
    heatvid.render("other.npy", "values.tif", like="o.mp4", frames=0)
    heatvid.render("other.npy", "colours.tif", like="o.mp4", frames=0, pix_fmt="rgb24")
    assert looks("values.tif") == {"limits": [0, 2]}
    assert looks("colours.tif") == {**DRAWN, "cmap": "magma", "limits": [0, 2]}


def test_values_as_they_are_are_like_nothing() -> None:
    heatvid.render("data.npy", "o.mp4", vmin=0, vmax=2, preset="ultrafast", **DRAWN)
    with pytest.raises(
        OptionError, match=r"like: got 'o\.mp4'; allowed with colours, not in \.exr"
    ):
        heatvid.render("other.npy", "like.exr", like="o.mp4", frames=0)


def test_a_batch_takes_what_means_something_in_each_output() -> None:
    heatvid.render("data.npy", "o.mp4", cmap="magma", vmin=0, vmax=2, preset="ultrafast", **DRAWN)
    jobs = [{"source": "data.npy", "output": name, "like": "o.mp4", "frames": 0}
            for name in ("b.mp4", "b.html")]  # fmt: skip
    done = heatvid.batch(jobs, executor=Inline(), folder="out", gallery=False)
    assert [each.error for each in done] == ["", ""]


def test_names_are_taken_where_the_output_tells_them() -> None:
    told: dict[str, Any] = {"norm": "labels", "legend": "right", "zoom": 4, "preset": "ultrafast"}
    names = {0: "sky", 1: "a car"}
    heatvid.render("labels.npy", "o.mp4", label_names=names, **told)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        heatvid.render("labels.npy", "like.mp4", like="o.mp4", preset="ultrafast")
    assert looks("like.mp4")["label_names"] == {"0": "sky", "1": "a car"}


def test_names_of_labels_are_not_taken_for_values() -> None:
    told: dict[str, Any] = {"colorbar": "right", "zoom": 4.0}
    names = {0: "sky", 1: "a car"}
    heatvid.render("labels.npy", "o.mp4", norm="labels", label_names=names, **told)
    heatvid.render("labels.npy", "like.mp4", like="o.mp4", norm="linear")
    assert looks("like.mp4", limits=(0, 1)) == told


def test_files_that_an_output_names_are_not_read() -> None:
    Path("names.txt").write_text("0: sky\n")
    path = anybodys(norm="labels", legend="right", label_names="names.txt", font="names.txt")
    with pytest.warns(UserWarning, match="does not tell its label_names, font, which"):
        heatvid.render("labels.npy", "like.mp4", like=path, preset="ultrafast")
    assert looks("like.mp4") == {"norm": "labels"}


@pytest.mark.parametrize(
    "options",
    [{"text": "{frame"}, {"text": "{0.__class__}"}, {"colorbar": "middle"}, {"size": [9]},
     {"zoom": 1e9}, {"zoom": 64, "size": "99999x2"}, {"text_color": [[]], "text": "x"},
     {"legend": "right", "norm": "labels", "label_names": {"x": 1}}],
    ids=str,
)  # fmt: skip
def test_what_is_not_allowed_is_not_drawn(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError) as error:
        heatvid.render("labels.npy", "o.mp4", like=anybodys(**options))
    clear_line(error.value)
    assert not Path("o.mp4").exists()


@pytest.mark.parametrize(
    ("like", "given", "output", "words"),
    [
        ({"scope": "running"}, {}, "p.html", "scope: got 'running'; allowed is 'sequence' in a pa"),
        ({"text": "\u6f22"}, {}, "p.mp4", "text: the default font has no"),
        ({"legend": "right", "norm": "labels", "label_names": {1: "a"}}, {"norm": "linear"},
         "p.mp4", "legend: got norm='linear'"),
        ({"fit": "crop"}, {"background": "teal"}, "p.mp4", "fit: got 'crop'; allowed over pic"),
    ],
    ids=lambda part: str(part)[:20],
)  # fmt: skip
def test_what_is_refused_is_said_to_come_from_the_file_that_brought_it(
    like: dict[str, Any], given: dict[str, Any], output: str, words: str
) -> None:
    path = anybodys(**like)
    with pytest.raises(OptionError, match=f"^like: x.mp4: {re.escape(words)}"):
        heatvid.render("data.npy", output, like=path, **given)
    own = {**dict([next(iter(like.items()))]), **given}
    with pytest.raises(OptionError, match=f"^{re.escape(words)}"):
        heatvid.render("data.npy", output, like=path, **own)
    with (
        pytest.raises(OptionError, match="^like: x.mp4: " if output == "p.mp4" else "a page"),
        heatvid.VideoWriter(output, like=path, vmin=0, vmax=1, **given) as video,
    ):
        video.write(np.load("data.npy"))
    assert not Path(output).exists()


def test_a_notebook_shows_a_video_where_it_is_like_one_of_flow() -> None:
    flow = np.ones((2, 24, 32, 2), np.float32)
    heatvid.render(flow, "o.mp4", channel="flow", preset="ultrafast")
    assert heatvid.show(flow, like="o.mp4").result.path.suffix == ".mp4"
