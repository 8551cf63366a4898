"""An authority on disk is the same one the next day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from probe.lab.kept import UnfitAuthority, kept_authority
from probe.lab.keys import KeyKind, key_pem, private_key

if TYPE_CHECKING:
    from pathlib import Path


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    """The second time, the same root and the same issuing authority come back, and can sign."""
    first, second = kept_authority(tmp_path / "authority"), kept_authority(tmp_path / "authority")
    assert first.ca_pem == second.ca_pem
    assert first.certificate == second.certificate
    leaf, issuer = second.member("IRISA").chain
    leaf.verify_directly_issued_by(issuer)
    assert issuer == first.certificate


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Both private keys have mode 0600."""
    kept_authority(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.key")} == {0o600}


@pytest.mark.parametrize("name", ["root.key", "issuing.key", "issuing.pem"])
@pytest.mark.parametrize("content", [b"", b"no PEM", None])
def test_what_is_damaged_is_said_to_be(tmp_path: Path, name: str, content: bytes | None) -> None:
    """A file that is empty, no PEM or gone is named, and nothing is made in its place."""
    kept_authority(tmp_path)
    path = tmp_path / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UnfitAuthority, match=name.partition(".")[0]):
        kept_authority(tmp_path)
    assert path.exists() is (content is not None)


def test_a_key_of_another_kind_is_not_the_key(tmp_path: Path) -> None:
    """An elliptic curve key beside an RSA certificate is refused."""
    kept_authority(tmp_path)
    (tmp_path / "root.key").write_bytes(key_pem(private_key(KeyKind.P256, "other")))
    with pytest.raises(UnfitAuthority, match=r"root\.key is not the key of root\.pem"):
        kept_authority(tmp_path)


def test_the_root_is_self_signed_and_the_issuing_authority_is_not(tmp_path: Path) -> None:
    """The files are what their names say."""
    kept_authority(tmp_path)
    root, issuing = (
        x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes())
        for name in ("root", "issuing")
    )
    root.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(root)
