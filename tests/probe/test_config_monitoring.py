"""The tables that say what is watched and where it is told: each key into its value, each mistake into a line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint
from probe.commands.init import TEMPLATE
from probe.config import Mode, load_config
from probe.config.reading import ARRAYS, read_tables
from probe.config.settings import NatsSettings, OtlpSettings, SyslogSettings
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable

IDENTITY = '{ certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }'
CHECK = f"""
[[check]]
name = "irisb-agent"
target = "127.0.0.3:2188"
connect_as = {IDENTITY}
interval_seconds = 5
"""
PASSING = """
[[relay]]
name = "passing"
listen = "127.0.0.1:0"
upstream = "127.0.0.3:1972"
mode = "passthrough"
"""


def problems_of(path: Path) -> tuple[str, ...]:
    """Load a configuration that must not load; give its problems without the path before each."""
    with pytest.raises(UsageFailure) as failure:
        load_config(path)
    return tuple(problem.removeprefix(f"{path}: ") for problem in failure.value.problems)


def test_defaults(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tables of its own, the history stands beside the configuration, and nothing else is told."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    path = write()
    config = load_config(path)
    assert config.history is not None
    assert config.history.url == f"sqlite:///{path.parent}/mirrorprobe-history.sqlite"
    assert config.history.spool == path.parent / "mirrorprobe-spool"
    assert (config.sinks, config.checks, config.sniffs) == ((), (), ())
    assert (config.web.token, config.web.identity) == (None, None)


def test_state_directory(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Under systemd, the history stands where the service keeps its state."""
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/mirrorprobe:/var/lib/other")
    history = load_config(write()).history
    assert history is not None
    assert history.url == "sqlite:////var/lib/mirrorprobe/mirrorprobe-history.sqlite"
    assert history.spool == Path("/var/lib/mirrorprobe/mirrorprobe-spool")


def test_history_keys(write: Callable[..., Path], tmp_path: Path) -> None:
    """A shared history is named by a file with its URL, which is not shown."""
    (tmp_path / "url").write_text("postgresql://probe:secret@db/history\n", encoding="utf-8")
    keys = 'url_file = "url"\nspool = "spool"\nkeep_days = 7\nkeep_megabytes = 3\nspool_megabytes = 2\n'
    history = load_config(write(append=f"[history]\n{keys}")).history
    assert history is not None
    assert history.url == "postgresql://probe:secret@db/history"
    assert (history.keep_seconds, history.keep_bytes, history.spool_bytes) == (604800.0, 3_000_000, 2_000_000)
    assert history.spool == tmp_path / "spool"
    assert "secret" not in repr(history)


def test_history_off(write: Callable[..., Path]) -> None:
    """The history can be switched off."""
    assert load_config(write(append="[history]\nenabled = false\n")).history is None


def test_sinks(write: Callable[..., Path], tmp_path: Path) -> None:
    """Each further sink becomes its settings; headers and servers, which may hold secrets, are not shown."""
    (tmp_path / "headers").write_text("Authorization: Bearer swordfish\n", encoding="utf-8")
    config = load_config(
        write(
            append='[[syslog]]\nname = "local"\n'
            '[[syslog]]\nname = "far"\naddress = "192.0.2.1:514"\ntransport = "tcp"\n'
            '[[otlp]]\nname = "collector"\nheaders_file = "headers"\n'
            '[[nats]]\nname = "bus"\nservers = ["nats://user:swordfish@127.0.0.1:4222"]\n'
        )
    )
    local, far, collector, bus = config.sinks
    assert isinstance(local, SyslogSettings)
    assert local.address == Path("/dev/log")
    assert far == SyslogSettings("far", Endpoint("192.0.2.1", 514), "tcp", 3)
    assert isinstance(collector, OtlpSettings)
    assert collector.headers == (("Authorization", "Bearer swordfish"),)
    assert isinstance(bus, NatsSettings)
    assert "swordfish" not in repr(config.sinks)


