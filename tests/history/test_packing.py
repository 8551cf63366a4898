"""What was compressed comes back, with its own dictionary and no other."""

from __future__ import annotations

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from probe.history import packing
from probe.history.packing import Dictionary, Unpacker


@given(data=st.binary(min_size=8, max_size=2000), lines=st.lists(st.binary(max_size=2000), max_size=5))
def test_any_line_comes_back(data: bytes, lines: list[bytes]) -> None:
    """Whatever the dictionary and the line hold."""
    dictionary = Dictionary(7, frozenset(), data)
    unpacker = Unpacker({7: data, 8: b"another one, of the same length"})
    assert [unpacker.unpack(7, dictionary.pack(line)) for line in lines] == lines


@given(damage=st.binary(max_size=200))
def test_damage_is_said(damage: bytes) -> None:
    """What is no packed line raises, or is one that somebody packed."""
    unpacker = Unpacker({1: b"dictionary"})
    try:
        unpacker.unpack(1, damage)
    except ValueError:
        return
    assert damage[:4] == zstandard.FRAME_HEADER


def test_a_missing_dictionary_is_said() -> None:
    """A line cannot be read without the dictionary that it was packed with."""
    with pytest.raises(ValueError, match="dictionary 3 is missing"):
        Unpacker({}).unpack(3, b"")


def test_what_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that says it is huge is not unpacked."""
    monkeypatch.setattr(packing, "EVENT_BYTES", 1000)
    packed = Dictionary(1, frozenset(), b"dictionary").pack(bytes(1001))
    with pytest.raises(ValueError, match="an event of 1001 bytes"):
        Unpacker({1: b"dictionary"}).unpack(1, packed)
