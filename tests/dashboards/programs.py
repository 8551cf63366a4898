"""Prometheus and Alertmanager as the tests run them: on loopback, at ports that they choose, ended by their ids."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WAIT_SECONDS = 60.0
_LISTENS = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for what another program does in its own time."""
    pause, end = threading.Event(), time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < end, what
        pause.wait(0.1)


def fetched(url: str, **parameters: str | list[str]) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    """GET a JSON document."""
    query = f"?{urllib.parse.urlencode(parameters, doseq=True)}" if parameters else ""
    with urllib.request.urlopen(url + query, timeout=10) as response:
        return json.load(response)


def post(url: str, document: object) -> None:
    """POST a JSON document."""
    body, headers = json.dumps(document).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10):
        """The status says enough."""


@contextmanager
def running(command: list[str], log: Path) -> Iterator[str]:
    """Run a program of the Prometheus family for as long as the context lasts; gives its URL."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            until(lambda: process.poll() is not None or bool(_LISTENS.search(log.read_text())), log.name)
            found = _LISTENS.search(log.read_text())
            assert found, log.read_text()
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Prometheus:
    """The API of a running Prometheus."""

    def __init__(self, url: str) -> None:
        """Know where it is."""
        self.url = url

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 (each path has its own shape)
        """Give the data of an answer."""
        answer = fetched(f"{self.url}/api/v1/{path}", **parameters)
        assert answer["status"] == "success"
        return answer["data"]

    def value(self, expression: str) -> float | None:
        """Give the one value of an expression, or None where there is none."""
        result = self.ask("query", query=expression)["result"]
        return float(result[0]["value"][1]) if result else None
