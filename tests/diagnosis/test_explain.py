"""Whole texts and logs."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.diagnosis.explain import explain, explain_text
from analyzers.diagnosis.scan import MAXIMUM_LINE, candidate_lines

REFUSED = "error:14094413:SSL routines:SSL3_READ_BYTES:sslv3 alert unsupported certificate"


def _log(*numbers: int, size: int = 40, line_end: str = "\n") -> bytes:
    lines = [
        f"01/09/22-11:02:{number % 60:02}:227 ({600 + number}) 0 [Utility.Event] Journal file switched"
        for number in range(size)
    ]
    for number in numbers:
        lines[number - 1] = f"01/09/22-11:{number:02}:08:227 (6{number}) 2 [Generic.Event] {REFUSED}"
    return line_end.join(lines).encode()


def test_repetitions_are_one_match_with_every_line_number() -> None:
    """Lines that differ in time and process only are grouped, with the first and last time."""
    (match,) = explain(io.BytesIO(_log(3, 17, 40))).matches

    assert match.lines == (3, 17, 40)
    assert (match.count, match.first_time, match.last_time) == (
        3,
        "01/09/22-11:03:08:227",
        "01/09/22-11:40:08:227",
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_numbers_are_exact_whatever_the_line_end(line_end: str) -> None:
    """CRLF logs count as LF logs do."""
    (match,) = explain(io.BytesIO(_log(25, line_end=line_end))).matches

    assert match.lines == (25,)


def test_line_numbers_are_exact_across_chunks() -> None:
    """A log of many chunks keeps its line numbers."""
    size = 60_000
    log = b"\n".join(
        [b"x" * 60] * size + [REFUSED.encode()] + [b"y" * 60] * size + [b"SSL error: tlsv1 alert unknown ca"]
    )

    assert [match.lines for match in explain(io.BytesIO(log)).matches] == [(size + 1,), (2 * size + 2,)]


def test_a_failure_takes_its_reason_from_its_neighbour() -> None:
    """OpenSSL prints the reason on a line of its own."""
    explanation = explain_text(
        "depth=0 CN = irisb\nverify error:num=10:certificate has expired\n"
        "40A7:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:clnt.c:1:\n"
    )
    failure = next(match for match in explanation.matches if "0A000086" in match.text)

    assert failure.reading.causes[0][0] == "certificate-expired"
    assert failure.reading.refused_by == "client"


def test_a_stack_with_a_code_on_each_line_is_read_together() -> None:
    """OpenSSL 3 prints why a signature was not right before it says that verification failed."""
    explanation = explain_text(
        "40F7:error:0200008A:rsa routines:RSA_padding_check_PKCS1_type_1:invalid padding:rsa_pk1.c:75:\n"
        "40F7:error:02000072:rsa routines:rsa_ossl_public_decrypt:padding check failed:rsa_ossl.c:598:\n"
        "40F7:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:clnt.c:1:\n"
    )
    failure = next(match for match in explanation.matches if "0A000086" in match.text)

    assert failure.reading.causes[0][0] == "ca-rekeyed"
    assert failure.reading.refused_by == "client"


def test_unknown_text_gives_no_match() -> None:
    """Nothing is made up for text that says nothing."""
    assert explain_text("the quick brown fox\njumps\n").matches == ()


def test_an_endless_line_is_bounded() -> None:
    """A line without an end is cut, not kept."""
    lines = list(candidate_lines(io.BytesIO(REFUSED.encode() + b" " * (5 << 20))))

    assert len(lines) == 1
    assert len(lines[0].data) <= MAXIMUM_LINE


@given(st.lists(st.sampled_from([REFUSED, "plain", "", "tls: handshake failure", "\x00\xff"]), max_size=60))
def test_the_fast_scan_finds_what_a_slow_one_finds(lines: list[str]) -> None:
    """Every line with an error is found, with its own number."""
    expected = [number for number, line in enumerate(lines, 1) if line in (REFUSED, "tls: handshake failure")]
    found = sorted(number for match in explain_text("\n".join(lines)).matches for number in match.lines)

    assert found == expected


@given(st.binary(max_size=2000))
def test_no_bytes_break_it(data: bytes) -> None:
    """Any bytes are explained or left alone."""
    explain(io.BytesIO(data))
