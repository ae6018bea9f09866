"""A browser shows each frame of a moving picture in the colours that were written."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._frames import Bytes
from tests.encode.test_moving_pictures import needs_avif
from tests.support.browser import CHROMIUM, said_by
from tests.support.videos import pictures

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

_PAGE = """<!doctype html><script>
const say = words => fetch("/said", {{method: "POST", body: words}});
(async () => {{
  const file = await (await fetch("data:image/{kind};base64,{data}")).arrayBuffer();
  const decoder = new ImageDecoder({{data: file, type: "image/{kind}"}});
  await decoder.completed;
  await decoder.tracks.ready;
  const track = decoder.tracks.selectedTrack, frames = [];
  for (let i = 0; i < track.frameCount; i++) {{
    const {{image}} = await decoder.decode({{frameIndex: i}});
    const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    frames.push([image.duration, Array.from(pixels)]);
  }}
  say(JSON.stringify({{plays: String(track.repetitionCount), frames}}));
}})().catch(error => say("error: " + error));
</script>"""


def shown_by_browser(path: Path, height: int, width: int) -> tuple[str, list[float], Bytes]:
    """How often it is repeated, the milliseconds of each frame, and all, shape (n, H, W, 4)."""
    kind = html.escape(path.suffix[1:].replace("apng", "png"))
    data = base64.b64encode(path.read_bytes()).decode()
    said = said_by(_PAGE.format(kind=kind, data=data), path.parent)
    assert said.startswith("{"), said
    answer = json.loads(said)
    lasts = [(each[0] or 0) / 1000 for each in answer["frames"]]
    pixels = np.array([each[1] for each in answer["frames"]], np.uint8)
    return answer["plays"], lasts, pixels.reshape(-1, height, width, 4)


def waves(count: int = 4, height: int = 64, width: int = 96) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([np.sin((x + 5 * i) / 20) * np.cos(y / 15) for i in range(count)])


@pytest.mark.parametrize(
    ("suffix", "options", "most"),
    [
        (".gif", {}, 0),
        (".apng", {}, 0),
        (".webp", {"lossless": True}, 0),
    ],
)
def test_every_frame_has_the_colormaps_colours(
    tmp_path: Path, suffix: str, options: dict[str, Any], most: int
) -> None:
    field = waves()
    heatvid.render(field, tmp_path / f"out{suffix}", fps=25, cmap="turbo", **options)
    plays, lasts, shown = shown_by_browser(tmp_path / f"out{suffix}", 64, 96)
    wanted = heatvid.to_rgb(field, cmap="turbo").astype(int)
    assert (plays, lasts) == ("Infinity", [40.0] * 4)
    assert np.abs(shown[..., :3] - wanted).max() <= most
    assert np.all(shown[..., 3] == 255)


@needs_avif
def test_an_avif_is_as_close_as_the_browsers_own_conversion(tmp_path: Path) -> None:
    bars = np.broadcast_to(np.repeat(np.array([0.0, 0.3, 0.6, 1.0]), 64), (3, 64, 256))
    heatvid.render(bars, tmp_path / "out.avif", fps=25, cmap="turbo")
    plays, lasts, shown = shown_by_browser(tmp_path / "out.avif", 64, 256)
    assert (plays, lasts) == ("Infinity", [40.0] * 3)
    wanted = heatvid.to_rgb(bars, cmap="turbo").astype(int)
    middle = np.s_[:, 32, 32::64, :3]
    assert np.abs(shown[middle] - wanted[middle]).max() <= 12


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
def test_what_is_see_through_is_so_in_every_frame(tmp_path: Path, suffix: str) -> None:
    field = waves()
    for i, frame in enumerate(field):
        frame[10 * i : 10 * i + 20, 5:40] = np.nan
    path = tmp_path / f"out{suffix}"
    heatvid.render(field, path, fps=25, transparent=True, lossless=True)
    _, _, shown = shown_by_browser(path, 64, 96)
    wanted = heatvid.to_rgb(field, transparent=True)
    np.testing.assert_array_equal(shown[..., 3], wanted[..., 3])
    seen = wanted[..., 3] > 0
    np.testing.assert_array_equal(shown[seen], wanted[seen])


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_what_is_to_play_once_plays_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    heatvid.render(waves(), path, fps=25, loop=1)
    assert shown_by_browser(path, 64, 96)[0] == "0"
    heatvid.render(waves(), path, fps=25, loop=3, overwrite=True)
    assert shown_by_browser(path, 64, 96)[0] == "2"


def test_a_gif_over_pictures_is_shown_as_it_is_stored(tmp_path: Path) -> None:
    under = pictures(4, 64, 96) // 8 * 8
    heatvid.render(waves(), tmp_path / "out.gif", fps=25, background=under)
    _, _, shown = shown_by_browser(tmp_path / "out.gif", 64, 96)
    assert shown.shape == (4, 64, 96, 4)
    assert len(np.unique(shown.reshape(-1, 4), axis=0)) <= 256
