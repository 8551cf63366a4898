"""Halves are joined where the bytes prove it, inferred where little else is possible, and else left apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.history.joining import CROWD, Basis, Half, Incident, Leg, join

A, B, RELAY = ("10.0.0.1", 40000), ("10.0.0.2", 2188), ("10.0.0.9", 41000)
HELLO, OTHER = b"\1" * 32, b"\2" * 32


def leg(name: str = "direct", started: float = 100.0, ended: float = 101.0, **said: object) -> Leg:
    """Give a leg from A to B."""
    return replace(Leg(name, started, ended, A, B), **said)


def half(identifier: str, probe: str, *legs: Leg, **said: object) -> Half:
    """Give what a probe saw of a connection that failed."""
    made = Half(
        id=identifier,
        probe=probe,
        relay="one",
        road="sniff",
        started=min(one.started for one in legs),
        ended=max(one.ended for one in legs),
        client="",
        server="",
        client_member="IRISA",
        server_member="IRISB",
        outcome="failed",
        has_failed=True,
        leading=legs[0].name,
        refused_by="server",
        root_cause=None,
        severity="high",
        summary=None,
        legs=legs,
        shown={"client": None, "server": None},
    )
    return replace(made, **said)


def bases(incidents: tuple[Incident, ...]) -> list[list[Basis]]:
    """Give on what each incident's joins rest."""
    return [[one.basis for one in incident.joins] for incident in incidents]


def test_one_handshake_joins_across_translation_and_skew() -> None:
    """The same random bytes are the same handshake, whatever addresses and clocks say."""
    near = half("a", "P1", leg(client_random=HELLO))
    far = half("b", "P2", leg(started=400.0, ended=401.0, client=("192.0.2.7", 1), client_random=HELLO))
    (incident,) = join([near, far])
    assert [one.id for one in incident.halves] == ["a", "b"]
    (only,) = incident.joins
    assert (only.basis, only.confidence, only.apart_seconds) == (Basis.HANDSHAKE, 1.0, 300.0)
    assert only.basis.is_observed


def test_a_relay_joins_what_is_before_and_behind_it() -> None:
    """Both legs of a relay are one connection to it, so three probes see one incident."""
    first, second = leg(client_random=HELLO, server=RELAY), leg(client_random=OTHER, client=RELAY)
    relay = half("r", "P2", replace(first, name="client"), replace(second, name="upstream"), road="relay")
    (incident,) = join([half("a", "P1", first), relay, half("b", "P3", second)])
    assert {one.id for one in incident.halves} == {"a", "r", "b"}
    assert {(one.one, one.other, one.legs) for one in incident.joins} == {
        ("a", "r", ("direct", "client")),
        ("b", "r", ("direct", "upstream")),
    }
    assert [one.basis for one in incident.joins] == [Basis.HANDSHAKE, Basis.HANDSHAKE]


@pytest.mark.parametrize(
    "basis", ["client_random", "server_random", "client_certificate", "server_certificate"]
)
def test_what_the_bytes_contradict_is_not_joined(basis: str) -> None:
    """Different hellos or certificates on the same addresses at the same time are different connections."""
    same = {"client_random": HELLO} if basis == "server_random" else {}
    one, other = (leg(**same, **{basis: value}) for value in (OTHER, HELLO))
    assert bases(join([half("a", "P1", one), half("b", "P2", other)])) == [[], []]


def test_random_bytes_that_come_again_prove_nothing() -> None:
    """A client whose hellos are all alike is not joined by them."""
    seen = [
        half(f"a{number}", "P1", leg(started=number, ended=number, client_random=HELLO))
        for number in (0, 500)
    ]
    far = half("b", "P2", leg(started=900, ended=901, client_random=HELLO, client=("192.0.2.7", 1)))
    assert bases(join([*seen, far])) == [[], [], []]


def test_addresses_and_time_are_inferred() -> None:
    """Without a hello, the same ends at the same time are the same connection, but not surely."""
    (incident,) = join([half("a", "P1", leg()), half("b", "P2", leg(started=101.5, ended=103.0))])
    (only,) = incident.joins
    assert (only.basis, only.legs) == (Basis.ADDRESSES, ("direct", "direct"))
    assert not only.basis.is_observed
    assert only.confidence < 1


def test_ports_are_used_again() -> None:
    """The same ends an hour later are another connection."""
    assert bases(join([half("a", "P1", leg()), half("b", "P2", leg(started=3700.0, ended=3701.0))])) == [
        [],
        [],
    ]


