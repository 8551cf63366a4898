"""The terminating relay beside HAProxy and stunnel: same certificates, same load, same run.

CPU time is counted, not time on the clock, so that what else the machine does matters little; only the round
trips are timed. The proxies take turns in each round, and a figure is the median of the rounds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL

from probe.lab.authority import Authority
from probe.lab.keys import KeyKind
from tests.benchmarks.load import CHUNK
from tests.benchmarks.proxies import PROXIES, Ends, Running, missing_programs, running, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.lab.identity import Identity, IdentityFiles

__all__ = ["run"]

KEYS = (KeyKind.RSA_2048, KeyKind.P256)
OURS = "mirrorprobe"
DIRECT = "direct"

ROUNDS = 5
CONNECTIONS = 150
"""A round of these costs a proxy most of a second of CPU, and /proc counts hundredths."""
BULK_CHUNKS = 512
ROUND_TRIPS = 1500
IDLE = 500
WARM_UP = 40
"""Connections before anything is counted: contexts, caches and allocators are filled."""

Figures = dict[str, float]
"""One number for each proxy."""


class Load:
    """The client, which is started anew for each load."""

    def __init__(self, identity: IdentityFiles, version: str) -> None:
        """Take the identity with which it connects."""
        self._arguments = (str(identity.certificate.parent), version)

    def _command(self, role: str, port: int, count: int) -> list[str]:
        return [*_load_command(role, *self._arguments), str(port), str(count)]

    def put(self, role: str, port: int, count: int) -> dict[str, Any]:
        """Put one load on a port, and give what the client measured."""
        done = subprocess.run(
            self._command(role, port, count), stdout=subprocess.PIPE, check=True, timeout=300
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    @contextmanager
    def held(self, port: int, count: int) -> Iterator[None]:
        """Hold `count` idle connections for as long as the context lasts."""
        command = self._command("idle", port, count)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
            assert client.stdin
            assert client.stdout
            try:
                json.loads(client.stdout.readline())
                yield
            finally:
                client.stdin.close()
                client.wait(60)


def _load_command(role: str, directory: str, version: str) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.load", role, directory, version]


@contextmanager
def _server(files: IdentityFiles, version: str) -> Iterator[int]:
    command = _load_command("serve", str(files.certificate.parent), version)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


class Bench:
    """The three proxies with one kind of key and one TLS version, ready to be loaded."""

    def __init__(self, load: Load, upstream: int, proxies: dict[str, Running]) -> None:
        """Take what runs already."""
        self._load = load
        self._upstream = upstream
        self._proxies = proxies

    def idle_bytes(self) -> Figures:
        """Give resident memory for each idle connection; to be asked first, of processes without a past."""
        result = {}
        for name, proxy in self._proxies.items():
            self._load.put("connections", proxy.port, WARM_UP)
            proxy.settle()
            before = proxy.resident_bytes()
            with self._load.held(proxy.port, IDLE):
                result[name] = (proxy.resident_bytes() - before) / IDLE
            proxy.settle()
        return result

    def per_cpu_second(self, role: str, count: int, amount: str) -> Figures:
        """Give what of `amount` each proxy gets done in a second of its CPU time."""
        rounds: dict[str, list[float]] = {name: [] for name in self._proxies}
        for _ in range(ROUNDS):
            for name, proxy in self._proxies.items():
                before = proxy.cpu_seconds()
                done = self._load.put(role, proxy.port, count)[amount]
                proxy.settle()
                rounds[name].append(done / (proxy.cpu_seconds() - before))
        return {name: median(values) for name, values in rounds.items()}

    def round_trips(self) -> tuple[Figures, Figures]:
        """Give p50 and p99 in seconds, through each proxy and directly."""
        ports = {DIRECT: self._upstream, **{name: proxy.port for name, proxy in self._proxies.items()}}
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                rounds[name].append(self._load.put("round_trips", port, ROUND_TRIPS))
        return _medians(rounds, "p50"), _medians(rounds, "p99")


def _medians(rounds: dict[str, list[dict[str, float]]], part: str) -> Figures:
    return {name: median(each[part] for each in values) for name, values in rounds.items()}


def _added(figures: Figures) -> Figures:
    """Take the direct connection off, so that what a proxy adds is left."""
    return {name: value - figures[DIRECT] for name, value in figures.items() if name != DIRECT}


@contextmanager
def _bench(key: KeyKind, version: str, directory: Path) -> Iterator[Bench]:
    authority = Authority.create(key=key)
    client, server = (authority.member(name, key=key) for name in ("IRISA", "IRISB"))
    connect_as, serve_as = _written(client, directory / "client"), _written(server, directory / "server")
    with ExitStack() as stack:
        upstream = stack.enter_context(_server(serve_as, version))
        ends = Ends(upstream, serve_as, connect_as, version, client.dn, server.dn)
        proxies = {name: stack.enter_context(running(name, ends, directory / name)) for name in PROXIES}
        yield Bench(Load(connect_as, version), upstream, proxies)


def _written(identity: Identity, directory: Path) -> IdentityFiles:
    return identity.write(directory)


def _row(title: str, figures: Figures, scale: Callable[[float], str], *, more_is_better: bool = True) -> None:
    cells = [f"{title:<42}", *(f"{scale(figures[name]):>12}" for name in PROXIES)]
    cells += [f"{_ratio(figures[OURS], figures[name]):>14}" for name in PROXIES if name != OURS]
    cells.append("  more is better" if more_is_better else "  less is better")
    if DIRECT in figures:
        cells.append(f" (direct: {scale(figures[DIRECT])})")
    print("".join(cells), flush=True)


def _ratio(ours: float, other: float) -> str:
    """Give the ratio; none where noise left no amount to divide by."""
    return f"{ours / other:.2f}" if ours > 0 and other > 0 else "-"


def _head() -> None:
    others = [name for name in PROXIES if name != OURS]
    print(f"\nRelay: medians of {ROUNDS} rounds; ratios are {OURS} / the other")
    print(f"{OURS}: {SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode('ascii')}")
    for said in versions():
        print(said)
    columns = [f"{name:>12}" for name in PROXIES] + [f"{'/ ' + name:>14}" for name in others]
    print(" " * 42 + "".join(columns), flush=True)


def _count(value: float) -> str:
    return f"{value:.0f}"


def _megabytes(value: float) -> str:
    return f"{value / 1e6:.0f}"


def _microseconds(value: float) -> str:
    return f"{value * 1e6:.0f}"


def _kibibytes(value: float) -> str:
    return f"{value / 1024:.0f}"


def _measure(key: KeyKind, version: str, directory: Path) -> None:
    with _bench(key, version, directory) as bench:
        kind = f"{key.value.upper()}, TLS {version}"
        memory = bench.idle_bytes()
        _row(
            f"{kind}: connections / CPU s",
            bench.per_cpu_second("connections", CONNECTIONS, "connections"),
            _count,
        )
        if version == "1.3":
            _row(f"{kind}: bulk, MB / CPU s", bench.per_cpu_second("bulk", BULK_CHUNKS, "bytes"), _megabytes)
            middle, tail = bench.round_trips()
            _row(f"{kind}: round trip added, p50, us", _added(middle), _microseconds, more_is_better=False)
            _row(f"{kind}: round trip whole, p50, us", middle, _microseconds, more_is_better=False)
            _row(f"{kind}: round trip whole, p99, us", tail, _microseconds, more_is_better=False)
        _row(f"{kind}: idle connection, KiB", memory, _kibibytes, more_is_better=False)


def run() -> None:
    """Measure everything and print the table."""
    if missing := missing_programs():
        raise SystemExit(f"error: not installed: {', '.join(missing)} (see requirements/apt-bench.txt)")
    _head()
    with TemporaryDirectory(prefix="mirrorprobe-bench-") as scratch:
        for key in KEYS:
            for version in ("1.3", "1.2"):
                _measure(key, version, Path(scratch) / f"{key.value}-{version}")
    print(
        f"\nBulk: {BULK_CHUNKS * CHUNK >> 20} MiB there and back, counted both ways; {IDLE} idle connections."
    )
