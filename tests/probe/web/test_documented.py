"""`docs/api.md` names every address, parameter and field, and its examples have the form of real answers."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

from analyzers.connection import Outcome
from analyzers.report.timeline import timeline_record
from probe.relayed import Leg, LegName, Origin, Relayed
from probe.web.bounds import LINE_BYTES, LISTED, LISTED_MOST, SEARCH_CHARACTERS, STREAMED, Bounds
from probe.web.queries import PARAMETERS
from tests.probe.accounts import told
from tests.probe.web.serving import numbered, serving

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
PURPOSE = "client-eku-server-only-tls12"


def example_of(section: str) -> Any:  # noqa: ANN401 (JSON)
    """Give the JSON that a section shows."""
    (block,) = re.findall(r"```json\n(.*?)```", SECTIONS[section], re.DOTALL)
    return json.loads(block)


def form_of(value: object) -> object:
    """Give the names in a value, without what they hold."""
    if isinstance(value, dict):
        return {name: form_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        forms = [form_of(inner) for inner in value]
        return [forms[0]] if forms and isinstance(forms[0], dict) else []
    return None


def names_in(value: object) -> set[str]:
    """Give every name in a value, at any depth."""
    if isinstance(value, dict):
        return {*value, *chain.from_iterable(map(names_in, value.values()))}
    return set(chain.from_iterable(map(names_in, value))) if isinstance(value, list) else set()


async def test_every_address_has_its_section() -> None:
    """There is a section for each address, and none for another, in the order of the table."""
    async with serving() as port:
        served = [f"GET {address.path}" for address in port.server._addresses.table]
    assert [head for head in SECTIONS if head.startswith("GET ")] == served


def test_every_parameter_is_in_the_table() -> None:
    """The parameters of the list stand in its table, with every outcome that can be asked for."""
    section = SECTIONS["GET /api/connections"]
    described = section.partition("| field |")[0]
    assert re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE) == list(PARAMETERS)
    assert all(f"`{outcome}`" in described for outcome in Outcome)


async def test_examples_have_the_form_of_answers() -> None:
    """Each example has exactly the fields of a real answer, and the text below names them all."""
    async with serving() as port:
        port.see(numbered(1, PURPOSE))
        for section, path in (
            ("GET /api/mirror", "/api/mirror"),
            ("GET /api/connections", "/api/connections"),
            ("GET /api/causes/{id}", "/api/causes/client-certificate-purpose"),
            ("GET /healthz", "/healthz"),
            ("GET /readyz", "/readyz"),
            ("Errors", "/nowhere"),
        ):
            _, answered, _ = await port.get(path)
            assert form_of(example_of(section)) == form_of(answered), section
            if "| field |" in SECTIONS[section]:
                prose = SECTIONS[section].partition("| field |")[2]
                rows = answered.get("connections", answered)
                assert {name for name in names_in(rows) if f"`{name}`" not in prose} == set()


def test_the_record_and_its_timeline() -> None:
    """What a record adds to the summary is named, that of a relay that ends TLS included; so is the timeline's form."""
    account = told(PURPOSE)
    leg = Leg(account.connection, account.verdict)
    relayed = Relayed("0a-1", "one", "observe", leg, leg, LegName.UPSTREAM, Origin.PEER, None, stand_in=False,
                      is_untouched=False, handshake_seconds=None, enforcement=None, trouble=None)  # fmt: skip
    section = SECTIONS["GET /api/connections/{id}"]
    added = {*account.record(), *relayed.record()} - account.summary().keys()
    assert {name for name in added if f"`{name}`" not in section} == set()
    assert example_of("GET /api/connections/{id}").keys() == timeline_record(account.connection)[0].keys()


def test_bounds_are_as_documented() -> None:
    """The numbers in the text are those of the code."""
    bounds = Bounds()
    for said in (
        f"{bounds.connections} connections at once",
        f"{bounds.streams} clients of the stream",
        f"{LINE_BYTES} bytes for the request line",
        f"{bounds.idle_seconds:.0f} seconds for a whole request",
        f"{bounds.unsent_seconds:.0f} seconds for an answer",
        f"after {bounds.heartbeat_seconds:.0f} seconds of silence",
        f"1 to {LISTED_MOST}; {LISTED} if left out",
        f"at most {SEARCH_CHARACTERS} characters",
        f"at least {STREAMED}",
    ):
        assert said in TEXT, said
