"""An incident is told by the half that knows it best, and what halves contradict is said."""

from __future__ import annotations

import json
from dataclasses import replace

from probe.history.joining import join
from probe.history.story import incident_record, tell
from tests.history.test_joining import HELLO, OTHER, RELAY, half, leg

FACTS = {"x" * 64: json.dumps({"subject": "CN=a"}), "y" * 64: json.dumps({"subject": "CN=relay"})}


def test_the_half_that_saw_the_certificate_completes_the_other() -> None:
    """One half saw who refused, the other what was presented: together they tell the whole."""
    shown = {"client": "x" * 64, "server": None}
    near = half("a", "P1", leg(client_random=HELLO), refused_by=None, client_member=None, shown=shown)
    far = half(
        "b", "P2", leg(client_random=HELLO), root_cause="client-certificate-purpose", summary="no clientAuth"
    )
    (incident,) = join([near, far])
    story = tell(incident, FACTS)
    assert story.text == (
        f"IRISA presented CN=a (SHA-256 {'x' * 16}); IRISB refused; because client-certificate-purpose: no clientAuth"
    )
    assert (story.witness, story.root_cause, story.contradiction) == (
        "b",
        "client-certificate-purpose",
        False,
    )
    assert story.presented[0].seen_by == ("a",)


def test_a_contradiction_is_said() -> None:
    """Two halves with different causes are both quoted, and none is taken for the root cause."""
    halves = [half(name, probe, leg(client_random=HELLO), root_cause=cause)
              for name, probe, cause in (("a", "P1", "unknown-ca"), ("b", "P2", "certificate-expired"))]  # fmt: skip
    (incident,) = join(halves)
    story = tell(incident, {})
    assert story.contradiction
    assert story.root_cause is None
    assert "certificate-expired (by P2/one), unknown-ca (by P1/one)" in story.text


def test_who_could_not_see_does_not_contradict() -> None:
    """Who only knows that a certificate was refused does not contradict the one who saw why."""
    shown = {"client": "x" * 64, "server": None}
    blind = half("a", "P1", leg(client_random=HELLO), root_cause="client-certificate-refused")
    seeing = half("b", "P2", leg(client_random=HELLO), root_cause="weak-key", summary="RSA 512", shown=shown)
    (incident,) = join([blind, seeing])
    story = tell(incident, FACTS)
    assert (story.root_cause, story.contradiction, story.witness) == ("weak-key", False, "b")


def test_nobody_is_blamed_without_a_witness() -> None:
    """Where nobody was seen to refuse, nobody is said to have."""
    (incident,) = join([half("a", "P1", leg(), refused_by=None, client_member=None, client="10.0.0.1:4")])
    story = tell(incident, {})
    assert (
        story.text == "10.0.0.1:4 to IRISB: failed; nobody was seen to refuse; the evidence does not say why"
    )
    assert story.presented == ()


def test_the_relay_next_to_the_refusal_is_believed() -> None:
    """Of two relays, that on whose leg the refusal began knows it at first hand."""
    middle = leg(client_random=OTHER, client=RELAY)
    first = half(
        "r1",
        "P1",
        leg("client"),
        replace(middle, name="upstream"),
        leading="upstream",
        root_cause="unknown-ca",
    )
    second = half(
        "r2",
        "P2",
        replace(middle, name="client"),
        leg("upstream"),
        leading="upstream",
        root_cause="unknown-ca",
    )
    (incident,) = join([first, second])
    assert tell(incident, {}).witness == "r2"


def test_a_relay_that_refused_is_named() -> None:
    """What a relay enforced is not laid at a member's door."""
    (incident,) = join([half("a", "P1", leg(), refused_by="relay", root_cause="weak-key", summary="RSA 512")])
    story = tell(incident, {})
    assert story.refused_by == "relay one of P1"
    assert "the relay one of P1 refused; because weak-key: RSA 512" in story.text


def test_the_record_says_on_what_each_join_rests() -> None:
    """The JSON of an incident carries state and confidence of every join."""
    (incident,) = join([half("a", "P1", leg()), half("b", "P2", leg())])
    record = json.loads(json.dumps(incident_record(incident, tell(incident, {}))))
    (only,) = record["joins"]
    assert (only["basis"], only["state"], only["confidence"]) == ("addresses", "inferred", 0.8)
    assert [one["id"] for one in record["halves"]] == ["a", "b"]
