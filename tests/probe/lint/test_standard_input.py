"""`mirrorprobe lint -`: certificates and keys that another program writes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from probe.lab.authority import Authority


def lint(data: bytes, *arguments: object) -> tuple[int, dict[str, Any], str]:
    """Run the command with this on its standard input; give exit code, document and complaints."""
    command = [sys.executable, "-m", "probe", "lint", *map(str, arguments), "--json"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr.decode()


def test_everything_in_one_stream(authority: Authority) -> None:
    """Certificate, issuers and key after each other are one member, named for where they come from."""
    identity = authority.member("IRISA")
    code, record, complaints = lint(identity.certificate_pem + identity.key_pem, "-")
    assert (code, complaints) == (0, "")
    assert [member["name"] for member in record["members"]] == ["standard input"]
    assert record["findings"] == []


def test_a_certificate_beside_files(authority: Authority, tmp_path: Path) -> None:
    """What comes finds its key and its CA file among the files, and shakes hands with what they hold."""
    first, second = authority.member("IRISA"), authority.member("IRISB")
    first.write(tmp_path / "IRISA")
    (tmp_path / "b.key").write_bytes(second.key_pem)
    files = tmp_path / "IRISA", tmp_path / "b.key", tmp_path / "IRISA" / "CAFile.pem"
    code, record, _ = lint(second.certificate_pem, "-", *files)
    assert code == 0
    assert {(pair["client"], pair["server"]): pair["accepted"] for pair in record["pairs"]} == {
        ("IRISA", "standard input"): True,
        ("standard input", "IRISA"): True,
    }


def test_what_is_wrong_is_found(authority: Authority) -> None:
    """A finding about what came names standard input as its source."""
    key = authority.member("IRISB").key_pem
    code, record, _ = lint(authority.member("IRISA").certificate_pem + key, "-")
    assert code == 1
    assert {finding["cause"] for finding in record["findings"]} == {"private-key-mismatch"}
    assert {finding["source"] for finding in record["findings"]} == {"standard input"}


@pytest.mark.parametrize(
    ("data", "arguments", "expected"),
    [
        (b"", ["-"], (4, "error: standard input: is empty\n")),
        (b"hello", ["-"], (4, "error: standard input: is neither a certificate, a key, a request, nor PKCS #12\n")),
        (b"x" * 1_048_577, ["-"], (4, "error: standard input: is larger than 1048576 bytes\n")),
        (b"", ["-", "-"], (2, "error: -: standard input can be read once\n")),
    ],
    ids=["empty", "foreign", "large", "twice"],
)  # fmt: skip
def test_what_cannot_be_read(data: bytes, arguments: list[str], expected: tuple[int, str]) -> None:
    """One line and the exit code of input that is unreadable, or of a command line that is wrong."""
    code, record, complaints = lint(data, *arguments)
    assert (code, complaints, record) == (*expected, {})
