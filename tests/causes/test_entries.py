"""What no engine of this machine can be brought to do: real conversations, with a word in them exchanged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import CloseKind, Connection, Endpoint, Outcome, Party, Road, Tls
from analyzers.diagnosis.engine import diagnose
from analyzers.observer import Observer
from tests.causes.scene import lab_mirror, named_scenes

if TYPE_CHECKING:
    from analyzers.diagnosis.findings import Verdict

SCENES = named_scenes()

HEALTHY = "truncated-capture/quiet-whole"

JAVA = Path(__file__).parents[1] / "diagnosis" / "hellos" / "client-java17-tls12.hex"


def played(name: str) -> Connection:
    """Play a case."""
    return SCENES[name].play()[0]


def with_tls(connection: Connection, **changes: object) -> Connection:
    """The same connection, with something else in its handshake."""
    tls = connection.tls
    assert tls is not None
    changed: Tls = replace(tls, **changes)
    return replace(connection, tls=changed)


def found_in(verdict: Verdict) -> dict[str, float]:
    """The findings with their confidence."""
    return {finding.id: finding.confidence for finding in verdict.findings}


def observed(
    *said: tuple[Party, bytes], has_start: bool = True, closed_by: Party | None = None
) -> Connection:
    """A connection in which the ends say these things in turn."""
    observer = Observer(
        Endpoint("10.0.0.11", 41000),
        Endpoint("10.0.0.12", 2188),
        started=1e9,
        road=Road.PCAP,
        has_start=has_start,
    )
    for number, (sender, data) in enumerate(said):
        observer.feed(sender, data, 1e9 + number / 1000, number + 4)
    if closed_by is not None:
        observer.closed(closed_by, CloseKind.FIN, 1e9 + 0.1, 99)
    return observer.connection()


def alert(code: int) -> bytes:
    """A fatal alert in clear."""
    return bytes((21, 3, 3, 0, 2, 2, code))


def of_java(name: str, code: int) -> Verdict:
    """Let OpenJDK's client meet the server of a case, and refuse it with an alert."""
    body = bytes.fromhex(JAVA.read_text(encoding="utf-8"))
    (_, own), (_, server) = SCENES[name].flights()[:2]
    body = body[:2] + own[11:43] + body[34:]  # The server signs the random that it was sent.
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    hello = b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message
    talk = observed((Party.CLIENT, hello), (Party.SERVER, server), (Party.CLIENT, alert(code)))
    return diagnose(talk, lab_mirror(), at=played(name).started)


def test_java_refuses_a_server_without_digital_signature() -> None:
    """What OpenSSL accepts of a server, OpenJDK refuses with certificate_unknown."""
    verdict = of_java("client-certificate-purpose/quiet-same-key-usage-as-server", 46)
    assert verdict.root_cause == "server-certificate-purpose"
    assert verdict.root is not None
    assert "digitalSignature, which Java demands" in verdict.root.evidence[-1].text


def test_java_says_one_thing_for_everything() -> None:
    """certificate_unknown of OpenJDK is whatever the certificate shows."""
    assert of_java("certificate-expired/server", 46).root_cause == "certificate-expired"
    assert of_java("unknown-ca/of-server", 46).root_cause == "unknown-ca"


def test_java_refuses_a_faultless_chain() -> None:
    """Where nothing that was seen explains it, there is no verdict."""
    assert of_java(HEALTHY, 46).root_cause is None


def test_server_without_a_usable_key() -> None:
    """A client's RSA key is of no use to a server that verifies ECDSA only."""
    refused = played("client-certificate-purpose/eku-server-only")
    assert refused.tls is not None
    assert refused.tls.certificate_request is not None
    request = replace(refused.tls.certificate_request, signature_schemes=(0x0403, 0x0503))
    found = found_in(diagnose(with_tls(refused, certificate_request=request), lab_mirror()))
    assert found["unsupported-key-type"] > 0.9
    healthy = with_tls(played(HEALTHY), certificate_request=request)
    assert found_in(diagnose(healthy, lab_mirror())) == {}


