"""Lint on real certificates: files, roles, pairs by handshake, definitions, outputs."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from probe.cli import build_app
from probe.lab.authority import Authority
from probe.lab.keys import KeyKind
from probe.lab.recipe import Signature, authority_recipe, distinguished_name, member_recipe
from probe.outcome import UnreadableInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.lab.recipe import Recipe


@pytest.fixture(scope="module")
def issuing() -> Authority:
    """The lab's issuing authority, below its root."""
    return Authority.create()


def _lint(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(build_app(), ["lint", *map(str, arguments), "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def _mirror(directory: Path, issuing: Authority, **changed: Callable[[Recipe], Recipe]) -> Path:
    for name in ("IRISA", "IRISB", "IRISC"):
        recipe = member_recipe(name)
        issuing.issue(changed.get(name, lambda same: same)(recipe)).write(directory / name)
    return directory


def _causes(record: dict[str, Any], member: str) -> set[str]:
    return {finding["cause"] for finding in record["findings"] if finding["member"] == member}


def test_a_healthy_mirror_has_no_findings_and_every_pair_is_accepted(
    tmp_path: Path, issuing: Authority
) -> None:
    """Three good members: nothing is found, six handshakes succeed, the rules agree."""
    code, record = _lint(_mirror(tmp_path, issuing))

    assert (code, record["findings"]) == (0, [])
    assert [pair["accepted"] for pair in record["pairs"]] == [True] * 6
    assert not any(pair["disputed"] for pair in record["pairs"])


FAULTS = [
    ({"extended_key_usage": ("serverAuth",)}, "client-certificate-purpose", "server", 26),
    ({"extended_key_usage": ("clientAuth",)}, "server-certificate-purpose", "client", 26),
    ({"key_usage": ("keyEncipherment",)}, "client-certificate-purpose", "server", 26),
    ({"valid_until": timedelta(hours=-1)}, "certificate-expired", "both", 10),
    ({"valid_from": timedelta(hours=6)}, "certificate-not-yet-valid", "both", 9),
    ({"critical_extension": "1.3.6.1.4.1.99999.1"}, "unhandled-critical-extension", "both", 34),
]


@pytest.mark.parametrize(
    ("fault", "cause", "side", "number"), FAULTS, ids=[row[1] + str(at) for at, row in enumerate(FAULTS)]
)
def test_a_fault_is_found_by_the_rules_and_by_the_handshake(
    tmp_path: Path, issuing: Authority, fault: dict[str, Any], cause: str, side: str, number: int
) -> None:
    """What the rules say of a faulty member is what OpenSSL does with it in either role."""
    code, record = _lint(_mirror(tmp_path, issuing, IRISB=lambda recipe: replace(recipe, **fault)))
    as_client = [pair for pair in record["pairs"] if pair["client"] == "IRISB"]
    as_server = [pair for pair in record["pairs"] if pair["server"] == "IRISB"]
    refused = {"server": as_client, "client": as_server, "both": as_client + as_server}[side]

    assert code == 1
    assert cause in _causes(record, "IRISB")
    assert {pair["verify_error"] for pair in refused} == {number}
    assert not any(pair["disputed"] for pair in record["pairs"])


def test_missing_key_encipherment_breaks_the_vendors_rule_alone(tmp_path: Path, issuing: Authority) -> None:
    """OpenSSL accepts it in both roles; the documentation does not."""
    changed = {"IRISB": lambda recipe: replace(recipe, key_usage=("digitalSignature",))}
    code, record = _lint(_mirror(tmp_path, issuing, **changed))

    assert _causes(record, "IRISB") == {"vendor-key-usage"}
    assert code == 0
    assert all(pair["accepted"] for pair in record["pairs"])


def test_an_issuer_with_restricted_usage_fails_its_clients(tmp_path: Path) -> None:
    """A leaf that looks perfect below an EKU-restricted CA is refused as client (domain facts 2.6)."""
    restricted = replace(authority_recipe("Server Only CA"), extended_key_usage=("serverAuth",))
    issuing = Authority.create().top.intermediate(recipe=restricted)
    _, record = _lint(_mirror(tmp_path, issuing))

    assert _causes(record, "IRISA") == {"issuer-purpose"}
    assert {(pair["refused_by"], pair["verify_error"]) for pair in record["pairs"]} == {("server", 26)}


def test_weak_keys_and_signatures_are_weighed_at_both_levels(tmp_path: Path, issuing: Authority) -> None:
    """RSA 1024 passes level 1 alone, SHA-1 neither."""
    weak = {
        "IRISA": lambda recipe: replace(recipe, key=KeyKind.RSA_1024),
        "IRISB": lambda recipe: replace(recipe, signature=Signature.SHA1),
    }
    _, record = _lint(_mirror(tmp_path, issuing, **weak))

    assert "weak-key" in _causes(record, "IRISA")
    assert "weak-signature" in _causes(record, "IRISB")


def test_the_wrong_key_is_found(tmp_path: Path, issuing: Authority) -> None:
    """A key of another member is said to be that, and no handshake is tried."""
    directory = _mirror(tmp_path, issuing)
    (directory / "IRISA" / "PrivateKeyFile.pem").write_bytes(
        (directory / "IRISB" / "PrivateKeyFile.pem").read_bytes()
    )
    code, record = _lint(directory)

    assert code == 1
    assert "private-key-mismatch" in _causes(record, "IRISA")
    assert {pair["accepted"] for pair in record["pairs"] if "IRISA" in (pair["client"], pair["server"])} == {
        None
    }


def test_a_ca_first_certificate_file_is_found(tmp_path: Path, issuing: Authority) -> None:
    """OpenSSL presents the first certificate of the file, whatever follows."""
    directory = _mirror(tmp_path, issuing)
    path = directory / "IRISA" / "CertificateFile.pem"
    blocks = path.read_bytes().split(b"-----BEGIN")
    path.write_bytes(b"".join(b"-----BEGIN" + block for block in reversed(blocks[1:])))
    _, record = _lint(directory)

    assert any("first" in finding["check"] for finding in record["findings"] if finding["member"] == "IRISA")


def test_judging_a_later_day_shows_what_will_fail(tmp_path: Path, issuing: Authority) -> None:
    """`--at` moves both the rules' clock and the handshake's."""
    code, record = _lint(_mirror(tmp_path, issuing), "--at", "2199-01-01")

    assert code == 1
    assert {pair["verify_error"] for pair in record["pairs"]} == {10}
    assert [entry["days"] < 0 for entry in record["forecast"][:3]] == [True] * 3


def test_listed_names_are_compared(tmp_path: Path, issuing: Authority) -> None:
    """An exported MapMirrors list: equal, nearly equal, and another name."""
    directory = _mirror(tmp_path / "files", issuing)
    names = {name: member_recipe(name).subject.rfc4514_string() for name in ("IRISA", "IRISB", "IRISC")}
    near = ",".join(reversed(names["IRISB"].split(",")))
    export = tmp_path / "mapmirrors.csv"
    export.write_text(
        f'Name,SSLComputerName\nIRISA,"{names["IRISA"]}"\nIRISB,"{near}"\nIRISC,"CN=other,C=US"\n'
    )
    _, record = _lint(directory, export)

    assert _causes(record, "IRISA") == set()
    assert _causes(record, "IRISB") == {"dn-near-miss"}
    assert _causes(record, "IRISC") == {"dn-not-allowed"}


def test_members_with_one_name_are_found(tmp_path: Path, issuing: Authority) -> None:
    """Two members with one DN."""
    name = distinguished_name("CN=same.example.com/IRIS,O=Example,C=US")
    same = {member: lambda recipe: replace(recipe, subject=name) for member in ("IRISA", "IRISB")}
    _, record = _lint(_mirror(tmp_path, issuing, **same))

    assert "dn-duplicate" in {finding["cause"] for finding in record["findings"]}


def test_loose_files_find_each_other_by_the_key(tmp_path: Path, issuing: Authority) -> None:
    """Certificate, key and CA file given in any order make one member."""
    files = issuing.member("IRISA").write(tmp_path)
    code, record = _lint(files.ca, files.key, files.certificate)

    assert code == 0
    assert [(m["has_key"], m["has_authorities"]) for m in record["members"]] == [(True, True)]


def test_a_check_that_was_not_passed_is_said_to_be_so(tmp_path: Path, issuing: Authority) -> None:
    """The checks are named as what ought to be, so the line says that this was not found; no line is wider than 100."""
    expired = replace(member_recipe("IRISA"), valid_from=timedelta(days=-20), valid_until=timedelta(days=-10))
    issuing.issue(expired).write(tmp_path / "IRISA")
    output = CliRunner().invoke(build_app(), ["lint", str(tmp_path / "IRISA")]).output

    assert "CRITICAL IRISA has not passed: certificate has not expired [certificate-expired]\n" in output
    assert all(len(line) <= 100 for line in output.splitlines() if str(tmp_path) not in line)


def test_sarif_names_rule_and_file(tmp_path: Path, issuing: Authority) -> None:
    """Continuous integration gets one result a finding."""
    changed = {"IRISB": lambda recipe: replace(recipe, extended_key_usage=("serverAuth",))}
    directory = _mirror(tmp_path, issuing, **changed)
    result = CliRunner().invoke(build_app(), ["lint", str(directory), "--sarif"])
    (run,) = json.loads(result.stdout)["runs"]

    assert "client-certificate-purpose" in {entry["ruleId"] for entry in run["results"]}
    assert all(
        "CertificateFile.pem" in e["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for e in run["results"]
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nothing.pem", b"", "is empty"),
        ("letter.txt", b"Dear administrator,", "neither a certificate"),
        ("iris.cpf", b"[MapMirrors.M]\n", "[Mirrors] is missing or empty"),
        ("iris.cpf", b"[Mirrors]\nM=a,b\n", "line 2: [Mirrors] M: not in the documented form"),
        ("list.csv", b"a,b\n1,2\n", "Name and SSLComputerName"),
        ("SSLDefs.ini", b"CertFile=a.pem\n", "no INI file"),
    ],
)
def test_files_that_are_nothing_end_in_one_line(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """The file is named with what it is not."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableInput) as failure:
        CliRunner().invoke(build_app(), ["lint", str(tmp_path / name)], catch_exceptions=False)

    assert len(failure.value.problems) == 1
    assert words in failure.value.problems[0]


@pytest.mark.parametrize("named", ["empty", "IRISA/PrivateKeyFile.pem", "IRISA/CAFile.pem"])
def test_without_a_certificate_nothing_is_said_to_be_well(
    tmp_path: Path, issuing: Authority, named: str
) -> None:
    """An empty directory, a key or a CA file alone is not "Nothing found": nothing was judged."""
    issuing.member("IRISA").write(tmp_path / "IRISA")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableInput) as failure:
        CliRunner().invoke(build_app(), ["lint", str(tmp_path / named)], catch_exceptions=False)

    assert failure.value.problems == (
        f"{tmp_path / named}: holds no member's certificate, so nothing was judged",
    )


def test_an_ssldefs_file_names_its_members(tmp_path: Path, issuing: Authority) -> None:
    """Each section is one TLS configuration; the two reserved ones must share a certificate."""
    for name in ("IRISA", "IRISB"):
        issuing.member(name).write(tmp_path / name)
    sections = zip(("%MirrorClient", "%MirrorServer"), ("IRISA", "IRISB"), strict=True)
    (tmp_path / "SSLDefs.ini").write_text(
        "".join(
            f"[{section}]\nCertFile={name}/CertificateFile.pem\nKeyFile={name}/PrivateKeyFile.pem\nCAfile={name}/CAFile.pem\n"
            for section, name in sections
        )
    )
    _, record = _lint(tmp_path / "SSLDefs.ini")

    assert "configuration-drift" in {finding["cause"] for finding in record["findings"]}


def test_the_page_shows_matrix_findings_and_escapes_names(tmp_path: Path, issuing: Authority) -> None:
    """One page, no script, and a name with markup stays text."""
    name = distinguished_name(r"CN=\<script\>alert(1)\</script\>,O=Example,C=US")
    directory = _mirror(
        tmp_path / "files",
        issuing,
        IRISB=lambda recipe: replace(recipe, subject=name, extended_key_usage=("serverAuth",)),
    )
    CliRunner().invoke(
        build_app(), ["lint", str(directory), "--html", str(tmp_path / "lint.html")], catch_exceptions=False
    )
    page = (tmp_path / "lint.html").read_text()

    assert "client-certificate-purpose" in page
    assert "REFUSED" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_request_for_both_roles_is_good(tmp_path: Path) -> None:
    """What `mirrorprobe csr` writes is what lint wants."""
    CliRunner().invoke(
        build_app(), ["csr", "--dn", "CN=irisa.example.com/IRISA,C=US", "--member", "A", "-d", str(tmp_path)]
    )
    code, record = _lint(tmp_path / "A.csr")

    assert (code, record["findings"]) == (0, [])


def test_a_request_for_one_role_is_found(tmp_path: Path) -> None:
    """A web server's request would lead to a certificate that cannot dial."""
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "a.key", "-out", "a.csr", "-subj", "/CN=irisa",
         "-addext", "extendedKeyUsage=serverAuth", "-addext", "keyUsage=digitalSignature"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    code, record = _lint(tmp_path / "a.csr")

    assert code == 1
    assert {f["cause"] for f in record["findings"]} == {
        "client-certificate-purpose",
        "vendor-key-usage",
        "weak-key",
    }


@pytest.mark.parametrize("uses_tls", [True, False])
def test_a_cpf_names_the_members(tmp_path: Path, issuing: Authority, uses_tls: bool) -> None:
    """Members without files are named, TLS that is off is told, and DNs are said not to be compared."""
    issuing.member("IRISA").write(tmp_path / "IRISA")
    cpf = tmp_path / "iris.cpf"
    cpf.write_text(
        f"[Mirrors]\nM=guid,2,1,,8000,0,{int(uses_tls)}\n[MapMirrors.M]\n"
        "IRISA=,10.0.0.11,2188,,10.0.0.11,g,/d/,0,10.0.0.11,1972,,0,\n"
        "IRISB=,10.0.0.12,2188,,10.0.0.12,g,/d/,0,10.0.0.12,1972,,0,\n"
    )
    _, record = _lint(tmp_path / "IRISA", cpf)

    told = {(finding["check"], finding["member"]) for finding in record["findings"]}
    assert ("member's files", "IRISB") in told
    assert ("member's files", "IRISA") not in told
    assert ("listed DN equals the certificate's", "M") in told
    assert (("mirror uses TLS", "M") in told) is not uses_tls


def test_a_definition_without_relays_is_enough(tmp_path: Path, issuing: Authority) -> None:
    """A mirrorprobe.toml that lists members alone gives their names, and nothing for `run` is asked of it."""
    issuing.member("IRISA").write(tmp_path / "IRISA")
    definition = tmp_path / "mirrorprobe.toml"
    definition.write_text(
        '[mirror]\nname = "M"\n[[member]]\nname = "IRISA"\ndn = "CN=other"\naddresses = ["10.0.0.11"]\n'
    )
    _, record = _lint(tmp_path / "IRISA", definition)

    assert "dn-not-allowed" in {finding["cause"] for finding in record["findings"]}


def test_the_level_that_is_asked_for_decides_how_grave_a_weakness_is(
    tmp_path: Path, issuing: Authority
) -> None:
    """At a level at which OpenSSL refuses the own certificate there is no TLS, and that is no good end."""
    mirror = _mirror(tmp_path, issuing)
    at_one, at_five = _lint(mirror), _lint(mirror, "--security-level", 5)
    weak = [finding for finding in at_five[1]["findings"] if finding["cause"] == "weak-key"]

    assert at_one[0] == 0
    assert at_five[0] == 1
    assert {(finding["member"], finding["severity"]) for finding in weak} >= {
        ("IRISA", "high"),
        ("IRISB", "high"),
    }
    assert [pair["accepted"] for pair in at_five[1]["pairs"]] == [None] * 6


def test_an_expired_authority_in_the_ca_file_is_mentioned(tmp_path: Path, issuing: Authority) -> None:
    """It harms nobody as long as no chain needs it."""
    mirror = _mirror(tmp_path, issuing)
    old = Authority.root(recipe=replace(authority_recipe("Old Root"), valid_until=timedelta(hours=-1)))
    ca_file = mirror / "IRISA" / "CAFile.pem"
    ca_file.write_bytes(ca_file.read_bytes() + old.certificate.public_bytes(Encoding.PEM))
    code, record = _lint(mirror)

    assert code == 0
    assert [(finding["check"], finding["severity"]) for finding in record["findings"]] == [
        ("CA certificates have not expired", "low")
    ]
