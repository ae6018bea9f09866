"""Why the system refuses to write, in words that say what to do."""

from __future__ import annotations

import errno

NO_SPACE = "no space left on device; free some, or write to another disk"
TOO_LARGE = "the file system or a limit (ulimit -f) refuses a file this large"
_WORDS = {errno.ENOSPC: NO_SPACE, errno.EDQUOT: NO_SPACE, errno.EFBIG: TOO_LARGE}


def reason(error: OSError) -> str:
    """Say why, in heatvid's words where it has some."""
    return _WORDS.get(error.errno or 0) or error.strerror or str(error)
