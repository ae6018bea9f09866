"""A page in a headless browser: what its script says by ``fetch("/said", ...)``."""

from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

CHROMIUM = shutil.which("chromium")
_PATIENCE_SECONDS = 60.0


def said_by(page: str, folder: Path) -> str:
    """Show a page until it has said something; its profile is written to ``folder``."""
    words: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(page.encode() if self.path == "/" else b"")

        def do_POST(self) -> None:
            words.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            CHROMIUM or "chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
            f"--user-data-dir={folder / 'profile'}", f"http://127.0.0.1:{server.server_port}/",
        ]  # fmt: skip
        quiet = subprocess.DEVNULL
        browser = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            return words.get(timeout=_PATIENCE_SECONDS)
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()


_PAGE_OF_A_VIDEO = """<!doctype html><body>{video}<script>
const video = document.querySelector("video");
const say = words => fetch("/said", {{method: "POST", body: words}});
video.muted = true;
video.addEventListener("error", () => say("error " + video.error.message));
video.addEventListener("seeked", () => {{
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0);
  const found = [];
  for (let i = 0; i < 4; i++) found.push(...pen.getImageData(32 + 64 * i, 32, 1, 1).data);
  say([video.videoWidth, video.videoHeight, ...found].join(" "));
}});
const seek = () => {{ video.pause(); video.currentTime = 0.15; }};
if (video.readyState >= 2) seek(); else video.addEventListener("loadeddata", seek);
</script></body>"""


def seen_of_video(video: str, folder: Path) -> str:
    """Play a video of four bars, 64 pixels wide each, and tell what is seen; or ``error`` and why.

    Its width and height, then red, green, blue and alpha in the middle of each bar.
    """
    return said_by(_PAGE_OF_A_VIDEO.format(video=video), folder)
