"""The gallery without a browser: what it is told, whose file it is, what its modules compute."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._batch.gallery import entries
from heatvid._batch.gallery.posters import WIDTH, has_poster, make_poster, poster_path
from heatvid._batch.gallery.writing import SCRIPTS, write_gallery
from heatvid._encode.page.building import script_of
from heatvid.cli import main
from tests.support.executors import Inline
from tests.support.node import GALLERY, NODE, said_by_node

needs_node = pytest.mark.skipif(NODE is None, reason="needs node")


def results(jobs: list[dict[str, Any]], name: str = "batch.json") -> None:
    """Write a results file, of jobs that are done unless they say otherwise."""
    told = [{"number": i, "source": "s.npy", "state": "done", **job} for i, job in enumerate(jobs)]
    Path("out").mkdir(exist_ok=True)
    Path("out", name).write_text(json.dumps({"heatvid": "1", "jobs": told}))


def told(name: str = "index.html") -> dict[str, Any]:
    """What the page is told, by its outputs' names."""
    page = Path("out", name).read_text("ascii")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return {job["name"]: job for job in json.loads(found[1])["jobs"]}


def entry_of(output: str, **job: Any) -> dict[str, Any]:
    """What the page is told of one job."""
    results([{"output": output, **job}])
    (entry,) = entries.entries_of(entries.jobs_in("out"), "out")
    return entry


def batch(jobs: Any = "dumps/*.npy", **options: Any) -> None:
    given: dict[str, Any] = {"folder": "out", "executor": Inline(), "preset": "ultrafast"}
    list(heatvid.batch(jobs, **{**given, **options}))


# --- a batch's page -------------------------------------------------------------------------------


def test_a_batch_ends_with_a_page_of_its_outputs_with_their_posters(dumps: list[str]) -> None:
    Path(dumps[1]).write_bytes(b"nothing")
    batch()
    jobs = told()
    whole, failed = jobs["clip_0.mp4"], jobs["clip_1.mp4"]
    assert (whole["kind"], whole["href"], whole["frames"], whole["fps"]) == (
        "video", "clip_0.mp4", 3, 30.0,
    )  # fmt: skip
    assert whole["bytes"] == os.path.getsize("out/clip_0.mp4")
    assert whole["poster"].startswith("data:image/webp;base64,")
    assert len(whole["bars"]) == 64
    assert max(whole["bars"]) == 31
    assert failed["state"] == "failed"
    assert failed["error"].startswith("is not an .npy file")
    assert "href" not in failed


def test_without_a_gallery_there_is_neither_page_nor_poster(dumps: list[str]) -> None:
    arguments = ["-o", "out", "-q", "--no-gallery", "--preset", "ultrafast", "--jobs", "1"]
    assert main(["batch", dumps[0], *arguments]) == 0
    assert not Path("out/index.html").exists()
    assert not has_poster("out/clip_0.mp4")


def test_a_page_of_another_kind_stays(dumps: list[str]) -> None:
    Path("out").mkdir()
    Path("out/index.html").write_text("mine")
    batch(dumps[0])
    assert Path("out/index.html").read_text() == "mine"


def test_an_output_that_has_the_pages_name_stays(dumps: list[str]) -> None:
    batch([{"source": dumps[0], "output": "index.html"}], preset=None)
    assert b"heatvid gallery" not in Path("out/index.html").read_bytes()


