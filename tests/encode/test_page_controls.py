"""Each control, key and gesture of a page, as a person uses it in a real browser."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._encode.page import assembled
from tests.support.browser import CHROMIUM
from tests.support.pages import next_file, opened, rendered, seek, shown, waves
from tests.support.tabs import Browser, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


VMIN, VMAX = (f"document.getElementById('{name}').valueAsNumber" for name in ("vmin", "vmax"))
PLAYS = "document.getElementById('play').title === 'Pause (space)'"
LOOPS = "document.getElementById('loop').getAttribute('aria-pressed') === 'true'"
PINNED = "!document.getElementById('over-time').hidden"
FULL = "document.fullscreenElement !== null"
# As the page names a key: what is pressed, and what is true then; frame 12 of 30, and limits of 0
# and 1, are there before.
KEYS = [
    ("space", " ", PLAYS), ("space", " ", f"!({PLAYS})"),
    ("\u2190", "ArrowLeft", "heatvid.frame === 11"),
    ("\u2192", "ArrowRight", "heatvid.frame === 13"),
    ("home", "Home", "heatvid.frame === 0"), ("end", "End", "heatvid.frame === 29"),
    ("[", "[", f"{VMAX} < 1 && {VMIN} === 0"), ("]", "]", f"{VMAX} > 1 && {VMIN} === 0"),
    ("{", "{", f"{VMIN} < 0 && {VMAX} === 1"), ("}", "}", f"{VMIN} > 0 && {VMAX} === 1"),
    ("f", "f", FULL), ("f", "f", f"!({FULL})"),
    ("l", "l", f"!({LOOPS})"), ("l", "l", LOOPS),
    ("r", "r", f"{VMAX} > 1 && {VMIN} < 0"),
    ("esc", "Escape", f"!({PINNED})"),
    ("p", "p", "true"),
]  # fmt: skip


def test_every_key_does_what_the_page_says_of_it(browser: Browser, tmp_path: Path) -> None:
    markup = assembled.page_sources()[0]
    named = " ".join(map(html.unescape, re.findall("<dt>(.*?)<dd>", markup))).split()
    assert set(named) == {name for name, _, _ in KEYS}
    tab = opened(browser, rendered(tmp_path, waves(30), fps=30))
    tab.click(tab.at("#stage", 0.4, 0.4))
    until(tab, PINNED)
    for _, key, condition in KEYS:
        tab.run("heatvid.set({vmin: 0, vmax: 1})")
        seek(tab, 12)
        tab.key(key)
        until(tab, condition)
    assert next_file(browser).name.endswith("-00012.png")
    assert tab.errors == []


def test_arrows_with_shift_go_ten_frames(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves(30)))
    tab.key("ArrowRight", shift=True)
    until(tab, "heatvid.frame === 10")
    tab.key("ArrowLeft", shift=True)
    until(tab, "heatvid.frame === 0")


def test_keys_on_a_handle_move_it(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, np.tile(np.linspace(0, 1, 50), (2, 9, 1))))
    for number, place in ((1, VMIN), (2, VMAX)):
        tab.run("heatvid.set({vmin: 0.25, vmax: 0.75})")
        tab.run(f"document.querySelector('.handle:nth-of-type({number})').focus()")
        for key, shift, moved in (
            ("ArrowRight", False, 0.01), ("ArrowUp", True, 0.11),
            ("ArrowLeft", True, 0.01), ("ArrowDown", False, 0),
        ):  # fmt: skip
            tab.key(key, shift=shift)
            until(tab, f"Math.abs({place} - {0.5 * number - 0.25 + moved}) < 1e-4")
        assert tab.run("heatvid.frame") == 0  # what is a key of the handle is none of the page


def test_each_handle_is_dragged_as_far_as_the_other(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, np.tile(np.linspace(0, 1, 50), (2, 9, 1))))
    tab.drag([tab.at(".handle"), tab.at(".bar", 0.2), tab.at(".bar", 0.4)])
    until(tab, f"Math.abs({VMIN} - 0.4) < 0.01 && {VMAX} === 1")
    tab.drag([tab.at(".handle:last-of-type"), tab.at(".bar", 0.7), tab.at(".bar", 0.1)])
    until(tab, f"Math.abs({VMAX} - 0.7) < 0.01 && {VMIN} < {VMAX}")


def test_limits_are_typed(browser: Browser, tmp_path: Path) -> None:
    field = waves(1)
    tab = opened(browser, rendered(tmp_path, field, exact=True, bits=16, cmap="viridis"))
    for name, digits in (("vmin", "0.25"), ("vmax", "0.75")):
        tab.run(f"document.getElementById('{name}').select()")
        for digit in digits:
            tab.key(digit)
        tab.key("Enter")
    assert tab.run(f"[{VMIN}, {VMAX}]") == [0.25, 0.75]
    wanted = heatvid.to_rgb(field[0], cmap="viridis", vmin=0.25, vmax=0.75)
    assert (np.abs(shown(tab).astype(int) - wanted).max(-1) <= 1).mean() > 0.995


def test_a_hover_reads_a_click_pins_and_a_drag_measures(browser: Browser, tmp_path: Path) -> None:
    field = waves(8)
    tab = opened(browser, rendered(tmp_path, field, exact=True))
    step = np.subtract(*heatvid.measure(field)[::-1]) / 256
    tab.hover(tab.at("#stage", 30.5 / 53, 20.5 / 37))
    assert tab.run("document.getElementById('where').textContent") == "column 30, row 20"
    read = float(tab.run("document.getElementById('value').textContent"))
    assert abs(read - field[0, 20, 30]) <= step
    tab.click(tab.at("#stage", 30.5 / 53, 20.5 / 37))
    places = [
        tab.at("#stage", (x + 0.5) / 53, (y + 0.5) / 37) for x, y in ((25, 15), (35, 18), (40, 25))
    ]
    tab.drag(places)
    until(tab, "!document.getElementById('csv').disabled")
    tab.click("#csv")
    path = next_file(browser)
    lines = [line.split(",") for line in path.read_text().splitlines()]
    assert lines[0] == ["frame", "seconds", "value at 30 20", "mean", "min", "max"]
    table = np.array(lines[1:], float)
    np.testing.assert_allclose(table[:, 2], field[:, 20, 30], atol=step)
    np.testing.assert_allclose(table[:, 3], field[:, 15:26, 25:41].mean((1, 2)), atol=step)
    np.testing.assert_allclose(table[:, 5], field[:, 15:26, 25:41].max((1, 2)), atol=step)
    tab.click("#clear")
    assert tab.run("document.getElementById('over-time').hidden")


def test_the_picture_is_downloaded_as_it_is_painted(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves()))
    seek(tab, 2)
    tab.click("#png")
    path = next_file(browser)
    assert path.name.endswith("-00002.png")
    np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGB")), shown(tab))


def test_the_scale_is_dragged_and_the_looks_are_chosen(browser: Browser, tmp_path: Path) -> None:
    field = waves()
    limits = heatvid.measure(field)
    tab = opened(browser, rendered(tmp_path, field, cmap="turbo", cmaps="gray, viridis"))
    low, high = limits
    tab.drag([tab.at(".handle:last-of-type"), tab.at(".bar", 0.7), tab.at(".bar", 0.5)])
    middle = tab.run("document.getElementById('vmax').valueAsNumber")
    assert abs(middle - (low + high) / 2) < 0.01 * (high - low)
    names = tab.run("[...document.getElementById('cmap').options].map((option) => option.value)")
    assert names == ["turbo", "gray", "viridis"]
    for id, value in (("cmap", "gray"), ("norm", "symlog"), ("vmin", "-0.5"), ("bad", "#ff0000")):
        tab.run(
            f"(e => (e.value = {json.dumps(value)}, e.dispatchEvent(new Event('input')), "
            f"e.dispatchEvent(new Event('change'))))(document.getElementById('{id}'))"
        )
    assert tab.run("heatvid.color(10, 6)") == [255, 0, 0]
    grey = shown(tab)[20:]
    assert (grey[..., 0] == grey[..., 2]).all()
    tab.click("#reset")
    assert tab.run("document.getElementById('cmap').value") == "turbo"
    assert tab.run("document.getElementById('norm').value") == "linear"


def test_a_phone_has_all_of_it_on_its_width(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves()), size=(800, 360), touch=True, dark=True)
    assert tab.run("document.documentElement.scrollWidth") == 360
    x, y = tab.at("#stage", 0.5, 0.5)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    assert tab.run("document.getElementById('value').textContent") != ""


def test_every_button_does_what_it_says(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves(20), fps=20, background="teal"))
    tab.click("#forward")
    until(tab, "heatvid.frame === 1")
    tab.click("#forward")
    until(tab, "heatvid.frame === 2")
    tab.click("#back")
    until(tab, "heatvid.frame === 1")
    tab.drag([tab.at("#scrub", 0.06), tab.at("#scrub", 0.5), tab.at("#scrub", 0.999)])
    until(tab, "heatvid.frame === 19")
    tab.click("#loop")
    until(tab, "document.getElementById('loop').getAttribute('aria-pressed') === 'false'")
    tab.click("#play")  # once, from the first frame on
    until(tab, "heatvid.frame < 19")
    until(tab, "heatvid.frame === 19 && document.getElementById('play').title === 'Play (space)'")
    tab.click("#theme")
    until(tab, "getComputedStyle(document.body).colorScheme === 'dark'")
    tab.click("#smooth")
    until(tab, "document.getElementById('smooth').checked")
    before = tab.run("heatvid.color(30, 20)")
    tab.drag([tab.at("#alpha", 0.5), tab.at("#alpha", 0.02)])
    until(tab, f"String(heatvid.color(30, 20)) !== '{','.join(map(str, before))}'")
    for condition in ("document.fullscreenElement", "!document.fullscreenElement"):
        tab.click("#full")
        until(tab, condition)
    assert tab.errors == []


@pytest.mark.parametrize(
    ("id", "look"), [("cmap", "viridis"), ("norm", "symlog"), ("blend", "multiply")]
)
def test_what_is_chosen_from_a_list_is_shown(
    browser: Browser, tmp_path: Path, id: str, look: str
) -> None:
    tab = opened(browser, rendered(tmp_path, waves(), background="teal", cmaps="viridis"))
    before = shown(tab)
    tab.run(f"document.getElementById('{id}').focus()")
    for letter in look[:2]:
        tab.key(letter)
    assert tab.run(f"document.getElementById('{id}').value") == look
    assert (shown(tab) != before).any()


def test_a_speed_is_chosen_and_a_place_in_the_plot(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves(40), fps=10))
    tab.run("document.getElementById('speed').focus()")
    tab.key("4")
    until(tab, "document.getElementById('speed').value === '4'")
    tab.click(tab.at("#stage", 0.7, 0.7))
    until(tab, "!document.getElementById('csv').disabled")
    tab.drag([tab.at("#plot", 0.2), tab.at("#plot", 0.6)])
    until(tab, "heatvid.frame >= 18 && heatvid.frame <= 26")
    tab.click("#clear")
    until(tab, "document.getElementById('over-time').hidden")
