"""What the tests of the probe share: an authority, two members, and configurations that name their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.lab.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIGURATION = """
[mirror]
name = "LAB"

[[member]]
name = "IRISA"
dn = "{dn_a}"
addresses = ["127.0.0.2"]
agent = "127.0.0.2:2188"

[[member]]
name = "IRISB"
dn = "{dn_b}"
addresses = ["127.0.0.3"]
agent = "127.0.0.3:2188"

[[relay]]
name = "to-irisb"
listen = "127.0.0.1:0"
upstream = "127.0.0.3:2188"
serve_as = {{ certificate = "irisb/CertificateFile.pem", key = "irisb/PrivateKeyFile.pem" }}
connect_as = {{ certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }}
ca = "irisa/CAFile.pem"

[web]
listen = "127.0.0.1:0"
"""


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture
def write(tmp_path: Path, authority: Authority) -> Callable[..., Path]:
    """Writes the good configuration with replacements made in it, beside the files of both members."""
    members = {name: authority.member(name) for name in ("IRISA", "IRISB")}
    for name, identity in members.items():
        identity.write(tmp_path / name.lower())
    good = CONFIGURATION.format(dn_a=members["IRISA"].dn, dn_b=members["IRISB"].dn)

    def make(*replacements: tuple[str, str], append: str = "") -> Path:
        text = good
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "mirrorprobe.toml"
        path.write_text(text + append)
        return path

    return make
