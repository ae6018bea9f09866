"""Why the system refuses, in words that say what to do."""

from __future__ import annotations

import errno

from heatvid._errors import RenderError, UsageError

NO_SPACE = "no space left on device; free some, or write to another disk"
TOO_LARGE = "the file system or a limit (ulimit -f) refuses a file this large"
NO_FILES = "too many open files; close some, or allow more (ulimit -n)"
NO_MEMORY = "out of memory; end other work, or allow more"
DISK_WORDS = {"No space left on device": NO_SPACE, "File too large": TOO_LARGE}  # ffmpeg's
_WORDS = {
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EFBIG: TOO_LARGE,
    errno.EMFILE: NO_FILES,
    errno.ENFILE: NO_FILES,
    errno.ENOMEM: NO_MEMORY,
}


def own_reason(code: int | None) -> str | None:
    """What heatvid has to say of an error of the system; None of most."""
    return _WORDS.get(code or 0)


def reason(error: OSError) -> str:
    """Say why, in heatvid's words where it has some."""
    return own_reason(error.errno) or error.strerror or str(error)


def in_words(error: BaseException) -> str:
    """Tell an error of any kind on one line; what is not heatvid's own by its kind, too."""
    what = " ".join(str(error).splitlines())
    if isinstance(error, (UsageError, RenderError)):
        return what
    own = own_reason(error.errno) if isinstance(error, OSError) else None
    kind = "out of memory" if isinstance(error, MemoryError) else own or type(error).__name__
    return f"{kind}: {what or type(error).__name__}"