def test_a_poster_that_cannot_be_made_fails_no_job(
    dumps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("heatvid._batch.gallery.posters._middle", fail)
    batch(dumps[0])
    (job,) = told().values()
    assert (job["state"], job["poster"]) == ("done", "")


def test_parts_share_one_page(dumps: list[str]) -> None:
    batch(part="2/2")
    batch(part="1/2")
    assert list(told()) == ["clip_0.mp4", "clip_1.mp4", "clip_2.mp4"]


# --- posters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", ["any", "ffmpeg"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.gif", "a.webp", "f_%03d.png"])
def test_a_poster_is_the_middle_frame(
    name: str, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATVID_DECODER", decoder)
    levels = np.array([0, 60, 120, 180, 240], np.uint8)
    frames = np.broadcast_to(levels[:, None, None], (5, 48, 400))
    result = heatvid.render(frames, name, norm="identity", cmap="gray")
    make_poster(name, 5, str(result.fps))
    with Image.open(poster_path(name)) as poster:
        assert poster.size == (WIDTH, round(48 * WIDTH / 400))
        assert abs(np.asarray(poster.convert("L")).astype(int) - 120).max() <= 4


@pytest.mark.parametrize(
    ("name", "looks"), [("{stem}.html", {"cmap": "turbo"}), ("{stem}_%02d.exr", {})]
)
def test_what_holds_values_has_a_poster_in_its_colours(
    dumps: list[str], name: str, looks: dict[str, str]
) -> None:
    batch(dumps[1], name=name, preset=None, **looks)
    (output,) = (job["output"] for job in entries.jobs_in("out"))
    wanted = heatvid.to_rgb(np.load(dumps[1])[1], limits=(0, 2), **looks)
    with Image.open(poster_path(f"out/{output}")) as poster:
        shown = np.asarray(poster.convert("RGB")).astype(int)
    assert abs(shown.mean((0, 1)) - wanted.mean((0, 1))).max() < 8


def test_a_poster_is_as_old_as_its_output(dumps: list[str]) -> None:
    batch(dumps[0])
    assert has_poster("out/clip_0.mp4")
    later = os.stat(poster_path("out/clip_0.mp4")).st_mtime + 5
    os.utime("out/clip_0.mp4", (later, later))
    assert not has_poster("out/clip_0.mp4")


def test_posters_beyond_what_a_page_carries_are_loaded_beside_it(
    dumps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_CARRIED_BYTES", 100)
    batch(dumps[0])
    (job,) = told().values()
    assert (Path("out") / job["poster"]).read_bytes()[8:12] == b"WEBP"


# --- the command ----------------------------------------------------------------------------------


def test_the_command_makes_the_page_again_with_missing_posters(
    dumps: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    batch(gallery=False)
    assert main(["gallery", "out"]) == 0
    assert "out/index.html: 3 outputs;" in capfd.readouterr().out
    assert all(job["poster"] for job in told().values())


def test_the_command_refuses_what_is_no_batch(capfd: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    assert main(["gallery", "out"]) == 2
    assert "out: has no batch.json" in capfd.readouterr().err
    Path("out/batch.json").write_text('{"jobs": [{"output": 1}]}')
    assert main(["gallery", "out"]) == 2
    assert "is no results file of a batch" in capfd.readouterr().err


def test_the_command_replaces_another_page_only_if_told(capfd: pytest.CaptureFixture[str]) -> None:
    results([{"output": "a.mp4"}])
    Path("out/index.html").write_text("mine")
    assert main(["gallery", "out"]) == 2
    assert "--overwrite replaces it" in capfd.readouterr().err
    assert main(["gallery", "out", "--overwrite"]) == 0
    assert list(told()) == ["a.mp4"]


# --- what the page is told ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["a b.mp4", "käfer 🐞.mp4", "50%25.mp4", "a#1.mp4", "what?x=1&y.mp4", "a:b.mp4", "-x.mp4",
     '"q".mp4', "<b>.mp4", "\\back.mp4", "sub/c d.mp4", "../beside.mp4", os.fsdecode(b"\xff.mp4")],
)  # fmt: skip
def test_links_are_relative_and_lead_to_the_file(name: str) -> None:
    Path("out/sub").mkdir(parents=True)
    path = Path("out", name)
    path.write_bytes(b"video")
    entry = entry_of(name)
    assert re.fullmatch(r"[A-Za-z0-9_.~/%-]+", entry["href"])
    assert os.path.samefile(
        Path("out", os.fsdecode(unquote(entry["href"], "utf-8", "surrogateescape"))), path
    )
    write_gallery("out")


def test_numbered_pictures_are_told_by_their_first_and_their_digits() -> None:
    Path("out/f r").mkdir(parents=True)
    for number in (7, 8):
        Path(f"out/f r/p#_{number:04d}.png").write_bytes(b"picture")
    entry = entry_of("f r/p#_%04d.png", frames=2)
    assert (entry["kind"], entry["bytes"]) == ("numbered", 14)
    assert entry["numbered"] == {"before": "f%20r/p%23_", "digits": 4, "after": ".png", "first": 7}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.html", "page"), ("a.gif", "moving"), ("a.avif", "moving"), ("a.webm", "video"),
     ("a_%d.tif", "stored"), ("a_%d.webp", "numbered")],
)  # fmt: skip
def test_each_kind_of_output_is_shown_in_its_way(name: str, kind: str) -> None:
    Path("out").mkdir()
    Path("out", name.replace("%d", "0")).write_bytes(b"any")
    assert entry_of(name)["kind"] == kind


def test_a_file_that_is_gone_is_told() -> None:
    assert entry_of("a.mp4")["kind"] == "gone"


def test_what_is_no_finite_number_is_none() -> None:
    statistics = {"minimum": float("nan"), "mean": float("inf"), "maximum": 1, "histogram": "x"}
    entry = entry_of("a.mp4", statistics=statistics, limits=[[0, 1], [-2, "x"]], fps="1/0")
    assert entry["statistics"] == {
        "minimum": None, "mean": None, "maximum": 1, "low": None, "high": None,
    }  # fmt: skip
    assert (entry["limits"], entry["fps"], entry["bars"]) == ([-2, 1], 0.0, [])
    write_gallery("out")


def test_the_newest_results_tell_of_an_output_but_not_that_it_waits() -> None:
    results([{"output": "a.mp4", "state": "failed", "error": "old"}, {"output": "b.mp4"}])
    results([{"output": "a.mp4"}, {"output": "b.mp4", "state": "waiting"}], "batch-1-of-2.json")
    os.utime("out/batch.json", (1, 1))
    states = {job["output"]: job["state"] for job in entries.jobs_in("out")}
    assert states == {"a.mp4": "done", "b.mp4": "done"}


def test_nothing_of_a_dump_is_markup() -> None:
    evil = "</script><script>alert(1)</script><!--"
    results([{"output": f"{evil}.mp4", "quantity": evil, "error": evil, "source": evil}])
    write_gallery("out")
    page = Path("out/index.html").read_text("ascii")
    assert "alert" in page
    assert "<script>alert" not in page
    assert page.count("</script>") == 2
    (job,) = told().values()
    assert job["quantity"] == evil


# --- its modules ----------------------------------------------------------------------------------


def test_modules_come_after_those_they_import_from() -> None:
    own = [name.split("/")[-1] for name in SCRIPTS]
    assert {path.name for path in GALLERY.glob("*.mjs")} <= set(own)
    root = Path(heatvid.__file__).parent
    for place, name in enumerate(SCRIPTS):
        imported = re.findall(r'from "[./\w]*?(\w+\.mjs)"', (root / name).read_text("utf-8"))
        assert set(imported) <= set(own[:place])


@needs_node
def test_the_script_is_ascii_and_what_a_parser_takes(tmp_path: Path) -> None:
    (tmp_path / "gallery.js").write_text(script_of(SCRIPTS), "ascii")
    subprocess.run([NODE or "node", "--check", str(tmp_path / "gallery.js")], check=True)


def listed(jobs: list[dict[str, Any]], **wish: Any) -> list[int]:
    usual = {
        **dict.fromkeys(("name", "source", "quantity", "units", "error"), ""),
        **dict.fromkeys(("width", "height", "frames", "fps", "seconds"), 1),
        "warnings": [],
        "state": "done",
    }
    jobs = [{**usual, **job} for job in jobs]
    found: list[int] = said_by_node(
        "listing.mjs", "listed", "say(listed(told.jobs, told.wish));",
        {"jobs": jobs, "wish": wish}, GALLERY,
    )  # fmt: skip
    return found


@needs_node
def test_a_search_finds_all_its_words_wherever_they_stand() -> None:
    jobs = [
        {"name": "a_Depth.mp4"}, {"name": "b.mp4", "error": "no depth"}, {"name": "c.mp4"},
        {"name": "d.mp4", "quantity": "Depth", "units": "m a"},
    ]  # fmt: skip
    assert listed(jobs, query="depth") == [0, 1, 3]
    assert listed(jobs, query="  a DEPTH ") == [0, 3]
    assert listed(jobs, query="") == [0, 1, 2, 3]


@needs_node
def test_sorting_is_natural_and_puts_what_has_no_value_last_both_ways() -> None:
    names = [{"name": "clip_10"}, {"name": "clip_9"}, {"name": "Clip_1"}]
    assert listed(names, sort="name") == [2, 1, 0]
    means = [{"statistics": {"mean": mean}} for mean in (2, None, -1, 2)]
    assert listed(means, sort="mean") == [2, 0, 3, 1]
    assert listed(means, sort="mean", turned=True) == [0, 3, 2, 1]
    ranges = [{"limits": [0, 3]}, {"limits": None}, {"limits": [-5, -4]}]
    assert listed(ranges, sort="range") == [2, 0, 1]


@needs_node
def test_states_are_filtered() -> None:
    jobs = [{"state": state} for state in ("done", "failed", "kept", "waiting", "stopped")]
    assert listed(jobs, state="done") == [0, 2]
    assert listed(jobs, state="failed") == [1, 4]
    assert listed(jobs, state="waiting") == [3]


@needs_node
def test_sizes_and_times_are_told_in_few_digits() -> None:
    found = said_by_node(
        "words.mjs", "sizeInWords, timeInWords",
        "say([[0, 950, 999, 1000, 12345, 9.96e6, 3.2e9].map(sizeInWords), "
        "[0.84, 9.96, 59.9, 60, 3599.6, 36000].map(timeInWords)]);",
        room=GALLERY,
    )  # fmt: skip
    sizes = ["0 B", "950 B", "999 B", "1.0 kB", "12 kB", "10 MB", "3.2 GB"]
    times = ["0.8 s", "10 s", "60 s", "1:00", "1:00:00", "10:00:00"]
    assert [[each.replace("\xa0", " ") for each in part] for part in found] == [sizes, times]


@needs_node
def test_a_video_comes_back_into_step_by_its_speed_or_by_a_jump() -> None:
    found = said_by_node(
        "moving.mjs", "correctionOf",
        "say([0.001, 0.1, -0.1, 0.19, 0.5, -2].map((drift) => correctionOf(drift, 2)));",
        room=GALLERY,
    )  # fmt: skip
    rates = [each["rate"] for each in found]
    assert rates == pytest.approx([2, 1.7, 2.3, 1.7, 2, 2])
    assert [each["jump"] for each in found] == [False, False, False, False, True, True]
