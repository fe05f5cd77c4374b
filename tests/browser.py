"""Chromium without a window: opens a page at some widths and says what it saw.

A page is served on 127.0.0.1 with a frame of the wanted width around it, since a window cannot be as narrow as a
telephone; nothing else can be reached. The server ends with the look.
"""

import functools
import html
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FRAME = """<!doctype html><meta charset="utf-8"><title>frame</title>
<iframe id="page" src="{name}" style="width:{width}px;height:3000px;border:0"></iframe>
<pre id="seen"></pre>
<script>
const page = document.getElementById("page");
page.addEventListener("load", () => setTimeout(() => {{
  const inside = page.contentDocument;
  const box = (e) => {{ const r = e.getBoundingClientRect(); return [r.left, r.width, r.height]; }};
  for (const image of inside.images) image.loading = "eager";
  {act}
  setTimeout(() => {{
    document.getElementById("seen").textContent = JSON.stringify({{
      wide: inside.documentElement.scrollWidth,
      title: inside.title,
      images: Array.from(inside.images, (i) => [i.naturalWidth, i.complete, ...box(i)]),
      drawings: Array.from(inside.querySelectorAll("figure"), (f) => f.querySelector("svg") && [f.className, ...box(f.querySelector("svg"))]).filter(Boolean),
      letters: Array.from(inside.querySelectorAll("figure.small svg text"), (t) => t.getBoundingClientRect().height),
      tables: Array.from(inside.querySelectorAll("table"), (t) => Array.from(t.tBodies[0].rows, (r) => r.cells[0].textContent)),
    }});
  }}, 1000);
}}, 100));
</script>"""  # noqa: E501 - one line a thing


@dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes:
        wide: pixels that the page takes from left to right.
        console: what it complained of.
        seen: the rest, see `FRAME`.
    """

    wide: int
    console: tuple[str, ...]
    seen: dict[str, Any]


def find() -> str:
    """The browser; without one the test is skipped, or fails where SEGMEM_REQUIRE_DATA=1."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    reason = f"no browser: none of {', '.join(NAMES)} is installed"
    if os.environ.get("SEGMEM_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def look(page: Path, width: int, profile: Path, act: str = "") -> Look:
    """Open a page that wide; `act` is JavaScript that is done to the document `inside` first."""
    frame = page.with_name("frame.html")
    frame.write_text(FRAME.format(name=page.name, width=width, act=act), encoding="utf-8")
    with _served(page.parent) as port:
        ran = subprocess.run(  # noqa: S603 - the browser that was found
            [
                *(find(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *("--disable-background-networking", "--disable-extensions", "--hide-scrollbars"),
                f"--user-data-dir={profile}",
                *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr"),
                *("--virtual-time-budget=10000", f"--window-size={max(width, 500) + 40},3200", "--dump-dom"),
                f"http://127.0.0.1:{port}/{frame.name}",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    told = re.search(r'<pre id="seen">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert told and told[1], f"the page did not load: {ran.stderr[-2000:]}"
    seen = json.loads(html.unescape(told[1]))
    console = tuple(line for line in ran.stderr.splitlines() if ":CONSOLE" in line)
    return Look(seen["wide"], console, seen)


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
