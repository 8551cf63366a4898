"""What has changed since a connection last worked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.diagnosis.comparison import changes_since
from analyzers.diagnosis.engine import diagnose
from tests.causes.scene import lab_mirror, named_scenes

if TYPE_CHECKING:
    from analyzers.connection import Connection

SCENES = named_scenes()


def played(name: str, *, ago: float = 0.0) -> Connection:
    """Play a case, and date it back by so many seconds."""
    connection, _ = SCENES[name].play()
    return replace(connection, started=connection.started - ago)


HEALTHY = "truncated-capture/quiet-whole"


def texts(connection: Connection, *earlier: Connection) -> str:
    """All that is said of the changes."""
    return "\n".join(evidence.text for evidence in changes_since(connection, earlier))


def test_renewal_that_lost_a_purpose() -> None:
    """The evidence of a refusal names what the renewal has changed."""
    now = played("client-certificate-purpose/eku-server-only")
    verdict = diagnose(now, lab_mirror(), earlier=(played(HEALTHY, ago=86400),))
    quoted = [each.text for each in verdict.findings[0].evidence if each.source == "earlier connection"]
    assert len(quoted) == 1
    assert "extended key usage clientAuth, serverAuth became serverAuth" in quoted[0]
    assert verdict.root_cause == "client-certificate-purpose"


def test_renewal_by_another_authority() -> None:
    """A new issuer stands beside an unknown authority."""
    assert "issuer CN=Lab Issuing CA" in texts(played("unknown-ca/of-server"), played(HEALTHY, ago=60))


def test_renewal_that_changed_dates_only() -> None:
    """Where nothing else has changed, the dates are what is new."""
    assert "valid until" in texts(played("certificate-expired/server"), played(HEALTHY, ago=60))


def test_offer_that_shrank() -> None:
    """A suite that was chosen and is no longer offered is named."""
    now = played("protocol-below-policy/tls11")
    said = texts(now, played(HEALTHY, ago=60))
    assert "no longer offers TLSv1.2" in said
    assert "no longer offers TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" in said


def test_only_what_worked_between_the_same_hosts_counts() -> None:
    """Failures, and connections of others, are no standard to compare with."""
    now = played("unknown-ca/of-server")
    assert changes_since(now, (played("certificate-expired/server", ago=60),)) == ()
    other = replace(played(HEALTHY, ago=60), server=now.client)
    assert changes_since(now, (other,)) == ()


def test_same_certificates_say_nothing() -> None:
    """Nothing changed, nothing said."""
    assert changes_since(played(HEALTHY), (played(HEALTHY, ago=60),)) == ()
