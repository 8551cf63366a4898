"""`mirrorprobe causes`: the catalogue, as wide as the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from analyzers.causes import catalogue
from probe.cli import build_app

if TYPE_CHECKING:
    from analyzers.causes.entry import Cause


def _output(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), ["causes", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _widest(text: str) -> int:
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize("columns", [60, 80, 100, 300])
@pytest.mark.parametrize(
    "arguments", [(), *((cause,) for cause in catalogue())], ids=lambda it: it[0] if it else "list"
)
def test_nothing_is_wider_than_the_terminal_or_than_100_columns(
    arguments: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences are broken between words; a word longer than a line is the only thing that may stand out."""
    monkeypatch.setenv("COLUMNS", str(columns))

    assert _widest(_output(*arguments)) <= min(columns, 100)


@pytest.mark.parametrize("cause", catalogue().values(), ids=lambda cause: cause.id)
def test_a_page_has_every_word_in_order_whatever_the_width(
    cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaking lines anew loses nothing and joins no two items of a list."""
    pages = []
    for columns in ("60", "100"):
        monkeypatch.setenv("COLUMNS", columns)
        pages.append(_output(cause.id))
    words = [page.split() for page in pages]
    items = [[line for line in page.splitlines() if line.startswith("  - ")] for page in pages]

    assert words[0] == words[1]
    assert len(items[0]) == len(items[1]) == len(cause.remedy) + len(cause.references)
