"""Two lines that say the same, but for time, process and address, have one key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.diagnosis import line_heads
from analyzers.diagnosis.line_heads import Repetitions, time_of

PIECES = st.sampled_from(
    [
        *(
            "10.0.0.12",
            "[4711]",
            "(684) 0",
            "pid=12",
            "port 443",
            ":40000",
            "11/24/26-10:00:00:123",
            "10:00:00.5",
        ),
        *(
            "2026-11-24T10:00:00Z",
            "0x7fe2cc071890",
            "error:0A000418",
            "140164300694848:",
            "alert 42",
            "7",
            " ",
            "a1",
        ),
    ]
)


@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=8))
def test_a_key_is_what_the_pattern_leaves(lines: list[str]) -> None:
    """What is remembered of a line's shape gives the same as looking again."""
    repetitions = Repetitions()
    for line in [line.encode() for line in lines] * 2:
        assert repetitions.key(line) == line_heads._VARYING.sub(b"~", line)


def test_a_number_that_says_something_is_part_of_the_key() -> None:
    """Another alert is another message; another address is not."""
    key = Repetitions().key

    assert key(b"10.0.0.1 alert 42") == key(b"10.0.0.2 alert 42") != key(b"10.0.0.1 alert 43")


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("11/24/26-10:00:00:123 (1) 2 [Generic.Event] x", "11/24/26-10:00:00:123"),
        ("<29>Nov 24 10:00:00 host app[1]: x", "Nov 24 10:00:00"),
        ("2026-11-24T10:00:00.123456+01:00 host app: x", "2026-11-24T10:00:00.123456+01:00"),
        ("2026/11/24 10:00:00 [error] 1#1: x", "2026/11/24 10:00:00"),
        ("[Thu Jul 02 12:57:33.141019 2020] [ssl:info] x", "Jul 02 12:57:33"),
        ("24-Nov-2026 10:00:00.123 SEVERE [main] x", "24-Nov-2026 10:00:00.123"),
        ("11/24/2026 9:15:02 AM\tError\tSchannel\tx", "11/24/2026 9:15:02 AM"),
        ('{"t":{"$date":"2024-02-28T23:00:28.316+00:00"},"s":"I"}', "2024-02-28T23:00:28.316+00:00"),
        ("no time at all", None),
    ],
)
def test_the_time_is_what_stands_at_the_head(line: str, time: str | None) -> None:
    """Times are given as the log writes them."""
    assert time_of(line) == time
