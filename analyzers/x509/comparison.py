"""Whether the name that a certificate bears is the one that a mirror lists.

Whether IRIS normalizes names before it compares them is not public. So there are two steps: names that agree
exactly, and names that agree only when order, case, white space, string types, aliases and escapes are set
aside; the second kind may fail on IRIS and says precisely what differs.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from .attributes import UNKNOWN_TAG
from .printing import print_rfc4514, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from .attributes import Attribute
    from .names import DistinguishedName

__all__ = ["NameComparison", "NameMatch", "Pair", "closest_name", "compare_names", "pair_attributes"]

Pair = tuple["Attribute | None", "Attribute | None"]
"""What was presented and what is listed in its place; None where the other name has nothing like it."""

_INTERCHANGED = {
    "2.5.4.5": "2.5.4.4",  # serialNumber and surname: `SN` means either, depending on the tool
    "0.9.2342.19200300.100.1.3": "1.2.840.113549.1.9.1",  # rfc822Mailbox (`mail`) and emailAddress
}
"""Attribute types that tools take for one another, to the one that stands for both."""

_COMPARED_CHARACTERS = 512
"""How much of a name is weighed when the closest is sought: the cost grows with its square."""


class NameMatch(StrEnum):
    """How far two names agree."""

    EXACT = "exact"
    NEAR = "near"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class NameComparison:
    """The outcome of comparing a presented name with a listed one."""

    kind: NameMatch
    differences: tuple[str, ...]
    """In words, empty where the match is exact."""


def _white_space(value: str) -> str:
    """Make insignificant spaces equal and drop what has no width (RFC 4518 sections 2.2 and 2.6.1)."""
    seen = "".join(c for c in value if unicodedata.category(c) not in {"Cf", "Cc"} or c.isspace())
    return re.sub(r"\s+", " ", seen).strip()


def _unicode_form(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


_NORMALIZERS: dict[str, Callable[[str], str]] = {
    "Unicode form": _unicode_form,
    "case": str.casefold,
    "white space": _white_space,
}
"""What may be set aside in a value, by the word for it, in the order in which it is done."""


@lru_cache(maxsize=4096)  # the few dozen values of a mirror's names, compared for every connection
def _normalize(value: str) -> str:
    for normalizer in _NORMALIZERS.values():
        value = normalizer(value)
    return _unicode_form(value)


def _exact_key(attribute: Attribute) -> Hashable:
    return attribute.oid, attribute.value


def _normal_key(attribute: Attribute) -> tuple[str, str]:
    return _INTERCHANGED.get(attribute.oid, attribute.oid), _normalize(attribute.value)


def _type_key(attribute: Attribute) -> Hashable:
    return _INTERCHANGED.get(attribute.oid, attribute.oid)


def pair_attributes(presented: DistinguishedName, listed: DistinguishedName) -> tuple[Pair, ...]:
    """Set the attributes of two names side by side: equal ones, equivalent ones, then those of one type.

    The order is that of `presented`; attributes that are only in `listed` follow.
    """
    left = [attribute for rdn in presented.rdns for attribute in rdn]
    right = [attribute for rdn in listed.rdns for attribute in rdn]
    partner: dict[int, int] = {}
    free = list(range(len(right)))
    for key in (_exact_key, _normal_key, _type_key):
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for at in free:
            waiting[key(right[at])].append(at)
        for at, attribute in enumerate(left):
            if at not in partner and waiting[key(attribute)]:
                partner[at] = waiting[key(attribute)].popleft()
        taken = set(partner.values())
        free = [at for at in free if at not in taken]
    pairs: list[Pair] = [
        (attribute, right[partner[at]] if at in partner else None) for at, attribute in enumerate(left)
    ]
    return (*pairs, *((None, right[at]) for at in free))


def _rdn_keys(
    name: DistinguishedName, key: Callable[[Attribute], Hashable]
) -> list[frozenset[tuple[Hashable, int]]]:
    """Give each RDN as a multiset: the attributes of an RDN have no order (X.501 section 9.3)."""
    return [frozenset(Counter(map(key, rdn)).items()) for rdn in name.rdns]


def _types(name: DistinguishedName) -> str:
    return ", ".join("+".join(attribute.name for attribute in rdn[::-1]) for rdn in reversed(name.rdns))


def _order_difference(presented: DistinguishedName, listed: DistinguishedName) -> str | None:
    """Say how the RDNs are arranged differently, in names whose attributes are equivalent."""
    left, right = _rdn_keys(presented, _normal_key), _rdn_keys(listed, _normal_key)
    if left == right:
        return None
    if left == right[::-1]:
        return "order: the listed name has the attributes in reverse"
    where = f"presented as {_types(presented)}, listed as {_types(listed)}"
    if Counter(left) == Counter(right):
        return f"order: {where}"
    return f"grouping: the attributes form other RDNs, {where}"


def _quoted(value: str) -> str:
    return f"'{visible(value)}'"


def _are_equal_but_for(words: list[str], presented: str, listed: str) -> bool:
    for word in words:
        presented, listed = _NORMALIZERS[word](presented), _NORMALIZERS[word](listed)
    return presented == listed


def _what_differs(presented: str, listed: str) -> str:
    """Name the fewest properties that must be set aside to make two equivalent values equal."""
    needed = list(_NORMALIZERS)
    for word in _NORMALIZERS:
        others = [other for other in needed if other != word]
        if _are_equal_but_for(others, presented, listed):
            needed = others
    return " and ".join(needed)


def _first_difference(presented: str, listed: str) -> str:
    """Point at the first character that differs where the eye may not see it."""
    if presented.isascii() and listed.isascii():
        return ""
    for at, (left, right) in enumerate(zip(presented, listed, strict=False), start=1):
        if left != right:
            return f" (character {at} is U+{ord(left):04X} against U+{ord(right):04X})"
    return ""


def _two_values(presented: Attribute, listed: Attribute) -> str:
    hint = _first_difference(presented.value, listed.value)
    values = f"{_quoted(presented.value)} in the presented name, {_quoted(listed.value)} in the listed one"
    return f"{presented.name} is {values}{hint}"


def _equivalent_pair(presented: Attribute, listed: Attribute) -> Iterator[str]:
    """Say in words how two equivalent attributes differ."""
    if presented.oid != listed.oid:
        types = f"{presented.name} in the presented name, {listed.name} in the listed one"
        yield f"attribute alias: {_quoted(presented.value)} is {types}"
    if presented.value != listed.value:
        what = _what_differs(presented.value, listed.value)
        yield f"{what}: {_two_values(presented, listed)}"
    if UNKNOWN_TAG not in (presented.tag, listed.tag) and presented.tag != listed.tag:
        types = f"{presented.string_type} in the presented name, {listed.string_type} in the listed one"
        yield f"string type: {presented.name} is {types}"


def _unequal_pair(presented: Attribute | None, listed: Attribute | None) -> str:
    """Say in words how two attributes differ that are not equivalent, or that only one of the names has."""
    if presented is None or listed is None:
        side = "presented" if listed is None else "listed"
        return "".join(
            f"{only.name} {_quoted(only.value)} is only in the {side} name"
            for only in (presented, listed)
            if only
        )
    return _two_values(presented, listed)


def are_equivalent(pair: Pair) -> bool:
    """Say whether the two attributes of a pair are equal when normalized."""
    presented, listed = pair
    return presented is not None and listed is not None and _normal_key(presented) == _normal_key(listed)


def _remarks(presented: DistinguishedName, listed: DistinguishedName) -> Iterator[str]:
    """Give what is unusual about the writing of one name only."""
    for side, one, other in (("presented", presented, listed), ("listed", listed, presented)):
        yield from (f"{remark} in the {side} name" for remark in one.remarks if remark not in other.remarks)


def _compare(presented: DistinguishedName, listed: DistinguishedName) -> NameComparison:
    pairs = pair_attributes(presented, listed)
    if not all(map(are_equivalent, pairs)):
        differences = [_unequal_pair(*pair) for pair in pairs if not are_equivalent(pair)]
        return NameComparison(NameMatch.DIFFERENT, tuple(differences))
    order = _order_difference(presented, listed)
    differences = [] if order is None else [order]
    for left, right in pairs:
        if left is not None and right is not None:
            differences += _equivalent_pair(left, right)
    differences += _remarks(presented, listed)
    return NameComparison(NameMatch.NEAR if differences else NameMatch.EXACT, tuple(differences))


_compare_cached = lru_cache(maxsize=1024)(_compare)
"""A mirror of sixteen members compares the same few hundred pairs of names for every connection."""


def compare_names(presented: DistinguishedName, listed: DistinguishedName) -> NameComparison:
    """Compare in two steps: exactly, then after normalization.

    Exact means the same RDNs in the same order, with the same types, values and, where both names come from
    DER, string types.
    """
    if presented.is_small and listed.is_small:
        return _compare_cached(presented, listed)
    return _compare(presented, listed)


def closest_name(
    presented: DistinguishedName, candidates: Iterable[DistinguishedName]
) -> DistinguishedName | None:
    """Give the candidate that differs least from `presented`, None where there is no candidate."""
    shown = print_rfc4514(presented.rdns)[:_COMPARED_CHARACTERS].casefold()

    def likeness(candidate: DistinguishedName) -> tuple[bool, float]:
        text = print_rfc4514(candidate.rdns)[:_COMPARED_CHARACTERS].casefold()
        is_alike = compare_names(presented, candidate).kind is not NameMatch.DIFFERENT
        return is_alike, SequenceMatcher(None, shown, text, autojunk=False).ratio()

    return max(candidates, key=likeness, default=None)
