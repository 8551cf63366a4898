"""The targets, found by their file names, and the process that fuzzes one of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"


def target_names() -> tuple[str, ...]:
    """Give the names of the targets: each is a module with a function `one_input(data)`."""
    return tuple(sorted(path.stem for path in (HERE / "targets").glob("*.py")))


def load(name: str) -> Callable[[bytes], None]:
    """Give the function of a target, which returns for every input that is handled as promised."""
    one_input: Callable[[bytes], None] = importlib.import_module(f"tests.fuzz.targets.{name}").one_input
    return one_input


def main() -> None:
    """Fuzz the target that the first argument names; the others are libFuzzer's."""
    import atheris  # noqa: PLC0415  # the corpus is replayed where atheris is not installed

    with atheris.instrument_imports(include=["analyzers", "tests.fuzz.targets"]):
        one_input = load(sys.argv[1])
        one_input(b"")  # The catalogue of causes is imported when it is first asked for.
    atheris.Setup([sys.argv[0], *sys.argv[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
