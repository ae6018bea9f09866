"""What is logged to a run tracker is the right video, as the tracker's own readers have it."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

import heatvid

STEP = 7


def field() -> np.ndarray:
    y, x = np.mgrid[:24, :32]
    return np.stack([np.sin((x + 3 * k) / 9) * np.cos(y / 7) for k in range(6)])


def wanted() -> np.ndarray:
    return heatvid.to_rgb(field(), cmap="turbo").astype(int)


def is_the_video(path: Path, folder: Path) -> bool:
    """Whether it is what ``render`` writes, byte for byte."""
    heatvid.render(field(), folder / "own.mp4", cmap="turbo", overwrite=True)
    return path.read_bytes() == (folder / "own.mp4").read_bytes()


def imported(name: str) -> Any:
    with warnings.catch_warnings():  # at their import some of them warn of their own
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


@pytest.mark.filterwarnings("default")
def test_weights_and_biases_gets_a_finished_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = imported("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    with wandb.init(mode="offline", dir=tmp_path, project="p") as run:
        heatvid.log_video(run, "val/depth", field(), step=STEP, cmap="turbo")
        (path,) = Path(run.dir).rglob("*.mp4")
        assert run.step == STEP
        assert is_the_video(path, tmp_path)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("package", ["tensorboardX", "torch.utils.tensorboard"])
def test_tensorboard_gets_a_picture_that_moves(package: str, tmp_path: Path) -> None:
    writers = imported(package)
    reading = imported("tensorboard.backend.event_processing.event_accumulator")
    with writers.SummaryWriter(str(tmp_path)) as writer:
        logger = SimpleNamespace(experiment=writer)  # as Lightning has it
        heatvid.log_video(logger, "val/depth", field(), step=STEP, cmap="turbo", fps=25)
    events = reading.EventAccumulator(str(tmp_path), size_guidance={"images": 0}).Reload()
    (event,) = events.Images("val/depth")
    assert (event.step, event.height, event.width) == (STEP, 24, 32)
    moving = Image.open(io.BytesIO(event.encoded_image_string))
    frames = [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(moving)]
    np.testing.assert_array_equal(frames, wanted())


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("active", [True, False])
def test_mlflow_gets_an_artifact(
    tmp_path: Path, active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = imported("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    with mlflow.start_run() as run:
        heatvid.log_video(mlflow if active else run, "val/depth", field(), step=STEP, cmap="turbo")
    found = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="val/depth-00000007.mp4", dst_path=str(tmp_path)
    )
    assert is_the_video(Path(found), tmp_path)


def test_trackio_gets_a_finished_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[Any] = []

    class Video:
        def __init__(self, path: str, *, format: str) -> None:
            assert is_the_video(Path(path), tmp_path)
            self.format = format

    trackio = ModuleType("trackio")
    trackio.Video = Video  # type: ignore[attr-defined]
    trackio.log = lambda values, step: logged.append((values, step))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trackio", trackio)
    result = heatvid.log_video(trackio, "depth", field(), step=STEP, cmap="turbo")
    ((values, step),) = logged
    assert (values["depth"].format, step, result.frames) == ("mp4", STEP, 6)
    assert not result.path.exists()


@pytest.mark.filterwarnings("default")
def test_trackio_itself_keeps_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "runs"))  # which it reads at its import
    trackio = imported("trackio")
    run = trackio.init(project="p")
    heatvid.log_video(run, "val/depth", field(), step=STEP, cmap="turbo")
    trackio.finish()
    (path,) = (tmp_path / "runs").rglob("*.mp4")
    assert path.parent.name == str(STEP)
    assert is_the_video(path, tmp_path)


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(heatvid.OptionError, match="run: got a dict; allowed are runs of wandb"):
        heatvid.log_video({}, "depth", field())
