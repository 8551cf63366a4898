"""Every key of every table: what it does not take is one line that names it, what was found and what is taken."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from probe.config import load_config
from probe.config.problems import WORDS
from probe.config.reading import ARRAYS, SINGLE
from probe.config.tables import IdentityTable
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from probe.config.tables import Table

MODELS: Mapping[str, type[Table]] = {**SINGLE, **ARRAYS}

GOOD = {
    "mirror": {"name": '"LAB"'},
    "member": {"name": '"IRISA"', "dn": '"CN=irisa"', "agent": '"127.0.0.2:2188"'},
    "relay": {
        "name": '"to"',
        "listen": '"127.0.0.1:12188"',
        "upstream": '"127.0.0.3:2188"',
        "mode": '"passthrough"',
    },
}
"""Tables with which nothing is wrong."""
NEEDED = {
    "check": {
        "name": '"ask"',
        "target": '"127.0.0.3:2188"',
        "connect_as": '{ certificate = "c", key = "k" }',
    },
    "sniff": {"name": '"hear"', "interface": '"lo"'},
    "syslog": {"name": '"log"'},
    "otlp": {"name": '"collector"'},
    "nats": {"name": '"bus"', "servers": '["nats://127.0.0.1"]'},
}
"""What other tables cannot do without."""

Case = tuple[str, str]
"""A value as TOML has it, and what is said of it after the name of the key; `*` before it: of its only entry."""

TEXT: tuple[Case, ...] = (
    ("7", "must be a string, in quotes, not 7"),
    ("true", "must be a string, in quotes, not true"),
    ("1979-05-27", "must be a string, in quotes, not 1979-05-27"),
    ("[]", "must be a string, in quotes, not an array"),
    ("{}", "must be a string, in quotes, not a table"),
)
FILE = (*TEXT, ('""', "names no file"), (r'"a\u0000b"', r"no file can have the name 'a\x00b'"))
HOST_PORT = (
    *TEXT,
    ('"irisa"', "'irisa' is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188)"),
    ('"::1:2188"', "'::1:2188' is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188)"),
    ('"irisa:http"', "'irisa:http' is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188)"),
    ('"irisa:65536"', "port 65536 is not from 0 to 65535"),
    ('"a b:1"', "no host can have the name 'a b'"),
)
DIALLED = (*HOST_PORT, ('"irisa:0"', "port 0 cannot be dialled"))
FILES = tuple(case for case in FILE if case[0] != "[]")
"""An array without a file names none, which is allowed."""
TRUTH = (("1", "must be true or false, not 1"), ('"true"', "must be true or false, not 'true'"))
LABEL = (
    *TEXT,
    ('""', "must not be empty"),
    ('"to irisb"', "must be letters, digits, '.', '_' and '-', first a letter or digit, not 'to irisb'"),
    ('"-a"', "must be letters, digits, '.', '_' and '-', first a letter or digit, not '-a'"),
    (f'"{"x" * 65}"', f"must have at most 64 characters, not '{'x' * 59}..."),
)
ARRAY = (("7", "must be an array, in brackets, not 7"), ('"x"', "must be an array, in brackets, not 'x'"))
IDENTITY = (
    ('"irisa.pem"', "must be a table, not 'irisa.pem'"),
    ("{}", ".certificate: is required and missing|.key: is required and missing"),
    ('{ certificate = 7, key = "" }', ".certificate: must be a string, in quotes, not 7|.key: names no file"),
    ('{ certificate = "a", key = "b", password = "secret" }',
     "unknown key 'password'; did you mean 'password_env'? (accepted: certificate, key, password_env, password_file)"),
)  # fmt: skip
IDENTITIES = (*IDENTITY, ("[]", "must not be empty"), ("[7]", "[1]: must be a table, not 7"))


def one_of(accepted: str) -> tuple[Case, ...]:
    """Give the cases of a key with few values."""
    return (
        ('"x"', f"'x' is not accepted (accepted: {accepted})"),
        ("7", f"7 is not accepted (accepted: {accepted})"),
    )


def bounded(kind: str, low: str, high: str) -> tuple[Case, ...]:
    """Give the cases of a number: `low` and `high` are one more than the value that is too small or too large."""
    (below, least), (above, most) = low.split(" ", 1), high.split(" ", 1)
    return (
        ('"7"', f"must be {kind}, not '7'"),
        ("true", f"must be {kind}, not true"),
        (below, f"must be {least}, not {below}"),
        (above, f"must be {most}, not {above}"),
        ("nan", f"must be {kind}, not nan" if kind == WHOLE else f"must be {most}, not nan"),
    )


WHOLE, NUMBER = "a whole number", "a number"

FIELDS: dict[str, tuple[Case, ...]] = {
    "mirror.name": (
        *TEXT,
        ('""', "must not be empty"),
        (r'"a\n"', r"'a\n' has a character that cannot be seen"),
    ),
    "mirror.tls_required": TRUTH,
    "mirror.ca": FILES,
    "member.name": (
        *TEXT,
        ('""', "must not be empty"),
        (f'"{"x" * 33}"', f"must have at most 32 characters, not '{'x' * 33}'"),
    ),
    "member.role": one_of("'failover', 'async' or 'arbiter'"),
    "member.dn": (
        *TEXT,
        ('""', "the name is empty"),
        (
            '"irisa"',
            "'irisa' is no distinguished name: 'irisa' does not begin with an attribute type and '=' (at offset 0)",
        ),
        (f'"CN={"x" * 9999}"', "the name has 10002 characters, IRIS takes at most 1024"),
    ),
    "member.addresses": (
        *ARRAY,
        ('["irisa:2188"]', "[1]: 'irisa:2188' is no IP address (without a port)"),
        ("[7]", "[1]: must be a string, in quotes, not 7"),
    ),
    "member.agent": DIALLED,
    "member.superserver": DIALLED,
    "policy.minimum_version": one_of("'TLSv1.0', 'TLSv1.1', 'TLSv1.2' or 'TLSv1.3'"),
    "policy.cipher_suites": (*ARRAY, ("[]", "must not be empty"), ('["AES"]', "")),
    "policy.minimum_rsa_bits": bounded(WHOLE, "511 at least 512", "16385 at most 16384"),
    "policy.minimum_ec_bits": bounded(WHOLE, "111 at least 112", "522 at most 521"),
    "policy.expiry_warning_days": bounded(WHOLE, "-1 at least 0", "3651 at most 3650"),
    "relay.name": LABEL,
    "relay.listen": HOST_PORT,
    "relay.upstream": DIALLED,
    "relay.mode": one_of("'terminate' or 'passthrough'"),
    "relay.action": one_of("'observe', 'shadow' or 'enforce'"),
    "relay.serve_as": IDENTITIES,
    "relay.connect_as": IDENTITIES,
    "relay.ca": FILES,
    "relay.preamble_bytes": bounded(WHOLE, "-1 at least 0", "65537 at most 65536"),
    "limits.connections": bounded(WHOLE, "0 at least 1", "65537 at most 65536"),
    "limits.pending_per_source": bounded(WHOLE, "0 at least 1", "65537 at most 65536"),
    "limits.handshake_seconds": bounded(NUMBER, "0 more than 0", "8 less than 8"),
    "limits.silence_seconds": bounded(NUMBER, "0 more than 0", "3601 at most 3600"),
    "limits.drain_seconds": bounded(NUMBER, "-1 at least 0", "3601 at most 3600"),
    "web.listen": HOST_PORT,
    "web.connections": bounded(WHOLE, "0 at least 1", "10001 at most 10000"),
    "web.hosts": (*ARRAY, ('["a:1"]', "[1]: must be the name of a host, without a port, not 'a:1'")),
    "web.token_file": FILE,
    "web.tls": IDENTITY,
    "events.format": one_of("'json' or 'console'"),
    "events.file": FILE,
    "events.rotate_megabytes": bounded(WHOLE, "0 at least 1", "1048577 at most 1048576"),
    "events.keep_files": bounded(WHOLE, "0 at least 1", "1001 at most 1000"),
    "history.enabled": TRUTH,
    "history.file": FILE,
    "history.url_file": FILE,
    "history.spool": FILE,
    "history.spool_megabytes": bounded(WHOLE, "0 at least 1", "1048577 at most 1048576"),
    "history.keep_days": bounded(WHOLE, "0 at least 1", "36501 at most 36500"),
    "history.keep_megabytes": bounded(WHOLE, "0 at least 1", "1048577 at most 1048576"),
    "check.name": LABEL,
    "check.target": DIALLED,
    "check.connect_as": IDENTITY,
    "check.ca": FILES,
    "check.interval_seconds": bounded(NUMBER, "0 at least 1", "86401 at most 86400"),
    "check.deadline_seconds": bounded(NUMBER, "0 more than 0", "8 less than 8"),
    "sniff.name": LABEL,
    "sniff.interface": (
        *TEXT,
        ('""', "must not be empty"),
        ('"eth 0"', "must be the name of an interface, as `ip link` shows it, not 'eth 0'"),
    ),
    "sniff.ports": (
        *ARRAY,
        ("[0]", "[1]: must be at least 1, not 0"),
        ("[65536]", "[1]: must be at most 65535, not 65536"),
        ('["https"]', "[1]: must be a whole number, not 'https'"),
    ),
    "sniff.keylog": FILES,
    "syslog.name": LABEL,
    "syslog.address": (
        *FILE,
        (
            '"log"',
            "'log' is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188), nor the absolute path of a socket",
        ),
    ),
    "syslog.transport": one_of("'udp' or 'tcp'"),
    "syslog.facility": bounded(WHOLE, "-1 at least 0", "24 at most 23"),
    "otlp.name": LABEL,
    "otlp.url": (
        *TEXT,
        ('"127.0.0.1:4318"', "must be http://HOST:PORT or https://HOST:PORT, and has no scheme"),
        ('"grpc://user:secret@h"', "must be http://HOST:PORT or https://HOST:PORT, and the scheme is 'grpc'"),
        (
            '"http://"',
            "must be http://HOST:PORT or https://HOST:PORT, and what follows the scheme is empty or has a space in it",
        ),
    ),
    "otlp.headers_file": FILE,
    "otlp.ca": FILE,
    "nats.name": LABEL,
    "nats.servers": (
        *ARRAY,
        ("[]", "must not be empty"),
        ('["user:secret@h"]', "[1]: must be nats://HOST:PORT or tls://HOST:PORT, and has no scheme"),
    ),
    "nats.subject": (
        *TEXT,
        ('"a..b"', "must be words of letters, digits, '_' and '-' with dots between, not 'a..b'"),
        ('"a.>"', "must be words of letters, digits, '_' and '-' with dots between, not 'a.>'"),
    ),
    "nats.credentials_file": FILE,
    "nats.ca": FILE,
}
"""For every key what it does not take."""

CASES = [(field, *case) for field, cases in FIELDS.items() for case in cases if case[1]]


def written(path: Path, table: str, key: str, value: str | None) -> Path:
    """Write a configuration that is good but for one key: its value, or None where it is missing."""
    tables = {name: dict(keys) for name, keys in GOOD.items()}
    changed = tables.setdefault(table, dict(NEEDED.get(table, {})))
    changed.pop(key, None)
    if value is not None:
        changed[key] = value
    lines = []
    for name, keys in tables.items():
        lines.append(f"[[{name}]]" if name in ARRAYS else f"[{name}]")
        lines += [f"{each} = {text}" for each, text in keys.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    """Load what must not load; give its problems, without the file that begins each."""
    with pytest.raises(UsageFailure) as failure:
        load_config(path)
    assert failure.value.exit_code == 2
    assert all(problem.startswith(f"{path}: ") for problem in failure.value.problems)
    return [problem.removeprefix(f"{path}: ") for problem in failure.value.problems]


def title(table: str, key: str) -> str:
    """Name a table as its problems do: by its own name, where that is not what is wrong."""
    if table in SINGLE:
        return f"[{table}]"
    own = {**GOOD, **NEEDED}[table]["name"].strip('"')
    return f"[[{table}]] {'' if key == 'name' else own}"


def test_every_key_has_its_cases() -> None:
    """A key that is new needs a row above, and a row needs a key."""
    assert set(FIELDS) == {f"{name}.{key}" for name, model in MODELS.items() for key in model.model_fields}


@pytest.mark.parametrize(("field", "value", "said"), CASES)
def test_each_key(tmp_path: Path, field: str, value: str, said: str) -> None:
    """The line is the one of the table, and there is no other, whatever follows from the same mistake."""
    table, key = field.split(".")
    problems = problems_of(written(tmp_path / "m.toml", table, key, value))
    begin = title(table, key)
    for expected in said.split("|"):
        tail = f"{key}{expected}" if expected[0] in ".[" else f"{key}: {expected}"
        assert any(line.startswith(begin) and line.endswith(f": {tail}") for line in problems), problems


@pytest.mark.parametrize("name", MODELS)
def test_each_table_has_its_keys_and_no_others(tmp_path: Path, name: str) -> None:
    """A key that is missing and must not be, one that is unknown, and one that is nearly right."""
    model = MODELS[name]
    accepted = ", ".join(sorted(model.model_fields))
    path = tmp_path / "m.toml"
    assert problems_of(written(path, name, "zzz", "1")) == [
        f"{title(name, 'zzz')}: unknown key 'zzz' (accepted: {accepted})"
    ]
    first = min(model.model_fields)
    assert problems_of(written(path, name, f"{first}_", "1")) == [
        f"{title(name, '')}: unknown key '{first}_'; did you mean '{first}'? (accepted: {accepted})"
    ]
    for key, field in model.model_fields.items():
        if field.is_required():
            lines = problems_of(written(path, name, key, None))
            begin = f"[[{name}]] number 1" if key == "name" and name in ARRAYS else title(name, key)
            assert f"{begin}: {key}: is required and missing" in lines


@pytest.mark.parametrize(("name", "value"), list(product(MODELS, ("7", '"x"', "[7]", "{ a = 1 }", "[]"))))
def test_what_is_no_table(tmp_path: Path, name: str, value: str) -> None:
    """A table that is a value, one that is an array, and an array that is a table."""
    path = tmp_path / "m.toml"
    path.write_text(f"{name} = {value}\n", encoding="utf-8")
    own = [line for line in problems_of(path) if line.startswith((f"[{name}]", f"[[{name}]]", f"{name}:"))]
    found = {"7": "7", '"x"': "'x'", "{ a = 1 }": "a table"}.get(value)
    if name in SINGLE:
        wrong = (
            f"[{name}]: must be a table, not {found}"
            if found
            else f"[{name}]: is one table, and not an array of tables"
        )
        assert (value == "{ a = 1 }") or own == [wrong]
    elif found:
        assert own == [f"{name}: is an array of tables, written [[{name}]], not {found}"]
    elif value == "[7]":
        assert own == [f"[[{name}]] number 1: must be a table, not 7"]


ODD = ('""', '"x"', "7", "-1", "99999999", "0.5", "true", "inf", "nan", "[]", "[7]", '[""]', "{}", "{ x = 1 }",
       "1979-05-27", "07:32:00", r'"a\u0000b"', r'"\n"', f'"{"z" * 300}"', '"host:99999"', '":1"', '"a:b:c"')  # fmt: skip
FOREIGN = (
    "Input ",
    "String ",
    "Value ",
    "List ",
    "validation",
    "pattern",
    "datetime",
    "None",
    "embedded null",
    "item",
)
"""What pydantic and Python say, and we do not."""


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_is_said_in_the_words_of_a_library(tmp_path: Path, field: str) -> None:
    """Whatever a key is given, it is taken, or the lines are printable and in words of ours."""
    table, key = field.split(".")
    for value in ODD:
        path = written(tmp_path / "m.toml", table, key, value)
        try:
            load_config(path)
        except UsageFailure as failure:
            for problem in failure.problems:
                line = problem.removeprefix(f"{path}: ")
                assert line.isprintable()
                assert len(line) < 600
                assert not any(words in line for words in FOREIGN), line
                assert not line.endswith("is not accepted"), line


def test_words_are_those_of_errors_that_come_up() -> None:
    """Every word of the table has a case above, so none is there for nothing."""
    said = {text for _, _, case in CASES for text in case.split("|")} | {"is required and missing"}
    for kind, words in WORDS.items():
        begin = words.split("{")[0]
        assert kind == "value_error" or any(begin in text for text in said), kind


def test_keys_of_an_identity_have_cases() -> None:
    """The table within tables has the keys that the cases name."""
    assert set(IdentityTable.model_fields) == {"certificate", "key", "password_file", "password_env"}
