"""Key logs: what real engines write, what people do to such files, and what must never be shown."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedKeyLog
from analyzers.tls import secrets
from analyzers.tls.keyschedule import extended_master_secret, master_secret
from analyzers.tls.secrets import KeyLog
from tests.tls.engines import CLIENT, Engines, credentials

RANDOM = bytes(range(32))
SECRET = bytes(range(100, 148))
HEX_RANDOM = RANDOM.hex()
HEX_SECRET = SECRET.hex()
LINE = f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET}"
SHARED_KEYS = Path(__file__).parents[2].parent / "shared" / "captures" / "keys"

TLS13_LABELS = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
}


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE + "\n",
        LINE + "\r\n",
        f"\n\n# a comment\n  # another\n{LINE}\n\n",
        "\ufeff" + LINE,
        f"  CLIENT_RANDOM \t {HEX_RANDOM.upper()}   {HEX_SECRET.upper()}  ",
        f"UNKNOWN_LABEL {HEX_RANDOM} 00\n{LINE}",
        f"CLIENT_RANDOM {HEX_RANDOM} {'00' * 48}\n{LINE}",
    ],
    ids=["bare", "lf", "crlf", "comments", "bom", "spaces and case", "unknown label", "last one wins"],
)
def test_reads_a_line_however_it_is_dressed(text: str) -> None:
    """Line ends, comments, blank lines, a byte order mark, spaces and the case of digits do not matter."""
    for keylog in (KeyLog.parse(text), KeyLog.parse(text.encode()), KeyLog.parse(memoryview(text.encode()))):
        assert keylog.problems == ()
        assert dict(keylog.secrets_for(RANDOM)) == {"CLIENT_RANDOM": SECRET}
        assert len(keylog) == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("client_random 00 00", "label"),
        ("\x00\x01\x02\x03", "label"),
        ("CLIENT_RANDOM", "1 fields"),
        (f"CLIENT_RANDOM {HEX_RANDOM}", "2 fields"),
        (f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET} more", "4 fields"),
        (f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET[:-1]}", "hexadecimal"),
        (f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET[:-2]}zz", "hexadecimal"),
        (f"CLIENT_RANDOM {HEX_RANDOM[2:]} {HEX_SECRET}", "31 bytes"),
        (f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET[2:]}", "47 bytes"),
        (f"CLIENT_TRAFFIC_SECRET_0 {HEX_RANDOM} {HEX_SECRET[:-2]}", "47 bytes"),
        (f"RSA {HEX_RANDOM[:14]} {HEX_SECRET}", "7 bytes"),
        (f"RSA {HEX_RANDOM[:16]} {HEX_SECRET[2:]}", "47"),
        (f"CLIENT_RANDOM {HEX_RANDOM} {HEX_SECRET * 20}", "longer"),
    ],
)
def test_a_bad_line_costs_itself_only(line: str, what: str) -> None:
    """A bad line is described with its number, quotes nothing, and the lines around it count."""
    other = f"CLIENT_RANDOM {bytes(32).hex()} {HEX_SECRET}"
    keylog = KeyLog.parse(f"{LINE}\n{line}\n{other}\n")
    (problem,) = keylog.problems
    assert isinstance(problem, MalformedKeyLog)
    assert problem.offset == 2
    assert what in problem.what
    assert HEX_SECRET[:8] not in str(problem)
    assert len(keylog) == 2
    assert keylog.bad_lines == 1


def test_every_label_is_kept() -> None:
    """The labels of RFC 9850 and NSS are kept, traffic secrets of any generation among them."""
    labels = [
        *secrets._LABELS,
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
        "CLIENT_TRAFFIC_SECRET_17",
    ]
    keylog = KeyLog.parse("\n".join(f"{label} {HEX_RANDOM} {HEX_SECRET}" for label in labels))
    assert keylog.problems == ()
    assert set(labels) == set(keylog.secrets_for(RANDOM))


def test_an_rsa_line_is_found_by_the_ciphertext() -> None:
    """A premaster secret is found by the first 8 bytes of what the client sent encrypted."""
    keylog = KeyLog.parse(f"RSA {HEX_RANDOM[:16]} {HEX_SECRET}")
    assert keylog.premaster_for(RANDOM + bytes(224)) == SECRET
    assert keylog.premaster_for(bytes(256)) is None
    assert keylog.premaster_for(b"") is None
    assert len(keylog) == 1


@pytest.mark.parametrize("extended", [True, False])
def test_a_premaster_secret_leads_to_the_engines_master_secret(extended: bool) -> None:
    """What the RSA line of a key exchange holds gives the master secret that the engine itself logged."""
    engines = Engines(0x0303, "AES128-GCM-SHA256", "RSA", extended_master_secret=extended)
    engines.handshake()
    transcript = b"".join(record.fragment for record in engines.records if record.content_type == 22)
    exchange = next(r.fragment for r in engines.records if r.sender == CLIENT and r.fragment[:1] == b"\x10")
    key, _ = credentials("RSA")
    premaster = key.decrypt(exchange[6:], PKCS1v15())
    keylog = KeyLog.parse(f"RSA {exchange[6:14].hex()} {premaster.hex()}")
    found = keylog.premaster_for(exchange[6:])
    assert found is not None
    if extended:
        session_hash = sha256(transcript[: transcript.index(exchange) + len(exchange)]).digest()
        master = extended_master_secret(0x0303, "SHA256", found, session_hash)
    else:
        master = master_secret(0x0303, "SHA256", found, engines.client_random, engines.server_random)
    assert engines.keylog.secrets_for(engines.client_random)["CLIENT_RANDOM"] == master


@pytest.mark.parametrize(
    ("version", "suite", "labels"),
    [(0x0304, "TLS_AES_256_GCM_SHA384", TLS13_LABELS), (0x0302, "AES128-SHA", {"CLIENT_RANDOM"})],
)
def test_an_engines_own_lines_are_read(version: int, suite: str, labels: set[str]) -> None:
    """The lines of OpenSSL's key-log callback are all understood, both ends' alike."""
    engines = Engines(version, suite, "RSA")
    engines.handshake()
    assert engines.keylog.problems == ()
    assert labels == set(engines.keylog.secrets_for(engines.client_random))


@pytest.mark.parametrize("path", sorted(SHARED_KEYS.glob("*")), ids=lambda path: path.name[:40])
def test_key_logs_of_others_are_read_without_loss(path: Path) -> None:
    """Every line of the key logs beside the shared captures is taken."""
    content = path.read_bytes()
    keylog = KeyLog.parse(content)
    wanted = {
        tuple(line.lower().split()[:2]) for line in content.splitlines() if line.strip() and line[:1] != b"#"
    }
    assert keylog.problems == ()
    assert len(wanted) == len(keylog)


def test_secrets_are_never_shown() -> None:
    """No repr or str of a key log, of a connection's secrets, or of a problem has a digit of a secret."""
    keylog = KeyLog.parse(f"{LINE}\nRSA {HEX_RANDOM[:16]} {HEX_SECRET}\n{LINE}{HEX_SECRET}zz")
    shown = (
        f"{keylog!r} {keylog} {keylog.secrets_for(RANDOM)!r} {keylog.secrets_for(RANDOM)} {keylog.problems!r}"
    )
    assert HEX_SECRET[:6] not in shown
    assert repr(SECRET)[2:8] not in shown
    assert "CLIENT_RANDOM" in shown


