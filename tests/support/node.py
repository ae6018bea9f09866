"""The page's modules in the machine's Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import heatvid

NODE = shutil.which("node")
PAGE = Path(heatvid.__file__).parent / "_encode" / "page"
GALLERY = Path(heatvid.__file__).parent / "_batch" / "gallery"


def said_by_node(module: str, names: str, script: str, told: Any = None, room: Path = PAGE) -> Any:
    """Run a script that has some names of a module, and ``told``; it gives what it ``say``s."""
    text = (
        f"import {{{names}}} from {json.dumps((room / module).as_uri())};\n"
        "const told = JSON.parse(await new Response(process.stdin).text());\n"
        f"const say = (found) => process.stdout.write(JSON.stringify(found));\n{script}"
    )
    done = subprocess.run(
        [NODE or "node", "--input-type=module", "-e", text],
        input=json.dumps(told), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
