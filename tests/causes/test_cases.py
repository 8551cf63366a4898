"""Every case of the catalogue, played between real peers: all that is to be found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.causes.scene import Scene, scenes

SCENES = scenes(Path(__file__).parent)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_case(scene: Scene) -> None:
    """The verdict is the one that the case expects, with every finding, its party and its state."""
    _, verdict = scene.play()
    found = {f"{finding.id} {finding.party} {finding.state}" for finding in verdict.findings}
    assert found == scene.findings
    assert verdict.root_cause == scene.said["expect"].get("root_cause")


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.fires], ids=lambda scene: scene.name)
def test_evidence_can_be_looked_up(scene: Scene) -> None:
    """Every piece of evidence says where it is to be found, and every finding what to do."""
    _, verdict = scene.play()
    for finding in verdict.findings:
        assert finding.remedy
        assert finding.evidence
        for evidence in finding.evidence:
            assert evidence.text
            assert evidence.frame or evidence.offset is not None or evidence.source


def test_every_cause_fires_and_is_quiet() -> None:
    """Each cause has a case in which it is found, and one that is close to it and in which it is not."""
    fired = {scene.path.parent.name for scene in SCENES if scene.fires}
    quiet = {scene.path.parent.name for scene in SCENES if not scene.fires}
    assert fired == quiet
    assert all(scene.fires is not scene.path.stem.startswith("quiet") for scene in SCENES)
