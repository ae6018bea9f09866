"""Pages of several tiles in a real browser: panels of one source, and several sources in step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from tests.support.browser import CHROMIUM
from tests.support.pages import next_file, opened, seek, shown, tiles, told, waves
from tests.support.tabs import Browser, Tab, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

PAINTERS = ("", "?canvas2d")
GRAY = np.full((37, 53, 3), 140, np.uint8)


def text_of(tab: Tab, name: str) -> str:
    text: str = tab.run(f"document.getElementById('{name}').textContent")
    return text


def in_tile(tab: Tab, number: int, x: float, y: float) -> tuple[float, float]:
    """A place of the screen, in fractions of a tile."""
    layout = told(tab)["layout"]
    area = layout["tiles"][number]["area"]
    across = (area["left"] + x * area["width"]) / layout["width"]
    down = (area["top"] + y * area["height"]) / layout["height"]
    return tab.at("#stage", across, down)


def compared(folder: Path, sources: Any, **options: Any) -> Path:
    path = folder / "out.html"
    heatvid.compare(sources, path, overwrite=True, **options)
    return path


# --- panels of one source -------------------------------------------------------------------------


PANELS: dict[str, dict[str, Any]] = {
    "in a row": {"panels": "background,heat,overlay"},
    "in columns": {
        "panels": "overlay,heat,background", "columns": 2, "gap": 20, "gap_color": "teal"
    },
    "of a size": {
        "panels": "heat,overlay", "place": "25%,25%,50%,50%", "panel_size": "106x74"
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("in a row", ""), ("in columns", "?canvas2d"), ("of a size", ""),
        ("of a size", "?canvas2d"),
    ],
)  # fmt: skip
def test_panels_lie_and_look_as_in_a_picture(
    browser: Browser, tmp_path: Path, name: str, query: str
) -> None:
    field = waves(3)
    given = {
        **PANELS[name],
        "background": GRAY,
        "cmap": "turbo",
        "limits": (-1.5, 2.5),
        "bad": "navy",
    }
    heatvid.render(field, tmp_path / "out.html", exact=True, bits=16, **given)
    heatvid.render(field, tmp_path / "out.png", frames="2:3", **given)
    tab = opened(browser, tmp_path / "out.html", query)
    seek(tab, 2)
    wanted = np.asarray(Image.open(tmp_path / "out.png").convert("RGB")).astype(int)
    apart = np.abs(shown(tab).astype(int) - wanted).max(-1)
    assert apart.shape == wanted.shape[:2]
    assert (apart <= 2).mean() > 0.99  # between pixels none is as far as all around are
    assert tab.errors == []


def test_values_are_read_and_marks_are_seen_in_every_tile(browser: Browser, tmp_path: Path) -> None:
    field = waves(8)
    path = tmp_path / "out.html"
    heatvid.render(field, path, exact=True, background=GRAY, panels="background,heat,overlay")
    tab = opened(browser, path)
    step = np.subtract(*heatvid.measure(field)[::-1]) / 256
    for number in range(3):
        tab.hover(in_tile(tab, number, 30.5 / 53, 20.5 / 37))
        assert text_of(tab, "where") == "column 30, row 20"
        assert abs(float(text_of(tab, "value")) - field[0, 20, 30]) <= step
    tab.click(in_tile(tab, 0, 30.5 / 53, 20.5 / 37))
    tab.drag([in_tile(tab, 2, x, 0.3) for x in (0.2, 0.25, 0.4)])
    until(tab, "!document.getElementById('csv').disabled")
    marked = tab.run(
        "(() => { const marks = document.querySelector('.marks');"
        "const pen = marks.getContext('2d');"
        "const { layout } = JSON.parse(document.getElementById('data').textContent);"
        "const by = marks.width / layout.width;"
        "return layout.tiles.map(({ area }) => [...pen.getImageData(area.left * by, area.top * by,"
        "area.width * by, area.height * by).data].reduce((sum, level) => sum + level)); })()"
    )
    assert min(marked) > 0
    assert max(marked) - min(marked) < 0.02 * max(marked)
    assert tab.run("document.getElementById('which').parentNode.hidden")


def test_one_prediction_is_shown_beside_all_pictures(browser: Browser, tmp_path: Path) -> None:
    under = np.broadcast_to(np.arange(0, 200, 20, np.uint8)[:, None, None, None], (10, 37, 53, 3))
    path = tmp_path / "out.html"
    heatvid.render(waves(1), path, background=under, panels="heat,background", limits=(-2, 3))
    tab = opened(browser, path)
    assert tab.run("heatvid.frames") == 10
    before = tiles(tab)[0]
    seek(tab, 7)
    np.testing.assert_array_equal(tiles(tab)[0], before)
    np.testing.assert_allclose(tiles(tab)[1], 140, atol=2)


# --- several sources ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", PAINTERS)
def test_each_source_has_the_colours_of_to_rgb(
    browser: Browser, tmp_path: Path, query: str
) -> None:
    a = waves(6)
    b = a[:, ::-1] + np.float32(0.25)
    tab = opened(browser, compared(tmp_path, [a, b], difference=True, exact=True), query)
    data = told(tab)
    assert [field["look"] for field in data["fields"]] == [0, 0, 1]
    limits, of_difference = (look["scale"]["limits"] for look in data["looks"])
    assert limits == [min(np.nanmin(a), np.nanmin(b)), max(np.nanmax(a), np.nanmax(b))]
    for k in (5, 1):
        seek(tab, k)
        for part, field, options in (
            (0, a, {"limits": limits}), (1, b, {"limits": limits}),
            (2, b - a, {"limits": of_difference, "norm": "centered", "cmap": "coolwarm"}),
        ):  # fmt: skip
            wanted = heatvid.to_rgb(field[k], **options).astype(int)
            assert np.abs(tiles(tab)[part].astype(int) - wanted).max() <= 1
    step = (limits[1] - limits[0]) / 256
    for panel, wanted in ((0, a), (1, b), (2, b - a)):
        assert abs(tab.run(f"heatvid.value(40, 30, {panel})") - wanted[1, 30, 40]) <= 2 * step
        color = tiles(tab)[panel][30, 40].tolist()
        assert tab.run(f"heatvid.color(40, 30, {panel})") == color
    assert tab.run("heatvid.value(40, 30)") == tab.run("heatvid.value(40, 30, 0)")
    assert tab.errors == []


def test_controls_are_those_of_the_scale_that_was_chosen(browser: Browser, tmp_path: Path) -> None:
    a = waves(4)
    tab = opened(browser, compared(tmp_path, [a, a + 1], difference=True, captions=["A", "B", "C"]))
    chosen = "document.getElementById('cmap').value"
    names = "[...document.getElementById('which').options].map((option) => option.textContent)"
    assert tab.run(names) == ["A, B", "C"]
    assert tab.run(chosen) == "inferno"
    before = tiles(tab)
    tab.click(in_tile(tab, 2, 0.5, 0.5))
    until(tab, f"{chosen} === 'coolwarm'")
    tab.run("document.getElementById('cmap').focus()")
    tab.key("g")
    until(tab, f"{chosen} === 'gray'")
    after = tiles(tab)
    assert all((one == other).all() for one, other in zip(before[:2], after[:2], strict=True))
    assert (after[2][..., 0] == after[2][..., 2]).all()
    tab.run("document.getElementById('which').focus()")
    tab.key("A")
    until(tab, f"{chosen} === 'inferno'")
    tab.run("heatvid.set({cmap: 'viridis', panel: 1}), heatvid.set({vmax: 4, panel: 2})")
    assert tab.run(chosen) == "viridis"
    assert (tiles(tab)[0] != before[0]).any()
    assert "panel: got 3; allowed is 0 to 2" in tab.run(
        "(() => { try { heatvid.value(0, 0, 3); } catch (error) { return error.message; } })()"
    )


def test_a_place_is_read_in_all_fields_whatever_their_size(
    browser: Browser, tmp_path: Path
) -> None:
    a = waves(5)
    b = np.repeat(np.repeat(a, 2, 1), 3, 2) + 1
    page = compared(tmp_path, [a, b], exact=True, captions=["first", "second"])
    tab = opened(browser, page)
    assert [look["title"] for look in told(tab)["looks"]] == ["first, second"]
    tab.hover(in_tile(tab, 1, 30.5 / 53, 20.7 / 37))
    assert text_of(tab, "where") == "column 91, row 41"
    (one, two) = text_of(tab, "value").split(" \u00b7 ")
    assert [text.split()[0] for text in (one, two)] == ["first", "second"]
    for text, wanted in ((one, a[0, 20, 30]), (two, b[0, 41, 91])):
        assert abs(float(text.split()[1]) - wanted) < 0.02
    tab.click(in_tile(tab, 0, 30.5 / 53, 20.5 / 37))
    until(tab, "!document.getElementById('csv').disabled")
    assert text_of(tab, "plotted") == "first second column 30, row 20"
    tab.click("#csv")
    lines = next_file(browser).read_text().splitlines()
    assert lines[0] == 'frame,seconds,"first value at 30 20","second value at 91 41"'
    table = np.array([line.split(",") for line in lines[1:]], float)
    np.testing.assert_allclose(table[:, 2], a[:, 20, 30], atol=0.02)
    np.testing.assert_allclose(table[:, 3], b[:, 41, 91], atol=0.02)


def test_sources_of_several_rates_go_by_one_clock_over_one_background(
    browser: Browser, tmp_path: Path
) -> None:
    numbers = np.arange(20, dtype=np.float32)
    fast = np.broadcast_to(numbers[:, None, None], (20, 32, 48))
    slow = np.broadcast_to(2 * numbers[:10, None, None], (10, 32, 48))
    under = np.broadcast_to((10 * numbers).astype(np.uint8)[:, None, None, None], (20, 32, 48, 3))
    rows = [[heatvid.Panel(fast, source_fps=20), None], [None, heatvid.Panel(slow, source_fps=10)]]
    path = tmp_path / "out.html"
    heatvid.render(heatvid.grid(rows), path, fps=20, background=under, limits=(0, 127.5), alpha=0)
    tab = opened(browser, path)
    assert sorted(told(tab)["videos"]) == ["under", "values", "values1"]
    for k in (13, 4, 19):
        seek(tab, k)
        seen = [tab.run(f"heatvid.value(9, 9, {panel})") for panel in (0, 1)]
        np.testing.assert_allclose(seen, [k, k - k % 2], atol=0.8)
        for tile in tiles(tab):
            np.testing.assert_allclose(tile, 10 * k, atol=2)
    assert tab.errors == []


def test_labels_of_several_sources_keep_their_numbers_and_colours(
    browser: Browser, tmp_path: Path
) -> None:
    a, b = np.random.default_rng(1).integers(0, 200, (2, 3, 20, 30)).astype(np.uint8)
    tab = opened(browser, compared(tmp_path, [a, b], norm="labels"))
    seek(tab, 2)
    for panel, labels in enumerate((a, b)):
        assert tab.run(f"heatvid.value(7, 5, {panel})") == labels[2, 5, 7]
        wanted = heatvid.to_rgb(labels[2], norm="labels")
        np.testing.assert_array_equal(tiles(tab)[panel], wanted)
    assert tab.run("document.getElementById('scale').hidden")


def test_names_that_are_given_are_told_of_labels_in_every_panel(
    browser: Browser, tmp_path: Path
) -> None:
    labels = np.full((2, 20, 30), 3, np.uint8)
    votes = np.zeros((2, 6, 20, 30), np.float32)
    votes[:, 5] = 1
    rows = [[heatvid.Panel(labels, title="A", norm="labels"),
             heatvid.Panel(votes, title="B", channel="argmax", layout="TCHW"),
             heatvid.Panel(labels, title="C", norm="identity")]]  # fmt: skip
    names = {3: "a car", 5: "a dog"}
    heatvid.render(heatvid.grid(rows), tmp_path / "out.html", label_names=names)
    tab = opened(browser, tmp_path / "out.html")
    tab.hover(in_tile(tab, 0, 0.5, 0.5))
    assert text_of(tab, "value") == "A 3 a car \u00b7 B 5 a dog \u00b7 C 3"
    assert tab.errors == []


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_values_of_another_rate_lie_over_the_pictures_of_their_times(
    browser: Browser, tmp_path: Path, several: bool
) -> None:
    numbers = np.arange(6, dtype=np.float32)
    field = np.broadcast_to(numbers[:, None, None], (6, 32, 48))
    grays = (10 * np.arange(18)).astype(np.uint8)[:, None, None, None]
    heatvid.render(np.broadcast_to(grays, (18, 32, 48, 3)), tmp_path / "under.mp4", fps=15,
                   channel="rgb", limits=(0, 255))  # fmt: skip
    path, source = tmp_path / "out.html", heatvid.grid([[field, field]]) if several else field
    heatvid.render(source, path, background=tmp_path / "under.mp4", source_fps=5, frames="1:5",
                   limits=(0, 127.5), alpha=0)  # fmt: skip
    tab = opened(browser, path)
    count = tab.run("heatvid.frames")
    for k in (0, 7, count - 1):
        seek(tab, k)
        below = tiles(tab)[-1].mean() / 10
        assert abs(tab.run("heatvid.value(9, 9)") - below // 3) <= 0.8
        np.testing.assert_allclose(below, 3 + k, atol=0.3)


MARKUP = '<img src=x onerror=document.title=1> "quoted"'


def test_titles_are_text(browser: Browser, tmp_path: Path) -> None:
    a, title = waves(2), MARKUP
    rows = [[heatvid.Panel(a, title=title), heatvid.Panel(a, title="\u6df1\u5ea6", cmap="gray")]]
    path = tmp_path / "out.html"
    heatvid.render(heatvid.grid(rows), path)
    tab = opened(browser, path)
    names = "[...document.querySelectorAll('#stage span')].map((name) => name.textContent)"
    assert tab.run(names) == [title, "\u6df1\u5ea6"]
    assert text_of(tab, "title") == f"{title} \u00b7 \u6df1\u5ea6"
    tab.click(in_tile(tab, 1, 0.5, 0.5))
    until(tab, "!document.getElementById('csv').disabled")
    assert text_of(tab, "plotted").startswith(f"{title} ")
    assert tab.run("document.querySelectorAll('img').length") == 0
    assert tab.errors == []


def test_a_phone_has_all_tiles_on_its_width_and_no_title_on_another(
    browser: Browser, tmp_path: Path
) -> None:
    page = compared(tmp_path, [waves(2)] * 4, columns=2, captions=["a very long name " * 3] * 4)
    tab = opened(browser, page, size=(800, 360), touch=True)
    assert tab.run("document.documentElement.scrollWidth") == 360
    in_tile(tab, 0, 0, 0)  # scrolled there
    found = tab.run(
        "[...document.querySelectorAll('#stage span')].map((name) => name.getBoundingClientRect())"
        ".map(({left, right, top, bottom}) => ({left, right, top, bottom}))"
    )
    for number, name in enumerate(found):
        left, top = in_tile(tab, number, 0, 0)
        assert abs(name["left"] - left) < 1
        assert name["right"] <= in_tile(tab, number, 1, 0)[0] + 1
        assert name["top"] <= top
        above = in_tile(tab, number - 2, 0, 1)[1] if number > 1 else 0
        assert name["top"] >= above - 0.5
