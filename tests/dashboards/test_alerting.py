"""The rules in a real Prometheus, and their alerts on the way through a real Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dashboards.alerting import DASHBOARDS, alert_rules, read_yaml
from tests.dashboards.programs import fetched, post, until
from tests.dashboards.traffic import MIRROR

if TYPE_CHECKING:
    from tests.dashboards.conftest import Monitored

CUT_OFF = {"mirror": MIRROR, "from": "IRISA", "to": "IRISB", "channel": "agent"}


def rules(monitored: Monitored) -> list[dict[str, Any]]:
    """Every rule as Prometheus tells of it."""
    groups = monitored.prometheus.ask("rules")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def cut_off(monitored: Monitored) -> list[tuple[str, dict[str, Any]]]:
    """Every alert about the pair that is down at the end of a round; within one, others may be."""
    arrived = monitored.inbox.alerts("MirrorPairDown")
    return [(receiver, alert) for receiver, alert in arrived if CUT_OFF.items() <= alert["labels"].items()]


def test_rules_evaluate(monitored: Monitored) -> None:
    """Every rule is loaded and evaluates without an error against what the probe exposes."""
    until(lambda: all(rule["health"] != "unknown" for rule in rules(monitored)), "an evaluation")
    assert {rule["name"]: rule.get("lastError") for rule in rules(monitored) if rule["health"] != "ok"} == {}
    assert {rule["name"] for rule in rules(monitored) if rule["type"] == "alerting"} == {
        rule["alert"] for rule in alert_rules()
    }


def test_recordings_have_data(monitored: Monitored) -> None:
    """Every recording rule gives series for this mirror."""
    recorded = [rule["name"] for rule in rules(monitored) if rule["type"] == "recording"]
    assert recorded
    for name in recorded:
        until(lambda name=name: bool(monitored.prometheus.ask("query", query=name)["result"]), name)
        result = monitored.prometheus.ask("query", query=name)["result"]
        assert {series["metric"]["mirror"] for series in result} == {MIRROR}


def test_alert_arrives(monitored: Monitored) -> None:
    """A pair that is down reaches the receiver for what is critical, names its members and links its runbook."""
    until(lambda: bool(cut_off(monitored)), "the message")
    receiver, alert = cut_off(monitored)[0]
    assert receiver == "on-call"
    assert alert["annotations"]["summary"] == f"{MIRROR}: IRISA cannot reach IRISB (agent)"
    place = read_yaml(DASHBOARDS / "prometheus" / "prometheus.yml")["global"]["external_labels"]["runbooks"]
    assert alert["annotations"]["runbook_url"] == f"{place}dashboards/runbook/MirrorPairDown.md"
    assert "runbooks" not in alert["labels"]


def test_messages_are_grouped_by_mirror(monitored: Monitored) -> None:
    """One message is about one alert of one mirror."""
    until(lambda: bool(monitored.inbox.messages), "a message")
    for _, message in tuple(monitored.inbox.messages):
        for label in ("mirror", "alertname"):
            grouped = message["groupLabels"].get(label)  # an unscraped probe has no mirror
            assert {alert["labels"].get(label) for alert in message["alerts"]} == {grouped}


def test_mutual_authentication_is_critical(monitored: Monitored) -> None:
    """A server that does not ask for a certificate is told of at once, with the relay."""
    until(lambda: bool(monitored.inbox.alerts("MirrorMutualAuthenticationMissing")), "the message")
    receiver, alert = monitored.inbox.alerts("MirrorMutualAuthenticationMissing")[0]
    assert (receiver, alert["labels"]["relay"]) == ("on-call", "to-irisb-agent")


def test_consequences_are_inhibited(monitored: Monitored) -> None:
    """While a pair is down, the failures by cause of the same mirror are shown and not sent."""

    def failing() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = fetched(
            f"{monitored.alertmanager}/api/v2/alerts", filter="alertname=MirrorConnectionsFailing"
        )
        return found

    until(lambda: bool(failing()), "the alert of failures")
    until(lambda: all(alert["status"]["inhibitedBy"] for alert in failing()), "its inhibition")


@pytest.mark.parametrize(
    ("source", "target", "is_inhibited"),
    [
        ({"alertname": "MirrorProbeNotScraped"}, {"alertname": "MirrorProbeDropsEvents"}, True),
        ({"alertname": "MirrorProbeNotScraped"}, {"alertname": "MirrorPairDown"}, False),
        ({"alertname": "MirrorPairDown"}, {"alertname": "MirrorConnectionsFailing"}, True),
        ({"alertname": "MirrorPairDown"}, {"alertname": "MirrorConnectionsFailing", "mirror": "ANOTHER"}, False),
        (
            {"alertname": "MirrorCertificateAlmostExpired", "member": "IRISA", "role": "client"},
            {"alertname": "MirrorCertificateExpiresSoon", "member": "IRISA", "role": "client"},
            True,
        ),
        (
            {"alertname": "MirrorCertificateAlmostExpired", "member": "IRISA", "role": "client"},
            {"alertname": "MirrorCertificateExpiresSoon", "member": "IRISB", "role": "client"},
            False,
        ),
    ],
)  # fmt: skip
def test_inhibitions(
    monitored: Monitored,
    request: pytest.FixtureRequest,
    source: dict[str, str],
    target: dict[str, str],
    is_inhibited: bool,
) -> None:
    """A graver alert silences its consequences in the same mirror, and nothing that is critical or elsewhere."""
    case = request.node.name
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in alert_rules()}
    alerts = [
        {"labels": {"mirror": case, "severity": severities[labels["alertname"]], **labels}}
        for labels in (source, target)
    ]
    post(f"{monitored.alertmanager}/api/v2/alerts", alerts)
    wanted = [f'{label}="{value}"' for label, value in alerts[1]["labels"].items()]

    def states() -> list[str]:
        found = fetched(f"{monitored.alertmanager}/api/v2/alerts", filter=wanted)
        return [alert["status"]["state"] for alert in found]

    expected = "suppressed" if is_inhibited else "active"
    until(lambda: states() == [expected], f"{wanted} {expected}")
