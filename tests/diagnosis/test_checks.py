"""The seven checks, on what real peers did."""

from __future__ import annotations

import pytest

from analyzers.causes.entry import CheckName
from analyzers.diagnosis.findings import CheckStatus
from tests.causes.scene import Scene, named_scenes

SCENES = named_scenes()

PASS, FAIL = CheckStatus.PASS, CheckStatus.FAIL
UNSEEN, NONE = CheckStatus.NOT_OBSERVABLE, CheckStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("scene", "name", "status"),
    [
        ("truncated-capture/quiet-whole", CheckName.MUTUAL_AUTHENTICATION, PASS),
        ("client-certificate-not-requested/tls13", CheckName.MUTUAL_AUTHENTICATION, FAIL),
        ("client-certificate-missing/tls12", CheckName.MUTUAL_AUTHENTICATION, FAIL),
        ("client-certificate-not-requested/quiet-no-mirror", CheckName.MUTUAL_AUTHENTICATION, NONE),
        ("client-certificate-refused/quiet-healthy", CheckName.MUTUAL_AUTHENTICATION, UNSEEN),
        ("certificate-expired/server", CheckName.MUTUAL_AUTHENTICATION, UNSEEN),
        ("plaintext-where-tls-required/both", CheckName.MUTUAL_AUTHENTICATION, FAIL),
        ("dn-not-allowed/client", CheckName.CLIENT_DN, FAIL),
        ("dn-not-allowed/client", CheckName.SERVER_DN, PASS),
        ("dn-near-miss/spacing", CheckName.SERVER_DN, FAIL),
        ("dn-near-miss/spacing", CheckName.CLIENT_DN, PASS),
        ("client-certificate-missing/tls12", CheckName.CLIENT_DN, NONE),
        ("client-certificate-refused/quiet-healthy", CheckName.SERVER_DN, UNSEEN),
        ("dn-refused-by-peer/quiet-healthy", CheckName.CLIENT_DN, NONE),
        ("protocol-below-policy/tls11", CheckName.PROTOCOL, FAIL),
        ("protocol-below-policy/quiet-allowed", CheckName.PROTOCOL, PASS),
        ("no-common-version/client-too-old", CheckName.PROTOCOL, UNSEEN),
        ("cipher-below-policy/null", CheckName.CIPHER, FAIL),
        ("cipher-below-policy/quiet-no-list", CheckName.CIPHER, PASS),
        ("certificate-expired/server", CheckName.CERTIFICATES, FAIL),
        ("certificate-expired/quiet-soon", CheckName.CERTIFICATES, PASS),
        ("vendor-extended-key-usage/client-only", CheckName.CERTIFICATES, PASS),
        ("server-certificate-purpose/unseen-in-tls13", CheckName.CERTIFICATES, UNSEEN),
        ("private-key-mismatch/of-server", CheckName.CERTIFICATES, UNSEEN),
        ("truncated-capture/quiet-whole", CheckName.ENCRYPTION, PASS),
        ("plaintext-where-tls-required/both", CheckName.ENCRYPTION, FAIL),
        ("plaintext-where-tls-required/quiet-arbiter", CheckName.ENCRYPTION, NONE),
        ("plaintext-where-tls-required/quiet-optional", CheckName.ENCRYPTION, NONE),
        ("certificate-expired/server", CheckName.ENCRYPTION, NONE),
        ("truncated-capture/end-missing", CheckName.ENCRYPTION, UNSEEN),
        ("connection-refused/nobody-listens", CheckName.ENCRYPTION, UNSEEN),
    ],
)
def test_check(scene: str, name: CheckName, status: CheckStatus) -> None:
    """Unseen never passes, what does not apply never fails, and what is wrong fails the check that it is about."""
    _, verdict = SCENES[scene].play()
    assert verdict.checks[name].status is status, verdict.checks[name].why


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_all_seven_are_answered(scene: Scene) -> None:
    """Each verdict has the seven checks in the order of the record, each with a reason."""
    _, verdict = scene.play()
    assert list(verdict.checks) == list(CheckName)
    assert all(check.why for check in verdict.checks.values())
