"""`check` and `matrix` on the command line: what they take, what they print, and how they end."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from typer.testing import CliRunner

from analyzers.mirror.definition import Channel
from analyzers.report.schema import SCHEMA
from probe.cli import build_app
from probe.lab.faults import FAULTS
from probe.lab.stand_in import StandIn
from probe.outcome import ExitCode, UsageFailure
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from probe.lab.cast import Cast
    from probe.lab.ends import End
    from probe.lab.identity import IdentityFiles

CONFIGURATION = """
[mirror]
name = "LAB"
ca = "IRISA/CAFile.pem"
[[member]]
name = "IRISA"
dn = "{dn_a}"
agent = "{agent_a}"
[[member]]
name = "IRISB"
dn = "{dn_b}"
agent = "{agent_b}"
superserver = "{superserver_b}"
[[member]]
name = "ARBITER"
role = "arbiter"
agent = "127.0.0.9:2188"
[[relay]]
name = "to-irisb"
listen = "127.0.0.1:0"
upstream = "{agent_b}"
serve_as = {{ certificate = "IRISB/CertificateFile.pem", key = "IRISB/PrivateKeyFile.pem" }}
connect_as = {{ certificate = "IRISA/CertificateFile.pem", key = "IRISA/PrivateKeyFile.pem" }}
"""


def run(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments], catch_exceptions=False)


def at(server: StandIn) -> str:
    """Where it listens, as a configuration says it."""
    return "{}:{}".format(*server.address)


def written(end: End, directory: Path) -> IdentityFiles:
    """Write the files of an end."""
    assert end.identity is not None
    return end.identity.write(directory / end.name)


@dataclass(frozen=True)
class Lab:
    """Two members that listen, their files, and a configuration."""

    agent_a: StandIn
    agent_b: StandIn
    superserver_b: StandIn
    directory: Path
    a: IdentityFiles
    b: IdentityFiles

    @property
    def configuration(self) -> Path:
        """The file."""
        return self.directory / "mirrorprobe.toml"

    @property
    def files(self) -> tuple[object, ...]:
        """The options that name the files of IRISA."""
        return "--certificate", self.a.certificate, "--key", self.a.key, "--ca", self.a.ca


@pytest.fixture
def lab(cast: Cast, tmp_path: Path) -> Iterator[Lab]:
    """IRISA with an agent, IRISB with agent and superserver."""
    with ExitStack() as stack:
        agent_a = stack.enter_context(StandIn(cast.client, Channel.AGENT, host="127.0.0.2"))
        agent_b = stack.enter_context(StandIn(cast.server, Channel.AGENT, host="127.0.0.3"))
        superserver_b = stack.enter_context(StandIn(cast.server, Channel.SUPERSERVER, host="127.0.0.3"))
        a, b = written(cast.client, tmp_path), written(cast.server, tmp_path)
        made = Lab(agent_a, agent_b, superserver_b, tmp_path, a, b)
        assert cast.client.identity
        assert cast.server.identity
        text = CONFIGURATION.format(
            dn_a=cast.client.identity.dn, dn_b=cast.server.identity.dn,
            agent_a=at(agent_a), agent_b=at(agent_b), superserver_b=at(superserver_b),
        )  # fmt: skip
        made.configuration.write_text(text)
        yield made


def test_check_that_finds_nothing(lab: Lab) -> None:
    """With files alone the handshake is judged, and both sides are described."""
    result = run("check", at(lab.agent_b), *lab.files)
    assert result.exit_code == ExitCode.CLEAN
    assert "ESTABLISHED" in result.output
    assert "server certificate: CN=irisb.example.com/IRISB,O=Example,C=US" in result.output
    assert "client certificate: requested, issued by one of:" in result.output


@pytest.mark.parametrize("target", ["IRISB", "IRISB/agent", "IRISB/superserver"])
def test_check_of_a_member_by_name(lab: Lab, target: str) -> None:
    """A configuration gives the address, the certificate and the names."""
    result = run("check", target, "-c", lab.configuration, "--as", "IRISA", "--json")
    record = json.loads(result.output)
    assert result.exit_code == ExitCode.CLEAN
    assert (record["client_member"], record["server_member"], record["failed"]) == ("IRISA", "IRISB", False)
    assert (record["beyond"], record["survey"]) == (None, None)
    jsonschema.validate(record["legs"]["direct"], {**SCHEMA, "$ref": "#/$defs/connection"})


def test_check_takes_the_certificate_of_the_table_that_dials(lab: Lab) -> None:
    """Without --as it is the one with which the configuration connects to the target."""
    record = json.loads(run("check", "IRISB", "-c", lab.configuration, "--json").output)
    assert record["client_member"] == "IRISA"


def test_check_that_turns_the_server_down(lab: Lab, cast: Cast) -> None:
    """A server that a member would refuse is refused, and then asked what it thinks of the member."""
    lab.agent_b.become(FAULTS["server-expired"].arrange(cast).server)
    result = run("check", "IRISB", "-c", lab.configuration, "--json")
    record = json.loads(result.output)
    assert result.exit_code == ExitCode.FINDINGS
    assert (record["root_cause"], record["refused_by"]) == ("certificate-expired", "client")
    assert record["beyond"]["outcome"] == "established"
    assert record["beyond"]["legs"]["direct"]["tls"]["client_certificates"]


def test_check_where_each_would_refuse_the_other(lab: Lab, cast: Cast, tmp_path: Path) -> None:
    """Faults on both sides are both found, each with the alert of the end that refuses it."""
    lab.agent_b.become(FAULTS["server-expired"].arrange(cast).server)
    mine = written(FAULTS["client-eku-server-only"].arrange(cast).client, tmp_path / "bad")
    options = "--certificate", mine.certificate, "--key", mine.key, "--ca", lab.a.ca
    record = json.loads(run("check", at(lab.agent_b), *options, "--json").output)
    assert record["root_cause"] == "certificate-expired"
    alerts = [
        (alert["sender"], alert["code"]) for alert in record["beyond"]["legs"]["direct"]["tls"]["alerts"]
    ]
    assert ("server", 43) in alerts
    text = run("check", at(lab.agent_b), *options).output
    assert "Asked once more, and its certificate taken in spite of that:" in text
    assert "client-certificate-purpose" in text


def test_check_without_certificate(lab: Lab) -> None:
    """Who gives none sees the server's side; that it refuses is no finding."""
    result = run("check", at(lab.agent_b), "--ca", lab.a.ca)
    assert result.exit_code == ExitCode.CLEAN
    assert "no certificate was given, so a server that requires one refuses, as it should" in result.output
    assert "server certificate: CN=irisb" in result.output


