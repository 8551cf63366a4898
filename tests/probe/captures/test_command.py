"""`mirrorprobe pcap` as a user runs it: forms of output, selection, exit codes, and what it says of bad
files.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest

from analyzers.report.schema import SCHEMA

PCAPS = Path(__file__).parents[3] / "pcaps"
HEALTHY = PCAPS / "healthy-tls12.pcap"
FAILING = PCAPS / "client-expired-tls12.pcap"
OPENED = PCAPS / "client-expired-tls13.pcap"
MIRROR = PCAPS / "mirrorprobe.toml"


def mirrorprobe(*arguments: str | Path, given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "probe", "pcap", *map(str, arguments)],
        input=given,
        capture_output=True,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def document(*arguments: str | Path, given: bytes | None = None) -> dict[str, Any]:
    """The JSON document that it prints, which must be of the schema."""
    read: dict[str, Any] = json.loads(mirrorprobe(*arguments, "--json", given=given).stdout)
    jsonschema.validate(read, SCHEMA)
    return read


def test_json_document_of_several_files() -> None:
    """One capture each, in the order given, with the same content as the lines of --jsonl."""
    read = document(HEALTHY, FAILING)
    assert [str(HEALTHY), str(FAILING)] == [capture["file"] for capture in read["captures"]]
    assert [capture["problems"] for capture in read["captures"]] == [[], []]
    lines = [json.loads(line) for line in mirrorprobe(HEALTHY, FAILING, "--jsonl").stdout.splitlines()]
    flat = [{"file": one["file"], **record} for one in read["captures"] for record in one["connections"]]
    assert flat == lines
    assert flat


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((HEALTHY,), 0),
        ((FAILING,), 1),
        ((FAILING, "--fail-on", "critical"), 0),
        ((HEALTHY, FAILING, "--json"), 1),
        ((PCAPS / "MANIFEST.toml",), 4),
        ((PCAPS / "none.pcap", FAILING), 4),
        ((HEALTHY, "--fail-on", "grave"), 2),
    ],
)
def test_exit_codes(arguments: tuple[str | Path, ...], code: int) -> None:
    """0: nothing found; 1: findings; 2: a wrong command line; 4: a file that cannot be read."""
    assert mirrorprobe(*arguments).returncode == code


def test_unreadable_files_do_not_keep_others_from_being_read() -> None:
    """A line for each on standard error; the rest is analyzed."""
    done = mirrorprobe(PCAPS / "MANIFEST.toml", PCAPS / "none.pcap", FAILING, "--jsonl")
    assert len(done.stdout.splitlines()) == 1
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {PCAPS / 'MANIFEST.toml'}: not a capture: it is text: ")
    assert second == f"error: {PCAPS / 'none.pcap'}: No such file or directory"


def test_all_mistakes_of_the_command_line_at_once() -> None:
    """One line for each."""
    done = mirrorprobe(
        *(HEALTHY, "--host", "nobody", "--since", "noon", "--fail-on", "x", "--keylog", "none", "--watch"),
        *("--jobs", "2"),
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 5)
    assert all(line.startswith("error: --") for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--html", "/nonexistent/page.html"), "--html /nonexistent/page.html: cannot be written: no such"),
        (("--html", "/"), "--html /: cannot be written: is a directory"),
        (("--keylog", "/"), "--keylog /: no regular file"),
        (("--port", "65536"), "--port 65536: not from 0 to 65535"),
        (("--since", "nan"), "--since nan: neither epoch seconds nor a time"),
        (("--dask", "garbage::"), "--dask garbage::: no HOST:PORT: invalid address"),
        (("--json", "--jsonl"), "--json and --jsonl exclude each other"),
        (
            ("--mirror", MIRROR, "--with-certificate", f"IRISX={PCAPS / 'ca.pem'}"),
            "--with-certificate IRISX: no member of LABMIRROR; it has IRISA, IRISB, IRISC",
        ),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_read(
    arguments: tuple[str | Path, ...], problem: str
) -> None:
    """Nothing is analyzed for an output that cannot be written, or with an option that means nothing."""
    done = mirrorprobe(FAILING, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {problem}")
    assert len(done.stderr.splitlines()) == 1


def test_a_connection_that_works_as_it_must_not_is_told_in_words() -> None:
    """Plaintext between members is critical: evidence and remedy are printed, not only its line in the table."""
    done = mirrorprobe(PCAPS / "both-plaintext-tls13.pcap", "--mirror", MIRROR)

    assert "cause: plaintext-where-tls-required [critical" in done.stdout
    assert "    1. " in done.stdout


def test_failing_connection_is_told_in_words() -> None:
    """Who, when, what, why, by which packets, and a summary of all ends."""
    text = mirrorprobe(FAILING, "--mirror", MIRROR).stdout
    for part in ("FAILED", "certificate-expired", "frame", "alert 45 certificate_expired", "1 connection in"):
        assert part in text
    assert "\x1b" not in text


def test_failures_that_are_alike_are_counted(tmp_path: Path) -> None:
    """A member that tries again and again gets some blocks, and a number for the rest."""
    names = [tmp_path / f"{number}.pcap" for number in range(6)]
    for name in names:
        name.write_bytes(FAILING.read_bytes())
    text = mirrorprobe(*names).stdout
    assert "3 more like these (certificate-expired)" in text
    assert "6 connections in" in text


def test_a_narrow_terminal_loses_nothing_of_the_table() -> None:
    """What does not fit into a column goes on in the next line, and is not cut off."""
    command = [sys.executable, "-m", "probe", "pcap", str(FAILING)]
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    subprocess.run(command, stdout=far, stderr=subprocess.DEVNULL, check=False)
    os.close(far)
    printed = os.read(near, 65536).decode()
    os.close(near)

    assert "root cause" in printed
    assert "\N{HORIZONTAL ELLIPSIS}" not in printed


def test_only_failed_leaves_out_what_works() -> None:
    """Nothing of a healthy capture, everything of a failing one."""
    read = document(HEALTHY, FAILING, "--only-failed")
    assert [len(capture["connections"]) for capture in read["captures"]] == [0, 1]


def test_directories_are_searched_for_captures(tmp_path: Path) -> None:
    """Whatever they are called and however deep they lie, compressed or not; other files are passed over."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "trace.1").write_bytes(gzip.compress(FAILING.read_bytes()))
    (tmp_path / "a.bin").write_bytes(HEALTHY.read_bytes())
    (tmp_path / "notes.txt").write_text("no capture")
    files = [Path(capture["file"]).name for capture in document(tmp_path)["captures"]]
    assert files == ["a.bin", "trace.1"]
    assert mirrorprobe(tmp_path / "below", "--jsonl").returncode == 1
    (tmp_path / "empty").mkdir()
    assert mirrorprobe(tmp_path / "empty").returncode == 4


