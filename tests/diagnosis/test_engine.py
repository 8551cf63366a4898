"""The verdict: when there is one, what leads, and what is never said."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.causes import catalogue
from analyzers.causes.entry import Bearing, Blamed, State, Suspicion
from analyzers.causes.inquiry.alerts import CERTIFICATE_FAULTS, alert_fit
from analyzers.causes.inquiry.stack import UNKNOWN_STACK, Stack, StackGuess
from analyzers.connection import CloseKind, Endpoint, Outcome, Party, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.diagnosis.findings import CheckStatus
from analyzers.observer import Observer
from analyzers.report.json import connection_record
from analyzers.report.schema import SCHEMA
from tests.causes.scene import lab_mirror, named_scenes

SCENES = named_scenes()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

CUT_SCENES = (
    "certificate-expired/server",
    "certificate-expired/client-in-tls13",
    "client-certificate-refused/without-keys",
    "no-common-cipher/aes256-and-aes128",
    "dn-not-allowed/client",
    "not-tls-server/answers-plainly",
)

CERTAIN = {
    stack: StackGuess(stack, 1.0)
    for stack in (Stack.OPENSSL, Stack.GNUTLS, Stack.GO, Stack.JAVA, Stack.MBEDTLS)
}


@pytest.mark.parametrize(
    ("stack", "cause", "alert"),
    [
        (Stack.OPENSSL, "client-certificate-purpose", 43),
        (Stack.OPENSSL, "certificate-not-yet-valid", 42),
        (Stack.OPENSSL, "certificate-expired", 45),
        (Stack.OPENSSL, "unknown-ca", 48),
        (Stack.OPENSSL, "ca-rekeyed", 51),
        (Stack.OPENSSL, "ca-rekeyed", 48),
        (Stack.OPENSSL, "name-constraint-violated", 46),
        (Stack.GNUTLS, "server-certificate-purpose", 80),
        (Stack.GNUTLS, "certificate-expired", 49),
        (Stack.GNUTLS, "client-certificate-missing", 50),
        (Stack.GO, "server-certificate-purpose", 42),
        (Stack.JAVA, "server-certificate-purpose", 46),
        (Stack.JAVA, "client-certificate-missing", 42),
        (Stack.MBEDTLS, "certificate-not-yet-valid", 46),
    ],
)
def test_each_stack_says_it_in_its_own_way(stack: Stack, cause: str, alert: int) -> None:
    """What was measured between real peers fits, whoever sends it."""
    assert alert_fit(cause, alert, CERTAIN[stack]) >= 0.9


@pytest.mark.parametrize(
    ("stack", "cause", "alert"),
    [
        (Stack.OPENSSL, "client-certificate-purpose", 42),
        (Stack.OPENSSL, "certificate-expired", 42),
        (Stack.OPENSSL, "certificate-not-yet-valid", 45),
        (Stack.OPENSSL, "unknown-ca", 46),
        (Stack.GNUTLS, "client-certificate-purpose", 49),
        (Stack.JAVA, "issuer-purpose", 46),
    ],
)
def test_no_stack_says_what_it_never_says(stack: Stack, cause: str, alert: int) -> None:
    """An alert that the stack does not send for this fault does not explain it."""
    assert alert_fit(cause, alert, CERTAIN[stack]) < 0.1


def test_alert_that_names_the_fault_fits_any_stack() -> None:
    """unsupported_certificate and certificate_expired mean what they say, even from a stack that was guessed wrong."""
    assert alert_fit("client-certificate-purpose", 43, CERTAIN[Stack.JAVA]) > 0.9
    assert alert_fit("certificate-expired", 45, CERTAIN[Stack.GNUTLS]) > 0.9


def test_guess_of_even_odds_weighs_nothing() -> None:
    """A guess that is right half the time leaves every stack's habits possible."""
    guessed = alert_fit("client-certificate-purpose", 42, StackGuess(Stack.OPENSSL, 0.5))
    assert guessed == alert_fit("client-certificate-purpose", 42, UNKNOWN_STACK) > 0.8


def test_healthy_connection_has_no_findings() -> None:
    """Nothing is found where nothing is wrong, and all seven checks pass."""
    _, verdict = SCENES["truncated-capture/quiet-whole"].play()
    assert verdict.findings == ()
    assert verdict.root_cause is verdict.root is verdict.refused_by is None
    assert {check.status for check in verdict.checks.values()} == {CheckStatus.PASS}
    assert (verdict.client_member, verdict.server_member) == ("IRISA", "IRISB")


def test_root_cause_is_the_first_finding() -> None:
    """The verdict leads the list, whatever else is found."""
    for scene in SCENES.values():
        _, verdict = scene.play()
        if verdict.root_cause is not None:
            assert verdict.findings[0].id == verdict.root_cause
            assert verdict.root is verdict.findings[0]


