"""From a capture file to observed connections: the same record as from the bytes themselves."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.capture.analysis import Analysis, Selection
from analyzers.capture.reader import ConnectionReader
from analyzers.connection import CloseKind, Connection, Endpoint, NetworkErrorKind, Outcome, Party
from probe.captures.places import MirrorPlaces
from tests.capture.building import block, enhanced, interface, pcap, section
from tests.capture.packets import Talk, packets_of
from tests.tls.dialogues import TLS12, TLS13, Dialogue, observe

if TYPE_CHECKING:
    from analyzers.tls.secrets import KeyLog

CLIENT, SERVER = Party.CLIENT, Party.SERVER
SHARED = Path(__file__).parents[3] / "shared" / "captures" / "files"


def connections_of(
    data: bytes, *, keylog: KeyLog | None = None, places: MirrorPlaces | None = None, **selection: object
) -> list[Connection]:
    """What is observed in a capture."""
    analysis = Analysis(
        io.BytesIO(data),
        keylog=keylog,
        places=places or MirrorPlaces(),
        selection=Selection(**selection),  # type: ignore[arg-type]
    )
    return [captured.connection for captured in analysis.connections()]


@pytest.fixture(scope="module", params=[TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
def dialogue(request: pytest.FixtureRequest) -> Dialogue:
    """A whole conversation between two engines."""
    words = Dialogue(request.param).handshake()
    for number in range(12):
        words.say(CLIENT if number % 3 else SERVER, b"x" * (1 + 700 * number))
    return words.close(CLIENT)


@pytest.mark.parametrize("with_keys", [False, True])
@pytest.mark.parametrize("segment", [1448, 100, 7])
def test_capture_gives_the_record_of_the_bytes(dialogue: Dialogue, with_keys: bool, segment: int) -> None:
    """However it was cut into segments, and with application data passed over, TLS shows the same."""
    keylog = dialogue.keylog if with_keys else None
    (seen,) = connections_of(pcap(packets_of(dialogue.turns, segment)), keylog=keylog)
    expected = observe(dialogue.turns, keylog, closed_by=CLIENT)
    assert expected.tls is not None
    assert seen.tls is not None
    alerts = tuple(replace(alert, at=0, frame=None) for alert in expected.tls.alerts)
    assert replace(expected.tls, alerts=alerts) == replace(
        seen.tls, alerts=tuple(replace(alert, at=0, frame=None) for alert in seen.tls.alerts)
    )
    for name in (
        "outcome",
        "closed_by",
        "close_kind",
        "client_application_bytes",
        "server_application_bytes",
    ):
        assert getattr(expected, name) == getattr(seen, name)
    events = [replace(event, at=0, frame=None) for event in seen.events if event.kind.value != "fin"]
    assert [replace(event, at=0, frame=None) for event in expected.events[: len(events)]] == events


def test_frames_count_as_wireshark_counts(dialogue: Dialogue) -> None:
    """The ClientHello is in the fourth packet, behind the three that open the connection."""
    (seen,) = connections_of(pcap(packets_of(dialogue.turns, 4000)))
    assert (seen.events[0].name, seen.events[0].frame) == ("ClientHello", 4)


def test_runs_of_data_are_observed_as_if_shown(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling of runs or showing every byte makes no difference to the connection."""
    data = pcap(packets_of(dialogue.turns, 600))
    told = connections_of(data)
    monkeypatch.setattr(ConnectionReader, "telling_lengths", lambda *_: None)
    assert connections_of(data) == told