def test_unknown_connections_have_no_secrets() -> None:
    """A client random that is in no line gives an empty mapping, which nobody can write to."""
    nothing = KeyLog().secrets_for(RANDOM)
    assert dict(nothing) == {}
    with pytest.raises(TypeError):
        nothing["CLIENT_RANDOM"] = SECRET


def test_a_key_log_without_lines_is_a_key_log() -> None:
    """An empty key log is true, so that nobody takes it for none: live lines are still to come."""
    assert KeyLog()
    assert len(KeyLog()) == 0


def test_merge_takes_secrets_and_problems() -> None:
    """Merging joins the labels of one connection, lets the later file win, and keeps the problems of both."""
    first = KeyLog.parse(f"CLIENT_RANDOM {HEX_RANDOM} {'00' * 48}\nbad\nRSA {HEX_RANDOM[:16]} {'00' * 48}")
    second = KeyLog.parse(
        f"{LINE}\nEXPORTER_SECRET {HEX_RANDOM} {HEX_SECRET}\n\nbad\nRSA {HEX_RANDOM[:16]} {HEX_SECRET}"
    )
    first.merge(second)
    assert dict(first.secrets_for(RANDOM)) == {"CLIENT_RANDOM": SECRET, "EXPORTER_SECRET": SECRET}
    assert first.premaster_for(RANDOM) == SECRET
    assert [problem.offset for problem in first.problems] == [2, 4]
    assert (len(first), first.bad_lines) == (3, 2)
    assert (len(second), second.bad_lines) == (3, 1)
    first.add_line(f"SERVER_TRAFFIC_SECRET_0 {HEX_RANDOM} {HEX_SECRET}")
    assert "SERVER_TRAFFIC_SECRET_0" not in second.secrets_for(RANDOM)


