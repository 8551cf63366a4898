"""Every sink of a configuration is opened, or none; what is missing is said in one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from probe.app import Probe
from probe.config import load_config
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WITHOUT_HISTORY = "\n[history]\nenabled = false\n"
SINKS = {
    "otlp": '\n[[otlp]]\nname = "collector"\nurl = "http://127.0.0.1:1/v1/logs"\n',
    "nats": '\n[[nats]]\nname = "stream"\nservers = ["nats://127.0.0.1:1"]\n',
    "syslog": '\n[[syslog]]\nname = "central"\naddress = "127.0.0.1:1"\n',
}


def test_every_sink_is_opened_and_watched(write: Callable[..., Path]) -> None:
    """Each sink has its name in the metrics of lost events, from the beginning at 0."""
    probe = Probe(load_config(write(append=WITHOUT_HISTORY + "".join(SINKS.values()))))
    try:
        assert [sink.name for sink in probe._events.sinks] == ["log", "central", "collector", "stream"]
        assert all(sink.dropped() == 0 for sink in probe._events.sinks)
    finally:
        for sink in probe._events.sinks:
            sink.close(0.2)
        close_ports(probe)


@pytest.mark.parametrize(("extra", "package"), [("nats", "nats"), ("otlp", "opentelemetry")])
def test_a_missing_extra_is_one_line(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, extra: str, package: str
) -> None:
    """Without the packages of an extra the start ends with the command that installs them, before any traffic."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("nats", "otlp", "otlp_message"):
        monkeypatch.delitem(sys.modules, f"probe.events.{name}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageFailure) as failure:
        Probe(load_config(write(append=WITHOUT_HISTORY + SINKS[extra])))
    (line,) = failure.value.problems
    assert f"pip install 'mirrorprobe[{extra}]'" in line
    assert "\n" not in line


def test_a_sink_that_cannot_be_opened_closes_the_others(write: Callable[..., Path], tmp_path: Path) -> None:
    """A log that cannot be written ends the start with the name of the file."""
    file = tmp_path / "missing" / "events.jsonl"
    with pytest.raises(UsageFailure, match=str(file)):
        Probe(load_config(write(append=f'{WITHOUT_HISTORY}\n[events]\nfile = "{file}"\n')))


def close_ports(probe: Probe) -> None:
    """Close what a probe that never served has bound."""
    for listener in (probe._web_listener, *(port.listener for port in probe._ports.values())):
        listener.close()
