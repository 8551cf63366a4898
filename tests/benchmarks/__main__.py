"""All measurements, or those named: `python -m tests.benchmarks [relay ...]`.

A measurement is a module of this package with a function `run() -> None`, which prints its own table.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path


def names() -> list[str]:
    """Give the names of all measurements."""
    here = Path(__file__).parent
    return sorted(
        path.stem for path in here.glob("*.py") if "\ndef run() -> None:" in path.read_text("utf-8")
    )


def main() -> None:
    """Run what the command line asks for, in the order of the names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="*", help=f"one of: {', '.join(names())}; all when none is named")
    asked = parser.parse_args().benchmark
    if unknown := set(asked) - set(names()):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))} (there are: {', '.join(names())})")
    for name in asked or names():
        importlib.import_module(f"tests.benchmarks.{name}").run()


if __name__ == "__main__":
    main()
