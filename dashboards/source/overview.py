"""The page of one mirror: where to look first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from .certificates import LIFETIME_STEPS, certificate_table
from .layout import Placed, Section, page
from .links import MEMBER, OVERVIEW, between, to_member
from .look import BAD, CAUTION, GOOD, steps, words
from .panels import (
    at_once,
    by_outcome,
    columns,
    now,
    number,
    over_time,
    setting,
    stacked,
    states,
    table,
    through_time,
)
from .probes import probes
from .queries import LIFETIME_LEFT, UP_BY_PAIR, certificates, counted, family, per_second, total
from .variables import every, shared

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

__all__ = ["PAIR_WORDS", "overview"]

PAIR_WORDS = {"1": ("up", GOOD), "0": ("down", BAD)}

_RELAY = 'relay=~"$relay"'


def overview() -> Dashboard:
    """Make the page."""
    relay = every(
        "relay",
        "Relay",
        "The relays, checks and live captures of the probes: one row each.",
        family("handshakes_total"),
        "relay",
    )
    return page(
        "Mirror overview",
        OVERVIEW,
        "One InterSystems IRIS mirror as its mirrorprobe sees it: pairs, relays, causes, certificates, policy.",
        (*shared(), relay),
        (between("Member", MEMBER, "One member of this mirror"),),
        (_now(), _pairs(), _relay_row(), _causes(), _certificates(), _policy(), _negotiated(), probes()),
    )


def _now() -> Section:
    failed, made = family("handshake_failures_total"), family("handshakes_total")
    return Section(
        "Now",
        (
            Placed(
                number(
                    "Pairs down",
                    "Pairs of members, by channel, whose last connection failed. Where it is not 0, see which in the matrix "
                    "below, and why under root causes; `mirrorprobe causes ID` says what to do.",
                    at_once(f"count({UP_BY_PAIR} == 0) or vector(0)"),
                    steps(GOOD, (1, BAD)), "none", "No pair was seen",
                ), 4, 4),
            Placed(
                number(
                    "Connections that failed",
                    "Share of all connections in the time range. Under root causes is why.",
                    at_once(f"sum(increase({failed}[$__range])) / (sum(increase({made}[$__range])) > 0)"),
                    steps(GOOD, (0.001, CAUTION), (0.05, BAD)), "percentunit", "No connections",
                ), 4, 4),
            Placed(
                number(
                    "Least lifetime left",
                    "Of all certificates that members showed, the one with the smallest share of its lifetime left. "
                    "Below a third, renew it: the table of certificates says which.",
                    at_once(f"min({certificates(LIFETIME_LEFT)})"),
                    steps(LIFETIME_STEPS[0], *LIFETIME_STEPS[1:]), "percentunit", "No certificate",
                ), 4, 4),
            Placed(
                number(
                    "Policy violations",
                    "Failed checks in the time range, whether they were refused or only noted. See under policy which.",
                    at_once(f"sum(increase({family('policy_violations_total')}[$__range]))"),
                    steps(GOOD, (1, CAUTION)), "none", "No probe",
                ), 4, 4),
            Placed(
                number(
                    "Events dropped",
                    "Events that a sink lost in the time range. The probes go on; what is lost is their telling. "
                    "See under probes which sink.",
                    at_once(f"sum(increase({family('events_dropped_total')}[$__range]))"),
                    steps(GOOD, (1, BAD)), "none", "No probe",
                ), 4, 4),
            Placed(
                number(
                    "Configuration",
                    "Whether the last reload of every probe succeeded. Where it failed, the old configuration is in force: "
                    "`mirrorprobe config check FILE` says everything that is wrong.",
                    at_once(f"min({family('config_last_reload_successful')})"),
                    steps(BAD, (1, GOOD)), "none", "No probe",
                ).mappings(words({"1": ("in force", GOOD), "0": ("reload failed", BAD)})), 4, 4),
        ),
    )  # fmt: skip


def _pairs() -> Section:
    joined = f'label_join({UP_BY_PAIR}, "towards", " ", "to", "channel")'
    matrix = (
        table(
            "Pairs, now",
            "From the member in the row to the member and channel in the column: whether the last connection could be "
            "used. A pair that works one way and not the other points at a certificate that fits one role only: "
            "`mirrorprobe causes vendor-extended-key-usage`. A member opens its own page.",
            "No pair was seen",
            now(joined),
        )
        .with_transformation(
            DataTransformerConfig(
                id_val="groupingToMatrix",
                options={"rowField": "from", "columnField": "towards", "valueField": "Value", "emptyValue": "null"},
            )
        )
        .mappings(words(PAIR_WORDS, "not seen"))
        .override_by_regexp("/^(?!from)/", [setting("custom.cellOptions", {"type": "color-background", "mode": "basic"})])
        .override_by_regexp("/^from/", [to_member("${__value.text:percentencode}")])
    )  # fmt: skip
    timeline = states(
        "Pairs over time",
        "When each pair came and went. Compare a change with renewals, failovers and reloads of that time.",
        through_time(UP_BY_PAIR, "{{from}} → {{to}} {{channel}}"),
        steps(BAD, (1, GOOD)),
        "No pair was seen",
    ).mappings(words(PAIR_WORDS))
    return Section("Pairs of members", (Placed(matrix, 12, 9), Placed(timeline, 12, 9)))


def _relay_row() -> Section:
    buckets = f"sum by (le) (rate({family('handshake_duration_seconds_bucket', _RELAY)}[$__rate_interval]))"
    quantiles = [
        through_time(f"histogram_quantile({share}, {buckets})", name, ref)
        for ref, share, name in (("A", 0.5, "median"), ("B", 0.9, "9 of 10"), ("C", 0.99, "99 of 100"))
    ]
    return Section(
        "$relay",
        (
            Placed(
                by_outcome(over_time(
                    "Connections",
                    "Finished connections by how far they came. Members reconnect seldom; a steady stream of failures is a "
                    "member that retries.",
                    "cps", "No connection",
                    through_time(per_second("handshakes_total", "outcome", _RELAY), "{{outcome}}"),
                )), 8, 8),
            Placed(
                stacked(
                    "Failures by cause",
                    "`mirrorprobe causes ID` explains a cause. `undecided` means that the evidence does not decide; the "
                    "connection's record on the probe's page has what was seen.",
                    "none", "No failure",
                    through_time(counted("handshake_failures_total", "cause", _RELAY), "{{cause}}", exemplars=True),
                ), 8, 8),
            Placed(
                over_time(
                    "Duration of handshakes",
                    "From the ClientHello until the handshake was complete. IRIS gives up after its QoS timeout, 8 s as "
                    "a rule, and the probe after its handshake_seconds: near them, look at the network and at the load of "
                    "the members.",
                    "s", "No handshake",
                    *quantiles,
                ), 8, 8),
        ),
        repeat="relay",
    )  # fmt: skip


def _causes() -> Section:
    by = "relay, leg, cause, party"
    listed = (
        table(
            "Failures in the time range",
            "By relay, leg, root cause, and the end whose configuration is at fault: start there. `mirrorprobe causes ID` "
            "says what to do.",
            "No failure in this time range",
            now(f"sort_desc({total('handshake_failures_total', by)})"),
        )
        .with_transformation(
            columns({"cause": "Cause", "party": "At fault", "relay": "Relay", "leg": "Leg", "Value": "Failures"}, "Time")
        )
        .override_by_name("Failures", [setting("decimals", 0)])
    )  # fmt: skip
    return Section(
        "Root causes",
        (
            Placed(
                stacked(
                    "Root causes over time",
                    "All relays together. One cause that appears at once on many relays is a change of the authority, the "
                    "policy or the network; on one relay, of one member.",
                    "none", "No failure in this time range",
                    through_time(counted("handshake_failures_total", "cause"), "{{cause}}"),
                ), 14, 9),
            Placed(listed, 10, 9),
        ),
    )  # fmt: skip


def _certificates() -> Section:
    return Section("Certificates", (Placed(certificate_table("Certificates by days left"), 24, 9),))


def _policy() -> Section:
    missing = 'check="mutual_authentication"'
    return Section(
        "Policy",
        (
            Placed(
                stacked(
                    "Violations by check and action",
                    "`observe` lets pass and notes, `shadow` notes what enforcing would refuse, `enforce` refuses. Before "
                    "a relay goes from shadow to enforce, this must be empty for as long as a mirror takes to reconnect.",
                    "none", "No violation in this time range",
                    through_time(counted("policy_violations_total", "check, action"), "{{check}}: {{action}}"),
                ), 12, 8),
            Placed(
                stacked(
                    "Mutual authentication missing",
                    "Connections in which one end did not have to prove who it is. Anybody may be that end: see "
                    "`mirrorprobe causes client-certificate-not-requested`.",
                    "none", "Both ends proved who they are",
                    through_time(counted("policy_violations_total", "relay", missing), "{{relay}}"),
                ), 12, 8),
        ),
    )  # fmt: skip


def _negotiated() -> Section:
    since = f"sort_desc(sum by (version, cipher_suite) ({family('negotiated_total')}))"
    return Section(
        "Negotiated",
        (
            Placed(
                over_time(
                    "Protocol versions",
                    "Established connections. A version that you mean to forbid must be gone from here first.",
                    "cps", "No connection",
                    through_time(per_second("negotiated_total", "version"), "{{version}}"),
                ), 10, 8),
            Placed(
                table(
                    "Versions and suites since the probes started",
                    "What a policy would refuse can be read here before it is put in force.",
                    "No connection",
                    now(since),
                ).with_transformation(
                    columns({"version": "Version", "cipher_suite": "Cipher suite", "Value": "Connections"}, "Time")
                ), 14, 8),
        ),
    )  # fmt: skip
