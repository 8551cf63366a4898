"""`pcaps/` is what its manifest says: complete, small, and in the words of the catalogue."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from probe.config import load_mirror
from probe.lab.faults import FAULTS
from probe.lab.words import MARK

DIRECTORY = Path(__file__).parents[2] / "pcaps"
CAPTURES: list[dict[str, Any]] = tomllib.loads((DIRECTORY / "MANIFEST.toml").read_text())["capture"]

LARGEST_BYTES = 2_500_000
"""Of all files together: they travel with every clone."""

BESIDE = {"MANIFEST.toml", "ca.pem", "mirrorprobe.toml"}

FURTHER = DIRECTORY / "further"
"""Those of stacks that CI does not install."""

PROOFS = DIRECTORY / "proofs"
"""Those of foreign keys and damaging paths."""


def _told(directory: Path) -> list[dict[str, Any]]:
    captures: list[dict[str, Any]] = tomllib.loads((directory / "MANIFEST.toml").read_text())["capture"]
    return captures


def _files() -> list[Path]:
    return [path for path in DIRECTORY.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("directory", "beside"),
    [(DIRECTORY, {*BESIDE, "README.md", "further", "proofs"}), (FURTHER, BESIDE), (PROOFS, BESIDE)],
)
def test_every_file_is_listed_once(directory: Path, beside: set[str]) -> None:
    """Captures and key logs are those of the manifest, and no others."""
    listed = [capture[key] for capture in _told(directory) for key in ("file", "keylog") if key in capture]
    assert len(listed) == len(set(listed))
    assert {path.name for path in directory.iterdir()} == set(listed) | beside


def test_they_are_small() -> None:
    """All together stay under two and a half megabytes."""
    assert sum(path.stat().st_size for path in _files()) < LARGEST_BYTES


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_a_capture_in_each_of_its_versions(name: str) -> None:
    """No fault of the lab is missing."""
    files = {capture["file"] for capture in CAPTURES}
    for version in FAULTS[name].versions:
        assert f"{name}-tls1{version - 0x0301}.pcap" in files


def test_each_stack_is_there_in_both_roles() -> None:
    """Each of fourteen foreign stacks is a client somewhere and a server somewhere."""
    for party in ("client", "server"):
        stacks = {capture[party].partition(" ")[0] for capture in CAPTURES}
        assert stacks == {"lab", "OpenSSL", "GnuTLS", "NSS", "Go", "Java", "Node", "mbed", "wolfSSL"}
        further = {capture[party].partition(" ")[0] for capture in _told(FURTHER)}
        assert further == {"lab", "Botan", "BearSSL", "Erlang/OTP", "Bouncy", "rustls", "Haskell"}


def test_the_answers_are_words_of_the_faults() -> None:
    """A root cause is one that a fault expects, or one of the few that a reader without keys falls back on."""
    known = {fault.expects for fault in FAULTS.values()} | {
        "none",
        "client-certificate-refused",
        "dn-refused-by-peer",
    }
    for capture in (*CAPTURES, *_told(FURTHER)):
        assert {capture["root_cause"], capture.get("root_cause_without_keys", "none")} <= known


def test_foreign_keys_and_damaging_paths_have_causes_of_their_own() -> None:
    """No stand-in of the lab brings them about: its engine compares its files, and its path is the loopback."""
    assert {capture["root_cause"] for capture in _told(PROOFS)} == {"private-key-mismatch", "record-corrupt"}


def test_the_lab_marks_its_plaintext() -> None:
    """Where the lab's words go in plaintext, they say whose they are."""
    for name in ("healthy-preamble-tls13", "both-plaintext-tls13"):
        assert MARK in (DIRECTORY / f"{name}.pcap").read_bytes()


def test_the_definition_can_be_loaded() -> None:
    """The mirror's definition names the three members, and trusts the captures' root."""
    mirror = load_mirror(DIRECTORY / "mirrorprobe.toml")
    assert [member.name for member in mirror.members] == ["IRISA", "IRISB", "IRISC"]
    assert [authority.subject.rfc4514() for authority in mirror.trust] == ["CN=Lab Root CA,O=Example,C=US"]


def test_no_private_key_is_kept() -> None:
    """Certificates may be seen, keys may not."""
    for path in _files():
        assert b"PRIVATE KEY" not in path.read_bytes()
