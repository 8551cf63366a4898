"""Coverage-guided fuzzing of all parsers: `python -m tests.fuzz --seconds 30 [target ...]`.

Each target runs in a process of its own under atheris, from the seeds in `corpus/`, and keeps what it found
in `build/fuzz/<target>/`, so that a later run goes on where this one stopped. An input that breaks a target's
promise is kept there as `crash-...`; once the bug is fixed it belongs in `corpus/<target>/`, which the
ordinary tests replay.

Exit codes: 0 nothing broke, 1 something did, 2 atheris is missing or a target is unknown.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tests.fuzz.harness import CORPUS, target_names

FINDINGS = Path("build") / "fuzz"

INPUT_SECONDS = 10
"""A single input that takes longer is a hang."""

PROCESS_MEGABYTES = 2048
"""Beyond this, an input has made a parser keep more than its bounds allow."""

PROCESS_SECONDS = 30
"""How long one process runs: atheris 3.0 leaks what comparisons of numpy arrays give, a gigabyte a minute."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one target's run ended."""

    executions: int
    coverage: int
    returncode: int
    output: str


def fuzz(target: str, seconds: int) -> Outcome:
    """Run one target for some `seconds`, or until something breaks."""
    executions = 0
    while True:
        outcome = _run(target, min(seconds, PROCESS_SECONDS))
        executions += outcome.executions
        seconds -= PROCESS_SECONDS
        if outcome.returncode or seconds <= 0:
            return replace(outcome, executions=executions)


def _run(target: str, seconds: int) -> Outcome:
    kept = FINDINGS / target
    (kept / "corpus").mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_SECONDS}",
        f"-rss_limit_mb={PROCESS_MEGABYTES}",
        f"-artifact_prefix={kept}/",
        "-print_final_stats=1",
    ]
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.harness",
        target,
        *options,
        str(kept / "corpus"),
        str(CORPUS / target),
    ]
    finished = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    return Outcome(
        _last_number(r"stat::number_of_executed_units:\s*(\d+)", finished.stdout),
        _last_number(r"cov: (\d+)", finished.stdout),
        finished.returncode,
        finished.stdout,
    )


def _last_number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def _failure_start(output: str) -> int:
    """Find where the report of the failure begins, behind libFuzzer's lines of progress."""
    found = re.search(r"^ === Uncaught|^==\d+== ", output, re.MULTILINE)
    return found.start() if found else max(0, len(output) - 4000)


def main() -> int:
    """Run the targets one after the other, and say of each how it went."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz the parsers under atheris."
    )
    parser.add_argument(
        "targets", nargs="*", metavar="target", help=f"of {', '.join(target_names())}; all by default"
    )
    parser.add_argument("--seconds", type=int, default=30, help="for each target (default 30)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.targets) - set(target_names()))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    if importlib.util.find_spec("atheris") is None:
        print("error: atheris is not installed; `make fuzz` installs it where it has wheels", file=sys.stderr)
        return 2
    broken = 0
    for target in arguments.targets or target_names():
        outcome = fuzz(target, arguments.seconds)
        verdict = "broken" if outcome.returncode else "ok"
        print(
            f"{target:14} {verdict:7} {outcome.executions:9} inputs, {outcome.coverage:6} edges", flush=True
        )
        if outcome.returncode:
            broken += 1
            print(outcome.output[_failure_start(outcome.output) :], file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
