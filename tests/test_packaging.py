"""What an installer takes: the unit is one that systemd reads, and it is confined."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGING = Path(__file__).parents[1] / "packaging"
UNIT = PACKAGING / "systemd" / "mirrorprobe.service"

EXPOSURE = 20
"""In tenths, of 100: what systemd calls OK ends at 40."""


def test_unit_is_understood(require_program: Callable[[str], str], tmp_path: Path) -> None:
    """The unit holds nothing that systemd complains of."""
    text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/mirrorprobe", sys.executable)
    text = text.replace("Documentation=file:/usr/share/doc/mirrorprobe/README.md\n", "")
    unit = tmp_path / UNIT.name
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [require_program("systemd-analyze"), "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if UNIT.name in line] == []


def test_unit_is_confined(require_program: Callable[[str], str]) -> None:
    """The sandbox stays below the mark in the review of systemd itself."""
    done = subprocess.run(
        [
            require_program("systemd-analyze"),
            "security",
            "--offline=true",
            f"--threshold={EXPOSURE}",
            str(UNIT),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    assert "Overall exposure level" in done.stdout


def test_container_file_copies_what_is_there() -> None:
    """Every path that the container file copies from the repository exists."""
    lines = (PACKAGING / "container" / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        name
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert copied
    assert [name for name in copied if not (PACKAGING.parent / name).exists()] == []