@pytest.mark.parametrize(
    ("suite", "is_bad"),
    [
        (0x0034, True),  # DH_anon
        (0x0005, True),  # RC4
        (0x0009, True),  # DES
        (0x000A, True),  # triple DES
        (0x0003, True),  # export
        (0x003B, True),  # no encryption
        (0x002F, False),
        (0xC030, False),
        (0xFEFE, False),  # a suite that nobody knows is not called bad
    ],
)
def test_suites_that_are_broken_anywhere(suite: int, is_bad: bool) -> None:
    """Without a list of its own a mirror still refuses what nobody should use."""
    verdict = diagnose(with_tls(played(HEALTHY), cipher_suite=suite), lab_mirror())
    assert ("cipher-below-policy" in found_in(verdict)) is is_bad
    assert verdict.root_cause == ("cipher-below-policy" if is_bad else None)


def test_client_refuses_the_prime_of_the_server() -> None:
    """A client that refuses an ephemeral group of the server's own making may find it too short."""
    refused = with_tls(played("renegotiation-refused/not-announced"), cipher_suite=0x009E, group=None)
    assert found_in(diagnose(refused, lab_mirror()))["no-common-group"] == 0.7


def test_server_answers_plaintext_with_an_alert() -> None:
    """Other stacks than OpenSSL say so when a client does not speak TLS."""
    talk = observed((Party.CLIENT, b"STATUS\r\n"), (Party.SERVER, alert(10)), closed_by=Party.SERVER)
    verdict = diagnose(talk, lab_mirror())
    assert verdict.root_cause == "not-tls-client"
    assert verdict.root is not None
    assert verdict.root.confidence == 0.95


def test_capture_that_began_in_the_middle() -> None:
    """What is missing is named: the beginning, the end, and the end that was not seen at all."""
    talk = observed((Party.CLIENT, b"\x17\x03\x03\x00\x20" + bytes(32)), has_start=False)
    half = replace(talk, outcome=Outcome.INCOMPLETE, directions_seen=frozenset({Party.CLIENT}))
    verdict = diagnose(half, lab_mirror())
    assert set(found_in(verdict)) == {"truncated-capture"}
    said = " ".join(evidence.text for evidence in verdict.findings[0].evidence)
    for part in ("its beginning", "nothing that the server sent", "its end"):
        assert part in said
    assert verdict.root_cause is None


def test_hole_in_a_capture() -> None:
    """A gap is quoted where it is."""
    flights = SCENES[HEALTHY].flights()
    observer = Observer(
        Endpoint("10.0.0.11", 41000), Endpoint("10.0.0.12", 2188), started=1e9, road=Road.PCAP
    )
    observer.feed(*flights[0], 1e9, 4)
    observer.gap(Party.SERVER, 1000, 1e9)
    verdict = diagnose(observer.connection(), lab_mirror())
    assert set(found_in(verdict)) == {"truncated-capture"}
    assert any("1000" in evidence.text for evidence in verdict.findings[0].evidence)


def test_certificate_revoked_unseen() -> None:
    """The verifier's word is clear, and the certificate was not seen: an inference, and no verdict."""
    hidden = observed(
        *SCENES["server-certificate-purpose/unseen-in-tls13"].flights()[:2], (Party.CLIENT, alert(44))
    )
    verdict = diagnose(hidden, lab_mirror())
    assert verdict.root_cause is None
    assert verdict.findings[0].id == "certificate-revoked"


@pytest.mark.parametrize("code", [42, 45, 46, 48, 51])
def test_alerts_about_unseen_certificates_stay_inferences(code: int) -> None:
    """In TLS 1.3 without keys a client's alert leaves several causes, and decides for none."""
    hidden = observed(
        *SCENES["server-certificate-purpose/unseen-in-tls13"].flights()[:2], (Party.CLIENT, alert(code))
    )
    verdict = diagnose(hidden, lab_mirror())
    assert verdict.root_cause is None
    assert len(verdict.findings) > 1
    assert all(finding.state == "inferred" for finding in verdict.findings)
