"""``log_video``: a field in a run tracker, as what that tracker really shows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Unpack

from heatvid._errors import OptionError, kind_of
from heatvid._jobs.made import options_from
from heatvid._jobs.render import render_with
from heatvid._jobs.result import RenderResult
from heatvid._options.accepted import RenderOptions
from heatvid._options.documenting import documented

Log = Callable[[Any, str, RenderResult, int | None], None]


class Tracker(NamedTuple):
    """How a tracker takes videos.

    Attributes
    ----------
    suffix : str
        Of the file that it is given.
    log : callable
        Of a run, a name, what was rendered, and a step or None.
    """

    suffix: str
    log: Log


@documented()
def log_video(
    run: Any, name: str, source: Any, *, step: int | None = None, **options: Unpack[RenderOptions]
) -> RenderResult:
    """Render a sequence of predictions, and log it to a run tracker.

    Parameters
    ----------
    run : object
        A run of Weights & Biases, Trackio or MLflow, or one of these modules for the run that is
        active; a ``SummaryWriter`` of PyTorch's or tensorboardX; or a logger of Lightning's that
        holds any of these.
    name : str
        Of the video, as metrics are named: ``val/depth``.
    source : path, array, iterable of arrays, or Source
        What :func:`open_source` opens: frames of shape (H, W), any real dtype.
    step : int, optional
        Of the training.
    {options}

    Returns
    -------
    RenderResult
        Frames, size, limits and times; the file itself is the tracker's.

    Raises
    ------
    UsageError
        The run is none that is known, or the source or an option cannot be used.
    RenderError
        Rendering failed; nothing is logged.

    Examples
    --------
    A callback of Lightning::

        class Depths(lightning.Callback):
            def on_validation_epoch_end(self, trainer, module):
                heatvid.log_video(
                    trainer.logger, "val/depth", module.depths, step=trainer.global_step
                )
    """
    run = getattr(run, "experiment", run)  # of a logger of Lightning's
    tracker = _tracker_of(run)
    checked = replace(options_from(options), overwrite=True)
    with tempfile.TemporaryDirectory(prefix="heatvid-") as folder:
        file = f"{name.rpartition('/')[2]}-{step or 0:08d}{tracker.suffix}"
        result = render_with(source, Path(folder, file), checked)
        tracker.log(run, name, result, step)
    return result


def _tracker_of(run: Any) -> Tracker:
    module = run.__name__ if isinstance(run, ModuleType) else type(run).__module__
    package = module.partition(".")[0]
    if package not in TRACKERS:
        raise OptionError(
            f"run: got {kind_of(run)}; allowed are runs of wandb, trackio and mlflow, these "
            "modules themselves, and SummaryWriter of torch or tensorboardX"
        )
    return TRACKERS[package]


def _to_media(package: str) -> Log:
    """Log a finished file: given arrays, these trackers would encode them in other colours."""

    def log(run: Any, name: str, result: RenderResult, step: int | None) -> None:
        video = import_module(package).Video(str(result.path), format="mp4")
        run.log({name: video}, step=step)

    return log


def _to_mlflow(run: Any, name: str, result: RenderResult, step: int | None) -> None:
    mlflow = import_module("mlflow")
    folder = name.rpartition("/")[0] or None
    if isinstance(run, ModuleType):
        mlflow.log_artifact(str(result.path), folder)
    else:
        client = import_module("mlflow.tracking").MlflowClient()
        client.log_artifact(run.info.run_id, str(result.path), folder)


def _to_tensorboard(protocol: str) -> Log:
    """Log a GIF as the picture of a summary, which plays: ``add_video`` may write an empty one."""

    def log(run: Any, name: str, result: RenderResult, step: int | None) -> None:
        summary = import_module(protocol).Summary
        image = summary.Image(
            encoded_image_string=result.path.read_bytes(),
            height=result.height, width=result.width, colorspace=3,
        )  # fmt: skip
        value = summary.Value(tag=name, image=image)
        run._get_file_writer().add_summary(summary(value=[value]), step)

    return log


TRACKERS = {
    "wandb": Tracker(".mp4", _to_media("wandb")),
    "trackio": Tracker(".mp4", _to_media("trackio")),
    "mlflow": Tracker(".mp4", _to_mlflow),
    "torch": Tracker(".gif", _to_tensorboard("tensorboard.compat.proto.summary_pb2")),
    "tensorboardX": Tracker(".gif", _to_tensorboard("tensorboardX.proto.summary_pb2")),
}
