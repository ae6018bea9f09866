"""What a finished render says of itself, and hints at what was asked for."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid.cli import main

FAST: dict[str, Any] = {"preset": "ultrafast", "backend": "numpy"}


def summary(predictions: Any, folder: Path, **options: Any) -> str:
    return str(heatvid.render(predictions, folder / "x.mp4", overwrite=True, **FAST, **options))


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "u8", "f2", "f8"])
def test_a_summary_lists_the_labels_that_were_seen(dtype: str, tmp_path: Path) -> None:
    labels = np.array([0, 1, 2, 3, 7, 90, 91], dtype).repeat(20).reshape(1, 10, 14)
    frames = np.concatenate([labels, np.zeros_like(labels), labels[:, ::-1]])
    assert ", labels 0 to 3, 7, 90 to 91; numpy, " in summary(frames, tmp_path, norm="labels")
    result = heatvid.render(frames[1:2], tmp_path / "y.mp4", norm="labels", **FAST)
    assert result.labels == (0,)


def test_labels_that_are_none_are_not_listed(tmp_path: Path) -> None:
    frames = np.array([[[-3, 5, np.nan, np.inf, 5, -1]] * 4] * 2)
    assert ", labels -3, -1, 5; " in summary(frames, tmp_path, norm="labels")
    with pytest.warns(UserWarning, match=r"label 4\.5: fractions"):
        assert ", labels 5; " in summary(np.array([[[4.5, 5.0]] * 2]), tmp_path, norm="labels")


def test_labels_that_were_seen_are_listed_with_their_names(tmp_path: Path) -> None:
    frames = tmp_path / "ids"
    frames.mkdir()
    for i in range(2):
        np.save(frames / f"{i}.npy", np.array([[0, 1, 2, 3, 4, 7 + i]], np.uint8))
    (tmp_path / "ids.txt").write_text("0: sky\n3: a red car\n8: dog\n9: cat\n")
    assert ", labels 0 sky, 1 to 2, 3 a red car, 4, 7, 8 dog; " in summary(
        frames, tmp_path, norm="labels"
    )
    result = heatvid.render(frames, tmp_path / "y.mp4", norm="labels", **FAST)
    assert result.label_names == {0: "sky", 3: "a red car", 8: "dog"}


def test_many_labels_are_counted(tmp_path: Path) -> None:
    frames = 2 * np.arange(240).reshape(2, 10, 12)
    words = ", labels 0, 2, 4, 6, 8, 10, 12, 14, 232 more; "
    assert words in summary(frames, tmp_path, norm="labels")


def test_labels_without_end_are_not_kept(tmp_path: Path) -> None:
    frames = np.arange(3 * 256 * 256).reshape(3, 256, 256)
    assert ", labels; " in summary(frames, tmp_path, norm="labels")


def test_classes_of_channels_are_all_listed(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).random((2, 4, 10, 12))
    assert ", labels 0 to 3; " in summary(scores, tmp_path, channel="argmax")


def test_labels_in_files_that_threads_read_are_seen(tmp_path: Path) -> None:
    for i in range(40):
        np.save(tmp_path / f"{i}.npy", np.full((6, 8), i % 7, np.uint8))
    assert ", labels 0 to 6; " in summary(tmp_path, tmp_path, norm="labels", batch_size=1)


def test_labels_that_are_written_are_seen(tmp_path: Path) -> None:
    with heatvid.VideoWriter(tmp_path / "x.mp4", norm="labels", **FAST) as video:
        for label in (3, 1, 4):
            video.write(np.full((6, 8), label))
    assert video.result is not None
    assert video.result.labels == (1, 3, 4)


@pytest.mark.parametrize("options", [{}, {"norm": "identity"}, {"scope": "frame"}])
def test_values_on_a_scale_are_no_labels(options: dict[str, Any], tmp_path: Path) -> None:
    frames = np.arange(240, dtype=np.uint8).reshape(2, 10, 12)
    result = heatvid.render(frames, tmp_path / "x.mp4", **FAST, **options)
    assert result.labels is None
    assert ", values " in str(result)


# --- the backend ----------------------------------------------------------------------------------


def test_why_a_backend_was_chosen_is_said_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.random.default_rng(0).random((3, 10, 12)))
    assert main(["render", "x.npy", "-o", "x.mp4"]) == 0
    out, err = capsys.readouterr()
    assert "fastest" not in out + err
    assert main(["render", "x.npy", "-o", "y.mp4", "--debug"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"heatvid: backend \w+: .*the fastest that works here\n", err)
    assert "fastest" not in out


# --- percentiles ----------------------------------------------------------------------------------

FRAMES = np.random.default_rng(0).random((3, 10, 12), dtype=np.float32)


@pytest.mark.parametrize(
    ("given", "meant"), [((0.01, 0.99), "1 99"), ((0, 1), "0 100"), ((0.005, 0.5), "0.5 50")]
)
def test_percentiles_that_look_like_fractions_are_a_warning(
    given: Any, meant: str, tmp_path: Path
) -> None:
    words = rf"^percentiles: got {given[0]:g} {given[1]:g}, which are of 100; {meant} may be meant$"
    with pytest.warns(UserWarning, match=words) as caught:
        heatvid.measure(FRAMES, percentiles=given)
    with pytest.warns(UserWarning, match=words) as caught:
        heatvid.render(FRAMES, tmp_path / "x.mp4", percentiles=given, **FAST)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=words), heatvid.open_source(FRAMES) as source:
        found = heatvid.summarize(source, given)
    assert found.percentiles[given[1]] == pytest.approx(np.percentile(FRAMES, given[1]))


def test_percentiles_of_100_are_no_warning() -> None:
    with warnings.catch_warnings(), heatvid.open_source(FRAMES) as source:
        warnings.simplefilter("error")
        heatvid.measure(FRAMES, percentiles=(0, 99))
        heatvid.measure(FRAMES, percentiles=(0.1, 99.9))
        for few in ((0,), (1,), (1, 2), (0, 100), ()):
            heatvid.summarize(source, few)