def test_standard_input() -> None:
    """`-` reads what is piped in."""
    (capture,) = document("-", given=FAILING.read_bytes())["captures"]
    assert (capture["file"], len(capture["connections"])) == ("-", 1)


def test_key_logs_open_tls_13() -> None:
    """Without secrets the certificates are not observable; with them they are."""
    keys = OPENED.with_suffix(".keys")
    closed = document(OPENED)["captures"][0]["connections"][0]["tls"]
    opened = document(OPENED, "--keylog", keys, "--keylog", keys)["captures"][0]["connections"][0]["tls"]
    assert closed["client_certificates"] is None
    assert opened["client_certificates"]


def test_mirror_names_its_members() -> None:
    """Ends that the definition knows have their members' names."""
    (capture,) = document(HEALTHY, "--mirror", MIRROR)["captures"]
    assert capture["connections"][0]["server"]["member"]


def test_selection_of_hosts_and_times() -> None:
    """Epoch seconds and ISO 8601; what does not match is left out."""
    (record,) = document(FAILING)["captures"][0]["connections"]
    started, host = record["started"], record["client"]["address"]

    def count(*arguments: str) -> int:
        return len(document(FAILING, *arguments)["captures"][0]["connections"])

    assert [count("--host", host), count("--host", "203.0.113.1")] == [1, 0]
    assert [count("--since", str(started - 1)), count("--since", str(started + 1))] == [1, 0]
    assert [count("--until", "2999-01-01"), count("--until", "2001-01-01T00:00:00+00:00")] == [1, 0]


def test_port_reports_what_is_no_tls() -> None:
    """Plaintext to the named port is reported, and without the option it is not."""
    plain = PCAPS / "both-plaintext-tls13.pcap"
    ports = {
        capture["server"]["port"]
        for capture in document(plain, "--mirror", MIRROR)["captures"][0]["connections"]
    }
    assert document(plain)["captures"][0]["connections"] == []
    (record,) = document(plain, "--port", str(ports.pop()))["captures"][0]["connections"]
    assert record["outcome"] == "plaintext"


