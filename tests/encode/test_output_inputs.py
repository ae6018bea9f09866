"""An output that is also an input is refused, however the input is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import OptionError
from tests.support.videos import numbered, pictures

OVER: dict[str, Any] = {"overwrite": True, "vmin": 0, "vmax": 1}


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of three pictures."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for i, picture in enumerate(pictures(3, 24, 32)):
        Image.fromarray(picture[..., 0]).save(folder / f"{i:03d}.png")
    return folder


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("way", ["source", "background", "alpha_mask"])
@pytest.mark.parametrize("form", ["folder", "glob", "list", "link"])
def test_pictures_that_are_read_are_not_replaced(frames: Path, way: str, form: str) -> None:
    link = frames.parent / "link"
    link.symlink_to(frames)
    named = {
        "folder": frames,
        "glob": str(frames / "*.png"),
        "list": sorted(frames.iterdir()),
        "link": link,
    }[form]
    before = everything(frames)
    source, options = (named, {}) if way == "source" else (numbered(3, 24, 32), {way: named})
    with pytest.raises(OptionError, match=r"%03d\.png: is also an input, .*00\d\.png; choose"):
        heatvid.render(source, frames / "%03d.png", **options, **OVER)
    if way != "source":
        with pytest.raises(OptionError, match="is also an input"):
            heatvid.VideoWriter(frames / "%03d.png", **options, **OVER)
    assert everything(frames) == before


def test_a_video_or_picture_that_is_read_is_not_replaced(frames: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    heatvid.render(numbered(3, 24, 32), clip, vmin=0, vmax=1)
    data = numbered(1, 24, 32)
    for source, options, output in (
        (clip, {}, clip),
        (np.repeat(data, 3, 0), {"background": clip}, clip),
        (data, {"background": frames / "000.png"}, frames / "000.png"),
        (frames / "001.png", {}, frames / "001.png"),
    ):
        before = everything(tmp_path)
        with pytest.raises(OptionError, match="is also an input"):
            heatvid.render(source, output, **options, **OVER)
        assert everything(tmp_path) == before


def test_other_files_of_the_inputs_folder_may_be_written(frames: Path) -> None:
    heatvid.render(frames, frames / "new%03d.png", cmap="gray", **OVER)
    assert len(list(frames.iterdir())) == 6
