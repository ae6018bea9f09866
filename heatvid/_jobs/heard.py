"""What is heard beside a field: the sound of the video under it, where its times fit."""

from __future__ import annotations

import warnings

from heatvid._encode.containers import CONTAINERS, suffix_of
from heatvid._errors import AnyPath, OptionError
from heatvid._jobs.composed import AnyFeed
from heatvid._options.options import Options
from heatvid._under.background import Background
from heatvid._video.sound import Sound


def sound_for(output: AnyPath, options: Options, feed: AnyFeed) -> Sound | None:
    """Find the sound that is asked for; where there is none that fits, a warning says so.

    Raises
    ------
    OptionError
        The output is no video, or the background none.
    SourceError
        The sound cannot be decoded.
    """
    if not options.audio:
        return None
    able = [suffix for suffix, container in CONTAINERS.items() if container.sounds]
    if (suffix := suffix_of(output)) not in able:
        raise OptionError(f"audio: got True in {suffix}; allowed in {', '.join(able)}")
    background = feed.beside.background
    if background is None or background.fps is None:
        name = "a colour" if background is None else background.name
        raise OptionError(f"audio: got True over {name}; allowed over a video, whose sound it is")
    sound = background.sound()
    if (why := _unfit(background, feed, sound)) is not None:
        warnings.warn(f"audio: {background.name} {why}", stacklevel=2)
        return None
    return sound


def _unfit(background: Background, feed: AnyFeed, sound: Sound | None) -> str | None:
    """Why there is nothing to be heard."""
    if sound is None:
        return "has no sound; the output has none either"
    if feed.fps != background.fps:
        return (
            f"is shown at {feed.fps} frames a second instead of {background.fps}; its sound does "
            "not follow that, and is left out"
        )
    return None
