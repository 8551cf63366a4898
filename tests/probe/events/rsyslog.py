"""Debian's rsyslogd as an ordinary process, with a configuration and sockets of its own."""

from __future__ import annotations

import json
import socket
import subprocess
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from tests.probe.events.telling import WAIT_SECONDS
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = r"""
module(load="imuxsock" SysSock.Use="off")
module(load="imtcp")
module(load="imudp")
input(type="imuxsock" Socket="{directory}/log" UseSpecialParser="off" IgnoreTimestamp="off" UseSysTimeStamp="off"
      RateLimit.Interval="0")
input(type="imtcp" port="{port}" address="127.0.0.1")
input(type="imudp" port="{port}" address="127.0.0.1")
template(name="parsed" type="list" option.jsonf="on") {{
  property(outname="priority" name="pri" format="jsonf")
  property(outname="at" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="process" name="procid" format="jsonf")
  property(outname="kind" name="msgid" format="jsonf")
  property(outname="facts" name="structured-data" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
action(type="omfile" file="{directory}/received" template="parsed" asyncWriting="off" flushOnTXEnd="on")
"""


class Rsyslog:
    """A daemon that can be killed and started again on the same sockets."""

    def __init__(self, program: str, directory: Path) -> None:
        """Write the configuration; nothing runs yet."""
        self.socket = directory / "log"
        self.port = free_port()
        self._program = program
        self._directory = directory
        self._received = directory / "received"
        self._configuration = directory / "rsyslog.conf"
        self._configuration.write_text(CONFIGURATION.format(directory=directory, port=self.port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, and wait until it listens."""
        pid = self._directory / "pid"
        command = [self._program, "-n", "-f", str(self._configuration), "-i", str(pid)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = monotonic() + WAIT_SECONDS
        while not (self.socket.exists() and self._accepts()):
            assert self._process.poll() is None, self._process.stderr and self._process.stderr.read()
            assert monotonic() < end, "rsyslogd does not listen"
            sleep(0.02)

    def _accepts(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Let it write what it has, and end."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(WAIT_SECONDS)
            if self._process.stderr:
                self._process.stderr.close()
            self._process = None

    def received(self) -> list[dict[str, Any]]:
        """Give what it has received and parsed so far."""
        if not self._received.exists():
            return []
        return [
            json.loads(line)
            for line in self._received.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until it has received so many messages."""
        end = monotonic() + WAIT_SECONDS
        while len(self.received()) < count:
            assert monotonic() < end, f"{len(self.received())} of {count} messages came"
            sleep(0.02)
        return self.received()


@contextmanager
def rsyslog(program: str, directory: Path) -> Iterator[Rsyslog]:
    """Run a daemon for as long as the context lasts."""
    daemon = Rsyslog(program, directory)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