def test_check_without_trust(lab: Lab) -> None:
    """Without a CA file nobody is accused of an unknown authority."""
    result = run("check", at(lab.agent_b), "--certificate", lab.a.certificate, "--key", lab.a.key, "--json")
    record = json.loads(result.output)
    assert record["outcome"] == "established"
    assert "unknown-ca" not in {finding["id"] for finding in record["legs"]["direct"]["findings"]}


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_check_in_one_version(lab: Lab, version: str) -> None:
    """The versions that are offered can be chosen."""
    chosen = "--minimum-version", version, "--maximum-version", version
    record = json.loads(run("check", at(lab.agent_b), *lab.files, *chosen, "--json").output)
    assert record["legs"]["direct"]["tls"]["version"] == version


def test_check_with_survey(lab: Lab) -> None:
    """The survey stands beside the connection, in both forms; what is below the policy is found."""
    arguments = "check", at(lab.agent_b), *lab.files, "--survey"
    result = run(*arguments, "--json")
    found = json.loads(result.output)["survey"]
    assert found["versions"] == ["TLSv1.3", "TLSv1.2"]
    assert found["client_certificate"] == "required"
    assert "TLS_AES_256_GCM_SHA384" in found["cipher_suites"]["TLSv1.3"]["accepted"]
    assert found["below_policy"] == []
    assert result.exit_code == ExitCode.CLEAN
    assert "What the server accepts (" in run(*arguments).output


