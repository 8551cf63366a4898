"""What was wrong with a capture file, a line each."""

from __future__ import annotations

from dataclasses import dataclass

from analyzers.counted import counted

__all__ = ["CaptureProblem", "CaptureProblems"]

LISTED = 100
"""How many problems are kept one by one: nobody reads more, and a hostile file has millions."""


@dataclass(frozen=True, slots=True)
class CaptureProblem:
    """One thing that is wrong with the file, and where."""

    kind: str
    """`truncated-capture`, `malformed-capture` or `limit-reached`."""
    offset: int
    """In bytes from the start of the (decompressed) file."""
    text: str

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.kind}: {self.text} (at offset {self.offset})"


class CaptureProblems:
    """Collects what is wrong with one file: the first of each text in full, the rest as a count."""

    def __init__(self) -> None:
        self._listed: list[CaptureProblem] = []
        self._unlisted = 0

    def add(self, kind: str, offset: int, text: str) -> None:
        """Note a problem."""
        if len(self._listed) < LISTED:
            self._listed.append(CaptureProblem(kind, offset, text))
        else:
            self._unlisted += 1

    def truncated(self, offset: int, text: str) -> None:
        """Note that the file ends too early."""
        self.add("truncated-capture", offset, text)

    def malformed(self, offset: int, text: str) -> None:
        """Note that the file breaks its format."""
        self.add("malformed-capture", offset, text)

    def limit(self, offset: int, text: str) -> None:
        """Note that one of our own limits was reached."""
        self.add("limit-reached", offset, text)

    def lines(self) -> tuple[str, ...]:
        """Give all of it, a line each."""
        lines = [str(problem) for problem in self._listed]
        if self._unlisted:
            lines.append(f"and {counted(self._unlisted, 'more problem')}")
        return tuple(lines)
