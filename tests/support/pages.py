"""Pages that are rendered, opened in a browser, and looked at."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import heatvid
from heatvid._frames import Bytes
from tests.support.tabs import Browser, Tab


def opened(browser: Browser, path: Path, query: str = "", **looks: Any) -> Tab:
    tab = browser.open(path.as_uri() + query, **looks)
    tab.run("heatvid.ready")
    return tab


def waves(count: int = 6, height: int = 37, width: int = 53) -> np.ndarray:
    """A field that moves, with values of its own at each pixel, and some of none."""
    y, x = np.mgrid[:height, :width]
    each = [np.sin((x + 2 * k) / 9) * np.cos((y - k) / 7) + x / 40 for k in range(count)]
    field = np.stack(each).astype(np.float32)
    field[:, 5:9, 8:20] = np.nan
    return field


def rendered(folder: Path, field: Any, **options: Any) -> Path:
    path = folder / "out.html"
    heatvid.render(field, path, overwrite=True, **options)
    return path


def shown(tab: Tab) -> Bytes:
    """The picture as it is painted, shape (H, W, 3)."""
    url = tab.run("document.querySelector('.picture').toDataURL()")
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    return np.asarray(picture.convert("RGB"))


def told(tab: Tab) -> dict[str, Any]:
    """What the page was told."""
    data: dict[str, Any] = json.loads(tab.run("document.getElementById('data').textContent"))
    return data


def tiles(tab: Tab) -> list[Bytes]:
    """Each tile as it is painted, where all have their own pixels."""
    picture = shown(tab)
    areas = [tile["area"] for tile in told(tab)["layout"]["tiles"]]
    return [picture[a["top"] :, a["left"] :][: a["height"], : a["width"]] for a in areas]


def values(tab: Tab, height: int, width: int, *, step: int = 1) -> np.ndarray:
    """Values of the frame that is shown, in every ``step``-th row; NaN where there is none."""
    rows = tab.run(
        f"Array.from({{length: {-(-height // step)}}}, (_, y) => "
        f"Array.from({{length: {width}}}, (_, x) => heatvid.value(x, {step} * y)))"
    )
    return np.array(rows, np.float64)


def seek(tab: Tab, k: int) -> None:
    assert tab.run(f"heatvid.seek({k}).then(() => heatvid.frame)") == k


def next_file(browser: Browser) -> Path:
    """The file that is downloaded next, once it is whole."""
    for _ in range(100):
        found = [path for path in browser.downloads.glob("*") if path.suffix in (".csv", ".png")]
        if found and found[0].stat().st_size:
            return found[0].rename(browser.downloads.parent / found[0].name)
        time.sleep(0.05)
    raise AssertionError("nothing was downloaded")
