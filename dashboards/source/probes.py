"""The row about the probes themselves: whether what the rest of the page shows can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from .layout import Placed, Section
from .look import BAD, GOOD, steps, words
from .panels import columns, now, over_time, setting, stacked, states, table, through_time
from .queries import family, per_second

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
    from grafana_foundation_sdk.builders.table import Panel as Table

__all__ = ["probes"]


def probes() -> Section:
    """Make the row."""
    return Section(
        "Probes",
        (
            Placed(_reloads(), 8, 8),
            Placed(_instances(), 10, 8),
            Placed(_checks(), 6, 8),
            Placed(
                stacked(
                    "Events dropped by sink",
                    "A sink that is too slow or away loses events; relays never wait for it. Look at the sink, and whether "
                    "the history has what was lost.",
                    "none", "No event was dropped",
                    through_time(f"sum by (sink) (increase({family('events_dropped_total')}[$__rate_interval]))", "{{sink}}"),
                ), 6, 8),
            Placed(
                over_time(
                    "Open connections",
                    "Mirror connections last for days. A sudden fall to 0 is a failover, a network fault or a restart.",
                    "none", "No relay",
                    through_time(f"sum by (relay) ({family('connections_active')})", "{{relay}}"),
                ), 6, 8),
            Placed(
                over_time(
                    "Bytes relayed",
                    "Application bytes by the end that sent them.",
                    "Bps", "No relay",
                    through_time(per_second("relayed_bytes_total", "relay, direction"), "{{relay}} from {{direction}}"),
                ), 6, 8),
            Placed(
                stacked(
                    "Turned away at a ceiling",
                    "`connections`: more at once than [limits] allows; `pending`: more unfinished handshakes from one "
                    "address than it allows, as a scanner makes. Raise the limit only where members need it.",
                    "none", "No connection was turned away",
                    through_time(
                        f"sum by (relay, ceiling) (increase({family('connections_refused_total')}[$__rate_interval]))",
                        "{{relay}}: {{ceiling}}"),
                ), 6, 8),
        ),
    )  # fmt: skip


def _reloads() -> StateTimeline:
    return states(
        "Reloads",
        "After a failed reload the probe goes on with the configuration it had. `mirrorprobe config check FILE` says "
        "everything that is wrong; then send SIGHUP again.",
        through_time(f"min by (instance) ({family('config_last_reload_successful')})", "{{instance}}"),
        steps(BAD, (1, GOOD)),
        "No probe",
    ).mappings(words({"1": ("in force", GOOD), "0": ("reload failed", BAD)}))


def _instances() -> Table:
    reloaded = family("config_last_reload_success_timestamp_seconds")
    shown = {
        "instance": "Probe",
        "version": "Version",
        "Value #B": "Configuration of",
        "Value #C": "Connections in history",
    }
    return (
        table(
            "Versions of the probes",
            "Probes that share a history should be of one version. A probe that is missing here is not scraped.",
            "No probe",
            now(f"max by (instance, version) ({family('build_info')})", "A"),
            now(f"1000 * max by (instance) ({reloaded})", "B"),
            now(f"max by (instance) ({family('history_rows')})", "C"),
        )
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(columns(shown, "Time", "Value #A"))
        .override_by_name("Configuration of", [setting("unit", "dateTimeAsIso")])
        .override_by_name("Connections in history", [setting("unit", "short")])
    )


def _checks() -> Table:
    return (
        table(
            "Active checks",
            "How long ago each check asked last. Much longer than its interval_seconds: see the probe's events for "
            "`watching failed`.",
            "No check is configured",
            now(f"time() - max by (relay) ({family('last_check_timestamp_seconds')})"),
        )
        .with_transformation(columns({"relay": "Check", "Value": "Asked last, ago"}, "Time"))
        .override_by_name("Asked last, ago", [setting("unit", "s"), setting("decimals", 0)])
    )
