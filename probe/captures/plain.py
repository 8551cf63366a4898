"""`mirrorprobe pcap` with nothing but files and a form of output, which takes no parser of options.

To load one takes as long as to read a small capture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .collecting import collect_rarely

if TYPE_CHECKING:
    from probe.outcome import ExitCode

    from .request import Form

__all__ = ["is_plain", "run_plainly"]

_FORMS: Final[dict[str, Form]] = {"--json": "json", "--jsonl": "jsonl"}


def is_plain(arguments: list[str]) -> bool:
    """Say whether `arguments` are names of files, and at most one form of output."""
    options = [argument for argument in arguments if argument.startswith("-") and argument != "-"]
    return len(options) < len(arguments) and (not options or (len(options) == 1 and options[0] in _FORMS))


def run_plainly(arguments: list[str]) -> ExitCode:
    """Do what is asked for by such arguments."""
    collect_rarely()
    from .request import Request  # noqa: PLC0415 (numpy)
    from .run import run  # noqa: PLC0415

    files = tuple(argument for argument in arguments if argument not in _FORMS)
    form = next((_FORMS[argument] for argument in arguments if argument in _FORMS), "text")
    return run(Request.checked(files=files, form=form))