def test_survey_below_the_policy(lab: Lab) -> None:
    """What is accepted and the policy does not list makes the check fail, though another suite was negotiated."""
    text = lab.configuration.read_text()
    lab.configuration.write_text(text + '[policy]\ncipher_suites = ["TLS_AES_256_GCM_SHA384"]\n')
    result = run("check", "IRISB", "-c", lab.configuration, "--survey")
    assert result.exit_code == ExitCode.FINDINGS
    (below,) = (line for line in result.output.splitlines() if line.startswith("  below the policy: "))
    assert below.endswith("cipher suites, each accepted though it is not on the policy's list:")
    assert "    TLS_AES_128_GCM_SHA256 (below the policy)\n" in result.output
    assert "    TLS_AES_256_GCM_SHA384\n" in result.output
    marked = result.output.count("(below the policy)")
    assert f"below the policy: {marked} cipher suites" in result.output
    assert f"{marked - 3} more\n" in " ".join(result.output.split("\n    "))
    assert "cause:" not in result.output


def test_check_of_nothing() -> None:
    """A server that cannot be reached could not be tested."""
    result = run("check", f"127.0.0.1:{free_port()}")
    assert result.exit_code == ExitCode.NOT_TESTED
    assert "connection-refused" in result.output
    assert "    - connection refused (TCP)\n" in result.output


def test_check_of_an_agent_that_wants_a_preamble(lab: Lab, cast: Cast, tmp_path: Path) -> None:
    """That it closes on a ClientHello is not taken for an answer; with its preamble it answers."""
    lab.agent_b.become(cast.with_preamble().server)
    result = run("check", at(lab.agent_b), *lab.files)
    assert result.exit_code == ExitCode.NOT_TESTED
    assert "tls-not-started" in result.output
    (tmp_path / "preamble").write_bytes(b"MIRRORPROBE-LAB HELLO from IRISA to agent\n")
    assert (
        run("check", at(lab.agent_b), *lab.files, "--preamble", tmp_path / "preamble").exit_code
        == ExitCode.CLEAN
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "is not HOST:PORT; to name a member takes -c or --mirror"),
        (("127.0.0.1:0",), "port 0 cannot be dialled"),
        (("127.0.0.1:1", "--as", "IRISA"), "--as needs -c"),
        (("127.0.0.1:1", "--key", "k"), "--key needs --certificate"),
        (("127.0.0.1:1", "--certificate", "missing.pem"), "missing.pem: cannot be read"),
        (("127.0.0.1:1", "--password-env", "X"), "a password needs --certificate"),
        (("127.0.0.1:1", "--ca", "missing.pem"), "--ca missing.pem: cannot be read"),
        (("127.0.0.1:1", "--minimum-version", "SSLv3"), "unknown version"),
        (("127.0.0.1:1", "--minimum-version", "TLSv1.3", "--maximum-version", "TLSv1.2"), "is newer than"),
        (("127.0.0.1:1", "--server-name", "a" * 64), "no host can have this name"),
        (("127.0.0.1:1", "--preamble", "missing"), "--preamble missing: cannot be read"),
        (("127.0.0.1:1", "-c", "a", "--mirror", "b"), "exclude each other"),
    ],
)
def test_mistakes_on_the_command_line(arguments: tuple[str, ...], words: str) -> None:
    """Each mistake is named, and nothing is dialled."""
    with pytest.raises(UsageFailure, match=words):
        run("check", *arguments)


def test_what_is_wrong_with_a_file_is_said_once() -> None:
    """The certificate's file is the key's, too, where none is given."""
    with pytest.raises(UsageFailure) as failure:
        run("check", "127.0.0.1:1", "--certificate", "nope")
    assert str(failure.value).count("nope: cannot be read") == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("NOBODY", r"is not HOST:PORT, and no member of LAB \(members: IRISA, IRISB, ARBITER\)"),
        ("irisb", r"did you mean 'IRISB'\?"),
        ("IRISB/agnet", r"'agnet' is no service of a member \(accepted: agent, superserver\)"),
        ("nowhere:x", "is not HOST:PORT \\(an IPv6 address"),
    ],
)
def test_nobody_of_that_name(lab: Lab, target: str, words: str) -> None:
    """Who is no member is told who is, and whom they may have meant."""
    with pytest.raises(UsageFailure, match=words):
        run("check", target, "-c", lab.configuration)


