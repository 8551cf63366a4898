"""`--with-certificate`, on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from probe.cli import build_app
from probe.lab.authority import Authority
from probe.lab.recipe import member_recipe
from probe.outcome import UsageFailure

PCAPS = Path(__file__).parents[3] / "pcaps"
REFUSED = (
    "SSL/TLS error in SSL_connect(), SSL_ERROR_SSL: protocol error,"
    " error:0A000413:SSL routines::ssl/tls alert unsupported certificate"
)


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    """A certificate for both roles, and one for servers alone."""
    issuing = Authority.create()
    both = issuing.member("IRISA").write(tmp_path / "both")
    one = issuing.issue(replace(member_recipe("IRISA"), extended_key_usage=("serverAuth",))).write(
        tmp_path / "one"
    )
    return {"both": str(both.certificate), "one": str(one.certificate)}


def _run(*arguments: str) -> str:
    return CliRunner().invoke(build_app(), arguments, catch_exceptions=False).output


@pytest.mark.parametrize(
    ("which", "words"),
    [("both", "accepts the new certificate"), ("one", "would be refused: client-certificate-purpose")],
)
def test_explain_judges_the_other_certificate_in_the_refused_role(
    certificates: dict[str, str], which: str, words: str
) -> None:
    """The line was written by a client whose certificate was refused, so the client's role counts."""
    output = _run("explain", REFUSED, "--with-certificate", f"IRISA={certificates[which]}")

    assert words in " ".join(output.split())


def test_pcap_answers_for_each_failure(certificates: dict[str, str]) -> None:
    """The answer stands in the record of the connection whose member it is about."""
    capture, mirror = str(PCAPS / "client-eku-server-only-tls12.pcap"), str(PCAPS / "mirrorprobe.toml")
    document = json.loads(
        _run(
            "pcap",
            capture,
            "--mirror",
            mirror,
            "--json",
            "--with-certificate",
            f"IRISA={certificates['one']}",
        )
    )
    (answer,) = document["captures"][0]["connections"][0]["what_if"]

    assert (answer["member"], answer["party"], answer["goes_away"]) == ("IRISA", "client", False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", REFUSED, "--with-certificate", "IRISA"),
        ("explain", REFUSED, "--with-certificate", "IRISA=/nonexistent.pem"),
        ("pcap", str(PCAPS / "healthy-tls12.pcap"), "--with-certificate", f"IRISA={PCAPS / 'ca.pem'}"),
    ],
)
def test_a_wrong_option_is_one_line(arguments: tuple[str, ...]) -> None:
    """What is wrong with the option is named."""
    with pytest.raises(UsageFailure) as failure:
        _run(*arguments)

    assert len(failure.value.problems) == 1
    assert "--with-certificate" in failure.value.problems[0]
