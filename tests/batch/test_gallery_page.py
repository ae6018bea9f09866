"""The gallery in a real browser: what plays, what is found, what is in step, by clicks and keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._batch.gallery.writing import write_gallery
from tests.support.browser import CHROMIUM
from tests.support.executors import Inline
from tests.support.tabs import SOFTWARE, Browser, Tab, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

FRAMES = 40


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser"), *SOFTWARE) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch's outputs: two videos of two rates, numbered pictures, a GIF, a page, a failure."""
    root = tmp_path_factory.mktemp("batch")
    names = ["walk #1.mp4", "run 100%.mp4", "f/p_%03d.png", "moving.gif", "page.html", "broken.mp4"]
    jobs: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        y, x = np.mgrid[:48, :64].astype(np.float32)
        waves = [np.sin((x + 2 * k) / 9) * np.cos(y / 7) * (6 - i) for k in range(FRAMES)]
        np.save(root / f"s{i}.npy", np.stack(waves))
        rate = {"fps": 15 if i == 1 else 30} | ({"preset": "ultrafast"} if i < 2 else {})
        jobs.append({"source": root / f"s{i}.npy", "output": name, **rate})
    (root / "s5.npy").write_bytes(b"nothing")
    states = [each.state for each in heatvid.batch(jobs, folder=root / "out", executor=Inline())]
    assert states.count("failed") == 1
    return root / "out"


def opened(browser: Browser, folder: Path, **looks: Any) -> Tab:
    tab = browser.open((folder / "index.html").as_uri(), **looks)
    until(tab, "gallery && document.querySelector('.poster')")
    return tab


def names(tab: Tab) -> list[str]:
    found: list[str] = tab.run(
        "[...document.querySelectorAll('.card .name')].map(e => e.textContent)"
    )
    return found


def focused(tab: Tab) -> str:
    name: str = tab.run("document.activeElement.getAttribute('aria-label')")
    return name


def test_a_video_plays_where_the_pointer_is_and_on_after_a_click(
    browser: Browser, folder: Path
) -> None:
    tab = opened(browser, folder)
    assert tab.run("document.querySelectorAll('video').length") == 0
    place = tab.at(".card:nth-child(2) .picture")
    tab.hover(place)
    until(tab, "document.querySelector('video')?.currentTime > 0.1")
    tab.hover((3, 3))
    until(tab, "document.querySelector('video').paused")
    tab.click(place)
    tab.hover((3, 3))
    until(tab, "!document.querySelector('video').paused")
    tab.click(place)
    tab.hover((3, 3))
    until(tab, "document.querySelector('video').paused")
    assert tab.errors == []


