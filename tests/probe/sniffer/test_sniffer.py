"""Live capture on the loopback interface: what passes is told as it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.tls.secrets import KeyLog
from probe.lab.authority import Authority
from probe.outcome import UsageFailure
from probe.sniffer.secrets import GrowingKeyLogs
from probe.sniffer.source import BUFFER_BYTES, LiveSource, filter_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PCAP_HEADER_BYTES = 24


@pytest.fixture(scope="module", autouse=True)
def _privileged() -> None:
    """Capturing takes a privilege; in CI, where nothing may be left out, its lack is a failure."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        if os.environ.get("CI"):
            pytest.fail("capturing takes root or CAP_NET_RAW, and CI leaves nothing out", pytrace=False)
        pytest.skip("capturing takes root or CAP_NET_RAW")


class Conversation:
    """A mutual TLS server on loopback, and a client to it."""

    def __init__(self, directory: Path) -> None:
        """Listen."""
        authority = Authority.create()
        self.files = authority.member("IRISB").write(directory)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def _context(self, kind: int, keylog: Path | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(kind)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.files.ca)
        context.load_cert_chain(self.files.certificate, self.files.key)
        if keylog is not None:
            context.keylog_filename = str(keylog)
        return context

    def talk(self, keylog: Path | None = None) -> None:
        """Make one good connection."""

        def serve() -> None:
            connection, _ = self._listener.accept()
            server = self._context(ssl.PROTOCOL_TLS_SERVER)
            with server.wrap_socket(connection, server_side=True) as tls:
                tls.sendall(tls.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        client = self._context(ssl.PROTOCOL_TLS_CLIENT, keylog)
        with client.wrap_socket(socket.create_connection(("127.0.0.1", self.port))) as tls:
            tls.sendall(b"hello")
            assert tls.recv(100) == b"hello"
        thread.join()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    """A server that listens."""
    listens = Conversation(tmp_path / "irisb")
    yield listens
    listens.close()


def test_command(conversation: Conversation, tmp_path: Path) -> None:
    """The command prints a connection when it ends, opened with secrets that came while it ran."""
    keylog = tmp_path / "keys"
    keylog.touch()
    arguments = ["-i", "lo", "--port", str(conversation.port), "--keylog", str(keylog), "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "probe", "sniff", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        found = threading.Event()
        records: list[dict[str, Any]] = []

        def read() -> None:
            """The capture may begin in the middle of a conversation, which is then told as incomplete."""
            for line in process.stdout:  # type: ignore[union-attr]  # it was asked for
                records.append(json.loads(line))
                if records[-1]["outcome"] != "incomplete":
                    found.set()

        threading.Thread(target=read, daemon=True).start()
        # Nothing says when the capture has begun, so conversations go on until a whole one is seen.
        for _ in range(120):
            if found.wait(0.5):
                break
            conversation.talk(keylog)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    record = next(one for one in records if one["outcome"] != "incomplete")
    assert err == ""
    assert process.returncode == 0
    assert (record["road"], record["outcome"], record["server"]["port"]) == (
        "sniff",
        "established",
        conversation.port,
    )
    assert [one["subject"] for one in record["tls"]["client_certificates"]]
    assert record["checks"]["mutual_authentication"]["status"] == "pass"


def test_source_is_a_pcap(conversation: Conversation) -> None:
    """The interface reads like a nanosecond pcap of Ethernet, each packet once, only the wanted port."""
    with LiveSource("lo", (conversation.port,)) as source:
        header = source.read(PCAP_HEADER_BYTES)
        conversation.talk()
        source.stop()
        rest = b""
        source._is_stopped = False
        while piece := source.read(1 << 20):
            rest += piece
        source.stop()
        assert source.read(100) == b""
    assert header
    assert struct.unpack("<IHHiIII", header) == (0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
    syns = 0
    while rest:
        _, nanoseconds, captured, original = struct.unpack_from("<IIII", rest)
        packet, rest = rest[16 : 16 + captured], rest[16 + captured :]
        assert nanoseconds < 1_000_000_000
        assert captured == original
        ports = struct.unpack_from(">HH", packet, 34)
        assert conversation.port in ports
        syns += packet[47] & 0x12 == 0x02
    assert syns == 1
    assert source.lost == 0


def test_no_such_interface() -> None:
    """An interface that is not there is named, with those that are."""
    with pytest.raises(UsageFailure, match=r"nowhere0: no such interface \(there are: .*lo.*\)"):
        LiveSource("nowhere0", ())


def test_filter() -> None:
    """The filter takes the ports with and without a VLAN tag."""
    assert filter_of((1972, 2188)) == (
        "(tcp and (port 1972 or port 2188)) or (vlan and tcp and (port 1972 or port 2188))"
    )
    assert filter_of(()) == "(tcp) or (vlan and tcp)"


def test_growing_key_logs(tmp_path: Path) -> None:
    """A line counts when it is whole, and once; a file that is not there is named."""
    path = tmp_path / "keys"
    line = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48
    path.write_bytes(line[:50])
    keylog = KeyLog()
    secrets = GrowingKeyLogs([path], keylog)
    assert not keylog.secrets_for(bytes.fromhex("ab" * 32))
    with path.open("ab") as file:
        file.write(line[50:] + b"\nnonsense")
    secrets.take()
    secrets.take()
    assert keylog.secrets_for(bytes.fromhex("ab" * 32))["CLIENT_RANDOM"] == bytes.fromhex("cd" * 48)
    assert keylog.bad_lines == 0
    secrets.close()
    with pytest.raises(UsageFailure, match="cannot be read: no such file or directory"):
        GrowingKeyLogs([tmp_path / "nowhere"], keylog)


def test_losses_are_counted(tmp_path: Path) -> None:
    """Packets that came while nobody read, beyond what the kernel keeps, are counted and told."""
    told: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = LiveSource("lo", (server.getsockname()[1],))
        source.watch_losses(told.append)
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            piece = bytes(65536)
            for _ in range(4 * BUFFER_BYTES // len(piece)):
                client.sendall(piece)
                accepted.recv(len(piece), socket.MSG_WAITALL)
        source.close()
    assert source.lost > 0
    assert sum(told) == source.lost


def test_largest_packets_are_whole() -> None:
    """Segments that the loopback interface carries in one are captured to their last byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = LiveSource("lo", (server.getsockname()[1],))
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            for _ in range(64):
                client.sendall(bytes(262_144))
                accepted.recv(262_144, socket.MSG_WAITALL)
        data = b""
        while piece := source.read(1 << 20):
            data += piece
        source.close()
    at, longest = PCAP_HEADER_BYTES, 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        (total,) = struct.unpack_from(">H", data, at + 16 + 16)
        assert length == 14 + total
        longest = max(longest, length)
        at += 16 + length
    assert longest > 65535


def test_command_without_its_interface_says_nothing_else() -> None:
    """Where the interface is not there, no heading of a report goes before the error."""
    done = subprocess.run(
        [sys.executable, "-m", "probe", "sniff", "-i", "nowhere0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: nowhere0: no such interface")
