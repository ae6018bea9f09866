"""Colours: colormaps, the video's colour space, the wheel of flow, pictures."""
