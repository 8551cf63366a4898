"""The signals that end a program, for commands that have something to put in order before they leave.

Python unwinds on SIGINT alone; SIGTERM and SIGHUP end the process where it stands, with what it has made left behind.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .outcome import EndedBySignal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["STOPPING", "answering", "unwinding"]

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a program that is asked to."""


@contextmanager
def answering(act: Callable[[int, FrameType | None], object], *numbers: int) -> Iterator[None]:
    """Let `act` answer these signals within the block; one that the process was started to ignore stays ignored."""
    before = {number: signal.getsignal(number) for number in numbers}
    answered = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in answered:
        signal.signal(number, act)
    try:
        yield
    finally:
        for number in answered:
            signal.signal(number, before[number])


@contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as SIGINT does, by way of asyncio where that is at work.

    Raises:
        EndedBySignal: one of them came.
    """
    told: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        told.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        # A shell starts what is in its background with SIGINT ignored; the other signals end it nevertheless.
        (interrupt if callable(interrupt) else signal.default_int_handler)(signal.SIGINT, frame)

    with answering(end, signal.SIGTERM, signal.SIGHUP):
        try:
            yield
        except KeyboardInterrupt:
            if told:
                raise EndedBySignal(told[0]) from None
            raise
