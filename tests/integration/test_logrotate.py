"""logrotate and SIGHUP: the log goes on in a new file, whether or not the configuration is still right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from tests.integration.test_service import CONFIGURATION
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.members import Members

WAIT_SECONDS = 20.0


def kinds_in(path: Path) -> list[str]:
    """Give the kind of every event in a file."""
    return (
        [json.loads(line)["event.action"] for line in path.read_text().splitlines()] if path.exists() else []
    )


def wait_for(path: Path, kind: str) -> None:
    """Wait until a file tells of an event."""
    end = monotonic() + WAIT_SECONDS
    while kind not in kinds_in(path):
        assert monotonic() < end, f"{path.name} never tells {kind}"
        sleep(0.02)


@pytest.mark.parametrize(("spoilt", "outcome"), [("", "reloaded"), ("\n[nonsense]\n", "reload failed")])
def test_the_log_goes_on_in_a_new_file(members: Members, tmp_path: Path, spoilt: str, outcome: str) -> None:
    """After the file is renamed and SIGHUP sent, what follows is in a new file of the old name."""
    log, path = tmp_path / "events.jsonl", tmp_path / "mirrorprobe.toml"
    text = CONFIGURATION.format(port=free_port(), upstream=9) + f'[events]\nfile = "{log}"\n'
    path.write_text(text)
    with subprocess.Popen([sys.executable, "-m", "probe", "run", "-c", str(path)], env=os.environ) as process:
        try:
            wait_for(log, "started")
            log.rename(tmp_path / "events.jsonl.old")
            path.write_text(text + spoilt)
            process.send_signal(signal.SIGHUP)
            wait_for(log, outcome)
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)
    assert kinds_in(tmp_path / "events.jsonl.old") == ["started"]
    assert kinds_in(log) == [outcome, "stopped"]
