"""The page of one member: what it shows, whom it reaches, who reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .certificates import LIFETIME_STEPS, certificate_table
from .layout import Placed, Section, page
from .links import MEMBER, OVERVIEW, between, to_member
from .look import BAD, CAUTION, GOOD, steps, words
from .overview import PAIR_WORDS
from .panels import at_once, by_outcome, columns, now, number, setting, stacked, states, table, through_time
from .queries import LIFETIME_LEFT, certificates, counted, family, total
from .variables import one, shared

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.stat import Panel as Stat
    from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
    from grafana_foundation_sdk.builders.table import Panel as Table
    from grafana_foundation_sdk.models.dashboard import Dashboard

__all__ = ["member_page"]

_ITS_CERTIFICATES = 'member="$member"'
_IT_DIALS = 'peer="$member"'

_WHERE_IT_FAILED = "(" + family("handshakes_total", _IT_DIALS, 'outcome!="established"') + " > 0)"
"""The relays on which a connection of this member came to nothing since the probe began."""


def member_page() -> Dashboard:
    """Make the page."""
    member = one(
        "member",
        "Member",
        "One member of the mirror.",
        family("handshakes_total", 'peer!="unknown"'),
        "peer",
    )
    return page(
        "Mirror member",
        MEMBER,
        "One member of an InterSystems IRIS mirror: its connections in both roles, its certificates, its failures.",
        (*shared(), member),
        (between("Mirror overview", OVERVIEW, "The whole mirror"),),
        (_now(), _client(), _server(), _certificates()),
    )


def _now() -> Section:
    return Section(
        "$member now",
        (
            Placed(_down("Pairs from it that are down", "from", "it dials"), 6, 4),
            Placed(_down("Pairs to it that are down", "to", "it is called"), 6, 4),
            Placed(
                number(
                    "Least lifetime left",
                    "Of the certificates that it showed in its two roles. Below a third, renew; then reconnect, for IRIS "
                    "uses a new certificate for new connections only.",
                    at_once(f"min({certificates(LIFETIME_LEFT, _ITS_CERTIFICATES)})"),
                    steps(LIFETIME_STEPS[0], *LIFETIME_STEPS[1:]), "percentunit", "No certificate was seen",
                ), 6, 4),
            Placed(
                number(
                    "Renewal loses clientAuth",
                    "Whether its certificate comes from a public authority whose next one will not serve for the client's "
                    "role. Then order from a private one: `mirrorprobe causes renewal-loses-client-auth`.",
                    at_once(f"max({family('certificate_renewal_loses_client_auth', _ITS_CERTIFICATES)})"),
                    steps(GOOD, (1, CAUTION)), "none", "No certificate was seen",
                ).mappings(words({"0": ("no", GOOD), "1": ("yes", CAUTION)})), 6, 4),
        ),
    )  # fmt: skip


def _pairs_of(end: str) -> str:
    """Select the pairs in which the member is the end named `from` or `to`."""
    return family("pair_up", f'{end}="$member"')


def _down(title: str, end: str, doing: str) -> Stat:
    pairs = f"min by (from, to, channel) ({_pairs_of(end)})"
    return number(
        title,
        f"Pairs whose last connection failed, where {doing}. Down in one role and up in the other points at its "
        "certificate: `mirrorprobe causes vendor-extended-key-usage`. Down in both: at its name, its authority or the "
        "network.",
        at_once(f"(count({pairs} == 0) or vector(0)) and on () (count({pairs}) > 0)"),
        steps(GOOD, (1, BAD)),
        "none",
        "No pair was seen",
    )


def _timeline(title: str, end: str, other: str) -> StateTimeline:
    pairs = f"min by ({other}, channel) ({_pairs_of(end)})"
    return states(
        title,
        "When each pair came and went. Compare a change with this member's renewals and failovers.",
        through_time(pairs, f"{{{{{other}}}}} {{{{channel}}}}"),
        steps(BAD, (1, GOOD)),
        "No pair was seen",
    ).mappings(words(PAIR_WORDS))


def _changes(title: str, end: str, other: str) -> Table:
    selected = _pairs_of(end)
    by = f"{other}, channel"
    return (
        table(
            title,
            "A pair that changes often is one that is retried: its root cause is in the probe's list of connections. "
            "The other member opens its own page.",
            "No pair was seen",
            now(f"max by ({by}) (changes({selected}[$__range]))"),
        )
        .with_transformation(columns({other: "Member", "channel": "Channel", "Value": "Changes"}, "Time"))
        .override_by_name("Changes", [setting("decimals", 0)])
        .override_by_name("Member", [to_member("${__value.text:percentencode}")])
    )


def _client() -> Section:
    failures = family("handshake_failures_total")
    by = "relay, leg, cause, party"
    causes = (
        table(
            "Failures on the relays where it failed",
            "By root cause and the end at fault. They count every caller of those relays: the probe's list of connections, "
            "searched for this member, tells its own. `mirrorprobe causes ID` says what to do.",
            "No connection of this member failed",
            now(f"sort_desc(sum by ({by}) (increase({failures}[$__range]) and on (instance, relay) {_WHERE_IT_FAILED}) > 0)"),
        )
        .with_transformation(
            columns({"cause": "Cause", "party": "At fault", "relay": "Relay", "leg": "Leg", "Value": "Failures"}, "Time")
        )
        .override_by_name("Failures", [setting("decimals", 0)])
    )  # fmt: skip
    outcomes = (
        table(
            "Connections it made in the time range",
            "By relay and how far they came: `established` is good, `failed` is a handshake that was refused, "
            "`refused` and `timeout` are the network's or a listener's that is not there.",
            "It made no connection in this time range",
            now(f"sort_desc({total('handshakes_total', 'relay, outcome', _IT_DIALS)})"),
        )
        .with_transformation(
            columns({"relay": "Relay", "outcome": "Outcome", "Value": "Connections"}, "Time")
        )
        .override_by_name("Connections", [setting("decimals", 0)])
    )
    return Section(
        "As client",
        (
            Placed(_timeline("Pairs from it", "from", "to"), 12, 8),
            Placed(
                by_outcome(stacked(
                    "Connections it made",
                    "By how far they came. A member that retries makes a steady stream of failures.",
                    "none", "It made no connection in this time range",
                    through_time(counted("handshakes_total", "outcome", _IT_DIALS), "{{outcome}}"),
                )), 12, 8),
            Placed(_changes("Changes of the pairs from it", "from", "to"), 6, 8),
            Placed(outcomes, 8, 8),
            Placed(causes, 10, 8),
        ),
    )  # fmt: skip


_IT_IS_CALLED = family("relay_info", 'member="$member"')
"""The relays and checks whose connections go to the member."""


def _called(name: str, by: str, span: str) -> str:
    """Give how much a counter grew on the relays and checks that call the member, summed by labels."""
    grown = f"increase({family(name)}[{span}])"
    return f"sum by ({by}) ({grown} * on (instance, relay) group_left () {_IT_IS_CALLED}) > 0"


def _server() -> Section:
    failures = (
        table(
            "Failures of those who called it",
            "On the relays and checks whose connections go to it, by root cause and the end at fault. "
            "`mirrorprobe causes ID` says what to do.",
            "Every connection to it could be used",
            now(f"sort_desc({_called('handshake_failures_total', 'relay, leg, cause, party', '$__range')})"),
        )
        .with_transformation(
            columns({"cause": "Cause", "party": "At fault", "relay": "Relay", "leg": "Leg", "Value": "Failures"}, "Time")
        )
        .override_by_name("Failures", [setting("decimals", 0)])
    )  # fmt: skip
    return Section(
        "As server",
        (
            Placed(_timeline("Pairs to it", "to", "from"), 12, 8),
            Placed(
                by_outcome(stacked(
                    "Connections to it",
                    "Through the relays and checks that call it, by how far they came.",
                    "none", "Nobody called it in this time range",
                    through_time(_called("handshakes_total", "outcome", "$__rate_interval"), "{{outcome}}"),
                )), 12, 8),
            Placed(_changes("Changes of the pairs to it", "to", "from"), 10, 8),
            Placed(failures, 14, 8),
        ),
    )  # fmt: skip


def _certificates() -> Section:
    return Section("Certificates", (Placed(certificate_table("Its certificates", _ITS_CERTIFICATES), 24, 6),))
