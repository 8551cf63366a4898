"""What the lab's ends say of a connection, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzers.tls.codepoints import alert_name

from .faults import FAMILIES

if TYPE_CHECKING:
    from .ends import Account
    from .faults import Fault
    from .scenario import Played

__all__ = ["account_record", "fault_record", "played_record"]


def account_record(account: Account) -> dict[str, Any]:
    """Give one end's account; secrets are not in it."""
    peer = account.peer_chain[0].subject.rfc4514_string() if account.peer_chain else None
    return {
        "handshake_complete": account.is_complete,
        "version": account.version,
        "cipher": account.cipher,
        "peer": peer,
        "sent_alerts": [_alert(code) for code in account.sent_alerts],
        "received_alerts": [_alert(code) for code in account.received_alerts],
        "verify_error": account.verify_error,
        "verify_depth": account.verify_depth,
        "refusal": account.refusal,
        "error": account.error,
        "answer": account.answer[:_ANSWER_SHOWN].decode("ascii", "replace"),
    }


_ANSWER_SHOWN = 64
"""The lab's own lines are shorter; what else arrives may be anything."""


def played_record(played: Played) -> dict[str, Any]:
    """Give both ends' accounts; the server's is null where it saw no connection."""
    return {
        "client": account_record(played.client),
        "server": None if played.server is None else account_record(played.server),
    }


def fault_record(fault: Fault) -> dict[str, Any]:
    """Give a row of the table of faults."""
    return {
        "name": fault.name,
        "family": next(name for name, faults in FAMILIES.items() if fault in faults),
        "story": fault.story,
        "expects": fault.expects,
        "faulty": fault.faulty,
        "refused_by": fault.refused_by,
        "alert": None if fault.alert is None else _alert(fault.alert),
        "fails": fault.fails,
    }


def _alert(code: int) -> dict[str, Any]:
    return {"code": code, "description": alert_name(code)}
