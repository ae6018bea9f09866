"""Steps that ffmpeg takes with frames that are whole: what they raise."""

from __future__ import annotations


class StepError(Exception):
    """ffmpeg could not take a step: its exit code, and what it said."""
