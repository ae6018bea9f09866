"""A folder's page made again, with the posters that are missing: of outputs that came otherwise."""

from __future__ import annotations

import os

from heatvid._batch.gallery.entries import jobs_in
from heatvid._batch.gallery.posters import has_poster, make_poster
from heatvid._batch.gallery.writing import NAME, is_free, write_gallery
from heatvid._errors import OptionError, RenderError, called
from heatvid._progress import progress_bar


def gallery_again(folder: str, *, overwrite: bool = False, progress: bool | None = None) -> str:
    """Write the page of a folder; give a line about it.

    Raises
    ------
    SourceError
        The folder holds no results of a batch.
    OptionError
        The page's name is another's file.
    RenderError
        The page cannot be written.
    """
    jobs = jobs_in(folder)
    path = os.path.join(folder, NAME)
    if not overwrite and not is_free(folder):
        raise OptionError(f"{called(path)}: is no gallery; --overwrite replaces it")
    done = [job for job in jobs if job["state"] in ("done", "kept")]
    paths = {os.path.join(folder, job["output"]): job for job in done}
    lacking = {output: job for output, job in paths.items() if not has_poster(output)}
    with progress_bar("posters", len(lacking), progress) as advance:
        for output, job in lacking.items():
            make_poster(output, job.get("frames") or 0, job.get("fps") or "")
            advance(1)
    try:
        entries = write_gallery(folder)
        size = os.stat(path).st_size
    except OSError as error:
        raise RenderError(f"{called(path)}: {error.strerror}") from error
    failed = sum(entry["state"] == "failed" for entry in entries)
    told = f"{len(entries)} outputs" + (f", {failed} failed" if failed else "")
    return f"{called(path)}: {told}; {size / 1e6:.1f} MB"
