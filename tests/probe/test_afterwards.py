"""Between established ends the observers are shown what passes a moment later, and whoever asks them sees all of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import CloseKind, Endpoint, Party
from probe.config import load_config
from probe.limits import UNSEEN_BYTES, UNSEEN_SECONDS
from probe.relay.exchange import Exchange
from probe.relay.forwarder import Told
from probe.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.account import Account
    from probe.relay.side import Side

PLAIN = b"not TLS at all\n"
"""An observer counts it as what came before TLS: what it has seen can be told by its length."""


@pytest.fixture
def exchange(write: Callable[..., Path]) -> Exchange:
    """A connection of a real relay, before anybody has sent a byte."""
    told: list[Account] = []
    silent = Told(told.append, told.append, lambda *_: None, lambda *_: None, lambda *_: None)
    return Exchange(Relay(load_config(write()).relays[0], "run", silent), "id", Endpoint("127.0.0.1", 5))


def seen(side: Side) -> tuple[int, int]:
    """Give how many bytes of each end the observer has been shown, without letting it catch up."""
    preamble = side._observer.connection().preamble
    return preamble.client_bytes, preamble.server_bytes


def test_it_is_shown_at_once_until_the_ends_are_established(exchange: Exchange) -> None:
    """While decisions wait for what was observed, nothing is put off."""
    exchange.client.look(PLAIN)
    assert seen(exchange.client) == (len(PLAIN), 0)


def test_it_is_shown_in_a_moment(exchange: Exchange) -> None:
    """Each observer of two catches up by itself, in the order of what passed, and with the times at which it did."""

    async def pass_on() -> None:
        for side in (exchange.client, exchange.upstream):
            side.looks_later = True
            side.look(PLAIN)
            side.send(PLAIN * 2)
            assert seen(side) == (0, 0)
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(UNSEEN_SECONDS, over.set)  # due behind that of the relay
        await over.wait()

    asyncio.run(pass_on())
    assert seen(exchange.client) == (len(PLAIN), 2 * len(PLAIN))
    assert seen(exchange.upstream) == (2 * len(PLAIN), len(PLAIN))


def test_whoever_asks_sees_everything(exchange: Exchange) -> None:
    """The observer is never asked before it was shown all that passed; a close comes behind it."""

    async def pass_on() -> None:
        side = exchange.client
        side.looks_later = True
        side.look(PLAIN)
        assert side.observer.connection().preamble.client_bytes == len(PLAIN)
        side.look(PLAIN)
        side.note_close(Party.CLIENT, CloseKind.FIN)
        assert seen(side) == (2 * len(PLAIN), 0)
        assert side.observer.connection().problems == ()

    asyncio.run(pass_on())


def test_little_waits(exchange: Exchange) -> None:
    """Of bulk data no more is kept for later than the limit."""

    async def pass_on() -> None:
        side = exchange.client
        side.looks_later = True
        side.look(bytes(UNSEEN_BYTES))
        assert seen(side) == (0, 0)
        side.look(b"\0")
        assert seen(side) == (UNSEEN_BYTES + 1, 0)

    asyncio.run(pass_on())


def test_what_passed_when_is_kept(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a connection is when its last byte passed, and not when the observer was shown it."""
    clock = iter([exchange.started + 100, exchange.started + 101])
    monkeypatch.setattr("probe.relay.side.time", lambda: next(clock))

    async def pass_on() -> None:
        side = exchange.client
        side.looks_later = True
        side.look(PLAIN)
        side.send(PLAIN)
        assert side.observer.connection().ended == exchange.started + 101

    asyncio.run(pass_on())