def test_loopback_means_nothing_elsewhere() -> None:
    """A loopback address on two hosts is two places; on one host it is one."""
    here = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    nobody = {"client_member": None, "server_member": None}
    one, other = half("a", "P1", leg(**here), **nobody), half("b", "P2", leg(**here), **nobody)
    assert bases(join([one, other])) == [[], []]
    assert bases(join([one, replace(other, probe="P1", relay="two")])) == [[Basis.ADDRESSES]]


def test_members_and_time_are_weak() -> None:
    """Behind address translation, the only candidate is joined with little confidence."""
    far = half("b", "P2", leg(started=100.5, client=("192.0.2.7", 1)))
    (incident,) = join([half("a", "P1", leg()), far])
    (only,) = incident.joins
    assert (only.basis, only.confidence) == (Basis.MEMBERS, 0.4)


@pytest.mark.parametrize(
    "said",
    [
        {"has_failed": False},
        {"shown": {"client": "another", "server": None}},
        {"client_member": None},
        {"server_member": "IRISC"},
        {"probe": "P1", "relay": "two"},
    ],
)
def test_members_that_do_not_agree_are_not_joined(said: dict[str, object]) -> None:
    """One failed and the other not, another certificate, another member, or the same host: not one connection."""
    far = replace(half("b", "P2", leg(client=("192.0.2.7", 1))), **said)
    near = half("a", "P1", leg(), shown={"client": "one", "server": None})
    assert bases(join([near, far])) == [[], []]


def test_two_candidates_are_none() -> None:
    """Where two connections may be the other half, neither is said to be."""
    far = [half(f"b{number}", "P2", leg(client=("192.0.2.7", number))) for number in (1, 2)]
    assert bases(join([half("a", "P1", leg()), *far])) == [[], [], []]


def test_a_crowd_joins_nobody() -> None:
    """A storm of connections between two members at once is not paired by time."""
    storm = [half(f"a{number}", "P1", leg(started=100 + number / 1e4)) for number in range(CROWD + 1)]
    assert bases(join([*storm, half("b", "P2", leg(started=100.01, client=("192.0.2.7", 1)))])) == [[]] * (
        CROWD + 2
    )


def test_what_the_handshake_joined_is_no_candidate_any_more() -> None:
    """A connection that has found its other half is not weighed for others."""
    near = [half("a1", "P1", leg(client_random=HELLO)), half("a2", "P1", leg())]
    far = [half("b1", "P2", leg(client_random=HELLO)), half("b2", "P2", leg(client=("192.0.2.7", 1)))]
    assert sorted(bases(join([*near, *far]))) == [[Basis.HANDSHAKE], [Basis.MEMBERS]]


LEGS = st.builds(
    leg,
    st.sampled_from(["direct", "client", "upstream"]),
    st.floats(0, 10),
    st.floats(10, 12),
    client=st.sampled_from([A, RELAY, ("127.0.0.1", 3)]),
    client_random=st.sampled_from([None, HELLO, OTHER]),
    server_random=st.sampled_from([None, HELLO, OTHER]),
    client_certificate=st.sampled_from([None, "x", "y"]),
)
HALVES = st.lists(
    st.builds(
        lambda number, probe, relay, legs, member: half(
            f"{number}", probe, *legs, relay=relay, client_member=member
        ),
        st.integers(0, 10**6),
        st.sampled_from(["P1", "P2", "P3"]),
        st.sampled_from(["one", "two"]),
        st.lists(LEGS, min_size=1, max_size=2),
        st.sampled_from([None, "IRISA"]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(halves=HALVES, seed=st.randoms(use_true_random=False))
def test_any_records_are_put_together_once(halves: list[Half], seed: object) -> None:
    """Every record is in one incident; no join contradicts the bytes, joins a watcher with itself, or depends on order."""
    incidents = join(halves)
    assert sorted(one.id for incident in incidents for one in incident.halves) == sorted(
        one.id for one in halves
    )
    by_id = {one.id: one for one in halves}
    for each in (one for incident in incidents for one in incident.joins):
        one, other = by_id[each.one], by_id[each.other]
        assert one.watcher != other.watcher
        if each.basis is Basis.HANDSHAKE:
            common = {mine.client_random for mine in one.legs} & {
                theirs.client_random for theirs in other.legs
            }
            assert common - {None}
        else:
            assert each.confidence < 1
    shuffled = list(halves)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert {frozenset(one.id for one in incident.halves) for incident in join(shuffled)} == {
        frozenset(one.id for one in incident.halves) for incident in incidents
    }
