"""A real Prometheus beside the demonstration, where one is installed: it scrapes the probe for as long as both run."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_prometheus", "scraping"]

USUAL_PORT = 9090
SCRAPE_SECONDS = 2
STOP_SECONDS = 10

RULES = Path(__file__).parents[3] / "dashboards" / "prometheus"
"""Recording and alerting rules; they are there in a checkout, not in an installed package."""

CONFIGURATION = """\
global:
  scrape_interval: {seconds}s
  evaluation_interval: {seconds}s
rule_files: [{rules}]
scrape_configs:
  - job_name: mirrorprobe
    static_configs:
      - targets: ["{target}"]
"""


def find_prometheus() -> str:
    """Give the path of the program.

    Raises:
        UsageFailure: it is not installed.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise UsageFailure(
            "--prometheus: no program `prometheus` is installed (Debian and Ubuntu: apt install prometheus)"
        )
    return program


@contextmanager
def scraping(program: str, target: str) -> Iterator[str]:
    """Run Prometheus against `target`, `host:port`, and give where its own page is; it ends with the context."""
    port = _free_port()
    with TemporaryDirectory(prefix="mirrorprobe-prometheus-") as made:
        directory = Path(made)
        rules = ", ".join(f'"{path}"' for path in sorted(RULES.glob("mirrorprobe-*.yml")))
        text = CONFIGURATION.format(seconds=SCRAPE_SECONDS, rules=rules, target=target)
        (directory / "prometheus.yml").write_text(text, encoding="utf-8")
        arguments = [
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
            "--log.level=error",
        ]
        with subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL) as process:  # noqa: S603 (a program of the PATH)
            try:
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _free_port() -> int:
    """Give Prometheus's usual port where nobody has it, else any that is free."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            taken: int = trial.getsockname()[1]
            return taken
    raise UsageFailure("--prometheus: no port of 127.0.0.1 is free")
