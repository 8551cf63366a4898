"""Log text: whatever a log holds, its explanation is made, and its lines are lines of the log."""

from __future__ import annotations

from io import BytesIO

from analyzers.diagnosis.explain import explain


def one_input(data: bytes) -> None:
    """Explain `data`."""
    explanation = explain(BytesIO(data))
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for match in explanation.matches:
        assert all(1 <= line <= lines for line in match.lines)