def test_damaged_file_is_read_and_complained_about(tmp_path: Path) -> None:
    """What is wrong stands in the record and on standard error, and the exit code is that of the findings."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(FAILING.read_bytes()[:-3])
    done = mirrorprobe(cut, "--json")
    (problem,) = json.loads(done.stdout)["captures"][0]["problems"]
    assert problem.startswith("truncated-capture: the file ends in the middle of packet")
    assert (f"warning: {cut}: {problem}\n", 1) == (done.stderr, done.returncode)


def test_html_page_and_parquet_table(tmp_path: Path) -> None:
    """Both are written beside the output, from the same connections."""
    page, table = tmp_path / "report.html", tmp_path / "rows.parquet"
    done = mirrorprobe(HEALTHY, FAILING, "--html", page, "--parquet", table, "--jsonl")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "certificate-expired" in page.read_text("utf-8")
    rows = pq.read_table(table).to_pylist()
    assert [line["root_cause"] for line in lines] == [row["root_cause"] for row in rows]
    assert [{key: value for key, value in line.items() if key != "file"} for line in lines] == [
        json.loads(row["record"]) for row in rows
    ]
    assert rows[1]["client_port"] == lines[1]["client"]["port"]


def test_processes_give_what_one_process_gives() -> None:
    """Files divided among several processes come in the same order, byte for byte."""
    names = [PCAPS / "MANIFEST.toml", *sorted(PCAPS.glob("*.pcap"))[:40]]
    alone, together = mirrorprobe(*names, "--json"), mirrorprobe(*names, "--json", "--jobs", "3")
    assert alone.stdout == together.stdout
    assert (alone.stderr, alone.returncode) == (together.stderr, together.returncode)


def test_watching_a_file_that_grows(tmp_path: Path) -> None:
    """Connections are reported as they end, and the open ones when the watching ends."""
    packets = FAILING.read_bytes()
    growing = tmp_path / "growing.pcap"
    growing.write_bytes(packets[:300])
    command = [sys.executable, "-m", "probe", "pcap", str(growing), "--watch", "--jsonl"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as watching:
        assert watching.stdout is not None
        with growing.open("ab") as file:
            file.write(packets[300:])
        line = json.loads(watching.stdout.readline())
        watching.send_signal(signal.SIGINT)
        assert watching.stdout.read() == b""
        assert watching.wait(20) == 1
    assert line["root_cause"] == "certificate-expired"


def test_key_logs_that_fit_nothing_are_remarked(tmp_path: Path) -> None:
    """Said once for all captures: how many secrets there are, and whose are lacking; those that fit are not."""
    own, other = OPENED.with_suffix(".keys"), PCAPS / "healthy-tls13.keys"
    done = mirrorprobe(OPENED, FAILING, "--keylog", other)
    (hello,) = [
        line.split()[1]
        for line in own.read_text().splitlines()
        if line.startswith("CLIENT_HANDSHAKE_TRAFFIC_SECRET")
    ]
    assert done.stderr.startswith(
        f"warning: --keylog {other}: none of its 5 secrets fits; one that is lacking:"
    )
    assert f"client random {hello} (" in done.stderr
    assert done.stderr.count("\n") == 1
    assert mirrorprobe(OPENED, FAILING, "--keylog", other, "--keylog", own).stderr == ""
    assert mirrorprobe(OPENED, FAILING, "--jobs", "2", "--keylog", other).stderr == done.stderr
    unfit = tmp_path / "unfit.keys"
    unfit.write_text("not a key log\n")
    why = "holds no secret (line 1: the line does not begin with a label)"
    assert mirrorprobe(OPENED, "--keylog", unfit).stderr == f"warning: --keylog {unfit}: {why}\n"


def test_one_is_one() -> None:
    """The summary of one connection is in the singular."""
    assert mirrorprobe(HEALTHY).stdout.splitlines()[-1].startswith("1 connection in ")
    assert mirrorprobe(HEALTHY, FAILING).stdout.splitlines()[-1].startswith("2 connections in ")


def test_disk_that_is_full_is_a_line() -> None:
    """A page that cannot be written in the end is said like one that cannot be opened."""
    done = mirrorprobe(HEALTHY, "--html", "/dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: --html /dev/full: cannot be written: no space left on device\n"


def test_name_of_a_file_does_not_steer_the_terminal(tmp_path: Path) -> None:
    """Control characters of a file's name are shown as what they are, in the heading and in errors."""
    name = tmp_path / "a\n\x1b[31mb.pcap"
    name.write_bytes(HEALTHY.read_bytes())
    assert mirrorprobe(name).stdout.splitlines()[0] == f"{tmp_path}/a\\0A\\1B[31mb.pcap"
    name.write_bytes(b"no capture")
    said = mirrorprobe(name).stderr
    assert said.count("\n") == 1
    assert "\x1b" not in said


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_json_is_utf8_whatever_the_locale_and_the_name(
    tmp_path: Path, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8259 section 8.1 asks for UTF-8; octets of a name that are none are escaped."""
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
    monkeypatch.setenv("PYTHONUTF8", "0")
    path = tmp_path / os.fsdecode(b"caf\xe9.pcap")
    path.write_bytes(HEALTHY.read_bytes())
    (capture,) = document(path)["captures"]
    assert os.fsencode(capture["file"]) == os.fsencode(path)
    (line,) = mirrorprobe(path, "--jsonl").stdout.splitlines()
    assert json.loads(line)["file"] == capture["file"]
    assert {**json.loads(line), "file": None} == {"file": None, **capture["connections"][0]}


def test_directory_hides_nothing(tmp_path: Path) -> None:
    """What cannot be read in a directory is said, and is no clean bill; pipes and dangling links are no captures."""
    (tmp_path / "seen.pcap").write_bytes(HEALTHY.read_bytes())
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    assert (mirrorprobe(tmp_path).returncode, mirrorprobe(tmp_path).stderr) == (0, "")
    (tmp_path / "dark").mkdir(mode=0)
    (tmp_path / "unseen.pcap").touch(mode=0)
    bounded = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    command = [*bounded, sys.executable, "-m", "probe", "pcap", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert sorted(done.stderr.splitlines()) == [
        f"error: {tmp_path}/dark: Permission denied",
        f"error: {tmp_path}/unseen.pcap: Permission denied",
    ]
    assert "1 connection in" in done.stdout
