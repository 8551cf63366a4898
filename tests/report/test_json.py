"""The record as JSON: whole, true to the schema, and silent about nothing that was not seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from analyzers.report.json import capture_record, captures_document, connection_record
from analyzers.report.schema import SCHEMA
from tests.causes.scene import Scene, named_scenes

if TYPE_CHECKING:
    from collections.abc import Callable

SCENES = named_scenes()

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def record_of(name: str) -> dict[str, Any]:
    """Play a case, and give its record as a reader of the JSON gets it."""
    return json.loads(json.dumps(connection_record(*SCENES[name].play())))


def test_schema_is_a_schema() -> None:
    """It keeps the rules of draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_every_record_keeps_the_schema(scene: Scene) -> None:
    """Whatever happens to a connection, its record is complete and has no field beside."""
    VALIDATOR.validate(json.loads(json.dumps(connection_record(*scene.play()))))


def test_captures_document() -> None:
    """A capture's record has its file, its packets, its problems and its connections."""
    judged = [SCENES["certificate-expired/server"].play()]
    document = captures_document([capture_record("a.pcap", 12, ["truncated"], judged)])
    VALIDATOR.validate(json.loads(json.dumps(document)))
    assert document["schema"] == "mirrorprobe/1"
    assert [connection["root_cause"] for connection in document["captures"][0]["connections"]] == [
        "certificate-expired"
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("closed_by"),
        lambda record: record.update(extra=1),
        lambda record: record["tls"].pop("ja4"),
        lambda record: record["findings"][0].update(confidence=2),
        lambda record: record["findings"][0]["evidence"][0].update(source="x", frame=1),
        lambda record: record.update(root_cause="no-such-cause"),
        lambda record: record["checks"].pop("encryption"),
    ],
)
def test_schema_refuses_what_is_not_so(spoil: Callable[[dict[str, Any]], object]) -> None:
    """A missing field, an unknown one or a wrong value does not validate."""
    record = record_of("certificate-expired/server")
    VALIDATOR.validate(record)
    spoil(record)
    assert not VALIDATOR.is_valid(record)


def test_null_is_unseen_and_empty_is_seen_to_be_empty() -> None:
    """The certificates of TLS 1.3 without keys are null, a client that sent none has an empty list."""
    hidden = record_of("client-certificate-refused/without-keys")["tls"]
    assert hidden["server_certificates"] is hidden["client_certificates"] is None
    assert hidden["certificate_requested"] is hidden["certificate_authorities"] is None
    empty = record_of("client-certificate-missing/tls12")["tls"]
    assert empty["client_certificates"] == []
    assert empty["certificate_requested"] is True
    assert len(empty["certificate_authorities"]) == 1


def test_a_record_in_full() -> None:
    """Names stand beside codes, alerts beside frames, members beside addresses."""
    record = record_of("certificate-expired/server")
    assert record["client"] == {"address": "10.0.0.11", "port": 41000, "member": "IRISA"}
    assert record["server"] == {"address": "10.0.0.12", "port": 2188, "member": "IRISB"}
    assert (record["road"], record["outcome"], record["close_kind"]) == ("pcap", "failed", "fin")
    tls = record["tls"]
    assert (tls["version"], tls["cipher_suite_code"]) == ("TLSv1.2", 0xC030)
    assert tls["cipher_suite"] == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert tls["alerts"] == [
        {
            "sender": "client",
            "level": "fatal",
            "description": "certificate_expired",
            "code": 45,
            "seen": "cleartext",
            "frame": 6,
        }
    ]
    leaf, issuer = tls["server_certificates"]
    assert leaf["subject"] == "CN=irisb.example.com/IRISB,O=Example,C=US"
    assert (leaf["issuer"], leaf["is_ca"]) == (issuer["subject"], False)
    assert leaf["extended_key_usage"] == ["clientAuth", "serverAuth"]
    finding = record["findings"][0]
    assert (finding["id"], finding["party"], finding["state"]) == (
        "certificate-expired",
        "server",
        "observed",
    )
    assert finding["evidence"][0]["frame"] == 6
    assert record["checks"]["certificates"]["status"] == "fail"
