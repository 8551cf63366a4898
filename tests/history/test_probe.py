"""The whole probe with its history, killed in the middle, and asked by the command."""

from __future__ import annotations

import json
import signal
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic, time
from typing import TYPE_CHECKING

from tests.integration.raw import dial
from tests.sources import ROOT
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
[mirror]
name = "LAB"
[[relay]]
name = "one"
mode = "passthrough"
listen = "127.0.0.1:{port}"
upstream = "127.0.0.1:{upstream}"
[web]
listen = "127.0.0.1:0"
"""
COMMAND = [sys.executable, "-m", "probe"]
BUSY_SECONDS = 2.0
LOST_SECONDS = 1.0


class Answer(socketserver.BaseRequestHandler):
    """Answers each connection, and waits for its end."""

    def handle(self) -> None:
        """Serve one."""
        with suppress(ConnectionError):
            self.request.sendall(b"answer")
            while self.request.recv(100):
                pass


@contextmanager
def answering() -> Iterator[int]:
    """Serve any number of connections, and give the port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="server")
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def running(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a probe that is ready; it is dead at the end."""
    with subprocess.Popen(
        [*COMMAND, "run", "-c", str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["event.action"] == "started"
            yield process
        finally:
            process.kill()


def test_a_killed_probe_has_kept_what_it_told(tmp_path: Path) -> None:
    """What the log told more than a second before kill -9 is what the history answers, event for event."""
    file, port = tmp_path / "mirrorprobe.toml", free_port()
    with answering() as upstream:
        file.write_text(CONFIGURATION.format(port=port, upstream=upstream))
        with running(file) as process:
            end = monotonic() + BUSY_SECONDS
            while monotonic() < end:
                with dial(port) as client:
                    client.sendall(b"question")
                    assert client.recv(6) == b"answer"
            process.send_signal(signal.SIGKILL)
            killed = time()
            assert process.stdout is not None
            told = [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    told_before = [
        line
        for line in told
        if datetime.fromisoformat(json.loads(line)["@timestamp"]).timestamp() < killed - LOST_SECONDS
    ]
    answer = subprocess.run(
        [*COMMAND, "history", "-c", str(file), "--jsonl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    assert told_before
    assert set(told_before) - set(answer.stdout.splitlines(keepends=True)) == set()
