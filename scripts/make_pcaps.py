"""Make `pcaps/` anew: one capture a story, and MANIFEST.toml with what a reader should find in it.

    .venv/bin/python scripts/make_pcaps.py [--further | --proofs] [DIRECTORY]

It takes root (or the right to capture), tcpdump, and the stacks of `foreign_stacks`; with `--further` it makes
`pcaps/further` in its place, with the stacks of `further_stacks`, with `--proofs` `pcaps/proofs`: keys that do not
fit their certificates, and paths that change what passes. What the manifest says
comes from the fault that was arranged and from what the ends themselves reported, never from this project's
own analysis.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from damaging import DAMAGES, damaging
from foreign_stacks import STACKS, Stack, connecting, listening
from further_stacks import FURTHER
from further_stacks import TLS_1_2_ONLY as FURTHER_TLS_1_2_ONLY
from golden import Golden, golden
from OpenSSL import SSL

from analyzers.connection import Party
from analyzers.mirror.definition import Channel
from probe.lab.authority import Authority
from probe.lab.cast import Cast
from probe.lab.configuration import POLICY_SUITES
from probe.lab.ends import TLS_1_2, TLS_1_3, Account, Refusal
from probe.lab.faults import FAULTS, Fault
from probe.lab.recipe import LOOPBACK
from probe.lab.recording import recording
from probe.lab.scenario import Played, play
from probe.lab.stand_in import StandIn, call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AGENT = LOOPBACK["IRISB"], 2188
"""Where the called agent is, as in a real mirror."""

DIALLING = LOOPBACK["IRISA"]

BEHIND_PATH = LOOPBACK["IRISB"], 2189
"""Where the called agent is, when a path that damages what passes stands in front of it."""

PATIENCE_SECONDS = 1.0

LAB_STACK = "lab on " + " ".join(SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode().split()[:2])

SERVER_FAULTS = ("client-eku-server-only", "client-expired", "client-unknown-ca", "client-no-certificate")
"""What each foreign server is shown by the lab's client."""

CLIENT_FAULTS = ("server-eku-client-only", "server-expired", "server-unknown-ca", "client-eku-server-only")
"""What each foreign client meets at the lab's server, or shows it."""


FURTHER_SERVER_FAULTS = ("client-eku-server-only", "client-unknown-ca", "client-no-certificate")
FURTHER_CLIENT_FAULTS = ("server-eku-client-only", "server-unknown-ca")
"""What the further stacks meet, in each version that they know."""

KNOWN: Mapping[str, Stack] = {**STACKS, **FURTHER}


@dataclass(frozen=True, slots=True)
class Story:
    """One capture to make."""

    name: str
    fault: Fault | None
    version: int
    client: str = ""
    """The name of a foreign stack; empty: the lab's own engine."""
    server: str = ""
    preamble: bool = False
    damage: str = ""
    """What the path does to the server's part, by its name in `DAMAGES`."""

    @property
    def effect(self) -> Fault | None:
        """The fault as its peer meets it: NSS does not show a certificate that it finds unfit."""
        if self.client == "nss" and self.fault is FAULTS["client-eku-server-only"]:
            return FAULTS["client-no-certificate"]
        return self.fault

    @property
    def text(self) -> str:
        """What happens."""
        return "Both members are as they should be." if self.fault is None else self.fault.story


def stories() -> Iterator[Story]:
    """Yield every capture to make: healthy ones, each fault of the lab, and some with each foreign stack."""
    for version, short in ((TLS_1_2, "tls12"), (TLS_1_3, "tls13")):
        yield Story(f"healthy-{short}", None, version)
        yield Story(f"healthy-preamble-{short}", None, version, preamble=True)
    for fault in FAULTS.values():
        for version in fault.versions:
            yield Story(f"{fault.name}-{_short(version)}", fault, version)
    for stack in STACKS:
        for version in (TLS_1_2, TLS_1_3):
            yield Story(f"healthy-{stack}-client-{_short(version)}", None, version, client=stack)
            yield Story(f"healthy-{stack}-server-{_short(version)}", None, version, server=stack)
            for name in SERVER_FAULTS:
                yield Story(f"{name}-{stack}-server-{_short(version)}", FAULTS[name], version, server=stack)
            for name in CLIENT_FAULTS:
                yield Story(f"{name}-{stack}-client-{_short(version)}", FAULTS[name], version, client=stack)


def further_stories() -> Iterator[Story]:
    """Yield the captures of stacks that CI does not install."""
    for stack in FURTHER:
        for version in (TLS_1_2, TLS_1_3):
            for name in FURTHER_SERVER_FAULTS:
                yield Story(f"{name}-{stack}-server-{_short(version)}", FAULTS[name], version, server=stack)
            for name in FURTHER_CLIENT_FAULTS:
                yield Story(f"{name}-{stack}-client-{_short(version)}", FAULTS[name], version, client=stack)


