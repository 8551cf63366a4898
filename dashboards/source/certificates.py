"""The table of certificates, on the overview and on a member's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from .links import to_member
from .look import BAD, CAUTION, GOOD, steps, words
from .panels import columns, now, setting, table
from .queries import DAYS_LEFT, LIFETIME_LEFT, certificates, family

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.table import Panel as Table

__all__ = ["LIFETIME_STEPS", "certificate_table"]

LIFETIME_STEPS = (BAD, (0.1, CAUTION), (1 / 3, GOOD))
"""By the share of its lifetime that a certificate has left: a third is when a renewal is due, as a rule."""

_DESCRIPTION = (
    "The certificate that each member showed last in each role. Renew when the colour leaves blue (a third of the "
    "lifetime is left), and reconnect: IRIS uses a new certificate for new connections only. A member that shows "
    "two keys or two dates may have different certificates for its two roles: `mirrorprobe causes "
    "configuration-drift`. Where the renewal loses clientAuth, order from a private authority: `mirrorprobe causes "
    "renewal-loses-client-auth`."
)


def certificate_table(title: str, *matchers: str) -> Table:
    """Give the certificates whose labels fit."""
    ends = family("certificate_not_after_timestamp_seconds", *matchers)
    loses = family("certificate_renewal_loses_client_auth", *matchers)
    shown = {
        "member": "Member",
        "role": "Shown as",
        "Value #A": "Days left",
        "Value #B": "Lifetime left",
        "Value #C": "Ends",
        "key": "Key",
        "signature": "Signature",
        "Value #E": "Renewal loses clientAuth",
    }
    panel = (
        table(
            title,
            _DESCRIPTION,
            "No certificate was seen in this time range",
            now(certificates(DAYS_LEFT, *matchers), "A"),
            now(certificates(LIFETIME_LEFT, *matchers), "B"),
            now(f"1000 * min by (member, role) ({ends})", "C"),
            now(f"max by (member, role, key, signature) ({family('certificate_info', *matchers)})", "D"),
            now(f"max by (member, role) (0 * {ends} + on (instance, member) group_left () {loses})", "E"),
        )
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(columns(shown, "Time", "Value #D"))
        .sort_by([TableSortByFieldState().display_name("Days left")])
    )
    return _dressed(panel)


def _dressed(panel: Table) -> Table:
    colored = setting("custom.cellOptions", {"type": "color-background", "mode": "basic"})
    lifetime = steps(LIFETIME_STEPS[0], *LIFETIME_STEPS[1:]).build()
    risk = {"0": ("no", GOOD), "1": ("yes", CAUTION)}
    return (
        panel.override_by_name("Days left", [setting("decimals", 1)])
        .override_by_name(
            "Lifetime left",
            [setting("unit", "percentunit"), setting("decimals", 0), setting("thresholds", lifetime),
             setting("color", {"mode": "thresholds"}), colored],
        )
        .override_by_name("Ends", [setting("unit", "dateTimeAsIso")])
        .override_by_name("Renewal loses clientAuth", [setting("mappings", words(risk, "unknown")), colored])
        .override_by_name("Member", [to_member("${__value.text:percentencode}")])
    )  # fmt: skip
