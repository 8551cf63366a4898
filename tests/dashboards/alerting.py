"""The committed rules and the Alertmanager example, made impatient for a test, and the receiver of its messages."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DASHBOARDS = ROOT / "dashboards"
RULE_FILES = tuple(sorted((DASHBOARDS / "prometheus").glob("mirrorprobe-*.yml")))


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (whatever YAML can hold)
    """Read one document."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def alert_rules() -> list[dict[str, Any]]:
    """Every alert, in the order of the files."""
    groups = [group for path in RULE_FILES for group in read_yaml(path)["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def _copy_impatient_rules(directory: Path) -> None:
    """Copy the rules to a directory, each alert firing at once."""
    for path in RULE_FILES:
        text = re.sub(r"^( +for: ).*$", r"\g<1>0s", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (directory / path.name).write_text(text, encoding="utf-8")


def impatient_prometheus(directory: Path, target: str, alertmanager: str) -> None:
    """Write the Prometheus example with its probe behind token and TLS at `target`, scraping and judging each second.

    The files that it names are in the directory, beside it.
    """
    example = read_yaml(DASHBOARDS / "prometheus" / "prometheus.yml")
    example["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    example["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    (remote,) = (job for job in example["scrape_configs"] if "authorization" in job)
    example["scrape_configs"] = [remote | {"static_configs": [{"targets": [target]}]}]
    _copy_impatient_rules(directory)
    (directory / "prometheus.yml").write_text(yaml.safe_dump(example), encoding="utf-8")


def impatient_alertmanager(path: Path, receiver: str) -> None:
    """Write the Alertmanager example with its webhooks at `receiver`, sending at once."""
    example = read_yaml(DASHBOARDS / "alertmanager" / "alertmanager.yml")
    example["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    for one in example["receivers"]:
        one["webhook_configs"] = [{"url": f"{receiver}/{one['name']}"}]
    path.write_text(yaml.safe_dump(example), encoding="utf-8")


class Inbox:
    """What arrived at the webhooks."""

    def __init__(self) -> None:
        """Begin empty."""
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def alerts(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Every alert of a name that arrived, with the name of the receiver."""
        return [
            (receiver, alert)
            for receiver, message in tuple(self.messages)
            for alert in message["alerts"]
            if alert["labels"]["alertname"] == name
        ]


@contextmanager
def receiving() -> Iterator[tuple[str, Inbox]]:
    """Run a webhook receiver for as long as the context lasts; gives its URL, and where messages come in."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        """Takes one message."""

        def do_POST(self) -> None:
            """Keep the message under the name that its path gives."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.messages.append((self.path.removeprefix("/"), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (its own name for it)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="webhook")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
