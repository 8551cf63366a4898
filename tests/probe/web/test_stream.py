"""The stream: as it happens, from where one left off, and never at the cost of a relay."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from probe.web.bounds import STREAMED, Bounds
from tests.probe.accounts import told
from tests.probe.web.events import Client, Event, watching
from tests.probe.web.serving import BEGAN, SECONDS, numbered, serving

if TYPE_CHECKING:
    from tests.probe.web.serving import Serving

MANY = 30_000


async def connected(client: Client) -> str:
    """Wait until the server has begun to send; give the head of its answer."""
    head = await client.head()
    assert await client.block() == ["retry: 2000"]
    return head


async def open_streams(port: Serving, count: int) -> None:
    """Wait until so many clients are being served."""
    async with asyncio.timeout(SECONDS):
        while port.server._stream.clients != count:  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0)


async def test_connections_as_they_end() -> None:
    """Each connection is an event whose data is its summary, and whose number runs on."""
    async with serving() as port, watching(port) as client:
        head = await connected(client)
        assert "200 OK" in head
        assert "Content-Type: text/event-stream; charset=utf-8\r\n" in head
        assert "Cache-Control: no-store\r\n" in head
        accounts = [numbered(1), numbered(2, "client-eku-server-only-tls12")]
        for account in accounts:
            port.see(account)
        first, second = await client.event(), await client.event()
    began = int(BEGAN * 1_000_000)
    assert [first, second] == [
        Event(began + number, "connection", json.loads(json.dumps(account.summary())))
        for number, account in enumerate(accounts, 1)
    ]


async def test_every_client_is_sent_the_same() -> None:
    """All clients see all connections."""
    async with serving() as port, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(watching(port)) for _ in range(10)]
        for client in clients:
            await connected(client)
        for number in range(50):
            port.see(numbered(number))
        last = port.sources.board.last
        read = [await client.events(last) for client in clients]
    assert [event.data["id"] for event in read[0]] == [f"0a-{number}" for number in range(50)]
    assert all(each == read[0] for each in read)


async def test_resumes() -> None:
    """A client that comes back gets what it has missed, and nothing twice."""
    async with serving() as port:
        for number in range(10):
            port.see(numbered(number))
        last = port.sources.board.last
        async with watching(port, Last_Event_ID=str(last - 3)) as client:
            await connected(client)
            port.see(numbered(10))
            events = await client.events(last + 1)
    assert [(event.kind, event.data["id"]) for event in events] == [
        ("connection", f"0a-{number}") for number in (7, 8, 9, 10)
    ]


async def test_list_and_stream_leave_no_gap() -> None:
    """The number that comes with a list begins the stream where the list ends."""
    async with serving() as port:
        port.see(numbered(1))
        _, found, headers = await port.get("/api/connections")
        port.see(numbered(2))
        async with watching(port, Last_Event_ID=headers["last-event-id"]) as client:
            await connected(client)
            event = await client.event()
    assert [row["id"] for row in found["connections"]] == ["0a-1"]
    assert event
    assert event.data["id"] == "0a-2"


async def test_resumes_too_late() -> None:
    """A client that was away for too long is told how many are lost to it, and gets those that are left."""
    async with serving(size=1) as port:
        first = port.sources.board.last
        for number in range(STREAMED + 7):
            port.see(numbered(number))
        async with watching(port, Last_Event_ID=str(first)) as client:
            await connected(client)
            lost, *events = await client.events(port.sources.board.last)
    assert lost == Event(first + 7, "lost", {"count": 7})
    assert [event.id for event in events] == [first + 7 + number for number in range(1, STREAMED + 1)]


@pytest.mark.parametrize("earlier", [-1_000_000, 1_000_000])
async def test_resumes_after_a_restart(earlier: int) -> None:
    """Whoever comes from another life of the probe is told that an unknown number is lost, and gets all of this one."""
    async with serving() as port:
        place = port.sources.board.last + earlier
        for number in range(3):
            port.see(numbered(number))
        async with watching(port, Last_Event_ID=str(place)) as client:
            await connected(client)
            lost, *events = await client.events(port.sources.board.last)
    assert (lost.kind, lost.data) == ("lost", {"count": None})
    assert [event.data["id"] for event in events] == ["0a-0", "0a-1", "0a-2"]


async def test_resumes_after_a_restart_before_anything_happened() -> None:
    """The same holds while there is nothing yet; what comes then is sent once."""
    async with serving() as port, watching(port, Last_Event_ID="17") as client:
        await connected(client)
        lost = await client.event()
        port.see(numbered(1))
        event = await client.event()
    assert lost
    assert (lost.kind, lost.data) == ("lost", {"count": None})
    assert event
    assert event.data["id"] == "0a-1"


@pytest.mark.parametrize("place", ["x", "-1", "1.5", "9" * 40, "٣"])
async def test_a_place_that_is_no_number(place: str) -> None:
    """A Last-Event-ID that is no number is refused."""
    async with serving() as port:
        status, body, _ = await port.get("/api/stream", Last_Event_ID=place)
        assert (status, body) == (400, {"error": "Last-Event-ID: is the number of an event"})


async def test_a_stalled_reader_holds_nothing_up() -> None:
    """While one client reads nothing, another gets every connection; the first is told later how many it lost."""
    async with (
        serving() as port,
        watching(port, buffer=4096) as stalled,
        watching(port) as brisk,
    ):
        await connected(brisk)
        await open_streams(port, 2)
        first, account = port.sources.board.last, told("healthy-tls12")
        async with asyncio.TaskGroup() as group:
            read = group.create_task(brisk.events(first + MANY))
            for number in range(1, MANY + 1):
                port.sources.board.add(account)
                if number % 50 == 0:  # as often as a busy relay lets others run
                    await asyncio.sleep(0)
            answered = await port.get("/healthz")
        events = read.result()
        await connected(stalled)
        late = await stalled.events(first + MANY)
    assert answered[0] == 200
    assert {event.kind for event in events} == {"connection"}
    assert [event.id for event in events] == [*range(first + 1, first + MANY + 1)]
    got = [event for event in late if event.kind == "connection"]
    lost = [event for event in late if event.kind == "lost"]
    assert lost
    assert len(got) + sum(event.data["count"] for event in lost) == MANY
    assert [event.id for event in late] == sorted({event.id for event in late if event.id})


async def test_a_reader_that_never_reads_is_given_up() -> None:
    """What stays unread for too long ends the connection, and its place is free again."""
    bounds = Bounds(unsent_seconds=0.3)
    async with serving(bounds=bounds) as port, watching(port, buffer=4096):
        await open_streams(port, 1)
        account = told("healthy-tls12")
        async with asyncio.timeout(SECONDS):
            while port.server._stream.clients:
                port.sources.board.add(account)
                await asyncio.sleep(0)


async def test_clients_are_bounded() -> None:
    """One client too many is turned away in one line; when another has gone, it is let in."""
    async with serving(bounds=Bounds(streams=2)) as port, watching(port) as one, watching(port) as other:
        await connected(one)
        await connected(other)
        status, body, headers = await port.get("/api/stream")
        assert (status, body) == (503, {"error": "2 streams are open, and no more may be"})
        assert headers["retry-after"] == "10"
        one.writer.close()
        await open_streams(port, 1)
        async with watching(port) as third:
            await connected(third)


async def test_clients_that_vanish() -> None:
    """Clients that reset their connection in the middle of it are counted off, and are no fault of ours."""
    account = told("healthy-tls12")
    async with serving(bounds=Bounds(heartbeat_seconds=0.001)) as port:
        for turn in range(100):
            async with watching(port) as client:
                await connected(client)
                handle = client.writer.get_extra_info("socket")
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                for _ in range(turn % 5):
                    port.sources.board.add(account)
                client.writer.transport.abort()
                for _ in range(turn % 7):
                    port.sources.board.add(account)
                    await asyncio.sleep(0)
        await open_streams(port, 0)
        assert (await port.get("/healthz"))[0] == 200


async def test_heartbeat() -> None:
    """In silence there is a comment now and then, which is no event."""
    async with serving(bounds=Bounds(heartbeat_seconds=0.02)) as port, watching(port) as client:
        await connected(client)
        async with asyncio.timeout(SECONDS):
            for _ in range(3):
                assert await client.block() == [": nothing new"]
        port.see(numbered(1))
        event = await client.event()
        assert event
        assert event.kind == "connection"


async def test_stop_ends_the_streams() -> None:
    """A stop sends what is left, and ends the stream as HTTP ends a body; afterwards nobody is let in."""
    async with serving() as port:
        async with port.session.get("/api/stream") as answer:
            assert await answer.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
            port.see(numbered(1))
            await port.server.stop()
            rest = await answer.content.read()
        assert rest.count(b"event: connection") == 1
        with pytest.raises(OSError, match="Connect call failed"):
            await port.dial()


async def test_stop_does_not_wait_for_a_stalled_reader() -> None:
    """A client that reads nothing is cut off when the probe stops."""
    async with serving(bounds=Bounds(stop_seconds=0.1)) as port, watching(port, buffer=4096):
        await open_streams(port, 1)
        account = told("healthy-tls12")
        for number in range(20_000):
            port.sources.board.add(account)
            if number % 50 == 0:
                await asyncio.sleep(0)
        assert port.server._stream.clients == 1
        async with asyncio.timeout(SECONDS):
            await port.server.stop()
        assert port.server._stream.clients == 0


async def test_nothing_is_rendered_twice() -> None:
    """The summary of a connection is made once, whoever lists or watches it."""
    made = []

    class Counting:
        """An account that counts how often it is asked for its summary."""

        def __getattr__(self, name: str) -> object:
            """Be a real one in all else."""
            return getattr(account, name)

        def summary(self) -> dict[str, object]:
            """Count."""
            made.append(1)
            return account.summary()

    account = numbered(1)
    async with serving() as port, watching(port) as one, watching(port) as other:
        await connected(one)
        await connected(other)
        port.sources.board.add(Counting())  # type: ignore[arg-type]  # it is one in all that is asked of it
        assert await one.event() == await other.event()
        await port.get("/api/connections?failed=0")
    assert made == [1]
