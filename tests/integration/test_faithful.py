"""Through the relay, each real peer prints what it prints without it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Outcome, Party
from probe.config import Action
from probe.lab.faults import FAULTS
from probe.relayed import LegName

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.playing import Heard, Play

TLS_1_2, TLS_1_3 = 0x0303, 0x0304

PAIRS = [
    ("openssl", "openssl"),
    ("gnutls", "openssl"),
    ("openssl", "gnutls"),
    ("python", "openssl"),
    ("openssl", "python"),
    ("java", "openssl"),
    ("openssl", "java"),
    ("java", "gnutls"),
    ("gnutls", "java"),
    ("intersystems", "openssl"),
]

FAILING = [
    "client-eku-server-only",
    "server-eku-client-only",
    "client-issuer-eku-server-only",
    "client-expired",
    "server-expired",
    "client-not-yet-valid",
    "server-not-yet-valid",
    "client-unknown-ca",
    "server-unknown-ca",
    "client-no-certificate",
    "client-ca-rekeyed",
]

ACCEPTED = {
    ("gnutls", "client-eku-server-only"),
    ("gnutls", "client-issuer-eku-server-only"),
    ("java", "client-issuer-eku-server-only"),
}
"""Servers that accept what OpenSSL refuses (domain facts 4.3), so that nothing fails there."""

REFUSED = [(*pair, fault) for pair in PAIRS for fault in FAILING if (pair[1], fault) not in ACCEPTED]


RACE = re.compile(r"errno=(?:32|104)$|Broken pipe|Connection reset")
"""What a stack says that still wrote when the other end had refused and closed: now this, now the alert."""


def assert_same(heard: Heard, direct: Heard) -> None:
    """Insist that both ends said the same; where one lost a race for the alert, it may have been won or lost."""
    for ours, theirs in ((heard.client, direct.client), (heard.server, direct.server)):
        if any(RACE.search(line) for line in (*ours, *theirs)):
            assert ours
            assert theirs
        else:
            assert ours == theirs


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(("client", "server"), PAIRS)
def test_healthy(play: Callable[..., Play], client: str, server: str, version: int) -> None:
    """A good connection is good through the relay, with the version that both ends have."""
    game = play(client, server, None)
    direct = game.direct(version, speaks=True)
    heard, relayed = game.relayed(version, Action.OBSERVE, speaks=True)
    assert heard == direct
    assert relayed.outcome is Outcome.ESTABLISHED
    for leg in (relayed.client, relayed.upstream):
        assert leg.connection.tls is not None
        assert leg.connection.tls.version == version
        assert leg.connection.certificates_of(Party.CLIENT)
        assert leg.connection.certificates_of(Party.SERVER)
        assert leg.connection.problems == ()
    assert not relayed.stand_in


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(("client", "server", "fault"), REFUSED)
def test_failing(play: Callable[..., Play], client: str, server: str, fault: str, version: int) -> None:
    """A failure has the same words on both ends as without the relay, and its cause is found."""
    game = play(client, server, fault)
    direct = game.direct(version, speaks=False)
    heard, relayed = game.relayed(version, Action.OBSERVE, speaks=False)
    assert_same(heard, direct)
    assert relayed.has_failed
    assert relayed.leading is (
        LegName.UPSTREAM if FAULTS[fault].refused_by is Party.SERVER else LegName.CLIENT
    )


@pytest.mark.parametrize(
    ("client", "server"), [("openssl", "openssl"), ("gnutls", "openssl"), ("java", "openssl")]
)
@pytest.mark.parametrize(("client_version", "server_version"), [(TLS_1_2, TLS_1_3), (TLS_1_3, TLS_1_2)])
def test_no_common_version(
    play: Callable[..., Play], client: str, server: str, client_version: int, server_version: int
) -> None:
    """Two ends without a common version hear of it as they would without the relay."""
    game = play(client, server, None)
    direct = game.direct(client_version, speaks=False, server_version=server_version)
    heard, relayed = game.relayed(client_version, Action.OBSERVE, speaks=False, server_version=server_version)
    assert heard == direct
    assert relayed.outcome is Outcome.FAILED
    assert relayed.leading is LegName.UPSTREAM
