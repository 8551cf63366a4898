"""One lab, probe, Prometheus and Alertmanager for all tests of dashboards and rules."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from probe.lab.authority import Authority
from tests.dashboards.alerting import Inbox, impatient_alertmanager, impatient_prometheus, receiving
from tests.dashboards.programs import Prometheus, running, until
from tests.dashboards.traffic import Scene, lab_and_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 3
"""A counter that has no series before its first connection grows from the second round on."""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What runs."""

    scene: Scene
    prometheus: Prometheus
    alertmanager: str
    inbox: Inbox


@pytest.fixture(scope="session")
def issuing() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture(scope="session")
def monitored(
    issuing: Authority, require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitored]:
    """A mirror with faults that a real Prometheus has scraped a few times, and the alerts that come of it."""
    programs = [require_program(name) for name in ("prometheus", "prometheus-alertmanager")]
    directory = tmp_path_factory.mktemp("monitored")
    with ExitStack() as stack:
        scene = stack.enter_context(lab_and_probe(issuing, directory))
        receiver, inbox = stack.enter_context(receiving())
        impatient_alertmanager(directory / "alertmanager.yml", receiver)
        alertmanager = stack.enter_context(
            running(
                [
                    programs[1],
                    f"--config.file={directory}/alertmanager.yml",
                    f"--storage.path={directory}/alertmanager",
                    "--web.listen-address=127.0.0.1:0",
                    "--cluster.listen-address=",
                ],
                directory / "alertmanager.log",
            )
        )
        impatient_prometheus(directory, scene.web, alertmanager.removeprefix("http://"))
        url = stack.enter_context(
            running(
                [
                    programs[0],
                    f"--config.file={directory}/prometheus.yml",
                    f"--storage.tsdb.path={directory}/prometheus",
                    "--web.listen-address=127.0.0.1:0",
                    "--enable-feature=exemplar-storage",
                ],
                directory / "prometheus.log",
            )
        )
        prometheus = Prometheus(url)
        for _ in range(ROUNDS):
            _play_and_scrape(scene, prometheus)
        yield Monitored(scene, prometheus, alertmanager, inbox)


def _play_and_scrape(scene: Scene, prometheus: Prometheus) -> None:
    """Let the members play once, and wait until all of it was scraped, and once more after that."""
    counted = "sum(mirrorprobe_handshakes_total{relay!~'check.*'})"
    before = prometheus.value(counted) or 0.0
    until(lambda: prometheus.value("up{job='mirrorprobe'}") == 1, "the first scrape")
    played = scene.play()
    until(lambda: (prometheus.value(counted) or 0.0) >= before + played, "a scrape after the traffic")
    scraped = prometheus.value("timestamp(mirrorprobe_build_info)")
    until(lambda: prometheus.value("timestamp(mirrorprobe_build_info)") != scraped, "one more scrape")
