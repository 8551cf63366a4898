"""`mirrorprobe init`: a configuration to start from, every key explained."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..outcome import UnreadableInput, UsageFailure

if TYPE_CHECKING:
    from analyzers.mirror.cpf import CpfMember

__all__ = ["TEMPLATE", "register"]

MEMBERS = "# One table for each member, as the mirror's configuration lists it.\n"
POLICY = "# The mirror's own rules, beyond what TLS needs to work. These are the defaults.\n"
"""Between these two lines of the template its members stand."""

TEMPLATE = """\
# mirrorprobe.toml: a probe between the members of one mirror.
# Paths are relative to this file. "mirrorprobe config check FILE" says everything that is wrong with it.

[mirror]
name = "PRODMIRROR"
tls_required = true            # journal files are encrypted, so the mirror requires TLS
# ca = "ca.pem"                # the CA certificates of all members, where a relay does not name its own

# One table for each member, as the mirror's configuration lists it.
[[member]]
name = "IRISA"
role = "failover"              # failover | async | arbiter (an arbiter speaks no TLS and has no dn)
dn = "CN=irisa.example.com/IRISA,O=Example,C=US"   # the X.509 DN that the mirror lists for this member
addresses = ["10.0.0.11"]      # where its connections come from
agent = "10.0.0.11:2188"       # its ISCAgent
superserver = "10.0.0.11:1972"

[[member]]
name = "IRISB"
role = "failover"
dn = "CN=irisb.example.com/IRISB,O=Example,C=US"
addresses = ["10.0.0.12"]
agent = "10.0.0.12:2188"
superserver = "10.0.0.12:1972"

# The mirror's own rules, beyond what TLS needs to work. These are the defaults.
[policy]
minimum_version = "TLSv1.2"    # TLSv1.0 | TLSv1.1 | TLSv1.2 | TLSv1.3
# cipher_suites = ["TLS_AES_256_GCM_SHA384", "ECDHE+AESGCM"]   # IANA names or OpenSSL cipher strings
minimum_rsa_bits = 2048
minimum_ec_bits = 224
expiry_warning_days = 30

# One table for each path that the probe stands in. The connecting member is pointed at "listen".
[[relay]]
name = "to-irisb-agent"
listen = "127.0.0.1:12188"     # loopback until you say otherwise
upstream = "10.0.0.12:2188"
mode = "terminate"             # TLS ends here and begins anew, so that TLS 1.3 is seen, too |
                               # "passthrough": bytes go on untouched and are read in a copy; needs no identity
action = "observe"             # observe: never refuse | shadow: note what would be refused | enforce: refuse
serve_as = { certificate = "irisb.pem", key = "irisb.key" }     # shown to the connecting member
connect_as = { certificate = "irisa.pem", key = "irisa.key" }   # shown to the upstream
# Either may be an array of such tables: the relay takes the one that the real peer showed.
# A key with a password: password_file = "irisb.password" or password_env = "IRISB_KEY_PASSWORD"
ca = "ca.pem"                  # what the certificates of both peers are checked against
# preamble_bytes = 1024        # with enforce: the most plaintext that may pass before TLS begins

# Ceilings and deadlines of each relay. These are the defaults.
[limits]
connections = 4096
pending_per_source = 64        # unfinished handshakes of one address
handshake_seconds = 5          # below the mirror's QoS timeout of 8 seconds
silence_seconds = 60           # a connection on which nobody says anything
drain_seconds = 30             # after SIGTERM

# An active check that is repeated: does the handshake work, as whom?
# [[check]]
# name = "irisb-agent"
# target = "10.0.0.12:2188"
# connect_as = { certificate = "irisa.pem", key = "irisa.key" }
# ca = "ca.pem"
# interval_seconds = 60
# deadline_seconds = 5

# Live capture on an interface; takes root or CAP_NET_RAW.
# [[sniff]]
# name = "wire"
# interface = "eth0"
# ports = [2188, 1972]         # without it, those of the members' agents and superservers
# keylog = ["keys.log"]        # secrets in the NSS key log format, followed while they come

