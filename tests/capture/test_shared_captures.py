"""Captures by others, each with the truth about it: every field of every connection, compared.

The captures and truths lie beside the project. What differs is listed below, each with what the bytes say;
anything else that differs, and anything listed that no longer does, fails.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.diagnosis.engine import diagnose
from analyzers.report.json import connection_record
from probe.captures.task import read_keylogs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[3] / "shared" / "captures"

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="the shared captures do not lie beside the project")

FLOOR = 0.995
"""The part of all fields that must agree, whatever the reasons for the rest."""

VERSIONS = {0x300: "SSLv3", 0x301: "TLSv1.0", 0x302: "TLSv1.1", 0x303: "TLSv1.2", 0x304: "TLSv1.3"}
LEVELS = {1: "warning", 2: "fatal"}

PADDING = """\
The acknowledgments of this capture carry 2 or 6 zero bytes, the padding of 60-byte Ethernet frames, which a
device counted as payload: the segment behind them begins at the same sequence number (frames 85 and 86 at
2.218; a FIN at 727 with 2 of them is followed by 728). Without them both ClientHellos, Finished and all that
follows are there; the truth took the zeros for the first bytes of the stream, and found no handshake."""

ANSWERED_AGAIN = """\
One connection, taken for two since its SYN+ACK was sent again: the second one has the same sequence number
(frames 70 and 132), which is a retransmission and no new connection. The truth has the ServerHello in another
connection than the ClientHello."""

OTHER_ANSWER = """\
One connection, taken for two because a box answered the SYN a second time with another number (frame 46). The
client goes on acknowledging 1612884806, which is the first answer (frame 43), the server sends from there, and
the handshake completes."""

TWICE = """\
The truth lists this connection twice: once out of its second pass, and once more for the port. There is one SYN
(frame 38) and one stream."""

LOOKALIKE = """\
Skype's own protocol on a random port: both streams begin with random bytes (frame 1967: d3 8e 08 7e), and only
a piece in the middle looks like a record by chance."""

FIVE_FIELDS = """\
A ClientHello whose lengths contradict each other. JA3 joins five fields with four commas, empty ones too; the
truth's text ends after the field where the dissector gave up (`769,4-...-37,` and no more)."""

DER_LENGTH = """\
The certificate list holds a certificate of 9 bytes (frame 6: 00 00 09 30 05 30 84 ff ff ff fa 04). Its DER says
7 (or 8) bytes, and the truth hashed only these. The message's own length counts (RFC 5246 section 7.4.2)."""

BEHIND_DAMAGE = """\
The length of packet 7 is damaged (4325376 bytes), and the truth ends before it. Behind the damage the file goes
on with seven packets; the first has the client's alert 42 in clear (15 03 03 00 02 02 2a)."""

TOO_LONG = """\
A Certificate message of 339633 bytes: ours is the bound of 128 KiB for a handshake message (design section 12).
The record says that it was not read."""

DIFFERENCES: Mapping[tuple[str, int, str], str] = {
    ("ndpi__KakaoTalk_chat.pcap", 35503, "established"): OTHER_ANSWER,
    ("ndpi__KakaoTalk_chat.pcap", 35503, "connection"): OTHER_ANSWER,
    **{
        ("ndpi__heuristic_tcp_ack_payload.pcap", port, "established"): PADDING
        for port in (58155, 27453, 49756, 62580, 6946)
    },
    **{
        ("mercury__quic_reordered_frames.pcap", port, "connection"): ANSWERED_AGAIN for port in (59760, 59768)
    },
    ("ndpi__tls_heur__trojan-tcp-tls.pcapng", 58730, "connection"): TWICE,
    ("ndpi__tls_heur__vmess-tcp-tls.pcapng", 58612, "connection"): TWICE,
    ("ndpi__tls_heur__vmess-websocket.pcapng", 51390, "connection"): TWICE,
    ("nfstream__skype_no_unknown.pcap", 51314, "connection"): LOOKALIKE,
    ("ndpi__tls_invalid_reads.pcap", 3967, "ja3"): FIVE_FIELDS,
    ("ndpi__tls_invalid_reads.pcap", 58552, "ja3"): FIVE_FIELDS,
    ("pcapplusplus__Packet++Test__PacketExamples__ssl-malformed1.pcap", 40327, "ja3"): FIVE_FIELDS,
    **{
        (f"suricata-verify__bug-1450-0{number}__tls_DER-incomplete-{part}.pcap", 50802, field): reason
        for number, part in ((4, "header"), (5, "content"))
        for field, reason in (("server_certificates", DER_LENGTH), ("alerts", BEHIND_DAMAGE))
    },
    ("zeek__tls__tls-fragmented-handshake.pcap", 61454, "server_certificates"): TOO_LONG,
}


def _number(text: str | None) -> int | None:
    return None if text is None else int(text, 16)


def _numbers(texts: list[str] | None) -> list[int]:
    return [int(text, 16) for text in texts or []]