def test_numbered_pictures_and_a_gif_play_too(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    tab.hover(tab.at(".card:nth-child(3) .picture"))
    until(tab, "/f.p_00[2-9].png$/.test(document.querySelector('.playing img:not(.poster)')?.src)")
    tab.hover(tab.at(".card:nth-child(4) .picture"))
    until(tab, "document.querySelector('.playing img:not(.poster)')?.src.endsWith('moving.gif')")
    until(tab, "document.querySelector('.playing img').naturalWidth === 64")
    assert tab.errors == []


def test_a_search_leaves_what_has_its_words(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    tab.key("/")
    for letter in "mp4 alk":
        tab.key(letter)
    assert names(tab) == ["walk #1.mp4"]
    assert tab.run("document.getElementById('found').textContent") == "1 of 6"
    tab.key("y")
    assert tab.run("document.getElementById('empty').hidden") is False
    tab.click("#all")
    assert len(names(tab)) == 6


def test_what_is_sorted_by_a_statistic_can_be_turned(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    sort = "(e => (e.value = 'maximum', e.dispatchEvent(new Event('change'))))"
    tab.run(f"{sort}(document.getElementById('sort'))")
    rising = ["page.html", "moving.gif", "f/p_%03d.png", "run 100%.mp4", "walk #1.mp4"]
    assert names(tab) == [*rising, "broken.mp4"]
    said = "[...document.querySelectorAll('.picture')].map(e => e.dataset.key ?? '')"
    assert tab.run(said)[0] == "largest value 2"
    assert tab.run(said)[-1] == ""
    tab.click("#turn")
    assert names(tab) == [*rising[::-1], "broken.mp4"]


def test_failed_ones_are_shown_with_their_error(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    tab.click("button.state.failed")
    assert names(tab) == ["broken.mp4"]
    assert "is not an .npy file" in tab.run("document.querySelector('.card .error').textContent")
    tab.key("f")
    assert len(names(tab)) == 6


TIMES = "[...document.querySelectorAll('dialog video')].map(video => video.currentTime)"


def test_chosen_ones_play_in_step_and_stop_at_one_time(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    for card in (1, 2, 3):
        tab.click(f".card:nth-child({card}) .picture input")
    assert tab.run("document.getElementById('count').textContent") == "3 chosen"
    tab.click("#compare")
    until(tab, f"(t => t.length === 2 && t[0] > 0.3 && Math.abs(t[0] - t[1]) < 1 / 60)({TIMES})")
    tab.key(" ")
    until(tab, "!gallery.compare.clock.busy && !gallery.compare.clock.playing")
    for _ in range(2):
        k = tab.run("gallery.compare.clock.frame")
        assert tab.run(TIMES) == pytest.approx([(k + 0.5) / 30, (k // 2 + 0.5) / 15], abs=1e-4)
        source = tab.run("document.querySelector('dialog .large img').src")
        assert source.endswith(f"p_{k:03d}.png")
        tab.key("ArrowLeft")
        until(tab, f"!gallery.compare.clock.busy && gallery.compare.clock.frame === {k - 1}")
    assert tab.errors == []


def test_the_shorter_one_waits_at_its_last_frame(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder)
    for card in (1, 2):  # of 40 frames both, at 30 and 15 a second
        tab.click(f".card:nth-child({card}) .picture input")
    tab.key("c")
    until(tab, f"({TIMES})[0] > 0")
    tab.key("End")
    until(tab, "!gallery.compare.clock.busy && !gallery.compare.clock.playing")
    assert tab.run(TIMES) == pytest.approx([39.5 / 30, 39.5 / 15], abs=1e-4)
    tab.key("Escape")
    until(tab, "!document.querySelector('video')")


def test_keys_go_from_card_to_card_choose_and_show_large(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder, size=(800, 700))
    assert tab.run("gallery.columns") == 3
    for key, name in (
        ("ArrowRight", "walk #1.mp4"), ("ArrowRight", "run 100%.mp4"),
        ("ArrowDown", "page.html"), ("ArrowUp", "run 100%.mp4"), ("ArrowLeft", "walk #1.mp4"),
    ):  # fmt: skip
        tab.key(key)
        assert focused(tab) == name
    tab.key("x")
    assert tab.run("document.getElementById('count').textContent") == "1 chosen"
    tab.key("Escape")
    assert tab.run("document.getElementById('chosen').hidden") is True
    tab.key(" ")
    until(tab, "document.querySelector('.playing video')?.currentTime > 0")
    tab.run("document.querySelector('.card .name').click()")
    until(tab, f"({TIMES}).length === 1")


def test_it_is_dark_where_the_system_is_and_a_key_turns_it(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder, dark=True)
    back = "getComputedStyle(document.body).backgroundColor"
    assert tab.run(back) == "rgb(19, 20, 22)"
    tab.key("t")
    assert tab.run(back) == "rgb(251, 251, 250)"


def test_a_phone_has_two_columns_on_its_width(browser: Browser, folder: Path) -> None:
    tab = opened(browser, folder, size=(780, 390), touch=True)
    assert tab.run("document.documentElement.scrollWidth") == 390
    assert tab.run("gallery.columns") == 2


def test_markup_of_a_job_is_text_and_many_jobs_load_what_is_seen(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    evil = "<img src=x onerror=document.title='hit'>"
    shutil.copytree(folder, tmp_path / "out")
    table = json.loads((folder / "batch.json").read_text())
    done = next(job for job in table["jobs"] if job["output"] == "walk #1.mp4")
    more = [{**done, "number": i, "output": f"{evil}{i}.mp4", "quantity": evil, "warnings": [evil]}
            for i in range(10, 500)]  # fmt: skip
    table["jobs"] = [*more, *table["jobs"]]
    (tmp_path / "out" / "batch.json").write_text(json.dumps(table))
    write_gallery(str(tmp_path / "out"))
    tab = opened(browser, tmp_path / "out")
    assert names(tab)[-1] == f"{evil}499.mp4"
    assert tab.run("document.title") == "out"
    assert tab.run("document.querySelectorAll('[onerror]').length") == 0
    assert tab.run("document.querySelectorAll('.bars').length") < 100
    assert tab.errors == []