def test_check_and_passthrough(write: Callable[..., Path]) -> None:
    """A check has its target and identity; a relay that only forwards needs no identity."""
    config = load_config(write(append=CHECK + PASSING))
    (check,) = config.checks
    assert (check.name, check.target, check.interval_seconds) == (
        "irisb-agent",
        Endpoint("127.0.0.3", 2188),
        5,
    )
    assert [relay.mode for relay in config.relays] == [Mode.TERMINATE, Mode.PASSTHROUGH]
    assert config.relays[1].serve_as == ()


def test_sniff_takes_the_members_ports(write: Callable[..., Path]) -> None:
    """A live capture without ports listens for those of the members' agents and superservers."""
    sniffs = load_config(write(append='[[sniff]]\nname = "lo"\ninterface = "lo"\n')).sniffs
    assert [sniff.ports for sniff in sniffs] == [(2188,)]


def test_token_and_tls(write: Callable[..., Path], tmp_path: Path) -> None:
    """The HTTP port takes a token from a file and an identity; neither is shown."""
    (tmp_path / "token").write_text("0123456789abcdef\n", encoding="utf-8")
    web = load_config(
        write(append=f'token_file = "token"\nhosts = ["proxy.example"]\ntls = {IDENTITY}\n')
    ).web
    assert web.token == b"0123456789abcdef"
    assert web.identity is not None
    assert web.hosts == ("proxy.example",)
    assert "0123456789" not in repr(web)


@pytest.mark.parametrize(
    ("append", "problem"),
    [
        ('token_file = "nowhere"\n',
         "[web]: token_file: {here}/nowhere: cannot be read: no such file or directory"),
        ('token_file = "short"\n',
         "[web]: token_file: a token has at least 16 ASCII characters and no space"),
        ('[[syslog]]\nname = "a"\naddress = "logs"\n',
         ("[[syslog]] a: address: 'logs' is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188), nor the "
         "absolute path of a socket")),
        ('[[otlp]]\nname = "a"\nheaders_file = "short"\n',
         "[[otlp]] a: headers_file: short line 1 is not written `Name: value`"),
        ('[[otlp]]\nname = "a"\n[[nats]]\nname = "a"\nservers = ["nats://h"]\n',
         "[[nats]] a: the name 'a' is already that of [[otlp]] a"),
        ('[history]\nfile = "a"\nurl_file = "short"\n', "[history]: file and url_file exclude each other"),
        ('[history]\nurl_file = "short"\n', "[history]: url_file: holds no postgresql:// URL"),
        (CHECK.replace("irisb-agent", "to-irisb"),
         "[[check]] to-irisb: the name 'to-irisb' is already that of [[relay]] to-irisb"),
        (CHECK.replace("= 5", "= 0"),
         "[[check]] irisb-agent: interval_seconds: must be at least 1, not 0"),
        (PASSING + f"serve_as = {IDENTITY}\n",
         '[[relay]] passing: serve_as: mode = "passthrough" forwards bytes and shows no certificate'),
        (PASSING + 'action = "enforce"\n',
         '[[relay]] passing: action: mode = "passthrough" can refuse nobody; "observe" or "shadow"'),
        (PASSING.replace('mode = "passthrough"\n', ""), "[[relay]] passing: serve_as: is required and missing"),
    ],
)  # fmt: skip
def test_problems(write: Callable[..., Path], tmp_path: Path, append: str, problem: str) -> None:
    """Each mistake has its own line: table, key, and what would be accepted."""
    (tmp_path / "short").write_text("secret\n", encoding="utf-8")
    assert problem.format(here=tmp_path) in problems_of(write(append=append))


def test_commented_keys_of_the_template(tmp_path: Path) -> None:
    """Every key that `init` writes as a comment is one that the tables take, with a value that they accept."""
    lines = TEMPLATE.splitlines()
    path = tmp_path / "mirrorprobe.toml"
    path.write_text("\n".join(re.sub(r"^# (?=\[\[|\w+ = )", "", line) for line in lines), encoding="utf-8")
    reading = read_tables(path)
    assert reading.problems == []
    assert {name for name, tables in reading.arrays.items() if tables} == set(ARRAYS)
