"""The standard streams, where they may be closed, full, or a pipe that nobody reads.

`guard_streams` puts streams in place of the interpreter's that tell their own failures from those of other files:
reading standard input ends in `UnreadableInput`, writing standard output in `OutputLost`; what standard error does not
take is dropped, for there is nowhere left to say so.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO, TypeAlias

from .outcome import ExitCode, UnreadableInput

__all__ = ["OutputLost", "finish_output", "give_up_output", "guard_streams"]

_Buffer: TypeAlias = Any
"""Whatever has the buffer protocol; Python 3.11 has no name for it."""


class OutputLost(Exception):
    """Standard output cannot be written. No `CommandFailed`, which a command may take for a failure of one file."""

    def __init__(self, error: OSError) -> None:
        """Take what the operating system said."""
        super().__init__(f"standard output cannot be written: {_reason(error)}")
        self.exit_code = ExitCode.UNREAD if error.errno == errno.EPIPE else ExitCode.USAGE


class _Input(io.FileIO):
    def readinto(self, buffer: _Buffer, /) -> int:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise _not_readable(error) from error

    def readall(self) -> bytes:
        try:
            return super().readall()
        except OSError as error:
            raise _not_readable(error) from error


def _not_readable(error: OSError) -> UnreadableInput:
    return UnreadableInput(f"standard input cannot be read: {_reason(error)}")


class _Output(io.FileIO):
    def write(self, data: _Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLost(error) from error


class _Errors(io.FileIO):
    def write(self, data: _Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _reason(error: OSError) -> str:
    if error.errno == errno.EBADF:
        return "it is closed"
    return (error.strerror or str(error)).lower()


def guard_streams() -> None:
    """Replace the three standard streams; those that were closed when the interpreter started fail at first use."""
    # In this order, for each one takes the lowest descriptor that is free: else a socket would be standard output.
    # The kernel refuses to read what is open for writing, and the reverse, as it refuses a closed descriptor.
    if _is_ours(sys.stdin):
        sys.stdin = io.TextIOWrapper(
            io.BufferedReader(_Input(_number(sys.stdin, os.O_WRONLY), closefd=False))
        )
    if _is_ours(sys.stdout):
        sys.stdout = _writer(_Output(_number(sys.stdout, os.O_RDONLY), "w", closefd=False), sys.stdout)
    if _is_ours(sys.stderr):
        sys.stderr = _writer(_Errors(_number(sys.stderr, os.O_WRONLY), "w", closefd=False), sys.stderr)


def _is_ours(stream: TextIO | None) -> bool:
    """Tell whether a stream is the interpreter's, or closed, and not one that someone else put in its place."""
    return stream is None or isinstance(stream, io.TextIOWrapper)


def _number(stream: TextIO | None, flags: int) -> int:
    """Give the descriptor of a stream; one that is closed gets a new one."""
    if stream is not None:
        return stream.fileno()
    number = os.open(os.devnull, flags)
    os.set_inheritable(number, True)  # noqa: FBT003 (its signature)
    return number


def _writer(raw: io.FileIO, like: TextIO | None) -> io.TextIOWrapper:
    """Give text over `raw` that behaves as the interpreter's own does."""
    buffer = io.BufferedWriter(raw)
    if not isinstance(like, io.TextIOWrapper):
        return io.TextIOWrapper(buffer, errors="backslashreplace")
    return io.TextIOWrapper(
        buffer,
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.line_buffering,
        write_through=like.write_through,
    )


def finish_output() -> None:
    """Write what waits in standard output.

    Raises:
        OutputLost: it cannot be written.
    """
    sys.stdout.flush()


def give_up_output() -> None:
    """Let what waits in standard output go nowhere, or the interpreter would complain once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
