"""Every input in the corpus, seeds and past crashes alike, is handled as its target promises."""

from __future__ import annotations

import pytest

from tests.fuzz.harness import CORPUS, load, target_names

INPUTS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]


def test_every_target_has_seeds() -> None:
    """No target starts from nothing, and no seeds are left without their target."""
    assert {target for target, _ in INPUTS} == set(target_names())


@pytest.mark.parametrize(("target", "path"), INPUTS, ids=lambda value: getattr(value, "name", value))
def test_an_input_is_handled(target: str, path: object) -> None:
    """The target returns for the input, as it must for any."""
    load(target)(path.read_bytes())


@pytest.mark.parametrize("target", target_names())
def test_nothing_is_handled(target: str) -> None:
    """An empty input is handled too."""
    load(target)(b"")
