"""The ffmpeg program: where it is, its processes, their pipes, what they say."""
