"""The stand-ins do what the vendor's page says of a mirror member, and stop when told."""

from __future__ import annotations

import socket
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.mirror.definition import Channel
from probe.lab.ends import Manner, Refusal
from probe.lab.scenario import play
from probe.lab.stand_in import StandIn, call

if TYPE_CHECKING:
    from probe.lab.cast import Cast


def test_a_peer_that_the_mirror_does_not_list_is_dropped_after_the_handshake(
    cast: Cast, stand_in: StandIn
) -> None:
    """The handshake is good on both sides, then the server closes without an alert but close_notify."""
    played = play(replace(cast, server=replace(cast.server, listed=())), stand_in)
    assert played.server is not None
    assert played.client.is_complete
    assert played.server.is_complete
    assert played.server.refusal is Refusal.NAME
    assert played.client.received_alerts == (0,)
    assert played.client.answer == b""


def test_names_are_compared_exactly(cast: Cast, stand_in: StandIn) -> None:
    """A listed name in other letters does not match: the lab takes the stricter reading."""
    listed = tuple(name.upper() for name in cast.client.listed)
    played = play(replace(cast, client=replace(cast.client, listed=listed)), stand_in)
    assert played.client.refusal is Refusal.NAME


def test_a_server_names_its_authorities(stand_in: StandIn) -> None:
    """The CertificateRequest carries the subjects of the server's CA file."""
    host, port = stand_in.address
    printed = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_2", "-nameopt", "RFC2253"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "Acceptable client certificate CA names\nCN=Lab Root CA,O=Example,C=US" in printed


@pytest.mark.parametrize("version", [0x0303, 0x0304])
def test_the_preamble_goes_before_tls(cast: Cast, stand_in: StandIn, version: int) -> None:
    """With the lab's preamble on both sides, TLS starts after it and all goes well."""
    both = replace(
        cast, client=replace(cast.client, preamble=True), server=replace(cast.server, preamble=True)
    )
    assert play(both.limited_to(version), stand_in).client.answer.startswith(b"MIRRORPROBE-LAB OK")


def test_a_bare_client_hello_is_not_a_preamble(cast: Cast, stand_in: StandIn) -> None:
    """A server that waits for the preamble closes on a ClientHello without a byte."""
    played = play(replace(cast, server=replace(cast.server, preamble=True)), stand_in)
    assert played.client.received_alerts == ()
    assert "EOF" in played.client.error
    assert played.server is not None
    assert played.server.error == "the peer did not begin with the lab's preamble"


def test_a_peer_without_line_feed_is_not_read_for_ever(cast: Cast, stand_in: StandIn) -> None:
    """A peer that sends a long line where the preamble should be is given up."""
    stand_in.become(replace(cast.server, preamble=True))
    with socket.create_connection(stand_in.address) as line:
        line.sendall(b"x" * 100_000)
        line.shutdown(socket.SHUT_WR)
        account = stand_in.next_account(5)
    assert account is not None
    assert account.error == "the peer did not begin with the lab's preamble"


def test_an_absent_service_refuses_and_comes_back_at_the_same_port(cast: Cast, stand_in: StandIn) -> None:
    """While it is absent TCP is refused; afterwards it answers where it did before."""
    address = stand_in.address
    played = play(replace(cast, server=replace(cast.server, manner=Manner.ABSENT)), stand_in)
    assert played.client.error == "connection refused"
    assert played.server is None
    assert play(cast, stand_in).client.error == ""
    assert stand_in.address == address


def test_accounts_are_of_the_present_end_only(cast: Cast, stand_in: StandIn) -> None:
    """What an earlier configuration saw is not told as an account of the present one."""
    call(cast.client, stand_in.address, Channel.AGENT)
    stand_in.become(replace(cast.server, name="OTHER"))
    assert stand_in.next_account(0) is None


def test_leaving_ends_every_thread_and_connection(cast: Cast) -> None:
    """When the context is left, nobody listens, an open connection is closed, and no thread is left."""
    silent, before = replace(cast.server, manner=Manner.SILENT), set(threading.enumerate())
    with StandIn(silent, Channel.AGENT, patience=600) as listening:
        line = socket.create_connection(listening.address)
        line.sendall(b"somebody is there")
    with line:
        assert _is_closed(line)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(listening.address)
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("IRISB")]


def _is_closed(line: socket.socket) -> bool:
    """Read the end of a connection; bytes that were not read yet make the kernel reset it."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def test_an_address_in_use_is_an_error(stand_in: StandIn, cast: Cast) -> None:
    """A second service on the same address does not start."""
    host, port = stand_in.address
    with pytest.raises(OSError, match="in use"), StandIn(cast.server, Channel.AGENT, host=host, port=port):
        pass


def test_a_conversation_keeps_its_key_log(cast: Cast, stand_in: StandIn) -> None:
    """Both ends know the secrets of the connection in the NSS format, and no repr shows them."""
    played = play(cast, stand_in)
    assert played.server is not None
    assert set(played.client.key_log) >= {
        line for line in played.server.key_log if line.startswith("CLIENT_HANDSHAKE_TRAFFIC_SECRET ")
    }
    assert len(played.client.key_log) >= 5
    assert "TRAFFIC_SECRET" not in repr(played)