def _uncompared(party: Party) -> Fault:
    """Give the fault of a key that does not fit, for a stack that does not compare it: its peer finds it."""
    story = (
        f"{'IRISA' if party is Party.CLIENT else 'IRISB'}'s key file does not belong to its certificate, and its TLS "
        "library does not compare them."
    )
    return replace(
        FAULTS[f"{party}-key-mismatch"],
        name=f"{party}-key-of-another",
        story=story,
        expects="private-key-mismatch",
        refused_by=party.other,
        versions=(TLS_1_2, TLS_1_3),
    )


def _on_the_path(name: str, story: str) -> Fault:
    """Give a fault of the path between two healthy members."""
    return Fault(
        name=f"path-{name}",
        story=story,
        expects="record-corrupt",
        faulty=Party.SERVER,
        refused_by=Party.CLIENT,
        arrange=lambda cast: cast,
        versions=(TLS_1_2,),
    )


PATHS = (
    _on_the_path("key-changed", "A device in the path changes a bit of IRISB's ephemeral key."),
    _on_the_path("record-repeated", "A device in the path sends a record of IRISB's twice."),
    _on_the_path("bytes-inserted", "A device in the path puts bytes in front of IRISB's ServerHello."),
)


def proof_stories() -> Iterator[Story]:
    """Yield the captures in which a signature over the handshake, or the order of its messages, tells the cause."""
    for version in (TLS_1_2, TLS_1_3):
        for party in Party:
            fault = _uncompared(party)
            name = f"{fault.name}-go-{party}-{_short(version)}"
            client, server = ("go", "") if party is Party.CLIENT else ("", "go")
            yield Story(name, fault, version, client=client, server=server)
    for fault in PATHS:
        yield Story(f"{fault.name}-tls12", fault, TLS_1_2, damage=fault.name.removeprefix("path-"))


def _short(version: int) -> str:
    return "tls13" if version == TLS_1_3 else "tls12"


UNFIT = frozenset(
    {
        "healthy-nss-server",  # it wants HTTP
    }
)
"""Stories that these programs do not play."""

TLS_1_2_ONLY = frozenset({"mbedtls"}) | FURTHER_TLS_1_2_ONLY
"""Stacks that know no TLS 1.3 in Debian's version."""


def is_fit(story: Story) -> bool:
    """Tell whether its programs can play this story."""
    is_known = story.version == TLS_1_2 or not TLS_1_2_ONLY & {story.client, story.server}
    return is_known and story.name.rpartition("-")[0] not in UNFIT


def make(story: Story, healthy: Cast, directory: Path) -> dict[str, object]:
    """Record one story, write its key log, and give its entry of the manifest."""
    cast = healthy if story.fault is None else story.fault.arrange(healthy)
    if story.preamble:
        cast = cast.with_preamble()
    played = perform(story, cast.limited_to(story.version), directory / f"{story.name}.pcap")
    lines = sorted(
        {line for account in (played.client, played.server) if account for line in account.key_log}
    )
    has_keys = bool(lines) and story.version == TLS_1_3
    if has_keys:
        (directory / f"{story.name}.keys").write_text("".join(f"{line}\n" for line in lines))
    return entry(story, played, has_keys=has_keys)


