"""What works on this machine: versions, ffmpeg and its encoders, backends, and a tiny render."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from heatvid._cores import available_cores
from heatvid._errors import HeatvidError
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg
from heatvid._jobs.render import render
from heatvid._options.output import BACKENDS
from heatvid._video.in_process_decoder import DECODER, can_decode, missing
from heatvid.backends import choose, why_not
from heatvid.backends._cuda.device import diagnose

PACKAGES = ("heatvid", "numpy", "imageio", "imageio-ffmpeg", "tqdm", "cmap", "pillow")
EXTRAS = ("numba", "av")  # CuPy is shown with its driver
KINDS: dict[str, dict[str, Any]] = {
    "H.264 (.mp4)": {"suffix": ".mp4"},
    "HEVC (.mp4)": {"suffix": ".mp4", "codec": "hevc"},
    "AV1 (.mp4)": {"suffix": ".mp4", "codec": "av1"},
    "VP9 (.webm)": {"suffix": ".webm"},
    "ProRes (.mov)": {"suffix": ".mov", "codec": "prores"},
    "WebP (.webp)": {"suffix": ".webp"},
    "AVIF (.avif)": {"suffix": ".avif"},
    "lossless H.264 (.mp4)": {"suffix": ".mp4", "lossless": True},
    "lossless FFV1 (.mkv)": {"suffix": ".mkv", "lossless": True},
    "lossless VP9 (.webm)": {"suffix": ".webm", "lossless": True},
}


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    machine : dict of str to str
    packages : dict of str to str
        Versions; "missing" where a package is not installed.
    ffmpeg : str
        Program and version, or what is wrong.
    decoder : str
        What decodes background videos whose planes pass as they are, and why.
    backend : str
        What ``backend="auto"`` chooses here, and why.
    cuda : dict of str to str
        Versions of driver and CuPy, and the GPUs; what is wrong otherwise.
    backends : dict of str to str
        Every backend, "works" or what the machine lacks for it.
    videos : dict of str to str
        Kinds of video, each "works" or what went wrong with a tiny one.
    """

    machine: dict[str, str]
    packages: dict[str, str]
    ffmpeg: str
    decoder: str
    backend: str
    cuda: dict[str, str] = field(default_factory=dict)
    backends: dict[str, str] = field(default_factory=dict)
    videos: dict[str, str] = field(default_factory=dict)

    @property
    def works(self) -> bool:
        """Whether the usual video can be rendered."""
        return self.videos.get("H.264 (.mp4)") == "works"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "machine": self.machine,
            "packages": self.packages,
            "ffmpeg": self.ffmpeg,
            "decoder": self.decoder,
            "backend": self.backend,
            "cuda": self.cuda,
            "backends": self.backends,
            "videos": self.videos,
            "works": self.works,
        }

    def __str__(self) -> str:
        lines = []
        for title, rows in (
            ("machine", self.machine),
            ("packages", self.packages),
            (
                "running",
                {
                    "ffmpeg": self.ffmpeg,
                    "video backgrounds": self.decoder,
                    "backend": self.backend,
                    **self.cuda,
                },
            ),
            ("backends", self.backends),
            ("videos", self.videos),
        ):
            lines += [title, *(f"  {name:<22} {value}" for name, value in rows.items())]
        verdict = "all is well" if self.works else "the usual video cannot be rendered, see above"
        return "\n".join([*lines, verdict])


def examine() -> Diagnosis:
    """Look at the machine and render a tiny video of each kind."""
    return Diagnosis(
        machine={
            "system": platform.platform(),
            "python": f"{platform.python_version()} ({sys.executable})",
            "cores": str(available_cores()),
        },
        packages={
            **{name: _version(name, "missing") for name in PACKAGES},
            **{name: _version(name, "not installed (an extra)") for name in EXTRAS},
        },
        ffmpeg=_ffmpeg(),
        decoder=_decoder(),
        backend=_backend(),
        cuda=diagnose(),
        backends={name: why_not(name) or "works" for name in BACKENDS},
        videos={kind: _try(**settings) for kind, settings in KINDS.items()},
    )


def _version(package: str, otherwise: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return otherwise


def _ffmpeg() -> str:
    try:
        program = find_ffmpeg()
        number = ".".join(map(str, ffmpeg_version(program)))
    except HeatvidError as error:
        return str(error)
    return f"{number} ({program})"


def _decoder() -> str:
    if can_decode():
        return "decoded in this process, by PyAV"
    return f"decoded by ffmpeg ({missing() or f'{DECODER} asks for it'})"


def _backend() -> str:
    backend, reason = choose("auto")
    return f"{backend.name}: {reason}"


def _try(suffix: str, **options: Any) -> str:
    size = 64  # smaller ones go to other encoders than videos usually do
    frames = np.arange(2 * size * size, dtype=np.float32).reshape(2, size, size)
    with tempfile.TemporaryDirectory() as folder:
        try:
            render(frames, os.path.join(folder, "tiny" + suffix), progress=False, **options)
        except HeatvidError as error:
            return str(error)
    return "works"
