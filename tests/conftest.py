"""What every test may ask for: the real programs it runs beside, and the profiles of the property tests."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Debian keeps some servers where a user's PATH does not reach.
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# A time limit for each example would measure the machine. In CI the same examples are tried every time.
settings.register_profile("mirrorprobe", deadline=None, derandomize=IN_CI, print_blob=True)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)
settings.load_profile("mirrorprobe")


@pytest.fixture(scope="session")
def require_program() -> Callable[[str], str]:
    """Gives the path of a program that runs as a peer.

    Where it is missing the test is skipped, and in CI, where nothing may be left out, it fails.
    """

    def find(name: str) -> str:
        path = shutil.which(name, path=SEARCHED)
        if path is None and IN_CI:
            pytest.fail(f"{name} is not installed, and CI leaves no peer out", pytrace=False)
        if path is None:
            pytest.skip(f"{name} is not installed: `make test` installs what requirements/apt.txt lists")
        return path

    return find
