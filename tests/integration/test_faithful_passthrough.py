"""Through a relay that only forwards, each real peer prints what it prints without it, and no verdict is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Outcome
from probe.lab.faults import FAULTS
from tests.integration.test_faithful import PAIRS, REFUSED, TLS_1_2, TLS_1_3, assert_same

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.playing import Play


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(("client", "server"), PAIRS)
def test_healthy(play: Callable[..., Play], client: str, server: str, version: int) -> None:
    """A good connection is good through the relay, and nothing is held against it."""
    game = play(client, server, None)
    direct = game.direct(version, speaks=True)
    heard, seen = game.forwarded(version, speaks=True)
    assert heard == direct
    assert (seen.outcome, seen.has_failed, seen.root) == (Outcome.ESTABLISHED, False, None)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(("client", "server", "fault"), REFUSED)
def test_failing(play: Callable[..., Play], client: str, server: str, fault: str, version: int) -> None:
    """A failure has the same words on both ends as without the relay; its cause is found, or left open."""
    game = play(client, server, fault)
    direct = game.direct(version, speaks=False)
    heard, seen = game.forwarded(version, speaks=False)
    assert_same(heard, direct)
    assert seen.has_failed
    cause = seen.root.id if seen.root else None
    if version == TLS_1_3:  # certificates and alerts are encrypted
        assert cause in {None, "client-certificate-refused", "client-certificate-missing"}
        assert cause != "client-certificate-missing" or fault == "client-no-certificate"
    elif (client, fault) == (
        "java",
        "client-unknown-ca",
    ):  # it shows none that the server's list does not name
        assert cause == "client-certificate-missing"
    else:
        assert cause == FAULTS[fault].expects
    assert seen.verdict.refused_by in {None, FAULTS[fault].refused_by}
