"""Captures beside tshark: the same files, an equivalent extraction of fields, turn by turn in the same run.

CPU time is counted (of the process and its children), so that what else the machine does matters little; the
time on the clock stands beside it. tshark is asked for what our record holds: besides the handshake's fields
and certificates the ends of connections and the lengths of all records, which need every packet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from analyzers.capture.analysis import Analysis
from tests.benchmarks.recorded import EndlessCapture, Mirror, repeat_capture, write_capture

__all__ = ["run"]

ROUNDS = 3
DATA_CONNECTIONS, DATA_PACKETS = 3000, 95
SHORT_CONNECTIONS = 20_000
MANY_TIMES = 5
"""How often the short handshakes are repeated, for what several processes gain where the start counts less."""
ENDLESS_BYTES = 10 << 30
ENDLESS_CONNECTIONS = 40

FIELDS = [
    "frame.number",
    "frame.time_epoch",
    "tcp.stream",
    "ip.src",
    "tcp.srcport",
    "ip.dst",
    "tcp.dstport",
    "tcp.flags",
    "tcp.len",
    "tls.record.content_type",
    "tls.record.length",
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.ciphersuite",
    "tls.handshake.extension.type",
    "tls.handshake.extensions_server_name",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.extensions_supported_group",
    "tls.handshake.sig_hash_alg",
    "tls.handshake.extensions_alpn_str",
    "tls.handshake.ja3",
    "tls.handshake.ja3s",
    "tls.handshake.certificate",
    "x509sat.uTF8String",
    "x509af.notBefore",
    "x509af.notAfter",
    "x509ce.keyUsage",
    "x509ce.KeyPurposeId",
    "tls.alert_message.level",
    "tls.alert_message.desc",
]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a program took for a file."""

    cpu_seconds: float
    clock_seconds: float
    peak_megabytes: float


def _take(command: list[str]) -> Taken:
    """Run a program to its end; it may say by its exit code that it found something, or nothing to read."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 4):
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    clock = time.perf_counter() - began
    return Taken(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss / 1024)


def _tshark(file: Path) -> list[str]:
    fields = [part for field in FIELDS for part in ("-e", field)]
    return [
        "tshark",
        "-n",
        "-r",
        str(file),
        "-o",
        "tcp.reassemble_out_of_order:true",
        "-T",
        "fields",
        *fields,
    ]


def _mirrorprobe(file: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "probe", "pcap", str(file), "--jsonl", *options]


def _middle(taken: list[Taken]) -> Taken:
    return sorted(taken, key=lambda one: one.cpu_seconds)[len(taken) // 2]


def _row(name: str, taken: Taken, packets: int, beside: float | None = None) -> None:
    ratio = "" if beside is None else f"{beside / taken.cpu_seconds:7.1f} x"
    rate = packets / taken.cpu_seconds / 1000
    print(
        f"  {name:24} {taken.cpu_seconds:8.2f} s CPU {taken.clock_seconds:8.2f} s"
        f" {rate:8.0f} k packets/s {taken.peak_megabytes:6.0f} MB {ratio}"
    )


def _beside(title: str, file: Path, packets: int) -> None:
    """Measure both programs on one file, in turn."""
    print(f"{title}: {packets} packets, {file.stat().st_size / 1e6:.0f} MB")
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(_take(_tshark(file)))
        ours.append(_take(_mirrorprobe(file)))
    foreign = _middle(theirs)
    _row("tshark", foreign, packets)
    _row("mirrorprobe", _middle(ours), packets, foreign.cpu_seconds)


def _jobs(file: Path, connections: int) -> None:
    """Measure how the time on the clock falls with the number of processes."""
    count = os.cpu_count() or 1
    alone = _median_clock(file)
    print(f"processes on {connections} short mutual handshakes, time on the clock, {count} processors:")
    print(f"  1: {alone:.2f} s, {_median_clock(Path(os.devnull)):.2f} s of it to start")
    for jobs in sorted({2, count} - {1}):
        together = _median_clock(file, "--jobs", str(jobs))
        print(f"  {jobs}: {together:.2f} s, {alone / together:.2f} x")


def _median_clock(file: Path, *options: str) -> float:
    return median(_take(_mirrorprobe(file, *options)).clock_seconds for _ in range(ROUNDS))


def read_endless(directory: Path) -> None:
    """Read the long capture, of which no byte lies on a disk: the main function of a process."""
    source = EndlessCapture(Mirror(directory), connections=ENDLESS_CONNECTIONS, size=ENDLESS_BYTES)
    analysis = Analysis(source)  # type: ignore[arg-type]  # it has what a BinaryIO is asked for
    connections = sum(1 for _ in analysis.connections())
    print(f"  {connections} connections in {analysis.packets} packets", flush=True)


def _endless(directory: Path) -> None:
    print(f"one capture of {ENDLESS_BYTES >> 30} GiB, made while it is read:", flush=True)
    taken = _take([sys.executable, "-m", "tests.benchmarks.capture", str(directory)])
    print(f"  {taken.cpu_seconds:.1f} s CPU, {taken.peak_megabytes:.0f} MB resident at most")


def _install(bytecode: Path) -> None:
    """Let our program start as an installed one does, of which the modules are not compiled in every run."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(bytecode)
    _take([sys.executable, "-m", "probe", "pcap", os.devnull])


def run() -> None:
    """Measure everything."""
    if shutil.which("tshark") is None:
        raise SystemExit("tshark is not installed: `make bench` installs it")
    with TemporaryDirectory() as name:
        directory = Path(name)
        _install(directory / "bytecode")
        # First: what this process has grown to would count as the other one's peak, which begins as its copy.
        _endless(directory / "endless")
        mirror = Mirror(directory / "mirror")
        data, short = directory / "data.pcap", directory / "short.pcap"
        with data.open("wb") as file:
            packets = write_capture(file, mirror, connections=DATA_CONNECTIONS, packets=DATA_PACKETS)
        _beside(f"{DATA_CONNECTIONS} connections, mostly application data", data, packets)
        with short.open("wb") as file:
            packets = write_capture(file, mirror, connections=SHORT_CONNECTIONS)
        _beside(f"{SHORT_CONNECTIONS} short mutual handshakes", short, packets)
        _jobs(short, SHORT_CONNECTIONS)
        many = directory / "many.pcap"
        repeat_capture(short, many, MANY_TIMES)
        _jobs(many, SHORT_CONNECTIONS * MANY_TIMES)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read_endless(Path(sys.argv[1]))
    else:
        run()
