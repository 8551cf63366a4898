"""A configuration is read into frozen values, or every problem in it is told at once."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from analyzers.connection import Endpoint
from probe.config import Action, load_config, load_mirror
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.lab.authority import Authority

SECOND = """
[[relay]]
name = "second"
listen = "127.0.0.1:12188"
upstream = "127.0.0.3:1972"
serve_as = { certificate = "irisb/CertificateFile.pem", key = "irisb/PrivateKeyFile.pem" }
connect_as = { certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }
"""


def problems_of(path: Path) -> tuple[str, ...]:
    """Load a configuration that must not load; give its problems without the path before each."""
    with pytest.raises(UsageFailure) as failure:
        load_config(path)
    return tuple(problem.removeprefix(f"{path}: ") for problem in failure.value.problems)


def test_good(write: Callable[..., Path]) -> None:
    """A good configuration becomes a mirror and relays, and the relay trusts its CA."""
    config = load_config(write())
    (relay,) = config.relays
    assert config.mirror.name == "LAB"
    assert [member.name for member in config.mirror.members] == ["IRISA", "IRISB"]
    assert (relay.listen, relay.upstream) == (Endpoint("127.0.0.1", 0), Endpoint("127.0.0.3", 2188))
    assert relay.action is Action.OBSERVE
    assert len(relay.mirror.trust) == 1
    assert [len(identity.chain) for identity in (*relay.serve_as, *relay.connect_as)] == [1, 1]
    assert relay.limits.handshake_seconds == 5.0


def test_identity_hides_its_key(write: Callable[..., Path]) -> None:
    """What is printed of an identity never shows its key."""
    (relay,) = load_config(write()).relays
    assert repr(relay.serve_as[0]).startswith("Identity('CN=")
    assert "key" not in repr(relay.serve_as[0]).lower()


def test_several_identities(write: Callable[..., Path]) -> None:
    """serve_as may be an array of identities."""
    one = '{ certificate = "irisb/CertificateFile.pem", key = "irisb/PrivateKeyFile.pem" }'
    other = '{ certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }'
    (relay,) = load_config(write((f"serve_as = {one}", f"serve_as = [{one}, {other}]"))).relays
    assert len(relay.serve_as) == 2


def test_cipher_suites_expand(write: Callable[..., Path]) -> None:
    """A policy takes IANA names and OpenSSL cipher strings."""
    suites = '["TLS_AES_256_GCM_SHA384", "ECDHE+AESGCM+aRSA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"]'
    policy = load_config(write(append=f"[policy]\ncipher_suites = {suites}\n")).mirror.policy
    assert policy.cipher_suites == (0x1302, 0xC030, 0xC02F, 0x000A)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "LAB"', "name = 7", "[mirror]: name: must be a string, in quotes, not 7"),
        ('listen = "127.0.0.1:0"\nup', 'lisen = "127.0.0.1:0"\nup',
         ("[[relay]] to-irisb: unknown key 'lisen'; did you mean 'listen'? (accepted: action, ca, connect_as, listen, "
         "mode, name, preamble_bytes, serve_as, upstream)")),
        ("upstream = ", 'mode = "passthru"\nupstream = ',
         "[[relay]] to-irisb: mode: 'passthru' is not accepted (accepted: 'terminate' or 'passthrough')"),
        ("upstream = ", 'action = "refuse"\nupstream = ',
         "[[relay]] to-irisb: action: 'refuse' is not accepted (accepted: 'observe', 'shadow' or 'enforce')"),
        ('upstream = "127.0.0.3:2188"', 'upstream = "127.0.0.3"',
         ("[[relay]] to-irisb: upstream: '127.0.0.3' is not HOST:PORT "
         "(an IPv6 address stands in brackets: [::1]:2188)")),
        ('upstream = "127.0.0.3:2188"', 'upstream = "127.0.0.3:70000"',
         "[[relay]] to-irisb: upstream: port 70000 is not from 0 to 65535"),
        ('addresses = ["127.0.0.2"]', 'addresses = ["irisa:2188"]',
         "[[member]] IRISA: addresses[1]: 'irisa:2188' is no IP address (without a port)"),
        ('[[member]]\nname = "IRISB"', '[[member]]\nname = "IRISA"',
         "[[member]] IRISA: the name 'IRISA' is already that of [[member]] IRISA"),
        ("[mirror]", "[miror]", ("unknown key 'miror'; did you mean 'mirror'? "
         "(accepted: check, events, history, limits, member, mirror, nats, otlp, policy, relay, sniff, syslog, web)")),
        ('ca = "irisa/CAFile.pem"', 'ca = "nowhere.pem"',
         "[[relay]] to-irisb: ca: {here}/nowhere.pem: cannot be read: no such file or directory"),
        ('key = "irisb/PrivateKeyFile.pem"', 'key = "irisa/PrivateKeyFile.pem"',
         ("[[relay]] to-irisb: serve_as: {here}/irisa/PrivateKeyFile.pem: is not the key of the certificate in "
         "{here}/irisb/CertificateFile.pem")),
        ('key = "irisb/PrivateKeyFile.pem"', 'key = "irisb/CAFile.pem"',
         "[[relay]] to-irisb: serve_as: {here}/irisb/CAFile.pem: holds no private key in PEM"),
    ],
)  # fmt: skip
def test_one_problem(write: Callable[..., Path], tmp_path: Path, old: str, new: str, problem: str) -> None:
    """Each mistake has its own line: file, table, key, and what would be accepted."""
    assert problem.format(here=tmp_path) in problems_of(write((old, new)))


def test_all_problems_at_once(write: Callable[..., Path]) -> None:
    """Mistakes in different tables are told together, and a mistake in one table hides none in its files."""
    path = write(
        ('name = "LAB"', 'name = "LAB"\ntls_requird = true'),
        ('key = "irisb/PrivateKeyFile.pem"', 'key = "missing.key"'),
        ('key = "irisa/PrivateKeyFile.pem"', 'key = "irisb/PrivateKeyFile.pem"'),
        ('dn = "CN=irisb', 'dn = "irisb'),
        append="[limits]\nhandshake_seconds = 9\n",
    )
    problems = problems_of(path)
    assert len(problems) == 5
    for words in (
        "tls_requird",
        "missing.key",
        "is not the key of",
        "no distinguished name",
        "handshake_seconds",
    ):
        assert any(words in problem for problem in problems), words


def test_member_without_dn(write: Callable[..., Path]) -> None:
    """A member of a mirror that requires TLS needs its DN; an arbiter does not."""
    without = [line for line in write().read_text().splitlines() if not line.startswith('dn = "CN=irisa')]
    path = write()
    path.write_text("\n".join(without))
    assert problems_of(path) == (
        "[[member]] IRISA: dn: a failover member of a mirror that requires TLS needs its distinguished name",
    )
    path.write_text("\n".join(without).replace('name = "IRISA"', 'name = "ARBITER"\nrole = "arbiter"'))
    assert load_config(path).mirror.members[0].dn is None


def test_same_dn_twice(write: Callable[..., Path]) -> None:
    """Two members with one DN are told apart by nothing; another notation of the same name is the same name."""
    path = write()
    dn = load_config(path).mirror.members[0].dn or ""
    spaced = ", ".join(part.strip() for part in dn.split(","))
    other = load_config(path).mirror.members[1].dn or ""
    (problem,) = problems_of(write((f'dn = "{other}"', f'dn = "{spaced}"')))
    assert problem == (
        f"[[member]] IRISB: dn: the distinguished name {spaced!r} is already that of [[member]] IRISA"
    )


@pytest.mark.parametrize("listen", ["127.0.0.1:12188", "0.0.0.0:12188"])
def test_two_relays_on_one_address(write: Callable[..., Path], listen: str) -> None:
    """Two relays cannot listen on one port, neither on the same address nor where one takes all addresses."""
    path = write(('listen = "127.0.0.1:0"\nupstream', f'listen = "{listen}"\nupstream'), append=SECOND)
    assert problems_of(path) == (
        "[[relay]] second: listen: 127.0.0.1:12188 is already where [[relay]] to-irisb listens",
    )


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "two words", "nul\\u0000"])
@pytest.mark.parametrize("key", ["listen", "upstream"])
def test_names_that_no_host_can_have(write: Callable[..., Path], key: str, host: str) -> None:
    """A name that the resolver would not even take is told before anything listens or dials."""
    old = {"listen": "127.0.0.1:0", "upstream": "127.0.0.3:2188"}[key]
    problems = problems_of(write((f'{key} = "{old}"', f'{key} = "{host}:1"')))
    assert "no host can have the name" in problems[0]


def test_home_of_nobody(write: Callable[..., Path]) -> None:
    """A path below the home directory of a user whom there is not is a file that is missing."""
    (problem,) = problems_of(write(('ca = "irisa/', 'ca = "~nobody-here/')))
    assert "cannot be read: no such file or directory" in problem


def test_der_where_pem_is_wanted(write: Callable[..., Path], tmp_path: Path, authority: Authority) -> None:
    """DER is named for what it is, with the command that converts it."""
    (tmp_path / "irisb.cer").write_bytes(authority.member("IRISB").leaf.public_bytes(Encoding.DER))
    (problem,) = problems_of(
        write(('certificate = "irisb/CertificateFile.pem"', 'certificate = "irisb.cer"'))
    )
    assert problem.endswith("irisb.cer: is DER, and PEM is wanted (openssl x509 -inform DER -in irisb.cer)")


def test_ca_first(write: Callable[..., Path], tmp_path: Path, authority: Authority) -> None:
    """A CA before the own certificate is told as what it is, not as a key that does not match."""
    identity = authority.member("IRISB")
    leaf, issuer = identity.chain
    swapped = issuer.public_bytes(Encoding.PEM) + leaf.public_bytes(Encoding.PEM)
    (tmp_path / "irisb" / "CertificateFile.pem").write_bytes(swapped)
    path = write()
    (tmp_path / "irisb" / "CertificateFile.pem").write_bytes(swapped)
    (problem,) = problems_of(path)
    assert "comes first (an issuing CA?), and the own one is number 2" in problem


@pytest.fixture
def encrypted(tmp_path: Path, authority: Authority) -> str:
    """The key of IRISB, encrypted with the password `right`."""
    key = load_pem_private_key(authority.member("IRISB").key_pem, None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    (tmp_path / "encrypted.key").write_bytes(pem)
    return "encrypted.key"


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("", "is encrypted, and neither password_file nor password_env says with what"),
        (
            ', password_env = "PASSWORD_OF_THE_TEST"',
            "the environment variable PASSWORD_OF_THE_TEST is not set",
        ),
        (', password_file = "nowhere"', "nowhere: cannot be read: no such file or directory"),
        (', password_file = "wrong"', "the password is wrong, or the key is damaged"),
        (
            ', password_file = "right", password_env = "A"',
            "password_file and password_env exclude each other",
        ),
    ],
)
def test_password(write: Callable[..., Path], tmp_path: Path, encrypted: str, how: str, problem: str) -> None:
    """A key whose password is missing, wrong, or nowhere is told as such, once."""
    (tmp_path / "wrong").write_text("wrong\n")
    (tmp_path / "right").write_text("right\n")
    (found,) = problems_of(write(('key = "irisb/PrivateKeyFile.pem"', f'key = "{encrypted}"{how}')))
    assert found.endswith(problem)


def test_password_from_file_and_environment(
    write: Callable[..., Path], tmp_path: Path, encrypted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password may come from a file or from the environment, and never from the configuration."""
    (tmp_path / "right").write_text("right\n")
    monkeypatch.setenv("KEY_PASSWORD", "right")
    for how in ('password_file = "right"', 'password_env = "KEY_PASSWORD"'):
        path = write(('key = "irisb/PrivateKeyFile.pem"', f'key = "{encrypted}", {how}'))
        assert len(load_config(path).relays) == 1


