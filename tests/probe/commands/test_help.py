"""`--help`, as it stands on a terminal."""

from __future__ import annotations

from typer.testing import CliRunner

from probe.cli import build_app


def test_paragraphs_fill_the_terminal() -> None:
    """The line breaks of the source are not those of the terminal."""
    output = CliRunner(env={"COLUMNS": "80"}).invoke(build_app("check"), ["check", "--help"]).output

    assert " asked: it cannot be reached, is silent, or closes on a ClientHello, as an " in output
