"""Every document that a command prints validates against the schema that the probe prints for it."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from probe.config.settings import HistorySettings
from probe.documents import DOCUMENTS
from probe.history import open_history
from tests.history.telling import WAIT_SECONDS, event

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = (sys.executable, "-m", "probe")
PCAPS = Path(__file__).parents[3] / "pcaps"
ERROR = "error:14094413:SSL routines:SSL3_READ_BYTES:sslv3 alert unsupported certificate"

ALONE = (
    ("record", f"pcap {PCAPS}/healthy-tls13.pcap {PCAPS}/client-expired-tls12.pcap --json"),
    ("causes", "causes --json"),
    ("cause", "causes dn-not-allowed --json"),
    ("faults", "lab fault --list --json"),
    ("fault", "lab fault server-silent -d {directory} --json"),
    ("fault", "lab fault client-expired -d {directory} --json"),
    ("csr", "csr --dn CN=a,O=b --directory {directory}/csr --json"),
)
IN_THE_LAB = (
    ("config", "config check {config} --json"),
    ("lint", "lint {config} --json"),
    ("check", "check IRISB -c {config} --as IRISA --json"),
    ("check", "check IRISB -c {config} --as IRISA --survey --json"),
    ("matrix", "matrix -c {config} --json"),
)


@cache
def validator(name: str) -> Draft202012Validator:
    """What `mirrorprobe schema NAME` prints."""
    printed = subprocess.run([*COMMAND, "schema", name], capture_output=True, text=True, check=True).stdout
    schema: dict[str, Any] = json.loads(printed)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def printed(line: str, **places: object) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """What a command prints."""
    words = [word.format(**places) for word in line.split()]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def assert_fits(name: str, document: Any) -> None:  # noqa: ANN401
    """Insist that a document is what its schema says, and that the schema would notice what is missing or strange."""
    validator(name).validate(document)
    if not isinstance(document, dict):
        document = {"rows": document}
    if "schema" in document and name not in ("record", "event"):
        assert document["schema"] == f"mirrorprobe.{name}/1"
    assert not validator(name).is_valid({**document, "surprise": 1})
    for key in document:
        assert not validator(name).is_valid({one: of for one, of in document.items() if one != key}), key


@pytest.mark.parametrize(("name", "line"), ALONE, ids=[line.split(" -")[0] for _, line in ALONE])
def test_documents(name: str, line: str, tmp_path: Path) -> None:
    """What commands print that need no mirror."""
    assert_fits(name, printed(line, directory=tmp_path))


@pytest.mark.parametrize("text", [ERROR, f"{ERROR}\n{ERROR}", "nothing that is known"])
def test_explanations(text: str) -> None:
    """What explain prints of one line, of several that are alike, and of none."""
    done = subprocess.run(
        [*COMMAND, "explain", "--json", "-"], input=text, capture_output=True, text=True, check=False
    )
    assert_fits("explain", json.loads(done.stdout))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A lab that runs; what it printed."""
    directory = tmp_path_factory.mktemp("lab")
    ports = ("--agent-port", "0", "--superserver-port", "0")
    command = [*COMMAND, "lab", "up", "-d", str(directory), "--json", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.mark.parametrize(("name", "line"), IN_THE_LAB, ids=[line for _, line in IN_THE_LAB])
def test_documents_of_a_mirror(lab: dict[str, Any], name: str, line: str) -> None:
    """What commands print of members that are there."""
    assert_fits("lab", lab)
    assert_fits(name, printed(line, config=lab["configuration"]))


def test_documents_of_the_history(tmp_path: Path) -> None:
    """What the history prints of connections, incidents and certificates."""
    file = tmp_path / "history.sqlite"
    settings = HistorySettings(f"sqlite:///{file}", tmp_path / "spool", 10**8, 10**12, 10**12)
    sink = open_history(settings, "P1")
    for number, story in enumerate(("healthy-tls12", "client-eku-server-only-tls12", "server-expired-tls13")):
        sink.take(event(f"id{number}", story, lasted=(1e9 + number, 1e9 + number + 0.5)))
    sink.close(WAIT_SECONDS)
    assert_fits("history", printed("history --file {file} --json", file=file))
    assert_fits("incidents", printed("history incidents --file {file} --json", file=file))
    assert_fits("certificates", printed("history certificates --file {file} --json", file=file))


def test_every_schema_has_a_document() -> None:
    """Each schema that is printed is held to a real document, here or where its command is tested."""
    here = {name for name, _ in (*ALONE, *IN_THE_LAB)}
    told = {"event", "demo", "lab", "explain", "history", "incidents", "certificates"}
    assert here | told == set(DOCUMENTS)