def test_whom_to_ask_as(lab: Lab) -> None:
    """Where nothing in the configuration dials the target, the members to choose from are named."""
    with pytest.raises(UsageFailure, match=r"as whom\? \(IRISA, IRISB\)"):
        run("check", "IRISA", "-c", lab.configuration)
    with pytest.raises(
        UsageFailure, match=r"listed name of IRISX; did you mean 'IRISB'\? \(members: IRISA, IRISB\)"
    ):
        run("check", "IRISB", "-c", lab.configuration, "--as", "IRISX")


def test_encrypted_key(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key's password comes from a file or from the environment, and a wrong one is said to be wrong."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(lab.a.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    )
    (tmp_path / "password").write_text("open sesame\n")
    monkeypatch.setenv("MIRRORPROBE_TEST_PASSWORD", "open sesame")
    target = at(lab.agent_b), "--certificate", lab.a.certificate, "--key", locked, "--ca", lab.a.ca
    assert run("check", *target, "--password-file", tmp_path / "password").exit_code == ExitCode.CLEAN
    assert run("check", *target, "--password-env", "MIRRORPROBE_TEST_PASSWORD").exit_code == ExitCode.CLEAN
    monkeypatch.setenv("MIRRORPROBE_TEST_PASSWORD", "wrong")
    with pytest.raises(UsageFailure, match="the password is wrong"):
        run("check", *target, "--password-env", "MIRRORPROBE_TEST_PASSWORD")


def pairs_of(record: dict[str, Any]) -> dict[tuple[str, str, str], tuple[str, str | None]]:
    """The standing and the root cause of each pair."""
    return {
        (pair["from"], pair["to"], pair["channel"]): (pair["standing"], pair["root_cause"])
        for pair in record["pairs"]
    }


def test_matrix(lab: Lab, tmp_path: Path) -> None:
    """Every member with a certificate is tried against every service of the others, and nobody against itself."""
    page = tmp_path / "matrix.html"
    result = run("matrix", "-c", lab.configuration, "--json", "--html", page)
    record = json.loads(result.output)
    assert result.exit_code == ExitCode.CLEAN
    assert pairs_of(record) == {
        ("IRISA", "IRISB", "agent"): ("up", None),
        ("IRISA", "IRISB", "superserver"): ("up", None),
        ("IRISB", "IRISA", "agent"): ("up", None),
    }
    assert record["notes"] == ["ARBITER is the arbiter, whose traffic is not TLS"]
    assert "mirrorprobe matrix of LAB" in page.read_text()


def test_matrix_with_failures(lab: Lab, cast: Cast) -> None:
    """A failing pair has a block of its own, and the others stand as they are."""
    lab.superserver_b.become(FAULTS["server-dn-not-listed"].arrange(cast).server)
    lab.agent_a.become(FAULTS["server-absent"].arrange(cast).server)
    result = run("matrix", "-c", lab.configuration)
    assert result.exit_code == ExitCode.FINDINGS
    assert (
        "IRISA to the superserver of IRISB, with certificate 1 of relay to-irisb: connect_as" in result.output
    )
    assert "cause: dn-not-allowed" in result.output
    assert "cause: connection-refused" in result.output
    record = json.loads(run("matrix", "-c", lab.configuration, "--json").output)
    assert pairs_of(record) == {
        ("IRISA", "IRISB", "agent"): ("up", None),
        ("IRISA", "IRISB", "superserver"): ("down", "dn-not-allowed"),
        ("IRISB", "IRISA", "agent"): ("down", "connection-refused"),
    }


def test_matrix_of_agents_that_want_a_preamble(lab: Lab, cast: Cast) -> None:
    """What closes on a ClientHello is not known to be down; where all do, nothing was tested."""
    for service in (lab.agent_a, lab.agent_b, lab.superserver_b):
        service.become(cast.with_preamble().server)
    result = run("matrix", "-c", lab.configuration, "--json")
    assert result.exit_code == ExitCode.NOT_TESTED
    assert {standing for standing, _ in pairs_of(json.loads(result.stdout)).values()} == {"unknown"}


def test_matrix_without_certificates(lab: Lab) -> None:
    """A configuration in which nobody's certificate has a listed name says whose it has."""
    text = lab.configuration.read_text().replace("CN=irisa", "CN=other").replace("CN=irisb", "CN=another")
    lab.configuration.write_text(text)
    with pytest.raises(UsageFailure, match="is no member's listed name"):
        run("matrix", "-c", lab.configuration)
