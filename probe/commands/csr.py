"""`mirrorprobe csr`: a request for a certificate that serves a mirror member in both roles."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.document import name_of
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from analyzers.x509.names import DistinguishedName
    from probe.csr.bundle import Bundle

__all__ = ["register"]


class KeyType(StrEnum):
    """What kind of key to make."""

    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"
    P256 = "p256"
    P384 = "p384"


def _subject(
    member: str | None, config: Path | None, certificate: Path | None, dn: str | None
) -> tuple[str, DistinguishedName]:
    """Give the files' stem and the subject, from exactly one of the three sources."""
    from analyzers.errors import MalformedName  # noqa: PLC0415 - certificates are for this command only
    from analyzers.x509.names import parse_dn  # noqa: PLC0415

    if certificate is not None and dn is None:
        return member or certificate.stem, _subject_of(certificate)
    if dn is not None and certificate is None:
        try:
            name = parse_dn(dn)
        except MalformedName as error:
            raise UsageFailure(f"--dn {dn!r}: no distinguished name: {error}") from None
        return member or "member", name
    if member is not None and config is not None and certificate is None:
        return member, _listed_name(member, config)
    raise UsageFailure("csr needs one of: --member NAME --config FILE, --from-certificate FILE, --dn NAME")


def _subject_of(path: Path) -> DistinguishedName:
    from analyzers.errors import MalformedCertificate  # noqa: PLC0415
    from analyzers.x509.certificate import load_pem_certificates  # noqa: PLC0415
    from probe.identity import read_file  # noqa: PLC0415

    try:
        return load_pem_certificates(read_file(path))[0].subject
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    except (MalformedCertificate, IndexError) as error:
        raise UsageFailure(f"{path}: no certificate in PEM: {error}") from None


def _listed_name(member: str, config: Path) -> DistinguishedName:
    from probe.config import load_mirror  # noqa: PLC0415

    mirror = load_mirror(config)
    found = next((entry for entry in mirror.members if entry.name == member), None)
    if found is None:
        known = ", ".join(entry.name for entry in mirror.members)
        raise UsageFailure(f"{config}: has no member {member!r}; it has {known}")
    name = found.distinguished_name
    if name is None:
        raise UsageFailure(f"{config}: member {member!r} has no dn; give it one, or use --dn")
    return name


def _password(file: Path | None, variable: str | None) -> bytes | None:
    from probe.identity import read_file  # noqa: PLC0415

    if variable is not None:
        if variable not in os.environ:
            raise UsageFailure(f"--password-env {variable}: no such environment variable")
        return os.environb[os.fsencode(variable)]
    if file is None:
        return None
    try:
        return read_file(file).rstrip(b"\r\n")
    except ValueError as error:
        raise UsageFailure(str(error)) from None


def _csr(  # noqa: PLR0913 - one parameter an option
    *,
    member: Annotated[
        str | None, typer.Option(help="The member's name; names the files.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The mirror that lists the member.", show_default=False),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--from-certificate", help="Take the DN of this one.", show_default=False)
    ] = None,
    dn: Annotated[str | None, typer.Option(help="The DN, in any notation.", show_default=False)] = None,
    key: Annotated[Path | None, typer.Option(help="Use this key, and make none.", show_default=False)] = None,
    key_type: Annotated[KeyType, typer.Option(help="The kind of key to make.")] = KeyType.RSA2048,
    password_file: Annotated[
        Path | None, typer.Option(help="Holds the key's password.", show_default=False)
    ] = None,
    password_env: Annotated[
        str | None, typer.Option(help="Variable with the password.", show_default=False)
    ] = None,
    directory: Annotated[Path, typer.Option("--directory", "-d", help="Where to write.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a certificate request for both TLS roles, its key, and what to tell the authority."""
    from probe.csr.bundle import write_bundle  # noqa: PLC0415
    from probe.csr.request import new_key  # noqa: PLC0415
    from probe.identity import load_private_key  # noqa: PLC0415

    stem, name = _subject(member, config, certificate, dn)
    password = _password(password_file, password_env)
    try:
        private = new_key(key_type) if key is None else load_private_key(key, password)
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    bundle = write_bundle(directory, stem, name, private, existing_key=key, password=password)
    if as_json:
        json.dump(_record(bundle, name, stem), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        _print(bundle, name, stem)


def _record(bundle: Bundle, name: DistinguishedName, stem: str) -> dict[str, object]:
    from probe.csr.papers import ORDER, verification_commands  # noqa: PLC0415

    return {
        "schema": name_of("csr"),
        "dn": name.rfc4514(),
        "key": str(bundle.key),
        "request": str(bundle.request),
        "openssl_configuration": str(bundle.configuration),
        "certreq_inf": str(bundle.inf),
        "order": ORDER,
        "verification": list(verification_commands(stem, str(bundle.key))),
    }


def _print(bundle: Bundle, name: DistinguishedName, stem: str) -> None:
    from probe.csr.papers import ORDER, verification_commands  # noqa: PLC0415

    print(f"key                    {bundle.key}")
    print(f"request                {bundle.request}")
    print(f"OpenSSL configuration  {bundle.configuration}")
    print(f"Microsoft certreq      {bundle.inf}")
    print(f"\nFor the order to a commercial authority:\n  {ORDER}")
    print(f'\nFor "ID listed as DN in member\'s X.509 credentials":\n  {name.rfc4514()}')
    print("\nWhen the answer is there:")
    for command in verification_commands(stem, str(bundle.key)):
        print(f"  {command}")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("csr")(_csr)