def perform(story: Story, cast: Cast, file: Path) -> Played:
    """Play a story while tcpdump records it."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        if story.server:
            with (
                listening(KNOWN[story.server], cast.server, AGENT, story.version, work),
                recording(file, AGENT),
            ):
                return Played(call(cast.client, AGENT, Channel.AGENT, source=DIALLING, patience=2.0), None)
        if story.damage:
            host, port = BEHIND_PATH
            with (
                StandIn(cast.server, Channel.AGENT, host=host, port=port, patience=2.0) as stand_in,
                damaging(AGENT, BEHIND_PATH, DAMAGES[story.damage]),
                recording(file, AGENT),
            ):
                return play(cast, stand_in, through=AGENT, source=DIALLING, patience=PATIENCE_SECONDS)
        host, port = AGENT
        with (
            StandIn(cast.server, Channel.AGENT, host=host, port=port, patience=2.0) as stand_in,
            recording(file, AGENT),
        ):
            if not story.client:
                return play(cast, stand_in, source=DIALLING, patience=PATIENCE_SECONDS)
            connecting(KNOWN[story.client], cast.client, AGENT, story.version, work)
            return Played(Account(), stand_in.next_account(PATIENCE_SECONDS))


def entry(story: Story, played: Played, *, has_keys: bool) -> dict[str, object]:
    """Describe a capture for the manifest."""
    fault = story.effect
    witness = played.server if story.client else played.client
    was_accepted = witness is not None and bool(witness.answer) and witness.refusal is None
    refuser = "" if fault is None or fault.refused_by is None else _stack_of(story, fault.refused_by)
    alerts = _alerts(played)

    def answers(*, has_keys: bool) -> Golden:
        return golden(
            fault,
            refuser,
            story.version,
            was_accepted=was_accepted,
            was_silent=not alerts,
            has_keys=has_keys,
        )

    described: dict[str, object] = {
        "file": f"{story.name}.pcap",
        "story": story.text,
        "client": title(story.client),
        "server": title(story.server),
    }
    if has_keys:
        described["keylog"] = f"{story.name}.keys"
    if fault is not None and fault.refused_by is not None and not was_accepted:
        described["refused_by"] = str(fault.refused_by)
    if alerts:
        described["alert"] = alerts[0]
    described |= _answers(answers(has_keys=True), "")
    if story.version == TLS_1_3:
        described |= _answers(answers(has_keys=False), "_without_keys")
    return described


def _answers(found: Golden, suffix: str) -> dict[str, object]:
    answers: dict[str, object] = {f"root_cause{suffix}": found.root_cause}
    if found.also:
        answers[f"also{suffix}"] = list(found.also)
    if found.finding is not None:
        answers[f"finding{suffix}"] = found.finding
    return answers


def _alerts(played: Played) -> list[int]:
    """Give the fatal alerts with which an end refused the other, as either of them tells."""
    codes = []
    for account in (played.client, played.server):
        if account is not None:
            codes += [code for code in account.received_alerts if code not in {0, 90}]
            codes += [code for code in account.sent_alerts if account.refusal is Refusal.HANDSHAKE]
    return codes


def _stack_of(story: Story, party: Party) -> str:
    return story.client if party is Party.CLIENT else story.server


def title(stack: str) -> str:
    """Name an end's TLS stack with its version."""
    return KNOWN[stack].title() if stack else LAB_STACK


def manifest(entries: list[dict[str, object]]) -> str:
    """Write the entries as TOML; its strings and arrays are those of JSON."""
    head = (
        "# Written by scripts/make_pcaps.py: do not edit. Recorded with tcpdump on loopback, between\n"
        "# stand-ins that are not InterSystems IRIS. Judge with `--mirror pcaps/mirrorprobe.toml`.\n"
        "# root_cause: what the capture shows; also: what it would not be wrong to say; none: no verdict.\n"
    )
    blocks = [head]
    for described in entries:
        rows = [f"{key} = {json.dumps(value)}\n" for key, value in described.items()]
        blocks.append("[[capture]]\n" + "".join(rows))
    return "\n".join(blocks)


def definition(healthy: Cast) -> str:
    """Write the mirror's definition that fits the captures."""
    blocks = [
        '[mirror]\nname = "LABMIRROR"\ntls_required = true\nca = "ca.pem"\n',
        f"[policy]\ncipher_suites = {json.dumps(list(POLICY_SUITES), indent=4)}\n",
    ]
    for name, dn in zip(LOOPBACK, healthy.client.listed, strict=True):
        role = "async" if name == "IRISC" else "failover"
        blocks.append(
            f'[[member]]\nname = "{name}"\nrole = "{role}"\ndn = {json.dumps(dn)}\n'
            f'addresses = ["{LOOPBACK[name]}"]\nagent = "{LOOPBACK[name]}:2188"\n'
            f'superserver = "{LOOPBACK[name]}:1972"\n'
        )
    return "\n".join(blocks)


def main() -> None:
    """Make everything in the directory given, or in `pcaps` beside this one."""
    words = sys.argv[1:]
    kind = words.pop(0).removeprefix("--") if words[:1] in (["--further"], ["--proofs"]) else ""
    directory = Path(words[0]) if words else Path(__file__).parents[1] / "pcaps" / kind
    told = {"": stories, "further": further_stories, "proofs": proof_stories}[kind]
    directory.mkdir(parents=True, exist_ok=True)
    for older in (*directory.glob("*.pcap"), *directory.glob("*.keys")):
        older.unlink()
    healthy = Cast.healthy(Authority.create())
    entries = []
    for story in filter(is_fit, told()):
        print(story.name, file=sys.stderr)  # noqa: T201  progress
        entries.append(make(story, healthy, directory))
    (directory / "ca.pem").write_bytes(healthy.client.ca_pem)
    (directory / "mirrorprobe.toml").write_text(definition(healthy))
    (directory / "MANIFEST.toml").write_text(manifest(entries))


if __name__ == "__main__":
    main()
