"""The rules are held to real OpenSSL: on a population of chains they refuse what it refuses, and for the same reason."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from analyzers.x509.certificate import parse_certificate
from analyzers.x509.chain import build_chain
from tests.x509.openssl import Refusal, bundled_library, iris_library, system_library
from tests.x509.population import chains

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.x509.openssl import Verifier
    from tests.x509.population import Chain

CHAINS = 1500


@cache
def population(*, has_edges: bool) -> tuple[Chain, ...]:
    """Make the chains once for all libraries."""
    return tuple(chains(CHAINS, has_edges=has_edges))


def refusal_by_rule(chain: Chain, level: int) -> Refusal | None:
    """Give what our rules say of a chain, in OpenSSL's terms."""
    report = build_chain(
        tuple(map(parse_certificate, chain.presented)),
        tuple(map(parse_certificate, chain.trust)),
        chain.at,
        chain.purpose,
        security_level=level,
    )
    return None if report.refusal is None else Refusal(report.refusal.code, report.refusal.depth)


@pytest.mark.parametrize(
    ("library", "level", "has_edges"),
    [
        pytest.param(system_library, 1, True, id="system-level-1"),
        pytest.param(system_library, 2, True, id="system-level-2"),
        pytest.param(iris_library, 1, True, id="iris-level-1"),
        pytest.param(iris_library, 2, True, id="iris-level-2"),
        # OpenSSL 4.0 takes the last second of a validity for valid, where 3.x and our rules do not.
        pytest.param(bundled_library, 0, False, id="bundled"),
    ],
)
def test_the_rules_agree_with_openssl(library: Callable[[], Verifier], level: int, has_edges: bool) -> None:
    """Every chain is accepted or refused as by OpenSSL, with the same first error at the same depth."""
    verifier = library()
    seen: Counter[int] = Counter()
    for chain in population(has_edges=has_edges):
        expected = verifier.verify(chain.presented, chain.trust, chain.at, chain.purpose, level)
        assert refusal_by_rule(chain, level) == expected, f"chain {chain.number} of seed 20260601"
        seen[0 if expected is None else expected.code] += 1
    assert {0, 2, 7, 9, 10, 18, 19, 20, 25, 26, 34, 47, 48, 79} <= seen.keys()


def test_every_certificate_of_the_population_is_read_whole() -> None:
    """A certificate that OpenSSL reads has no problem for us."""
    for chain in population(has_edges=False)[:300]:
        for der in chain.presented + chain.trust:
            assert parse_certificate(der).problem is None