# The live page, metrics, health and the API. There is no operation that changes anything.
[web]
listen = "127.0.0.1:9188"
connections = 200              # how many finished connections the API keeps
# hosts = ["probe.example.com"]  # names by which a reverse proxy in front of a loopback port asks
# token_file = "token"         # requests must show this bearer token (16 characters or more)
# tls = { certificate = "probe.pem", key = "probe.key" }

# One line for each connection.
[events]
format = "json"                # json | console
file = "-"                     # - is standard output
rotate_megabytes = 100         # of a file, of which so many are kept
keep_files = 7

# The same events to other places.
# [[syslog]]
# name = "syslog"
# address = "/dev/log"         # or HOST:PORT, with transport = "udp" | "tcp"
# [[otlp]]
# name = "collector"
# url = "http://127.0.0.1:4318/v1/logs"
# headers_file = "otlp.headers"   # lines "Name: value"
# [[nats]]
# name = "nats"
# servers = ["nats://127.0.0.1:4222"]
# subject = "mirrorprobe.connections"

# Every connection's record is kept, for "mirrorprobe history".
[history]
enabled = true
# file = "mirrorprobe-history.sqlite"   # SQLite, beside this file or in systemd's state directory
# url_file = "history.url"     # or a postgresql:// URL, where several probes share one history
keep_days = 90
keep_megabytes = 1024
"""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("init")
    def init(
        file: Annotated[Path, typer.Argument(help="Where to write it; - is standard output.")] = Path(
            "mirrorprobe.toml"
        ),
        cpf: Annotated[
            Path | None, typer.Option(help="An iris.cpf, from which mirror, members and addresses are taken.")
        ] = None,
    ) -> None:
        """Write a commented configuration. An existing file is never overwritten."""
        text = TEMPLATE if cpf is None else _from_cpf(cpf)
        if str(file) == "-":
            print(text, end="")
            return
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(text)
        except FileExistsError:
            raise UsageFailure(f"{file} exists and is left as it is") from None
        except OSError as error:
            raise UsageFailure(
                f"{file}: cannot be written: {(error.strerror or str(error)).lower()}"
            ) from None
        print(f"{file} written. Fill in your members and keys, then: mirrorprobe config check {file}")


def _from_cpf(path: Path) -> str:
    """Fill the template with the first mirror of a CPF; DNs stay to be filled in, for a CPF does not say them."""
    from analyzers.mirror.cpf import read_cpf  # noqa: PLC0415
    from probe.identity import read_file  # noqa: PLC0415 (TLS, for this option only)

    try:
        cpf = read_cpf(read_file(path).decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise UnreadableInput(str(error)) from None
    if not cpf.mirrors:
        problems = "; ".join(cpf.problems) or "[Mirrors] is missing or empty"
        raise UnreadableInput(f"{path}: no mirror can be read in it: {problems}")
    for problem in cpf.problems:
        typer.echo(f"warning: {path}: {problem}", err=True)
    mirror, *others = cpf.mirrors
    for other in others:
        typer.echo(
            f"warning: {path}: mirror {other.name} is left out: one file describes one mirror", err=True
        )
    text = TEMPLATE.replace('"PRODMIRROR"', json.dumps(mirror.name))
    text = text.replace("tls_required = true ", f"tls_required = {str(mirror.uses_tls).lower()} ")
    begin, end = text.index(MEMBERS), text.index(POLICY)
    return text[:begin] + MEMBERS + "".join(map(_member, mirror.members)) + text[end:]


def _member(member: CpfMember) -> str:
    addresses = [
        place.rpartition(":")[0].strip("[]") for place in (member.agent, member.superserver) if place
    ]
    numeric = list(dict.fromkeys(address for address in addresses if _is_numeric(address)))
    lines = [
        "[[member]]",
        f"name = {json.dumps(member.name)}",
        f'role = "{member.role.value}"',
        'dn = "CN=FILL-IN"              # the X.509 DN that the mirror lists for this member',
        f"addresses = {json.dumps(numeric)}",
    ]
    if member.agent:
        lines.append(f"agent = {json.dumps(member.agent)}")
    if member.superserver:
        lines.append(f"superserver = {json.dumps(member.superserver)}")
    return "\n".join(lines) + "\n\n"


def _is_numeric(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
