"""Key logs: no input raises, none shows a secret, and lines one by one give what the whole gives."""

from __future__ import annotations

from analyzers.tls.secrets import KeyLog


def one_input(data: bytes) -> None:
    """Read `data` as a key log, whole and by lines."""
    whole = KeyLog.parse(data)
    lines = KeyLog()
    text = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    for line in text.split(b"\n"):
        lines.add_line(line)
    assert (len(whole), whole.bad_lines) == (len(lines), lines.bad_lines)
    shown = f"{whole!r} {whole.problems!r}"
    for secrets in whole._by_random.values():
        shown += repr(secrets)
        assert not any(secret.hex()[:16] in shown for secret in secrets.values())
