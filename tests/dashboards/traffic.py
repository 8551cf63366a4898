"""A probe in front of the lab's mirror, and what its members do: healthy connections and faulty ones."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.app import Probe
from probe.config import load_config
from probe.lab.box import Box
from probe.lab.cast import ANSWERING, DIALLING, MEMBERS
from probe.lab.configuration import RelaySettings, at, relay_name, write_configuration
from probe.lab.faults import FAULTS
from probe.lab.identity import write_private
from probe.lab.recipe import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.lab.authority import Authority

WAIT_SECONDS = 20.0

MIRROR = "LABMIRROR"

FAULTS_PLAYED = (
    "client-eku-server-only",
    "server-expired",
    "client-no-certificate",
    "server-does-not-request",
    "server-protocol-below-policy",
    "client-expired",
)
"""Causes on both ends, two broken rules, and mutual authentication missing; the last leaves IRISA cut off from IRISB."""

TOKEN = "0123456789abcdef0123456789abcdef"

_WEB = """[web]
token_file = "probes.token"
tls = { certificate = "IRISA/CertificateFile.pem", key = "IRISA/PrivateKeyFile.pem" }
"""

_ADDED = """
[history]
file = "history.sqlite"

[[check]]
name = "check-irisb"
target = "{target}"
connect_as = {{ certificate = "IRISA/CertificateFile.pem", key = "IRISA/PrivateKeyFile.pem" }}
interval_seconds = 1
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The lab and the probe at work."""

    box: Box
    probe: Probe
    trust: ssl.SSLContext

    @property
    def web(self) -> str:
        """Where the metrics are, as HOST:PORT."""
        return str(self.probe.web_address)

    def record(self, connection: str) -> dict[str, Any]:
        """Give what the probe's API has of a connection."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"https://{self.web}/api/connections/{connection}", headers=headers)
        with urllib.request.urlopen(request, timeout=10, context=self.trust) as response:
            found: dict[str, Any] = json.load(response)
        return found

    def play(self) -> int:
        """Let every member call every other, IRISB call IRISA with one fault, and IRISA call IRISB with each of them; gives
        how many connections.
        """
        for caller in MEMBERS:
            for called in MEMBERS:
                if caller != called:
                    self.box.play(self.box.cast(caller, called), through=self._through(called))
        reversed_roles = FAULTS["client-no-common-cipher"].arrange(self.box.cast(ANSWERING, DIALLING))
        self.box.play(reversed_roles, through=self._through(DIALLING))
        for fault in FAULTS_PLAYED:
            self.box.play_fault(FAULTS[fault], through=self._through(ANSWERING))
        return len(MEMBERS) * (len(MEMBERS) - 1) + 1 + len(FAULTS_PLAYED)

    def _through(self, member: str) -> tuple[str, int]:
        address = self.probe.address_of(relay_name(member))
        return address.address, address.port


@contextmanager
def lab_and_probe(issuing: Authority, directory: Path) -> Iterator[Scene]:
    """Run both for as long as the context lasts."""
    with Box(issuing) as box:
        settings = RelaySettings(
            listen={name: (host, 0) for name, host in LOOPBACK.items()},
            web=("127.0.0.1", 0),
            handshake_seconds=2.0,
            events_file=str(directory / "events.jsonl"),
        )
        path = write_configuration(box, directory, settings)
        target = at(box.members[ANSWERING].superserver.address)
        text = path.read_text().replace("[web]\n", _WEB) + _ADDED.format(target=target)
        path.write_text(text)
        write_private(directory / "probes.token", TOKEN.encode())
        (directory / "probes-ca.pem").write_bytes(issuing.ca_pem)
        probe = Probe(load_config(path))
        with _serving(probe):
            yield Scene(box, probe, ssl.create_default_context(cadata=issuing.ca_pem.decode()))


@contextmanager
def _serving(probe: Probe) -> Iterator[None]:
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(probe.serve(stop, None, ready.set))

    thread = threading.Thread(target=run, name="probe")
    thread.start()
    try:
        assert ready.wait(WAIT_SECONDS)
        yield
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()