def test_mirror_alone(write: Callable[..., Path]) -> None:
    """The mirror can be had for a capture's sake where the relays' keys are not there."""
    mirror = load_mirror(write(('key = "irisb/PrivateKeyFile.pem"', 'key = "missing.key"')))
    assert mirror.name == "LAB"


def test_command_line(write: Callable[..., Path]) -> None:
    """`config check` prints one line for each problem on standard error, leaves with 2, and shows no traceback."""
    path = write(('name = "LAB"', 'nam = "LAB"'))
    done = subprocess.run(
        [sys.executable, "-m", "probe", "config", "check", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"error: {path}: [mirror]: name: is required and missing",
        f"error: {path}: [mirror]: unknown key 'nam'; did you mean 'name'? (accepted: ca, name, tls_required)",
    ]


def test_a_member_without_a_name_says_so_by_leaving_it_out(write: Callable[..., Path]) -> None:
    """An empty `dn` would list a name that no certificate has, and refuse the member."""
    problems = problems_of(write(('dn = "CN=irisb.example.com/IRISB,O=Example,C=US"', 'dn = ""')))
    assert problems
    assert problems[0].endswith("dn: the name is empty")


def test_what_a_configuration_comes_to(write: Callable[..., Path]) -> None:
    """A configuration that is good is summed up: each relay, check and live capture, and the page."""
    path = write()
    identity = '{ certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }'
    path.write_text(
        path.read_text()
        + f"""
[[relay]]
name = "forward"
listen = "127.0.0.1:0"
upstream = "127.0.0.1:2188"
mode = "passthrough"
[[check]]
name = "asked"
target = "127.0.0.1:2188"
connect_as = {identity}
interval_seconds = 30
[[sniff]]
name = "wire"
interface = "lo"
ports = [2188, 1972]
"""
    )
    command = [sys.executable, "-m", "probe", "config", "check", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0] == f"{path} is good."
    assert "relay    forward: 127.0.0.1:0 to 127.0.0.1:2188, passthrough, observe" in lines
    assert "check    asked: 127.0.0.1:2188 every 30 seconds" in lines
    assert "sniff    wire: lo, ports 2188, 1972" in lines


def test_template_is_a_configuration(write: Callable[..., Path], tmp_path: Path) -> None:
    """What `init` writes needs nothing but its files."""
    from probe.commands.init import TEMPLATE  # noqa: PLC0415

    write()
    for name in ("irisa", "irisb"):
        (tmp_path / f"{name}.pem").write_bytes((tmp_path / name / "CertificateFile.pem").read_bytes())
        (tmp_path / f"{name}.key").write_bytes((tmp_path / name / "PrivateKeyFile.pem").read_bytes())
    (tmp_path / "ca.pem").write_bytes((tmp_path / "irisa" / "CAFile.pem").read_bytes())
    path = tmp_path / "mirrorprobe.toml"
    path.write_text(TEMPLATE)
    assert load_config(path).mirror.name == "PRODMIRROR"


def test_init_from_a_cpf(tmp_path: Path) -> None:
    """Mirror, members and addresses are taken from a CPF; what it does not say stays to be filled in."""
    cpf = tmp_path / "iris.cpf"
    cpf.write_text(
        "[Mirrors]\nM1=guid,2,1,,8000,0,0\n[MapMirrors.M1]\n"
        "IRISA=,10.0.0.11,2188,,irisa.example,g,/d/,0,10.0.0.11,1972,,0,\n"
        "IRISB=,,,,fd00::12,g,/d/,2,10.0.0.12,1972,,0,\nODD=x\n"
    )
    command = [sys.executable, "-m", "probe", "init", "--cpf", str(cpf), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    document = tomllib.loads(done.stdout)
    assert document["mirror"] == {"name": "M1", "tls_required": False}
    assert document["member"] == [
        {"name": "IRISA", "role": "failover", "dn": "CN=FILL-IN", "addresses": ["10.0.0.11"],
         "agent": "10.0.0.11:2188", "superserver": "irisa.example:1972"},
        {"name": "IRISB", "role": "async", "dn": "CN=FILL-IN", "addresses": ["fd00::12"],
         "superserver": "[fd00::12]:1972"},
    ]  # fmt: skip
    assert (
        done.stderr
        == f"warning: {cpf}: line 6: [MapMirrors.M1] ODD: not in the documented form, left unread\n"
    )
    cpf.write_text("[Mirrors]\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"error: {cpf}: no mirror can be read in it: [Mirrors] is missing or empty\n"


def test_byte_order_mark(write: Callable[..., Path]) -> None:
    """A file that an editor of Windows began with a byte order mark is read like any other."""
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_config(path).mirror.name == "LAB"


def test_files_that_many_tables_name_are_loaded_once(write: Callable[..., Path]) -> None:
    """Relays with the same files share one identity and one definition: OpenSSL checks each RSA key for 30 ms."""
    config = load_config(write(append=SECOND + 'ca = "irisa/CAFile.pem"\n'))
    first, second = config.relays
    assert first.serve_as[0] is second.serve_as[0]
    assert first.mirror is second.mirror
    assert first.mirror.trust
    assert not config.mirror.trust