@pytest.mark.skipif(not SHARED.exists(), reason="the shared captures are not here")
def test_runs_of_data_in_captures_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on traffic of every kind."""
    for path in sorted(SHARED.iterdir()):
        monkeypatch.undo()
        told = connections_of(path.read_bytes())
        monkeypatch.setattr(ConnectionReader, "telling_lengths", lambda *_: None)
        assert connections_of(path.read_bytes()) == told, path.name


def test_client_is_who_opened(dialogue: Dialogue) -> None:
    """A client with a lower port than its server is the client, for it opened."""
    talk = Talk(("10.0.0.1", 80), ("10.0.0.2", 2188)).open().say(dialogue.turns)
    (seen,) = connections_of(pcap(talk.packets))
    assert Endpoint("10.0.0.1", 80) == seen.client
    assert seen.has_start


def test_client_is_who_sends_the_client_hello(dialogue: Dialogue) -> None:
    """Where the end that was called begins TLS as client, the roles are exchanged, after a preamble too."""
    turns = [(sender.other, data) for sender, data in dialogue.turns]
    for preamble in ([], [(CLIENT, b"220 ready\r\n"), (SERVER, b"TLS please\r\n")]):
        (seen,) = connections_of(pcap(packets_of([*preamble, *turns])))
        assert Endpoint("10.0.0.2", 2188) == seen.client
        assert Outcome.ESTABLISHED is seen.outcome
        assert (
            sum(len(data) for _, data in preamble) == seen.preamble.client_bytes + seen.preamble.server_bytes
        )


def test_client_of_a_capture_that_begins_late(dialogue: Dialogue) -> None:
    """A hello tells; then the known listeners; then the lower port."""
    hello, *rest = dialogue.turns
    low_client = Talk(("10.0.0.1", 80), ("10.0.0.2", 2188))
    (by_hello,) = connections_of(pcap(low_client.say([hello, *rest]).packets))
    assert (by_hello.client.port, by_hello.has_start) == (80, False)
    late = Talk(("10.0.0.1", 80), ("10.0.0.2", 2188)).say(rest[2:]).packets
    (by_port,) = connections_of(pcap(late))
    assert by_port.server.port == 80
    (by_place,) = connections_of(pcap(late), places=MirrorPlaces(ports=frozenset({2188})))
    assert by_place.server.port == 2188


def test_connections_without_tls_are_reported_where_they_are_wanted() -> None:
    """At a named port: plaintext, no data, refused, unanswered; elsewhere none of them."""
    plain = Talk(("10.0.0.1", 5000)).open().put(CLIENT, b"hello", "PA").put(SERVER, b"there", "PA").close()
    silent = Talk(("10.0.0.1", 5001)).open().close()
    refused = Talk(("10.0.0.1", 5002)).put(CLIENT, flags="S").put(SERVER, flags="RA")
    again = Talk(("10.0.0.1", 5003)).put(CLIENT, flags="S")
    unanswered = again.packets * 3
    single = Talk(("10.0.0.1", 5004)).put(CLIENT, flags="S")
    data = pcap(plain.packets + silent.packets + refused.packets + unanswered + single.packets)
    seen = connections_of(data, places=MirrorPlaces(ports=frozenset({2188})))
    assert [one.outcome for one in seen if one.client.port < 5004] == [
        Outcome.PLAINTEXT,
        Outcome.NO_DATA,
        Outcome.REFUSED,
        Outcome.TIMEOUT,
    ]
    assert seen[2].network_error is not None
    assert (seen[2].network_error.kind, seen[2].network_error.party) == (NetworkErrorKind.REFUSED, SERVER)
    assert frozenset({CLIENT}) == seen[3].directions_seen
    assert connections_of(data) == []


def test_plaintext_that_nobody_asked_for_is_dropped_early() -> None:
    """A connection that carries no TLS is not followed any longer than TLS may begin."""
    talk = Talk().open()
    for _ in range(60):
        talk.put(CLIENT, b"GET / HTTP/1.1\r\n" * 80, "PA").put(SERVER, b"<html>" * 230, "PA")
    assert connections_of(pcap(talk.packets)) == []
    (seen,) = connections_of(pcap(talk.packets), places=MirrorPlaces(ports=frozenset({2188})))
    assert (seen.client_application_bytes, seen.server_application_bytes) == (60 * 16 * 80, 60 * 6 * 230)


def test_snapped_and_lossy_captures_are_told_as_gaps(dialogue: Dialogue) -> None:
    """Lost packets and cut ones leave problems, and never a connection that is called whole by mistake."""
    packets = packets_of(dialogue.turns, 300)
    (cut,) = connections_of(pcap(packets, cut=120))
    assert any(problem.what.endswith("bytes are missing") for problem in cut.problems)
    for lost in range(3, 12):
        (seen,) = connections_of(pcap(packets[:lost] + packets[lost + 1 :]))
        assert seen.problems or Outcome.ESTABLISHED is seen.outcome


def test_embedded_secrets_open_the_handshake() -> None:
    """A secrets block of pcapng does what a key log file does."""
    dialogue = Dialogue(TLS13).handshake().say(CLIENT, b"data").say(SERVER, b"data")
    lines = [
        f"{label} {random.hex()} {secret.hex()}"
        for random, secrets in dialogue.keylog._by_random.items()
        for label, secret in secrets.items()
    ]
    keys = "\n".join(lines).encode() + b"\n"
    secrets = block(10, (0x544C534B).to_bytes(4, "little") + len(keys).to_bytes(4, "little") + keys)
    packets = [enhanced(packet, number) for number, packet in enumerate(packets_of(dialogue.turns))]
    (seen,) = connections_of(section() + interface() + secrets + b"".join(packets))
    assert seen.tls is not None
    assert seen.tls.has_secrets
    assert seen.tls.client_certificates


def many(count: int = 12) -> bytes:
    """A capture of several connections of different hosts, side by side."""
    talks = [
        Talk((f"10.0.0.{number + 1}", 5000 + number), ("10.0.9.9", 2188))
        .open()
        .say(Dialogue().handshake().turns)
        for number in range(count)
    ]
    for number, talk in enumerate(talks):
        if number % 2:
            talk.close()
    rows = [talk.packets[place : place + 4] for place in range(0, 40, 4) for talk in talks]
    return pcap([packet for row in rows for packet in row])


def test_selection_by_host_and_time() -> None:
    """Only connections of the hosts, and only those that began in the time."""
    data = many()
    by_host = connections_of(data, hosts=frozenset({"10.0.0.3", "10.0.0.7", "10.0.0.99"}))
    assert {"10.0.0.3", "10.0.0.7"} == {one.client.address for one in by_host}
    everything = connections_of(data)
    middle = sorted(one.started for one in everything)[5]
    assert len(connections_of(data, until=middle)) == 5
    assert len(connections_of(data, since=middle)) == 7


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_shards_give_every_connection_once_in_the_same_order(shards: int) -> None:
    """The parts of a capture, merged, are the capture."""
    data = many()
    parts = [
        list(Analysis(io.BytesIO(data), selection=Selection(shard=number, shards=shards)).connections())
        for number in range(shards)
    ]
    merged = sorted((one for part in parts for one in part), key=lambda one: one[:2])
    assert list(Analysis(io.BytesIO(data)).connections()) == merged
    assert shards == 1 or all(len(part) < len(merged) for part in parts)


@settings(max_examples=60)
@given(st.data())
def test_damage_costs_no_more_than_what_it_hits(data: st.DataObject) -> None:
    """A capture with damaged bytes anywhere is read to its end, and what is observed is well-formed."""
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(24, len(whole) - 1))
        whole[at : at + 4] = data.draw(st.sampled_from([bytes(4), b"\xff" * 4, b"\x16\x03\x01\x00", b"\x01"]))
    analysis = Analysis(io.BytesIO(bytes(whole[: data.draw(st.integers(24, len(whole)))])))
    seen = list(analysis.connections())
    assert len(seen) <= 8
    assert all(isinstance(line, str) for line in analysis.problems)


WHOLE = pcap(packets_of(Dialogue().handshake().say(CLIENT, b"data" * 100).turns, 200))


def test_closing_kinds_are_told() -> None:
    """FIN and RST are told apart, with the end that came first."""
    turns = Dialogue().handshake().turns
    (reset,) = connections_of(pcap(Talk().open().say(turns).put(SERVER, flags="RA").packets))
    assert (reset.closed_by, reset.close_kind) == (SERVER, CloseKind.RST)
    (closed,) = connections_of(pcap(Talk().open().say(turns).close(SERVER).packets))
    assert (closed.closed_by, closed.close_kind) == (SERVER, CloseKind.FIN)
