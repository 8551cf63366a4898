"""The examples that an administrator copies, read by the programs that they are for."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.alerting import DASHBOARDS, alert_rules, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.lab.authority import Authority

ALERTMANAGER = DASHBOARDS / "alertmanager" / "alertmanager.yml"


def run(*command: str) -> str:
    """Run a program to its end, and give what it says where it says that all is well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_reads_its_example(
    require_program: Callable[[str], str], tmp_path: Path, issuing: Authority
) -> None:
    """`promtool check config` takes the example and the rules beside it, once the files that it names exist."""
    here = tmp_path / "prometheus"
    shutil.copytree(DASHBOARDS / "prometheus", here)
    (here / "probes-ca.pem").write_bytes(issuing.ca_pem)
    (here / "probes.token").write_text("secret")
    said = run(require_program("promtool"), "check", "config", str(here / "prometheus.yml"))
    assert said.count("rules found") == 2


def test_alertmanager_reads_its_example(require_program: Callable[[str], str]) -> None:
    """`amtool check-config` takes the example."""
    assert "SUCCESS" in run(require_program("amtool"), "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["alert"])
def test_alerts_find_their_receiver(
    rule: dict[str, dict[str, str]], require_program: Callable[[str], str]
) -> None:
    """What is critical goes to those on call, the rest waits for office hours."""
    labels = [f"alertname={rule['alert']}", f"severity={rule['labels']['severity']}", "mirror=LABMIRROR"]
    said = run(
        require_program("amtool"), "config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels
    )
    expected = {"critical": "on-call", "warning": "office-hours"}
    assert said.strip() == expected[rule["labels"]["severity"]]


def test_inhibitions_name_alerts() -> None:
    """What inhibits, and what is inhibited by name, are alerts of the rules."""
    known = {rule["alert"] for rule in alert_rules()}
    for inhibition in read_yaml(ALERTMANAGER)["inhibit_rules"]:
        for matcher in (*inhibition["source_matchers"], *inhibition["target_matchers"]):
            label, operator, value = matcher.split()
            if (label, operator) == ("alertname", "="):
                assert value in known
