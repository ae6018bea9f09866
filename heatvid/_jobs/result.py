"""What rendering gives back: where the video lies, how it was made, and itself in a notebook."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

from heatvid._encode.containers import are_pictures, is_page
from heatvid._errors import called, printable, shortened
from heatvid._jobs.inline import in_frame
from heatvid._values.limits import Limits
from heatvid.sources._about import About

EMBED_BYTES = 64 << 20  # a larger video is linked, not copied into the notebook
RUNS_SHOWN = 8  # of labels, in a summary
_MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".gif": "image/gif",
    ".apng": "image/apng", ".webp": "image/webp", ".avif": "image/avif",
}  # fmt: skip


@dataclass(frozen=True)
class RenderResult:
    """A finished video.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    frames : int
        Frames in it.
    height, width : int
        Of the video, padding included.
    fps : fractions.Fraction
        Frames a second, exact.
    limits : Limits, tuple of three Limits, or None
        ``(vmin, vmax)``, the values of the first and the last colour, of each channel for RGB;
        None where they moved.
    labels : tuple of int or None
        Labels that were seen, of ``argmax`` all that there are; () where nothing looked at them,
        as on a GPU; None with values on a scale.
    backend, reason : str
        What computed the pixels, and why it was chosen.
    seconds : dict of str to float
        Time in each stage; stages overlap, so they add up to more than ``total``.
    about : About
        What the source says of its values: names, units, times, places.
    reading : str
        How frames were read, and why, where there was a choice.
    sound : str or None
        The codec of the background's sound in it, and whether it was encoded anew.
    """

    path: Path
    frames: int
    height: int
    width: int
    fps: Fraction
    limits: Limits | tuple[Limits, ...] | None
    labels: tuple[int, ...] | None
    backend: str
    reason: str
    seconds: dict[str, float] = field(repr=False)
    about: About = field(default=About(), repr=False)
    reading: str = field(default="", repr=False)
    sound: str | None = None

    @property
    def label_names(self) -> dict[int, str]:
        """What the labels that were seen are called, where a text beside them says so."""
        names = self.about.label_names
        return {label: names[label] for label in self.labels or () if label in names}

    @property
    def duration_seconds(self) -> float:
        """How long the video plays."""
        return float(self.frames / self.fps)

    def __str__(self) -> str:
        rate = "" if are_pictures(self.path) else f"{self.fps} fps, "
        sound = "" if self.sound is None else f", sound {self.sound}"
        return (
            f"{called(self.path)}: {self.frames} frame{'s' * (self.frames != 1)}, "
            f"{self.width}x{self.height}, "
            f"{rate}{self._shown()}{sound}; {self.backend}, {self.seconds['total']:.1f} s"
        )

    def _shown(self) -> str:
        """The labels, or the values of the first and the last colour."""
        if self.labels is not None:
            return f"labels {_runs(self.labels, self.label_names)}".rstrip()
        each = (self.limits,) if isinstance(self.limits, Limits) else self.limits or ()
        return f"values {', '.join(f'{low:g} to {high:g}' for low, high in each) or 'moving'}"

    def _repr_html_(self) -> str:
        """What plays in a notebook; a line where the browser cannot show the format."""
        if is_page(self.path) and self.path.is_file():
            return in_frame(self.path, str(self))
        media_type = _MEDIA_TYPES.get(self.path.suffix.lower())
        if media_type is None or not self.path.is_file():
            return f"<code>{html.escape(str(self))}</code>"
        if self.path.stat().st_size <= EMBED_BYTES:
            data = base64.b64encode(self.path.read_bytes()).decode("ascii")
            address = f"data:{media_type};base64,{data}"
        else:
            address = quote(os.fsencode(self.path))
        shown = f'src="{address}" width="{self.width}" style="max-width: 100%"'
        title = f'title="{html.escape(str(self))}"'
        if media_type.startswith("image"):
            return f"<img {shown} {title}>"
        return f"<video {shown} controls autoplay loop muted {title}></video>"


def _runs(labels: tuple[int, ...], names: Mapping[int, str]) -> str:
    """Sorted labels, each that has a name with it; others that follow each other as a run."""
    runs: list[list[int]] = []
    for label in labels:
        if runs and label == runs[-1][-1] + 1 and not {label, runs[-1][-1]} & names.keys():
            runs[-1][1:] = [label]
        else:
            runs.append([label])
    shown = [" to ".join(_called(label, names) for label in run) for run in runs[:RUNS_SHOWN]]
    more = sum(run[-1] - run[0] + 1 for run in runs[RUNS_SHOWN:])
    return ", ".join([*shown, *([f"{more} more"] if more else [])])


def _called(label: int, names: Mapping[int, str]) -> str:
    """A label with its name."""
    return f"{label} {shortened(printable(names[label]))}" if label in names else str(label)
