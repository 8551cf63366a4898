"""Configurations that would parse, and that no probe could live with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.probe.test_config import problems_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("listen", "upstream"),
    [
        ("127.0.0.1:7777", "127.0.0.1:7777"),
        ("0.0.0.0:7777", "127.0.0.1:7777"),
        ("[::]:7777", "localhost:7777"),
    ],
)
def test_relay_that_would_call_itself(write: Callable[..., Path], listen: str, upstream: str) -> None:
    """A relay that accepts what it dials would do so until nothing is left."""
    path = write(
        ('listen = "127.0.0.1:0"\nupstream', f'listen = "{listen}"\nupstream'),
        ('upstream = "127.0.0.3:2188"', f'upstream = "{upstream}"'),
    )
    assert problems_of(path) == (
        f"[[relay]] to-irisb: upstream: {upstream} is where the relay itself listens",
    )


def test_table_that_is_none(tmp_path: Path) -> None:
    """What should be a table and is something else is told as that."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_text("mirror = [1]\n[[relay]]\n")
    assert "[mirror]: is one table, and not an array of tables" in problems_of(path)
