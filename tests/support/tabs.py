"""A headless browser driven as a person drives it: by the DevTools protocol, through a pipe."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self

from tests.support.browser import CHROMIUM

_PATIENCE_SECONDS = 60.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-pipe",
)  # fmt: skip
SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing")
# It speaks on 3 and listens on 4, wherever our pipes happen to be.
_BEGIN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, number in zip(ends, (3, 4)):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
# Codes that pages look at, of keys whose name is no letter.
_CODES = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35,
          "Escape": 27, "Enter": 13, " ": 32, ".": 190}  # fmt: skip


class Browser:
    """A browser process; a context manager that ends it.

    Parameters
    ----------
    folder : Path
        For its profile and what it downloads.
    *flags : str
        More of its options.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        self.downloads = folder / "downloads"
        ours, theirs = os.pipe(), os.pipe()
        command = [sys.executable, "-c", _BEGIN, str(ours[0]), str(theirs[1]), CHROMIUM or "",
                   *_FLAGS, *flags, f"--user-data-dir={folder / 'profile'}"]  # fmt: skip
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, pass_fds=(ours[0], theirs[1])
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._out, self._in = os.fdopen(ours[1], "wb", 0), os.fdopen(theirs[0], "rb")
        self._answers: dict[int, Queue[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.call("Browser.setDownloadBehavior", behavior="allow",
                  downloadPath=str(self.downloads))  # fmt: skip

    def _listen(self) -> None:
        waiting = b""
        while part := self._in.read1(1 << 20):
            waiting += part
            *messages, waiting = waiting.split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers.pop(message["id"]).put(message)
                elif (tab := self._tabs.get(message.get("sessionId", ""))) is not None:
                    tab.told(message)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and wait for what it gives."""
        self._number += 1
        answer: Queue[dict[str, Any]] = Queue()
        self._answers[self._number] = answer
        message = {"id": self._number, "method": method, "params": parameters}
        text = json.dumps(message | ({} if session is None else {"sessionId": session}))
        self._out.write(text.encode() + b"\0")
        try:
            found = answer.get(timeout=_PATIENCE_SECONDS)
        except Empty:
            raise TimeoutError(f"{method}: no answer") from None
        assert "error" not in found, f"{method}: {found['error']}"
        result: dict[str, Any] = found["result"]
        return result

    def open(self, address: str, *, size: tuple[int, int] = (800, 1280), **looks: Any) -> Tab:
        """Open a page in a tab of its own."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self._tabs[session] = Tab(self, session, target)
        tab.look(size, **looks)
        tab.go(address)
        return tab

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        self._out.close()
        self._in.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tab:
    """A page that is open."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser, self._session, self._target = browser, session, target
        self._loaded = threading.Event()
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol for this tab."""
        return self._browser.call(method, self._session, **parameters)

    def told(self, message: dict[str, Any]) -> None:
        """Note what the page says by itself."""
        method, parameters = message["method"], message["params"]
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(parameters["exceptionDetails"])[:500])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])

    def go(self, address: str) -> None:
        """Load a page, and wait until all of it is there."""
        self._loaded.clear()
        self.call("Page.navigate", url=address)
        assert self._loaded.wait(_PATIENCE_SECONDS), f"{address} did not load"

    def look(self, size: tuple[int, int], *, dark: bool = False, touch: bool = False) -> None:
        """Set the screen: height and width, and whether it is dark, or touched."""
        height, width = size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if touch else 1, mobile=touch)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def run(self, script: str) -> Any:
        """What an expression gives, once it is settled."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                         returnByValue=True, userGesture=True)  # fmt: skip
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def at(self, selector: str, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        """A place of an element, in fractions of its size, scrolled into view."""
        left, top, width, height = self.run(
            f"(e => (e.scrollIntoView({{block: 'center'}}), e = e.getBoundingClientRect(), "
            f"[e.left, e.top, e.width, e.height]))(document.querySelector({json.dumps(selector)}))"
        )
        return left + width * x, top + height * y

    def mouse(self, kind: str, at: tuple[float, float], **more: Any) -> None:
        """Move, press or release the mouse."""
        self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **more)

    def hover(self, at: tuple[float, float]) -> None:
        """Move the mouse to a place."""
        self.mouse("mouseMoved", at)

    def drag(self, places: Sequence[tuple[float, float]]) -> None:
        """Press at the first place, move over the others, release at the last."""
        self.hover(places[0])
        self.mouse("mousePressed", places[0], button="left", clickCount=1, buttons=1)
        for place in places[1:]:
            self.mouse("mouseMoved", place, button="left", buttons=1)
        self.mouse("mouseReleased", places[-1], button="left", clickCount=1)

    def click(self, at: tuple[float, float] | str) -> None:
        """Click at a place, or in the middle of an element."""
        self.drag([self.at(at) if isinstance(at, str) else at])

    def key(self, key: str, *, shift: bool = False) -> None:
        """Press a key and release it."""
        typed = "\r" if key == "Enter" else key
        text = {"text": typed} if len(typed) == 1 else {}
        code = _CODES.get(key, ord(key[0].upper()))
        named = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def picture(self, path: Path) -> None:
        """Take a picture of all of the page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """Close it."""
        self._browser.call("Target.closeTarget", targetId=self._target)


def until(tab: Tab, words: str) -> None:
    """Wait until something is true of the page."""
    ask = f"const ask = () => (({words}) ? resolve(true) : setTimeout(ask, 20))"
    late = f"setTimeout(() => resolve(false), {1000 * _PATIENCE_SECONDS - 5000:.0f})"
    assert tab.run(f"new Promise((resolve) => {{ {ask}; ask(); {late}; }})"), words
