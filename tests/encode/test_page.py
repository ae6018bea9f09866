"""A page in a real browser: its colours, values and frames, and what it says."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from tests.support.browser import CHROMIUM
from tests.support.pages import opened, rendered, seek, shown, values, waves
from tests.support.tabs import Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

NTSC = Fraction(24000, 1001)
PAINTERS = ("", "?canvas2d")


# --- colours and values ---------------------------------------------------------------------------


@pytest.mark.parametrize("query", PAINTERS)
@pytest.mark.parametrize("cmap", ["turbo", "viridis", "coolwarm"])
def test_an_exact_page_shows_the_colours_of_to_rgb(
    browser: Browser, tmp_path: Path, cmap: str, query: str
) -> None:
    field = waves()
    limits = heatvid.measure(field)
    tab = opened(browser, rendered(tmp_path, field, exact=True, cmap=cmap, bad="#204060"), query)
    for k in (3, 0):
        seek(tab, k)
        wanted = heatvid.to_rgb(field[k], cmap=cmap, limits=limits, bad="#204060")
        np.testing.assert_array_equal(shown(tab), wanted)
    assert tab.errors == []


@pytest.mark.parametrize("query", PAINTERS)
def test_limits_that_are_narrowed_show_the_colours_of_to_rgb(
    browser: Browser, tmp_path: Path, query: str
) -> None:
    field = waves()
    page = rendered(tmp_path, field, exact=True, bits=16, cmap="turbo", under="white", over="lime")
    tab = opened(browser, page, query)
    tab.run("heatvid.set({vmin: -0.25, vmax: 0.5})")
    wanted = heatvid.to_rgb(
        field[0], cmap="turbo", vmin=-0.25, vmax=0.5, under="white", over="lime"
    )
    same = (np.abs(shown(tab).astype(int) - wanted) <= 1).all(-1)
    assert same.mean() > 0.995  # what lies on an edge of 65,536 levels may be in the next colour


@pytest.mark.parametrize("norm", ["log", "symlog", "power", "inverse", "sigmoid", "centered"])
@pytest.mark.parametrize("query", PAINTERS)
def test_norms_that_bend_show_the_colours_of_to_rgb(
    browser: Browser, tmp_path: Path, norm: str, query: str
) -> None:
    field = np.exp(waves(1) * 2)
    field[0, 30:33, 30:40] *= -1
    options: dict[str, Any] = {"norm": norm, "cmap": "viridis", "gamma": 0.4}
    if norm != "power":
        del options["gamma"]
    tab = opened(browser, rendered(tmp_path, field, exact=True, **options), query)
    limits = heatvid.measure(field, **{k: v for k, v in options.items() if k != "cmap"})
    np.testing.assert_array_equal(shown(tab), heatvid.to_rgb(field[0], limits=limits, **options))


@pytest.mark.parametrize("query", PAINTERS)
def test_a_field_alone_is_smooth_between_its_pixels(
    browser: Browser, tmp_path: Path, query: str
) -> None:
    field = waves(1)
    tab = opened(browser, rendered(tmp_path, field, exact=True, bits=16, cmap="viridis"), query)
    plain = shown(tab)
    tab.click("#smooth")
    smooth = shown(tab)
    assert smooth.shape == (9 * 37, 9 * 53, 3)
    np.testing.assert_array_equal(smooth[4::9, 4::9], plain)
    wanted = heatvid.to_rgb(
        field, cmap="viridis", limits=heatvid.measure(field), alpha=1,
        background=np.zeros((9 * 37, 9 * 53, 3), np.uint8),
    )[0].astype(int)  # fmt: skip
    assert (np.abs(smooth - wanted).max(-1) <= 1).mean() > 0.999
    tab.click("#smooth")
    np.testing.assert_array_equal(shown(tab), plain)


@pytest.mark.parametrize(
    ("query", "size", "cmap"),
    [
        ("", (360, 640), "turbo"),
        ("?canvas2d", (361, 635), "coolwarm"),
        ("", (720, 1280), "viridis"),
    ],
)
def test_a_page_of_steps_shows_the_colours_of_the_values_that_it_tells(
    browser: Browser, tmp_path: Path, query: str, size: tuple[int, int], cmap: str
) -> None:
    y, x = np.mgrid[: size[0], : size[1]]
    field = (np.sin(x / 47) * np.cos(y / 31) + x / size[1]).astype(np.float32)[None]
    field[:, 40:60, 80:200] = np.nan
    tab = opened(browser, rendered(tmp_path, field, cmap=cmap, bad="#204060"), query)
    rows = slice(0, size[0], 20)
    told = values(tab, *size, step=20)
    wanted = heatvid.to_rgb(
        told.astype(np.float32), cmap=cmap, limits=heatvid.measure(field), bad="#204060"
    )
    apart = np.abs(shown(tab)[rows].astype(int) - wanted).max(-1)
    assert (apart <= 1).mean() >= 0.999
    assert apart.max() <= 2


@pytest.mark.parametrize(
    ("bits", "options"), [(8, {}), (8, {"exact": True}), (16, {"exact": True})]
)
def test_values_are_those_of_the_array_to_their_step(
    browser: Browser, tmp_path: Path, bits: int, options: dict[str, Any]
) -> None:
    field = waves() + np.random.default_rng(0).normal(0, 0.1, (6, 37, 53)).astype(np.float32)
    tab = opened(browser, rendered(tmp_path, field, bits=bits, **options))
    low, high = heatvid.measure(field)
    step = (high - low) / 2**bits
    seek(tab, 4)
    found = values(tab, 37, 53)
    known = np.isfinite(field[4])
    np.testing.assert_array_equal(np.isfinite(found), known)
    steps = np.abs(found - field[4])[known] / step
    if options:
        assert steps.max() <= 0.5 + 1e-2
        return
    assert (steps <= 1.5).mean() >= 0.99  # one level, and half of one for where in it a value lies
    assert steps.max() <= 3.5


def test_what_lies_beyond_the_limits_is_told(browser: Browser, tmp_path: Path) -> None:
    field = np.tile(np.linspace(-1, 1, 64, dtype=np.float32), (2, 32, 1))
    tab = opened(browser, rendered(tmp_path, field, limits=(-0.5, 0.5), under="red", over="blue"))
    told = [tab.run(f"String(heatvid.value({x}, 9))") for x in (2, 61)]
    assert told == ["-Infinity", "Infinity"]
    assert [tab.run(f"heatvid.color({x}, 9)") for x in (2, 61)] == [[255, 0, 0], [0, 0, 255]]


def test_labels_keep_their_numbers_and_colours(browser: Browser, tmp_path: Path) -> None:
    labels = np.random.default_rng(1).integers(0, 200, (3, 20, 30)).astype(np.uint8)
    tab = opened(browser, rendered(tmp_path, labels, norm="labels"))
    seek(tab, 2)
    np.testing.assert_array_equal(values(tab, 20, 30), labels[2])
    np.testing.assert_array_equal(shown(tab), heatvid.to_rgb(labels[2], norm="labels"))


# --- frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "count"), [("", 75), ("?video", 12)])
def test_every_frame_is_the_one_that_is_sought(
    browser: Browser, tmp_path: Path, query: str, count: int
) -> None:
    numbers = np.arange(count, dtype=np.float32)
    field = np.broadcast_to(numbers[:, None, None], (count, 32, 48))
    under = np.broadcast_to((2 * numbers).astype(np.uint8)[:, None, None, None], (count, 64, 96, 3))
    page = rendered(tmp_path, field, fps=NTSC, background=under, limits=(0, 127.5))
    tab = opened(browser, page, query)
    tab.run("heatvid.set({alpha: 0})")
    order = np.random.default_rng(2).permutation(count).tolist()
    found = tab.run(
        f"(async () => {{ const found = []; for (const k of {order}) {{ await heatvid.seek(k); "
        "found.push([heatvid.frame, heatvid.value(20, 20), heatvid.color(20, 20)[0]]); } "
        "return found; })()"
    )
    frames, seen, beneath = np.array(found).T
    np.testing.assert_array_equal(frames, order)
    np.testing.assert_allclose(seen, order, atol=0.8)  # of values whose step is 0.5
    np.testing.assert_allclose(beneath, 2 * np.array(order), atol=1.9)
    assert tab.run("document.querySelectorAll('#notices p').length") == (2 if query else 0)


def test_seeks_that_are_overtaken_end_with_the_newest(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves(40)))
    assert tab.run("Promise.all([30, 2, 35, 11].map(heatvid.seek)).then(() => heatvid.frame)") == 11


def test_one_field_lies_over_all_pictures_in_its_place(browser: Browser, tmp_path: Path) -> None:
    under = np.broadcast_to(np.arange(0, 200, 20, np.uint8)[:, None, None, None], (10, 48, 64, 3))
    page = rendered(tmp_path, np.ones((1, 8, 8)), background=under, place="25%,50%,50%,25%",
                    alpha=1, limits=(0, 1), over="lime", cmap="gray")  # fmt: skip
    tab = opened(browser, page)
    assert tab.run("heatvid.frames") == 10
    seek(tab, 7)
    picture = shown(tab).astype(int)
    assert np.abs(picture[24:36, 16:48] - 255).max() == 0
    picture[24:36, 16:48] = 140
    assert np.abs(picture - 140).max() <= 2


def test_one_picture_lies_under_all_frames(browser: Browser, tmp_path: Path) -> None:
    under = np.full((48, 64, 3), (200, 100, 50), np.uint8)
    tab = opened(browser, rendered(tmp_path, waves(5, 24, 32), background=under))
    tab.run("heatvid.set({alpha: 0})")
    for k in (0, 4):
        seek(tab, k)
        np.testing.assert_allclose(shown(tab), np.broadcast_to(under, (48, 64, 3)), atol=2)


# --- what a page says -----------------------------------------------------------------------------

MARKUP = '<img src=x onerror="document.title=1">&amp;</script><script>document.title=2</script>'


def test_markup_of_a_dump_is_text(browser: Browser, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    times = [f"{MARKUP} {k}" for k in range(2)]
    name = "<b onclick=x>&lt;.nc"
    xarray.DataArray(
        waves(2), dims=("time", "y", "x"), coords={"time": times}, name="t",
        attrs={"long_name": MARKUP, "units": MARKUP},
    ).to_netcdf(tmp_path / name)  # fmt: skip
    tab = opened(browser, rendered(tmp_path, tmp_path / name))
    assert tab.run("document.querySelector('h1').textContent") == f"{name}[t]"
    assert MARKUP in tab.run("document.getElementById('facts').textContent")
    tab.hover(tab.at("#stage", 0.5, 0.5))
    assert tab.run("document.getElementById('value').textContent").endswith(MARKUP)
    assert tab.run("document.getElementById('clock').textContent").endswith(f"{MARKUP} 0")
    assert tab.run("document.querySelectorAll('img, h1 *, #facts *, #value *').length") == 0
    assert tab.run("document.title") == f"{name}[t]"
    assert tab.errors == []


def test_a_title_stands_over_the_page(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, rendered(tmp_path, waves(1), title="Wind <b>at</b> 10 m"))
    assert tab.run("[document.title, document.querySelector('h1').textContent]") == (
        ["Wind <b>at</b> 10 m"] * 2
    )


def test_names_of_labels_are_told_as_text(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    for k in range(2):
        Image.fromarray(np.full((12, 16), 3, np.uint8)).save(folder / f"{k}.png")
    (folder / "names.txt").write_text(f"3: {MARKUP}\n")
    tab = opened(browser, rendered(tmp_path, folder, norm="labels"))
    tab.hover(tab.at("#stage", 0.5, 0.5))
    assert tab.run("document.getElementById('value').textContent") == f"3 {MARKUP}"
    assert tab.errors == []
    tab = opened(browser, rendered(tmp_path, folder, norm="labels", label_names={3: f"a {MARKUP}"}))
    tab.hover(tab.at("#stage", 0.5, 0.5))
    assert tab.run("document.getElementById('value').textContent") == f"3 a {MARKUP}"
    assert tab.run("document.querySelectorAll('img, #value *').length") == 0
    assert tab.errors == []


@pytest.mark.parametrize("part", ["cut", "changed", "without data"])
def test_a_damaged_page_says_so(browser: Browser, tmp_path: Path, part: str) -> None:
    page = rendered(tmp_path, waves())
    data = bytearray(page.read_bytes())
    at = data.index(b'id="values-0"') + 4000
    if part == "cut":
        del data[at:]
    elif part == "changed":
        data[at : at + 4] = b"heat"
    else:
        del data[data.index(b'id="data"') + 200 :]
    page.write_bytes(data)
    tab = browser.open(page.as_uri())
    assert "This page is damaged" in tab.run(
        "heatvid.ready.catch(() => document.querySelector('[role=alert]').textContent)"
    )


# --- in a notebook --------------------------------------------------------------------------------


def test_a_notebook_shows_a_page_in_a_frame(browser: Browser, tmp_path: Path) -> None:
    field = waves()
    shown = heatvid.show(field, exact=True, cmap="turbo")
    assert str(shown).startswith(f"{len(field)} frames, ")
    shown_inline = shown._repr_html_()
    frame = heatvid.render(field, tmp_path / "a.html", exact=True, cmap="turbo")._repr_html_()
    assert frame.partition(" title=")[0] == shown_inline.partition(" title=")[0]
    cell = tmp_path / "cell.html"
    cell.write_text(f"<!doctype html><meta charset=utf-8>{shown_inline}", "utf-8")
    tab = browser.open(cell.as_uri())
    inside = "document.querySelector('iframe').contentWindow"
    color = tab.run(f"{inside}.heatvid.ready.then(() => {inside}.heatvid.color(30, 20))")
    wanted = heatvid.to_rgb(field[0], cmap="turbo", limits=heatvid.measure(field))
    assert color == wanted[20, 30].tolist()
    scale = f"{inside}.document.querySelector('#scale').getBoundingClientRect()"
    assert tab.run(f"{scale}.bottom <= {inside}.innerHeight")
    assert tab.errors == []
