"""What a matrix says once: certificates that fare alike, and failures of one kind."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint
from analyzers.mirror.definition import Channel
from probe.checks.alike import in_a_row, kinds, rows
from probe.checks.choosing import Holding
from probe.checks.matrix import Pair, Plan, ask_all
from probe.checks.table import SHOWN_ALIKE, write_matrix
from probe.lab.faults import FAULTS
from probe.lab.stand_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.checks.asking import Question
    from probe.checks.matrix import Asked
    from probe.lab.cast import Cast

MISUSED = (
    "client-eku-server-only",
    "client-ku-key-encipherment-only",
    "client-nscerttype-server",
    "client-issuer-eku-server-only",
)
SOURCE = "relay to-irisb: connect_as"


@pytest.fixture
def ask(cast: Cast, question: Callable[..., Question]) -> Callable[..., tuple[Asked, ...]]:
    """Asks both services of IRISB as IRISA: with its certificate, and with that of each fault that is named."""

    def ask(*faults: str, server: Cast = cast) -> tuple[Asked, ...]:
        played = (cast, *(FAULTS[name].arrange(cast) for name in faults))
        with ExitStack() as stack:
            pairs = []
            for channel in (Channel.AGENT, Channel.SUPERSERVER):
                target = Endpoint(*stack.enter_context(StandIn(server.server, channel)).address)
                for number, one in enumerate(played, 1):
                    asked = question(target, one)
                    assert asked.identity is not None
                    holding = Holding(asked.identity, asked.mirror, None, target, SOURCE, number)
                    pairs.append(Pair("IRISA", "IRISB", channel, target, holding))
            return asyncio.run(ask_all(tuple(pairs), 5.0, lambda _asked: None))

    return ask


def written(answers: tuple[Asked, ...]) -> str:
    """What the command prints."""
    stream = StringIO()
    write_matrix(stream, Plan(tuple(asked.pair for asked in answers), ()), answers)
    return stream.getvalue()


def test_certificates_that_fare_alike_are_a_row(ask: Callable[..., tuple[Asked, ...]]) -> None:
    """Each standing and cause of a member has one row, with the count and the numbers of its certificates."""
    answers = ask(*MISUSED[:2], "client-expired", "client-expires-soon")
    found = [(row.example.standing, row.certificates, row.channels) for row in rows(answers)]
    both = (Channel.AGENT, Channel.SUPERSERVER)
    assert found == [
        ("up", ((SOURCE, 1), (SOURCE, 5)), both),
        ("down", ((SOURCE, 2), (SOURCE, 3)), both),
        ("down", ((SOURCE, 4),), both),
    ]
    lines = [line.split() for line in written(answers).splitlines()]
    assert ["IRISA", "IRISB", "both", "up", "TLSv1.3", "2", "1,", "5", "of", "(1)"] in lines
    purpose = ["TLSv1.3", "client-certificate-purpose", "2", "2-3", "of", "(1)"]
    assert ["IRISA", "IRISB", "both", "down", *purpose] in lines
    assert ["(1)", *SOURCE.split()] in lines


def test_narrow_terminal_is_told_in_words(
    ask: Callable[..., tuple[Asked, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns would be a few letters wide, each row is a paragraph with all that the table has."""
    answers = ask(*MISUSED[:1])

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    write_matrix(stream, Plan(tuple(asked.pair for asked in answers), ()), answers)
    said, _, _ = stream.getvalue().partition("(1) ")
    assert max(map(len, said.splitlines())) <= 40
    assert " ".join(said.split()) == (
        "IRISA -> IRISB both: up, TLSv1.3, with 1 of (1) "
        "IRISA -> IRISB both: down, TLSv1.3, client-certificate-purpose, with 2 of (1)"
    )


def test_blocks_of_one_kind_are_few(ask: Callable[..., tuple[Asked, ...]]) -> None:
    """A cause has a block for each of a few certificates, and the rest is counted."""
    answers = ask(*MISUSED, "client-expired")
    causes = {kind[0].account.verdict.root_cause: len(kind) for kind in kinds(answers)}
    assert causes["certificate-expired"] == 2
    text = written(answers)
    assert text.count("cause: certificate-expired") == 1
    assert "1 more like this (certificate-expired)" in text
    misused = causes["client-certificate-purpose"]
    assert misused == 6
    assert text.count("cause: client-certificate-purpose") == SHOWN_ALIKE
    assert f"\n{misused - SHOWN_ALIKE} more like these (client-certificate-purpose)\n" in text
    for number in (2, 3, 4):
        assert f"IRISA to the agent of IRISB, with certificate {number} of {SOURCE}" in text


def test_a_fault_of_the_server_is_told_of_each_service(
    ask: Callable[..., tuple[Asked, ...]], cast: Cast
) -> None:
    """What is wrong with one service is not taken for what is wrong with another; and a pair has its own row."""
    answers = ask(server=FAULTS["server-expired"].arrange(cast))
    text = written(answers)
    assert text.count("cause: certificate-expired") == 2
    assert "more like" not in text
    lines = [line.split() for line in text.splitlines()]
    for channel in ("agent", "superserver"):
        assert ["IRISA", "IRISB", channel, "down", "TLSv1.3", "certificate-expired"] in lines


@pytest.mark.parametrize(
    ("numbers", "text"), [((7,), "7"), ((3, 4, 5, 6), "3-6"), ((29, 1, 27, 26), "1, 26-27, 29")]
)
def test_numbers_in_a_row(numbers: tuple[int, ...], text: str) -> None:
    """Numbers that follow each other are written as a span."""
    assert in_a_row(numbers) == text
