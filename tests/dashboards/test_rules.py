"""The rules as files: promtool's verdict, and what every alert must have."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from probe.metrics import FAMILIES
from tests.dashboards.alerting import DASHBOARDS, RULE_FILES, alert_rules, read_yaml
from tests.dashboards.grafana import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNIT_TESTS = tuple(sorted((DASHBOARDS / "prometheus" / "tests").glob("*.yml")))
FAMILY = re.compile(r"\bmirrorprobe_\w+")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def cases() -> Iterator[tuple[str, list[Any]]]:
    """Every alert that promtool's tests look at, with what they expect of it."""
    for path in UNIT_TESTS:
        for test in read_yaml(path)["tests"]:
            for case in test["alert_rule_test"]:
                yield case["alertname"], case["exp_alerts"]


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_are_sound(path: Path, require_program: Callable[[str], str]) -> None:
    """`promtool check rules` finds nothing, not even in style."""
    checked = subprocess.run(
        [require_program("promtool"), "check", "rules", "--lint-fatal", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should(path: Path, require_program: Callable[[str], str]) -> None:
    """`promtool test rules`: each alert at its time, with its labels and the whole of its text."""
    tested = subprocess.run(
        [require_program("promtool"), "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["alert"])
def test_alert_is_tested_both_ways(rule: dict[str, Any]) -> None:
    """Promtool's tests see an alert fire, and see it not fire."""
    expected = [alerts for name, alerts in cases() if name == rule["alert"]]
    assert any(expected)
    assert not all(expected)
    assert all("exp_annotations" in alert for alerts in expected for alert in alerts)


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["alert"])
def test_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """An alert waits, has a severity that the routes know, names whom it is about, and links its runbook."""
    assert rule["for"]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url"}
    assert "$labels." in annotations["summary"]
    assert annotations["runbook_url"] == (
        "{{ $externalLabels.runbooks }}dashboards/runbook/" + rule["alert"] + ".md"
    )


def test_only_families_of_the_probe_are_asked() -> None:
    """Rules and dashboards name no family that the probe does not have."""
    known = {spec.sample for spec in FAMILIES}
    for spec in FAMILIES:
        known.update(f"{spec.family}{suffix}" for suffix in SUFFIXES.get(spec.kind.value, ()))
    asked = [
        rule["expr"] for path in RULE_FILES for group in read_yaml(path)["groups"] for rule in group["rules"]
    ]
    asked += [query.target["expr"] for query in queries()]
    recorded = re.compile(r"\bmirror:\w+:\w+")
    named = {name for text in asked for name in FAMILY.findall(recorded.sub("", text))}
    assert named - known == set()
    assert (
        known - named - {f"mirrorprobe_handshake_duration_seconds{end}" for end in ("", "_sum", "_count")}
        == set()
    )


def test_only_recorded_series_are_asked() -> None:
    """An alert asks of no recording rule that is not there, and none is there for nothing."""
    rules = [rule for path in RULE_FILES for group in read_yaml(path)["groups"] for rule in group["rules"]]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    asked = {
        name for rule in rules if "alert" in rule for name in re.findall(r"\bmirror:\w+:\w+", rule["expr"])
    }
    assert asked - recorded == set()
