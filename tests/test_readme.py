"""README says what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from probe.cli import build_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_causes_is_current() -> None:
    """The catalogue in README is the one in the code: scripts/update_readme.py writes it."""
    checked = subprocess.run([sys.executable, "scripts/update_readme.py", "--check"], cwd=ROOT, check=False)

    assert checked.returncode == 0


def test_every_command_that_readme_names_exists() -> None:
    """`mirrorprobe NAME` in README is a command."""
    names = {command.name for command in build_app().registered_commands} | {
        group.name for group in build_app().registered_groups
    }
    named = set(re.findall(r"mirrorprobe ([a-z]+)\b", README))

    assert named <= names | {"is"}, named - names


def test_every_file_that_readme_links_exists() -> None:
    """A link to a file in the repository leads somewhere."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_configuration_is_written_as_readme_says(tmp_path: Path) -> None:
    """The line with `init` works in an empty directory as it stands, and leaves the file that the next one reads."""
    (line,) = re.findall(r"^\$ mirrorprobe (init.*?)\s*#", README, re.MULTILINE)
    command = f"'{sys.executable}' -m probe {line}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=False)

    assert done.returncode == 0
    assert "[[relay]]" in (tmp_path / "mirrorprobe.toml").read_text(encoding="utf-8")


def test_a_question_to_the_history_says_which() -> None:
    """A command line with `history` names the configuration, file or database that it asks."""
    asked = re.findall(r"`mirrorprobe (history [^`]+)`", README)

    assert asked
    assert [one for one in asked if not re.search(r"-c |--file |--url-file ", one)] == []
