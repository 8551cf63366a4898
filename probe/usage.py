"""What is wrong with a command line, in one line as every other problem has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["usage_problem"]

_REWORDED = (
    (r"^Invalid value for (.+?): Value error, ", r"\1: "),
    (r"^Invalid value for (.+?): Input should be a valid integer\b.*", r"\1 must be a whole number"),
    (r"^Invalid value for (.+?): Input should be a valid number\b.*", r"\1 must be a number"),
    (r"^Invalid value for (.+?): Input should be ", r"\1 must be "),
    (r"^Invalid value for (.+?): ", r"\1: "),
    (r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)$", r"more arguments than the command takes: \1"),
    (r" \(Possible options: (.*)\)$", r"; did you mean \1?"),
    (r"\. Did you mean ", "; did you mean "),
    (r"'(--?[\w-]+)'", r"\1"),
    (r"(-[\w-]+) / (?=-)", r"\1 or "),
    (r"\.$", ""),
)
"""The sentences of Typer and pydantic, and ours; each is applied to what the one above gave."""


def usage_problem(error: typer.TyperException) -> str:
    """Give one line that names what is wrong and what to do; nothing where help was shown in place of an error."""
    said = " ".join(error.format_message().split())
    text = said
    for theirs, ours in _REWORDED:
        text = re.sub(theirs, ours, text)
    text = text[:1].lower() + text[1:]
    context = getattr(error, "ctx", None)
    if not text or context is None or said.startswith("Invalid value") or "; did you mean" in text:
        return text
    return f"{text}; see {context.command_path} --help"