def test_forget_makes_room() -> None:
    """Forgetting a connection drops its secrets only, and counts them out."""
    keylog = KeyLog.parse(f"{LINE}\nCLIENT_RANDOM {bytes(32).hex()} {HEX_SECRET}")
    keylog.forget(RANDOM)
    keylog.forget(RANDOM)
    assert len(keylog) == 1
    assert dict(keylog.secrets_for(RANDOM)) == {}
    assert keylog.secrets_for(bytes(32))


def test_secrets_and_problems_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bounds, new secrets are refused, known ones still replaced, and bad lines counted."""
    monkeypatch.setattr(secrets, "MAX_ENTRIES", 3)
    lines = [f"CLIENT_RANDOM {bytes((at,) * 32).hex()} {HEX_SECRET}" for at in range(5)]
    keylog = KeyLog.parse("\n".join(lines + ["bad"] * 200))
    assert len(keylog) == 3
    assert [problem.offset for problem in keylog.problems[:3]] == [4, 5, 6]
    assert "3 secrets" in keylog.problems[0].what
    assert (len(keylog.problems), keylog.bad_lines) == (100, 202)
    keylog.add_line(f"CLIENT_RANDOM {bytes(32).hex()} {'ff' * 48}")
    assert keylog.secrets_for(bytes(32))["CLIENT_RANDOM"] == b"\xff" * 48
    keylog.merge(KeyLog.parse("\n".join(lines[3:])))
    assert len(keylog) == 3
    assert "3 secrets" in keylog.problems[-1].what


def test_live_lines_show_up_at_once() -> None:
    """A mapping that was asked for later than the line sees it, as the relay's engine needs."""
    keylog = KeyLog()
    keylog.add_line(LINE.encode())
    view = keylog.secrets_for(RANDOM)
    keylog.add_line(f"EXPORTER_SECRET {HEX_RANDOM} {HEX_SECRET}")
    assert {"CLIENT_RANDOM", "EXPORTER_SECRET"} == set(view)


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_any_input_is_read_without_an_error(data: bytes | str) -> None:
    """No bytes and no text raise, and every line that is counted bad is one of the input."""
    keylog = KeyLog.parse(data)
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    assert keylog.bad_lines <= content.count(b"\n") + 1
    assert all(1 <= problem.offset <= content.count(b"\n") + 1 for problem in keylog.problems)


@given(st.integers(0, len(LINE)), st.binary(max_size=40))
def test_a_cut_line_with_anything_behind_it_does_no_harm(at: int, rest: bytes) -> None:
    """A real line cut anywhere, with anything appended, leaves the line behind it intact."""
    keylog = KeyLog.parse(LINE[:at].encode() + rest + b"\n" + LINE.encode())
    assert keylog.secrets_for(RANDOM)["CLIENT_RANDOM"] == SECRET
