"""``render`` refuses what does not fit together, and when it fails leaves what was there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import EncoderError, OptionError, SourceError
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._jobs.ring import Ring
from tests.support.quick import COUNT, FAST, HEIGHT, WIDTH, save_images, saved
from tests.support.videos import (
    numbered,
    only,
    pictures,
    planes_of,
)

# --- lengths that differ ----------------------------------------------------------------------


def test_lengths_that_differ_are_an_error_that_names_both(data: np.ndarray, tmp_path: Path) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT - 1, HEIGHT, WIDTH))
    source = saved(data, tmp_path)
    before = only(tmp_path)
    with pytest.raises(OptionError) as caught:
        heatvid.render(source, tmp_path / "out.mp4", background=folder, **FAST)
    assert f"{folder} has 5 frames, {source} has 6" in str(caught.value)
    assert only(tmp_path) == before


@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("count", [COUNT - 1, COUNT + 1])
@pytest.mark.parametrize("kind", ["array", "video"])
def test_a_generator_of_another_length_than_its_background_is_an_error(
    kind: str, count: int, batch_size: int, clip: Path, tmp_path: Path
) -> None:
    background = clip if kind == "video" else pictures(COUNT, HEIGHT, WIDTH)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(SourceError, match=r"background: .*allowed are equal lengths"):
        heatvid.render(
            iter(numbered(count, HEIGHT, WIDTH)), folder / "out.mp4", background=background,
            vmin=0, vmax=1, batch_size=batch_size, **FAST,
        )  # fmt: skip
    assert only(folder) == []


def test_pictures_of_two_shapes_in_a_list_are_an_error(data: np.ndarray, tmp_path: Path) -> None:
    background = [np.zeros((9, 9, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)]
    with pytest.raises(SourceError, match=r"shapes \(9, 8, 3\) and \(9, 9, 3\); all need one"):
        heatvid.render(data, tmp_path / "out.mp4", background=background, **FAST)


def test_pictures_of_two_sizes_in_a_folder_are_an_error(data: np.ndarray, tmp_path: Path) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT, HEIGHT, WIDTH))
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "frame_4.png")
    with pytest.raises(SourceError, match=r"frame_4.png: a picture of 9x9, the first is 32x24"):
        heatvid.render(data, tmp_path / "out.mp4", background=folder, **FAST)
    assert only(tmp_path) == ["bg"]


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["written to", "cut"])
def test_a_file_that_changes_while_it_is_rendered_is_an_error(
    how: str, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved(numbered(40), tmp_path)
    acquire, taken = Ring.acquire, []

    def spoil(ring: Ring) -> Any:
        taken.append(acquire(ring))
        if len(taken) < 3:
            return taken[-1]
        if how == "cut":
            os.truncate(source, 1000)
        else:
            with open(source, "r+b") as file:
                file.seek(-4, os.SEEK_END)
                file.write(b"abcd")
            os.utime(source, (1, 1))
        return taken[-1]

    monkeypatch.setattr(Ring, "acquire", spoil)
    with pytest.raises(SourceError, match=r"data.npy: the file (changed|was cut) while"):
        heatvid.render(source, good, batch_size=4, overwrite=True, **FAST)


@pytest.mark.parametrize("shape", [(40, 24, 32, 3), (40, 24, 32)])
def test_a_background_that_is_cut_while_it_is_read_is_an_error(
    shape: tuple[int, ...], good: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "bg.npy", np.zeros(shape, np.uint8))

    def frames() -> Iterator[np.ndarray]:
        for i, frame in enumerate(numbered(40)):
            if i == 20:
                os.truncate(tmp_path / "bg.npy", 1000)
            yield frame

    with pytest.raises(SourceError, match=r"bg.npy: the file (changed|was cut) while it was read"):
        heatvid.render(
            frames(), good, background=tmp_path / "bg.npy", vmin=0, vmax=1, batch_size=1,
            overwrite=True, **FAST,
        )  # fmt: skip


@pytest.mark.parametrize("after", [0, 1, 7])
@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_an_iterator_raises_reaches_the_caller_as_it_is(
    kind: type[BaseException], after: int, good: Path
) -> None:
    failure = kind("mine")

    def frames() -> Iterator[np.ndarray]:
        yield from numbered(after)
        raise failure

    with pytest.raises(kind) as caught:
        heatvid.render(frames(), good, vmin=0, vmax=1, batch_size=2, overwrite=True, **FAST)
    assert caught.value is failure


def test_a_frame_of_another_shape_midway_is_an_error(good: Path) -> None:
    frames = [*numbered(5), np.zeros((3, 3), np.float32)]
    with pytest.raises(SourceError, match=r"iterator: frame 5"):
        heatvid.render(iter(frames), good, vmin=0, vmax=1, batch_size=2, overwrite=True, **FAST)


def test_a_picture_that_cannot_be_decoded_midway_is_an_error(
    data: np.ndarray, good: Path, tmp_path: Path
) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT, HEIGHT, WIDTH))
    cut = (folder / "frame_5.png").read_bytes()[:-500]
    (folder / "frame_5.png").write_bytes(cut)
    with pytest.raises(SourceError, match=r"frame_5.png: cannot be decoded as an image"):
        heatvid.render(data, good, background=folder, overwrite=True, batch_size=2, **FAST)


def test_an_existing_output_is_kept_unless_overwrite_says_so(good: Path) -> None:
    with pytest.raises(OptionError, match=r"out.mp4: exists already"):
        heatvid.render(numbered(), good, **FAST)


def test_overwrite_replaces_an_existing_output(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"old")
    heatvid.render(numbered(), tmp_path / "out.mp4", overwrite=True, **FAST)
    assert len(planes_of(tmp_path / "out.mp4", HEIGHT, WIDTH)) == COUNT
    assert only(tmp_path) == ["out.mp4"]


def test_an_output_that_cannot_be_written_is_known_before_the_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("statistics were computed")

    monkeypatch.setattr("heatvid._statistics.field_limits.collect", never)
    (tmp_path / "file").touch()
    with pytest.raises(OptionError, match="file"):
        heatvid.render(numbered(), tmp_path / "file" / "out.mp4", **FAST)


@pytest.mark.parametrize("output", [None, 3, [], np.zeros(3)])
def test_an_output_that_is_no_path_is_refused(output: Any) -> None:
    with pytest.raises(OptionError, match=r"output: got .*; allowed is a path"):
        heatvid.render(numbered(), output, **FAST)


def test_an_output_may_be_bytes(tmp_path: Path) -> None:
    result = heatvid.render(numbered(), os.fsencode(tmp_path / "out.mp4"), **FAST)
    assert result.path == tmp_path / "out.mp4"
    assert result.path.is_file()


def test_an_encoder_that_dies_is_an_error_in_its_words(good: Path, tmp_path: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && exec "{find_ffmpeg()}" "$1"\n'
        "head -c 5000 >/dev/null; echo bad luck >&2; exit 7\n"
    )
    script.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
        with pytest.raises(EncoderError, match=r"exited with code 7 after .*: bad luck"):
            heatvid.render(numbered(4000), good, overwrite=True, batch_size=16, **FAST)


def test_an_existing_output_is_known_before_an_iterator_is_touched(good: Path) -> None:
    def never() -> Any:
        raise AssertionError("the iterator was started")
        yield

    with pytest.raises(OptionError, match="exists already"):
        heatvid.render(never(), good, **FAST)
