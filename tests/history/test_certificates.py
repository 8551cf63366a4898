"""Certificate changes are dated: each period once, in order, whatever the order in which days were told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from probe.history.certificates import Change, Showing, changes_between, periods_of

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY, HOUR = 86_400.0, 3600.0


def days(*shown: tuple[str, float, float]) -> list[Showing]:
    """Give the days on which IRISA showed certificates as client."""
    return [Showing("IRISA", "client", sha256, first, last) for sha256, first, last in shown]


def spans(showings: Sequence[Showing]) -> list[tuple[str, float, float, str | None, bool]]:
    """Give what the periods come to."""
    return [(one.sha256, one.since, one.until, one.before, one.is_beside) for one in periods_of(showings)]


def test_days_of_one_certificate_are_one_period() -> None:
    """A certificate that nothing replaced has one period, whatever the gaps."""
    assert spans(days(("a", 0, HOUR), ("a", DAY, DAY), ("a", 40 * DAY, 41 * DAY))) == [
        ("a", 0, 41 * DAY, None, False)
    ]


def test_a_renewal_is_dated() -> None:
    """The new one begins when it was first seen, the old one ends when it was last seen."""
    assert spans(days(("a", 0, HOUR), ("a", DAY, DAY + HOUR), ("b", DAY + 2 * HOUR, 2 * DAY))) == [
        ("a", 0, DAY + HOUR, None, False),
        ("b", DAY + 2 * HOUR, 2 * DAY, "a", False),
    ]


def test_a_rollback_is_a_period_of_its_own() -> None:
    """The old certificate that comes back after the new one is told as a change, too."""
    assert spans(days(("a", 0, HOUR), ("b", DAY, DAY + HOUR), ("a", 2 * DAY, 2 * DAY + HOUR))) == [
        ("a", 0, HOUR, None, False),
        ("b", DAY, DAY + HOUR, "a", False),
        ("a", 2 * DAY, 2 * DAY + HOUR, "b", False),
    ]


def test_two_in_use_at_a_time_are_two_periods() -> None:
    """A member that shows one certificate to some and another to others does not change them every day."""
    told = [day for number in range(5) for day in (("a", number * DAY, number * DAY + 9 * HOUR),
                                                  ("b", number * DAY + HOUR, number * DAY + 8 * HOUR))]  # fmt: skip
    assert spans(days(*told)) == [
        ("a", 0, 4 * DAY + 9 * HOUR, None, False),
        ("b", HOUR, 4 * DAY + 8 * HOUR, "a", True),
    ]


def test_roles_and_members_are_apart() -> None:
    """What a member shows as client says nothing of what it shows as server."""
    told = [Showing("IRISB", "server", "a", 0, 1), Showing("IRISA", "server", "b", 0, 1), *days(("a", 0, 1))]
    assert [(one.member, one.role, one.before) for one in periods_of(told)] == [
        ("IRISA", "client", None),
        ("IRISA", "server", None),
        ("IRISB", "server", None),
    ]


SHOWINGS = st.lists(
    st.builds(
        lambda member, sha256, day, first, length: Showing(
            member, "client", sha256, day * DAY + first, min(day * DAY + first + length, (day + 1) * DAY - 1)
        ),
        st.sampled_from("AB"),
        st.sampled_from("xyz"),
        st.integers(0, 6),
        st.floats(0, DAY - 1),
        st.floats(0, DAY),
    ),
    max_size=20,
)


@given(showings=SHOWINGS, seed=st.randoms(use_true_random=False))
def test_the_order_of_telling_does_not_matter(showings: list[Showing], seed: object) -> None:
    """Every showing lies in a period of its certificate, periods are ordered, and shuffling changes nothing."""
    periods = periods_of(showings)
    shuffled = list(showings)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert periods_of(shuffled) == periods
    for showing in showings:
        assert any(
            (one.member, one.sha256) == (showing.member, showing.sha256)
            and one.since <= showing.first_seen <= showing.last_seen <= one.until
            for one in periods
        )
    assert [(one.member, one.since) for one in periods] == sorted((one.member, one.since) for one in periods)
    own = [(one.member, one.sha256, one.since) for one in periods]
    assert len(set(own)) == len(own)


def test_changes_are_named() -> None:
    """What differs is told with both values, what a mirror stumbles over first."""
    old = {
        "subject": "CN=a",
        "extended_key_usage": ["clientAuth", "serverAuth"],
        "serial": "1",
        "key": "RSA 2048",
    }
    new = {"subject": "CN=a", "extended_key_usage": ["serverAuth"], "serial": "2", "key": "RSA 2048"}
    assert changes_between(json.dumps(old), json.dumps(new)) == (
        Change("extended_key_usage", ["clientAuth", "serverAuth"], ["serverAuth"]),
        Change("serial", "1", "2"),
    )
