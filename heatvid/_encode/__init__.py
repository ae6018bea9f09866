"""Frames to files: the sinks, and how a finished file gets its name."""
