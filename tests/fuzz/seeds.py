"""Writes the seeds of the corpus, all of them made here: `python -m tests.fuzz.seeds`.

Keys and randoms differ from run to run, so the committed seeds are those of one run. A new target adds a
function.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from struct import pack
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from probe.lab.authority import Authority
from probe.lab.keys import KeyKind
from probe.lab.recipe import NetscapeType, authority_recipe, member_recipe
from tests.fuzz.harness import CORPUS
from tests.fuzz.seed_captures import captures
from tests.fuzz.targets import protection
from tests.tls.engines import CLIENT, SERVER
from tests.tls.sessions import HANDSHAKE, connected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RANDOM, SECRET = bytes(range(32)).hex(), bytes(range(48)).hex()


def keylog() -> Iterator[tuple[str, bytes]]:
    """Lines of every kind, good and bad."""
    good = (
        f"# comment\n\nCLIENT_RANDOM {RANDOM} {SECRET}\r\n"
        f"CLIENT_HANDSHAKE_TRAFFIC_SECRET {RANDOM} {SECRET}\nSERVER_TRAFFIC_SECRET_0 {RANDOM} {SECRET}\n"
        f"EXPORTER_SECRET {RANDOM} {SECRET[:64]}\nPMS_CLIENT_RANDOM {RANDOM} {SECRET}\n"
        f"RSA {RANDOM[:16]} {SECRET}\n"
    )
    yield "good", good.encode()
    yield "marked", b"\xef\xbb\xbf" + good.upper().encode()
    yield (
        "bad",
        f"CLIENT_RANDOM {RANDOM}\nRSA {RANDOM} {SECRET}\nEXPORTER_SECRET {RANDOM} 00\nno label".encode(),
    )


def protected() -> Iterator[tuple[str, bytes]]:
    """One record of each kind of cipher that opens."""
    for code in (
        0x1301,
        0x1303,
        0x1305,
        0x00C7,
        0xC0B4,
        0xC02F,
        0xCCA8,
        0xC0A0,
        0x002F,
        0x000A,
        0x0005,
        0x003B,
    ):
        options = 3 if code in (0x1301, 0x1303, 0x1305, 0x00C7, 0xC0B4) else 2
        at = protection.CODES.index(code).to_bytes(2, "big")
        record = protection.make(code, options).seal(23, b"plaintext", 0x0303)
        yield f"{code:04x}", at + bytes((options,)) + record[5:]


def name() -> Iterator[tuple[str, bytes]]:
    """The four notations, with escapes, and DER."""
    for title, text in {
        "rfc4514": r"CN=irisa.example.com/IRISA,OU=a\, b+O=Example,DC=example,C=US",
        "hex": r"CN=\E2\82\AC,1.2.3.4=#0c0161,O=\ leading\20",
        "comma": "CN=IRISA, OU=Department, O=Organization, C=US",
        "slash": "/C=US/O=Acme/CN=member-good/emailAddress=a@example.com",
        "spaced": 'C = US, O = "Example, Inc.", CN = host/IRIS',
    }.items():
        yield title, b"\x00" + text.encode()
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Exämple"),
        x509.NameAttribute(NameOID.COMMON_NAME, "host/IRIS"),
        x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
    ]
    yield "der", b"\x01" + x509.Name(attributes).public_bytes()
    multiple = x509.Name(
        [x509.RelativeDistinguishedName(attributes[:2]), x509.RelativeDistinguishedName(attributes[2:])]
    )
    yield "der-multiple", b"\x01" + multiple.public_bytes()


def certificate() -> Iterator[tuple[str, bytes]]:
    """A good chain, one with every extension that we read, and a self-signed certificate."""
    at = datetime(2027, 1, 1, tzinfo=UTC)
    authority = Authority.create(key=KeyKind.P256, at=at)
    member = replace(member_recipe("IRISA"), key=KeyKind.P256)
    yield "chain", _chain(authority.issue(member).certificate_pem)
    everything = replace(
        member,
        key_usage=("digitalSignature",),
        extended_key_usage=("serverAuth",),
        netscape_type=NetscapeType.SSL_CLIENT,
        critical_extension="1.2.3.4.5",
    )
    narrow = replace(
        authority_recipe("Narrow"), key=KeyKind.P256, path_length=0, permitted_names=("example.org",)
    )
    yield "everything", _chain(authority.intermediate(recipe=narrow).issue(everything).certificate_pem)
    yield "root", _chain(authority.ca_pem)
    yield "pem", authority.ca_pem


def _chain(pem: bytes) -> bytes:
    encoded = [certificate.public_bytes(Encoding.DER) for certificate in x509.load_pem_x509_certificates(pem)]
    return b"".join(len(der).to_bytes(3, "big") + der for der in encoded)


IRIS_LOG = (
    b"01/09/22-11:02:08:227 (684) 2 [Utility.Event] ERROR #2086: Agent is unreachable with 10.0.0.1\n"
    b"SSL/TLS error in SSL_connect(), SSL_ERROR_SSL: protocol error, "
    b"error:14090086:SSL routines:ssl3_get_server_certificate:certificate verify failed\n"
)
STACKS_LOG = (
    b"error:0A000413:SSL routines::ssl/tls alert unsupported certificate\r\n"
    b"javax.net.ssl.SSLHandshakeException: Received fatal alert: unknown_ca\n"
    b"remote error: tls: bad certificate\n*** Received alert [43]: Certificate is not supported\n"
    b"x509: certificate has expired or is not yet valid: current time 2027-01-01T00:00:00Z is after\n"
    b"SSL_ERROR_UNSUPPORTED_CERT_ALERT -12225\n0x80090327\n"
)


def explain() -> Iterator[tuple[str, bytes]]:
    """Lines as IRIS and several stacks write them."""
    yield "iris", IRIS_LOG
    yield "stacks", STACKS_LOG


def message() -> Iterator[tuple[str, bytes]]:
    """Every message of a handshake of TLS 1.2 and of one of TLS 1.3."""
    for version, choice, name, authentication in (
        (0x0303, 3, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA"),
        (0x0303, 3 + 66, "DHE-RSA-AES128-SHA", "RSA"),
        (0x0304, 4 + 192, "TLS_AES_128_GCM_SHA256", "ECDSA"),
    ):
        session = connected(version, name, authentication)
        opened = [text for _, kind, text in session.opened if kind == HANDSHAKE]
        clear = [record.fragment for record in session.engines.records if record.content_type == HANDSHAKE]
        for flight in clear[: None if version == 0x0304 else -3] + opened:
            rest = flight
            while rest:
                end = 4 + int.from_bytes(rest[1:4], "big")
                yield f"{version:04x}-{choice}-{rest[0]}", bytes((rest[0], choice)) + rest[4:end]
                rest = rest[end:]
    suites = bytes.fromhex("010080 00002f 0000ff")
    yield "sslv2", bytes((254, 0)) + bytes.fromhex("0301 0009 0000 0010") + suites + bytes(16)


def observer() -> Iterator[tuple[str, bytes]]:
    """Whole connections of every version, healthy and refused, with and without key log and preamble."""
    for title, version, suite_name in (
        ("tls12", 0x0303, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("tls10", 0x0301, "ECDHE-ECDSA-AES128-SHA"),
        ("tls13", 0x0304, "TLS_AES_128_GCM_SHA256"),
    ):
        played = _played(version, suite_name)
        yield title, b"".join(played)
        yield (
            f"{title}-keys-late",
            b"".join([step for step in played if step[0] != 6] + played[:1] + [b"\x07"]),
        )
        without_keys = [step for step in played if step[0] != 6]
        yield f"{title}-closed", b"".join(without_keys)
        yield f"{title}-gap", b"".join([*without_keys[:2], b"\x03\x00\x20", *without_keys[3:]])
        yield f"{title}-cut", b"".join(without_keys[:2]) + b"\x0d\x04"
    plain = _step(0, b"\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00HSE\x00")
    yield "preamble", plain + _step(1, b"ACK") + b"".join(_played(0x0303, "ECDHE-ECDSA-AES128-GCM-SHA256"))
    yield "plain", plain + _step(1, b"HTTP/1.1 400 Bad Request\r\n\r\n") + b"\x05\x04"
    hello = _played(0x0303, "ECDHE-ECDSA-AES128-GCM-SHA256")[1]
    for code in (40, 42, 43, 48, 70):
        yield f"alert-{code}", hello + _step(1, b"\x15\x03\x03\x00\x02\x02" + bytes((code,))) + b"\x05"


def _step(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + len(data).to_bytes(2, "big") + data


def _played(version: int, name: str) -> list[bytes]:
    """Give a connection with some data as a script: its key log, its records, its end."""
    session = connected(version, name, "any" if version == 0x0304 else "ECDSA")
    engines = session.engines
    engines.send(CLIENT, b"request")
    engines.send(SERVER, b"answer" * 20)
    engines.close(CLIENT)
    engines.close(SERVER)
    random = engines.client_random
    lines = [
        _step(6, f"{label} {random.hex()} {secret.hex()}".encode())
        for label, secret in engines.keylog.secrets_for(random).items()
    ]
    records = [
        _step(
            record.sender == SERVER,
            pack("!BHH", record.content_type, record.version, len(record.fragment)) + record.fragment,
        )
        for record in engines.records
    ]
    return [b"".join(lines), *records, b"\x04", b"\x05"]


SEEDS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "capture": captures,
    "certificate": certificate,
    "explain": explain,
    "keylog": keylog,
    "message": message,
    "name": name,
    "observer": observer,
    "protection": protected,
}


def main() -> None:
    """Write every seed, and leave the inputs of past crashes alone."""
    for target, seeds in SEEDS.items():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for title, data in seeds():
            (CORPUS / target / title).write_bytes(data)


if __name__ == "__main__":
    main()
