"""The block of text that a person reads."""

from __future__ import annotations

import pytest

from analyzers.report.text import refusal_sentence, verdict_block
from tests.causes.scene import Scene, named_scenes

SCENES = named_scenes()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "server-certificate-purpose/eku-client-only",
            "IRISA (client) refused IRISB (server): alert 43 unsupported_certificate, observed, frame 6",
        ),
        (
            "client-certificate-refused/without-keys",
            "IRISB (server) refused IRISA (client): encrypted alert, inferred, frame 7",
        ),
        ("reset-during-handshake/server", "IRISB (server) refused IRISA (client): RST, observed, frame 7"),
        (
            "handshake-timeout/silent-server",
            "IRISB (server) did not answer IRISA (client): silence, observed, frame 4",
        ),
        ("truncated-capture/quiet-whole", None),
    ],
)
def test_refusal_sentence(name: str, sentence: str | None) -> None:
    """One sentence says who refused whom, by which sign, how we know, and where it is to be seen."""
    assert refusal_sentence(*SCENES[name].play()) == sentence


def test_block_of_a_failure() -> None:
    """It leads with the cause, quotes the evidence with its frames, and ends with what to do."""
    block = verdict_block(*SCENES["certificate-expired/server"].play())
    lines = block.splitlines()
    assert "IRISA (client) -> IRISB (server)" in lines[0]
    assert lines[0].endswith("FAILED")
    assert "history CsxkrnL" in lines[1]
    assert any(line.startswith("  cause: certificate-expired [high, observed]") for line in lines)
    assert "(frame 6)" in block
    assert "1. Renew the certificate" in block


def test_block_without_a_verdict() -> None:
    """An inference is called what it is."""
    block = verdict_block(*SCENES["server-certificate-purpose/unseen-in-tls13"].play())
    assert "  may be: server-certificate-purpose [high, inferred, 75%]" in block
    assert "cause:" not in block


def test_block_of_a_healthy_connection() -> None:
    """It says that all is well, and stops."""
    block = verdict_block(*SCENES["truncated-capture/quiet-whole"].play())
    assert "ESTABLISHED" in block
    assert block.count("pass") == 7
    assert "1." not in block.replace("TLSv1.2", "").replace("10.0.0.1", "")


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_lines_stay_within_a_terminal(scene: Scene) -> None:
    """Every line is wrapped but the first, which names the ends, and every block ends its last line."""
    block = verdict_block(*scene.play())
    assert all(len(line) <= 100 for line in block.splitlines()[1:])
    assert block.endswith("\n")
