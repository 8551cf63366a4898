"""Alerts in message traces: of `s_client -msg`, and of `curl -v`, whose number packs level and description."""

from __future__ import annotations

import re

from . import openssl
from .wording import Direction

__all__ = ["traced_alert"]

_MESSAGE = re.compile(r"(<<<|>>>) ?.{0,40}alert.{0,60}?(?:fatal|warning)[ ,:]+([a-z_ ]+)")
_CURL = re.compile(r"\((in|out)\), tls alert, ([a-z_ ]+) \((\d{1,4})\)")
_FATAL = 2


def _numbered(said: str) -> int | None:
    said = said.strip().replace("_", " ")
    named = [number for number, name in openssl.ALERT_NAMES.items() if said.startswith(name)]
    return named[0] if named else None


def traced_alert(line: str) -> tuple[Direction, int] | None:
    """Give the direction and the number of the fatal alert that `line`, in lower case, traces; None where it traces none.

    curl prints the two bytes of the alert as one number: 628 is 2 (fatal) times 256 and 116 (`certificate required`),
    which curl, older than that alert, calls "unknown".
    """
    if (match := _CURL.search(line)) is not None:
        level, number = divmod(int(match[3]), 256)
        if level != _FATAL or not number:
            return None
        return Direction.RECEIVED if match[1] == "in" else Direction.RAISED, number
    match = _MESSAGE.search(line)
    if match is None or not (named := _numbered(match[2])):
        return None
    return Direction.RECEIVED if match[1] == "<<<" else Direction.RAISED, named