def wanted(truth: dict[str, Any]) -> dict[str, Any]:
    """What the truth says, in the words of the record; without what nobody is sure of."""
    hello = truth["client_hello"]
    fields = {
        "version": VERSIONS.get(_number(truth["version"]) or 0),
        "cipher_suite": _number(truth["cipher"]),
        "ja3": truth["ja3"],
        "ja3s": truth["ja3s"],
        "ja4": truth["ja4"],
        "established": truth["handshake_complete"],
        "certificate_requested": truth["certificate_request"]["seen"] or None,
        "alerts": [
            (
                "client" if alert["direction"] == "c2s" else "server",
                LEVELS.get(alert["level"]),
                alert["description"],
            )
            for alert in truth["alerts"]
            if alert["description"] is not None
        ],
    }
    if hello and hello["random"]:
        fields |= {
            "hello.legacy_version": _number(hello["legacy_version"]),
            "hello.cipher_suites": _numbers(hello["cipher_suites"]),
            "hello.server_name": hello["sni"],
            "hello.alpn": hello["alpn"] or [],
            "hello.supported_versions": _numbers(hello["supported_versions"]),
            "hello.groups": _numbers(hello["groups"]),
            "hello.signature_schemes": _numbers(hello["sig_algs"]),
            "hello.extensions": hello["extensions"] or [],
        }
    for end in ("client", "server"):
        chain = truth[f"{end}_certificates"]["chain"]
        if truth[f"{end}_certificates"]["message_seen"] and all(one.get("sha256") for one in chain):
            fields[f"{end}_certificates"] = [one["sha256"] for one in chain]
    return {name: value for name, value in fields.items() if value is not None}


def found(record: dict[str, Any]) -> dict[str, Any]:
    """The same fields of our record."""
    tls = record["tls"]
    hello = tls["client_hello"] or {}
    fields = {
        "version": tls["version"],
        "cipher_suite": tls["cipher_suite_code"],
        **{name: tls[name] for name in ("ja3", "ja3s", "ja4", "certificate_requested")},
        "established": record["outcome"] == "established",
        "alerts": [
            (alert["sender"], alert["level"], alert["code"])
            for alert in tls["alerts"]
            if alert["seen"] != "inferred"
        ],
        "hello.server_name": hello.get("server_name"),
        "hello.legacy_version": hello.get("legacy_version"),
    }
    for name in ("cipher_suites", "alpn", "supported_versions", "groups", "signature_schemes", "extensions"):
        fields[f"hello.{name}"] = hello.get(name, [])
    for end in ("client", "server"):
        fields[f"{end}_certificates"] = [one["sha256"] for one in tls[f"{end}_certificates"] or []]
    return fields


def records_of(name: str, keys: str) -> list[dict[str, Any]]:
    """Our records of one capture, with the key log that goes with it."""
    keylog = read_keylogs((str(ROOT / "keys" / keys),)) if keys else None
    with (ROOT / "files" / name).open("rb") as file:
        connections = [one.connection for one in Analysis(file, keylog=keylog).connections()]
    return [connection_record(connection, diagnose(connection)) for connection in connections]


def compared() -> Iterator[tuple[tuple[str, int, str], bool]]:
    """Every field of every connection: which it is, and whether both agree."""
    with (ROOT / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    for row in rows:
        name = row["name"]
        ours: dict[frozenset[tuple[str, int]], list[dict[str, Any]]] = defaultdict(list)
        for record in records_of(name, row["keys"]):
            ends = frozenset((record[end]["address"], record[end]["port"]) for end in ("client", "server"))
            ours[ends].append(record)
        for truth in json.loads((ROOT / "truth" / f"{name}.json").read_text("utf-8"))["connections"]:
            ends = frozenset((truth[end][0], truth[end][1]) for end in ("client", "server"))
            port = truth["client"][1]
            if not ours[ends]:
                yield (name, port, "connection"), False
                continue
            yield (name, port, "connection"), True
            fields = found(ours[ends].pop(0))
            for field, value in wanted(truth).items():
                yield (
                    (name, port, field),
                    fields[field] == (tuple(value) if isinstance(value, tuple) else value),
                )


def test_every_field_of_every_connection() -> None:
    """All agree but for the listed differences; the score by field is printed."""
    right, total = Counter[str](), Counter[str]()
    differing = set()
    for key, agrees in compared():
        total[key[2]] += 1
        right[key[2]] += agrees
        if not agrees:
            differing.add(key)
    for field in sorted(total):
        print(f"{field:28} {right[field]:6} of {total[field]:<6} {right[field] / total[field]:.4f}")
    score = right.total() / total.total()
    print(f"{'all':28} {right.total():6} of {total.total():<6} {score:.4f}")
    assert differing == DIFFERENCES.keys()
    assert score >= FLOOR


FRAMES = {
    "client_hello": "ClientHello",
    "server_hello": "ServerHello",
    "certificate": "Certificate",
    "certificate_request": "CertificateRequest",
    "client_key_exchange": "ClientKeyExchange",
}


@pytest.mark.parametrize(
    "name",
    [
        "suricata-verify__tls__tls-store-02__tls-client-auth.pcap",
        "wolfssl__sniffer-ipv6.pcap",
        "ssldump__tls1.3_keyupdates_aes256.pcap",
        "zeek__rdp__rdp-to-ssl.pcap",
        "zeek__tunnels__geneve-47101.pcap",
        "ndpi__alexa-app.pcapng",
    ],
)
def test_messages_are_in_the_frames_where_others_see_them(name: str) -> None:
    """Each message of a handshake has the number of the frame that completed it, as Wireshark counts."""
    with (ROOT / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        keys = next(row["keys"] for row in csv.DictReader(manifest, delimiter="\t") if row["name"] == name)
    keylog = read_keylogs((str(ROOT / "keys" / keys),)) if keys else None
    with (ROOT / "files" / name).open("rb") as file:
        connections = {
            one.connection.client.port: one.connection for one in Analysis(file, keylog=keylog).connections()
        }
    for truth in json.loads((ROOT / "truth" / f"{name}.json").read_text("utf-8"))["connections"]:
        expected = [
            (frame, "client" if direction == "c2s" else "server", FRAMES[kind])
            for frame, direction, kind in truth["messages"]
            if kind in FRAMES
        ]
        connection = connections[truth["client"][1]]
        seen = [
            (event.frame, event.sender.value, event.name)
            for event in connection.events
            if event.name in FRAMES.values()
        ]
        assert sorted(expected) == sorted(seen)
