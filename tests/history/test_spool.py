"""The spool gives back what it was given, in its order, over any number of deaths, within its bound."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from probe.history import spool as spool_module
from probe.history.spool import Spool, SpoolInUse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLENTY = 1_000_000
LINES = st.binary(max_size=40).filter(lambda line: b"\n" not in line)


def all_of(spool: Spool) -> list[bytes]:
    """Take everything out."""
    taken = []
    while lines := spool.head(3):
        taken += lines
        spool.done(len(lines))
    return taken


@contextmanager
def files_up_to(length: int) -> Iterator[None]:
    """Let no file of this process grow beyond a length, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Spooling(RuleBasedStateMachine):
    """Appends, reads, forgets and dies in any order, beside a list that does the same."""

    def __init__(self) -> None:
        """Begin in an empty directory."""
        super().__init__()
        self.directory = self.root / f"{len(list(self.root.iterdir()))}"
        self.spool = Spool(self.directory, PLENTY)
        self.expected: list[bytes] = []

    root: Path

    @rule(lines=st.lists(LINES, max_size=8))
    def append(self, lines: list[bytes]) -> None:
        """Give some lines."""
        assert self.spool.append(lines) == 0
        self.expected += lines

    @rule(limit=st.integers(1, 5), done=st.integers(0, 5))
    def take(self, limit: int, done: int) -> None:
        """Read some lines, and forget some of them."""
        head = self.spool.head(limit)
        assert head == self.expected[: len(head)]
        assert bool(head) == bool(self.expected)
        count = min(done, len(head))
        self.spool.done(count)
        del self.expected[:count]

    @rule()
    def die(self) -> None:
        """Begin anew; what was forgotten in a segment that is not used up comes again, and nothing else."""
        self.spool.close()
        self.spool = Spool(self.directory, PLENTY)
        again = all_of(self.spool)
        assert again[len(again) - len(self.expected) :] == self.expected
        self.expected = []

    @precondition(lambda self: self.expected)
    @rule(cut=st.integers(1, 9))
    def die_while_writing(self, cut: int) -> None:
        """A death in the middle of a line loses this line alone, and it is counted."""
        assert self.spool.append([b"the last line"]) == 0
        self.spool.close()
        newest = max(self.directory.glob("*.spool"))
        os.truncate(newest, newest.stat().st_size - cut)
        self.spool = Spool(self.directory, PLENTY)
        again = all_of(self.spool)
        assert again[len(again) - len(self.expected) :] == self.expected
        assert self.spool.damaged == 1
        self.expected = []

    @invariant()
    def knows_whether_something_waits(self) -> None:
        """It says that something waits where something does."""
        assert self.spool.is_waiting or not self.expected

    def teardown(self) -> None:
        """Let go of the directory."""
        self.spool.close()


def test_any_order_of_work_and_death(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done with it, it gives back what it was given, in its order."""
    monkeypatch.setattr(spool_module, "SEGMENT_BYTES", 100)

    class Here(Spooling):
        root = tmp_path

    case = Here.TestCase
    case.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
    case().runTest()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(damage=st.binary(min_size=1, max_size=60), at=st.integers(0, 200))
def test_damage_costs_only_the_lines_that_it_hits(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes, at: int
) -> None:
    """Whatever stands in the file, no line is given back that was not written."""
    directory = tmp_path_factory.mktemp("damaged")
    lines = [b"%d " % number * 5 for number in range(10)]
    spool = Spool(directory, PLENTY)
    spool.append(lines)
    spool.close()
    (file,) = directory.glob("*.spool")
    content = bytearray(file.read_bytes())
    content[at : at + len(damage)] = damage
    file.write_bytes(content)
    spool = Spool(directory, PLENTY)
    found = all_of(spool)
    spool.close()
    assert [line for line in found if line not in lines] == []
    assert found == [line for line in lines if line in found]
    assert len(found) >= len(lines) - 1 - len(damage) // 20 - damage.count(b"\n") - 3


def test_beyond_its_bound_it_takes_nothing(tmp_path: Path) -> None:
    """What finds no room is counted, and when something was taken out there is room again."""
    spool = Spool(tmp_path, 100)
    assert spool.append([b"x" * 30] * 5) == 3
    assert spool.append([b"y"]) == 0
    assert spool.append([b"z" * 30]) == 1
    assert all_of(spool) == [b"x" * 30] * 2 + [b"y"]
    assert spool.size == 0
    assert spool.append([b"z" * 30]) == 0
    spool.close()


def test_the_bound_counts_what_was_there_before(tmp_path: Path) -> None:
    """A restart does not give a full spool new room."""
    spool = Spool(tmp_path, 100)
    assert spool.append([b"x" * 80]) == 0
    spool.close()
    spool = Spool(tmp_path, 100)
    assert spool.append([b"x" * 80]) == 1
    spool.close()


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """What the disk does not take is counted; what it took before stays readable, and what comes later follows."""
    spool = Spool(tmp_path, PLENTY)
    assert spool.append([b"first"]) == 0
    with files_up_to(50):
        assert spool.append([b"x" * 20, b"x" * 20]) == 2
        assert spool.append([b"small"]) == 0
    assert spool.append([b"last"]) == 0
    assert all_of(spool) == [b"first", b"small", b"last"]
    assert spool.damaged == 0
    spool.close()


def test_a_disk_that_was_full_from_the_beginning_leaves_nothing(tmp_path: Path) -> None:
    """A segment that could not be begun does not look as if something waited."""
    spool = Spool(tmp_path, PLENTY)
    with files_up_to(3):
        assert spool.append([b"nothing"]) == 1
    assert not spool.is_waiting
    assert list(tmp_path.glob("*.spool")) == []
    assert spool.append([b"something"]) == 0
    assert all_of(spool) == [b"something"]
    spool.close()


def test_a_directory_has_one_owner(tmp_path: Path) -> None:
    """A second spool in the same directory is refused until the first has let go."""
    first = Spool(tmp_path, PLENTY)
    with pytest.raises(SpoolInUse):
        Spool(tmp_path, PLENTY)
    first.close()
    Spool(tmp_path, PLENTY).close()
