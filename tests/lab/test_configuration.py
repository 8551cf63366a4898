"""The configuration that the lab writes is one that the probe accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Party
from probe.config import Config, load_config
from probe.lab.box import Box
from probe.lab.configuration import RelaySettings, at, write_configuration
from probe.lab.faults import FAULTS
from probe.lab.recipe import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.lab.authority import Authority


@pytest.fixture(scope="module")
def box(issuing: Authority) -> Iterator[Box]:
    """A running mirror."""
    with Box(issuing, patience=1.0) as running:
        yield running


@pytest.fixture(scope="module")
def config(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Its configuration, read back."""
    directory: Path = tmp_path_factory.mktemp('the "lab"')
    listen = {name: (host, 0) for name, host in LOOPBACK.items()}
    settings = RelaySettings(listen, ("127.0.0.1", 0), 1.5, "events.jsonl")
    return load_config(write_configuration(box, directory, settings))


def test_the_members_are_where_the_lab_has_them(config: Config, box: Box) -> None:
    """Names, roles, addresses and distinguished names of the definition are those of the running members."""
    for listed, running in zip(config.mirror.members, box.members.values(), strict=True):
        assert running.end.identity is not None
        assert (listed.name, listed.role.value) == (running.name, running.role)
        assert listed.dn == running.end.identity.dn
        assert listed.agent == at(running.agent.address)
    assert config.limits.handshake_seconds == 1.5


@pytest.mark.parametrize("party", Party)
def test_the_relay_before_the_called_member_can_stand_for_every_certificate(
    config: Config, box: Box, party: Party
) -> None:
    """Whatever certificate an end shows under a fault, the relay has it with its key, unless it has none that fits."""
    relay = next(relay for relay in config.relays if relay.name == "to-irisb-agent")
    held = {
        identity.certificate for identity in (relay.serve_as if party is Party.SERVER else relay.connect_as)
    }
    for fault in FAULTS.values():
        identity = box.arranged(fault).end(party).identity
        if identity is not None and not fault.name.endswith("key-mismatch"):
            assert identity.leaf in held, fault.name


def test_a_healthy_member_is_the_first_choice(config: Config, box: Box) -> None:
    """Each relay shows the member's faultless certificate unless the real one showed another."""
    for relay, member in zip(config.relays, box.members.values(), strict=True):
        assert member.end.identity is not None
        assert relay.serve_as[0].certificate == member.end.identity.leaf