def test_explanations_come_before_faults_that_stand() -> None:
    """What may be why it failed is read first."""
    for scene in SCENES.values():
        _, verdict = scene.play()
        kinds = [finding.is_explanation for finding in verdict.findings]
        assert kinds == sorted(kinds, reverse=True)


def test_unseen_certificate_is_never_the_verdict() -> None:
    """An alert about a certificate that was not seen leaves inferences only."""
    connection, verdict = SCENES["server-certificate-purpose/unseen-in-tls13"].play()
    assert connection.certificates_of(Party.SERVER) is None
    assert verdict.root_cause is None
    assert verdict.findings[0].id == "server-certificate-purpose"
    assert {finding.state for finding in verdict.findings} == {State.INFERRED}


def test_who_left_is_told_where_a_cause_explains_it() -> None:
    """A close after a good handshake is a refusal once the name explains it, and not before."""
    _, explained = SCENES["dn-not-allowed/client"].play()
    assert explained.refused_by is Party.SERVER
    _, unexplained = SCENES["dn-refused-by-peer/unknown-list"].play()
    assert unexplained.refused_by is None


def test_time_is_the_caller_s() -> None:
    """The same connection is judged as of any day."""
    connection, _ = SCENES["truncated-capture/quiet-whole"].play()
    in_two_years = diagnose(connection, lab_mirror(), at=connection.started + 2 * 365 * 86400)
    found = {(finding.id, finding.party) for finding in in_two_years.findings}
    assert found == {("certificate-expired", Blamed.CLIENT), ("certificate-expired", Blamed.SERVER)}
    assert in_two_years.root_cause is None  # Both ends accepted it: it stands, and broke nothing.


def test_foreign_traffic_is_not_held_to_the_mirror() -> None:
    """A connection to a port that is none of the mirror's is judged by itself."""
    connection, _ = SCENES["client-certificate-not-requested/quiet-no-mirror"].play()
    elsewhere = Observer(
        Endpoint("10.0.0.11", 4000), Endpoint("192.0.2.7", 443), started=connection.started, road=Road.PCAP
    )
    for number, (sender, data) in enumerate(
        SCENES["client-certificate-not-requested/quiet-no-mirror"].flights()
    ):
        elsewhere.feed(sender, data, connection.started + number / 1000)
    verdict = diagnose(elsewhere.connection(), lab_mirror())
    # The server's certificate is a member's, so it is the mirror's traffic after all, wherever it is.
    assert "client-certificate-not-requested" in {finding.id for finding in verdict.findings}


@cache
def _flights(scene: str) -> tuple[tuple[Party, bytes], ...]:
    """What both ends of a scene sent, played once: signatures differ in length from one time to the next."""
    return tuple(SCENES[scene].flights())


@given(scene=st.sampled_from(CUT_SCENES), data=st.data())
def test_any_part_of_a_conversation_can_be_judged(scene: str, data: st.DataObject) -> None:
    """Cut anywhere, with a byte changed, closed or not: a verdict that keeps the schema, and blames nothing unseen."""
    flights = _flights(scene)
    kept = data.draw(st.integers(0, len(flights)))
    observer = Observer(
        Endpoint("10.0.0.11", 41000), Endpoint("10.0.0.12", 2188), started=1e9, road=Road.PCAP
    )
    for number, (sender, sent) in enumerate(flights[:kept]):
        damaged = bytearray(sent)
        if number == kept - 1:
            del damaged[data.draw(st.integers(0, len(sent))) :]
            if damaged:
                damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(0, 255))
        observer.feed(sender, bytes(damaged), 1e9 + number, number + 1)
    if data.draw(st.booleans()):
        observer.closed(
            data.draw(st.sampled_from(Party)), data.draw(st.sampled_from(CloseKind)), 1e9 + 60, 99
        )
    connection = observer.connection()
    verdict = diagnose(connection, lab_mirror())
    VALIDATOR.validate(json.loads(json.dumps(connection_record(connection, verdict))))
    root = verdict.root
    if root is not None and root.id in CERTIFICATE_FAULTS and root.party in (Blamed.CLIENT, Blamed.SERVER):
        assert any(connection.certificates_of(party) for party in Party)
    if connection.outcome is Outcome.INCOMPLETE:
        assert verdict.root_cause is None


def test_suspicions_are_values() -> None:
    """What an entry yields can be compared, and stands unless it says that it explains."""
    one = Suspicion(Blamed.CLIENT, "so", (), 0.5, State.INFERRED)
    assert one == Suspicion(Blamed.CLIENT, "so", (), 0.5, State.INFERRED)
    assert one.bearing is Bearing.EXPLAINS
    assert not one.is_seen


def test_every_finding_is_of_the_catalogue() -> None:
    """Nothing is found that is not documented."""
    for scene in SCENES.values():
        _, verdict = scene.play()
        assert {finding.id for finding in verdict.findings} <= set(catalogue())
