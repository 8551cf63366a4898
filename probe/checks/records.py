"""A survey as plain data, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzers.tls.codepoints import cipher_suite_name, group_name, signature_scheme_name, version_name

from .words import shortcomings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyzers.mirror.definition import Policy

    from .survey import Support, Survey

__all__ = ["survey_record"]


def survey_record(found: Survey, policy: Policy) -> dict[str, Any]:
    """Give what a server accepts; `complete` says whether it refused all the rest."""
    return {
        "versions": [version_name(version) for version in found.versions],
        "cipher_suites": _supports(found.suites, cipher_suite_name),
        "groups": _supports(found.groups, group_name),
        "signature_schemes": _supports(found.schemes, signature_scheme_name),
        "client_certificate": found.client_certificate.value,
        "below_policy": [{"cause": one.cause, "text": one.text} for one in shortcomings(found, policy)],
        "connections": found.connections,
        "problems": list(found.problems),
    }


def _supports(supports: Mapping[int, Support], name_of: Callable[[int], str]) -> dict[str, Any]:
    return {
        version_name(version): {
            "accepted": [name_of(code) for code in support.accepted],
            "complete": support.is_complete,
            "own_order": support.has_own_order,
        }
        for version, support in supports.items()
    }
