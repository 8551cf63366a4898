"""Whole connections of a window recalled together, without going through their segments.

Those that exchange the same amounts in the same order are laid beneath each other, and what can show of their
bytes is compared with what showed of connections before. One that nobody has seen yet is gone through in the
ordinary way, by itself, and remembered for all that are like it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..capture.protocol import Budget
from ..capture.streams import Conversation
from ..capture.whole import find_whole
from .between import Between
from .heads import Heads
from .laid import Laid
from .mask import read_mask
from .model import RecalledConnection, fit_model

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from ..capture.grouping import Grouped
    from ..capture.whole import Whole
    from .laid import Read
    from .mask import Mask
    from .model import Model

    Key = tuple[Hashable, bytes]
    """The kind of data that is told of, if any, and who sends how much beside it, segment by segment."""

__all__ = ["WholeMemory"]

MAX_MODELS: Final = 2048
"""Connections remembered: each with its bytes that show, 16 KB at most, and as much for its mask."""

MAX_SHAPES: Final = 4096
"""Shapes remembered, most of which are those of connections that came once; each has 400 bytes at most."""

MAX_SEGMENTS: Final = 96
"""Of a shape: a handshake in small pieces."""

MAX_PAYLOAD: Final = 1 << 14
"""As much as a `RecallingReader` keeps to be told again."""

MAX_MASKS: Final = 8
"""Masks of one shape, each of which is laid on all connections of that shape."""

MAX_STRANGERS: Final = 64
"""Connections of one shape that are gone through without finding another one like them."""


class _Shape:
    """Connections that exchange the same amounts in the same order."""

    __slots__ = ("models", "strangers")

    def __init__(self) -> None:
        self.models: list[tuple[Mask, dict[bytes, Model | None]]] = []
        """By what shows: None where one is known to be no model."""
        self.strangers = 0
        """How many were gone through since one was recalled."""

    def remember(self, mask: Mask, shown: bytes, model: Model | None) -> None:
        """Remember what a connection showed where `mask` says, and whether others can be like it."""
        models = next((models for known, models in self.models if known == mask), None)
        if models is not None:
            models[shown] = model
        elif len(self.models) < MAX_MASKS:
            self.models.append((mask, {shown: model}))


class _View:
    """What shows of connections that are laid beneath each other, by one mask."""

    __slots__ = ("_are_plain", "_shown")

    def __init__(self, mask: Mask, payload: NDArray[np.uint8]) -> None:
        self._shown = mask.shown(payload)
        self._are_plain: list[bool] = mask.are_plain(payload).tolist()

    def of(self, index: int) -> bytes | None:
        """Give what shows of a connection; None where the mask is not enough to tell."""
        return self._shown[index].tobytes() if self._are_plain[index] else None


class WholeMemory:
    """All whole connections that others may be like; forgotten when they are too many."""

    def __init__(self, read: Read) -> None:
        """Begin without any; `read` makes a reader from the addresses of two sides and a first time."""
        self._read = read
        self._heads = Heads(read)
        self._shapes: dict[Key, _Shape] = {}
        self._models = 0

    def recall(self, grouped: Grouped, numbers: list[int]) -> Mapping[int, RecalledConnection]:
        """Of some connections of a window, of which nothing was seen before, give those that are known."""
        whole = find_whole(grouped, numbers)
        found: dict[int, RecalledConnection] = {}
        if whole is None:
            return found
        heads = self._heads.of(grouped, whole)
        between = Between(grouped, whole, heads) if heads else None
        if between is not None:
            whole = between.without(whole)
        for key, members in _by_shape(whole, between):
            shape = self._shape(key, len(members))
            if shape is not None and shape.strangers < MAX_STRANGERS:
                is_told = between is not None and members[0] in between
                laid = Laid(grouped, whole, members, between if is_told else None, self._read)
                self._recall(shape, laid, found)
        return found

    def _shape(self, key: Key, count: int) -> _Shape | None:
        """Give what is known of a shape; None where this is the first connection of it."""
        if self._models > MAX_MODELS or len(self._shapes) > MAX_SHAPES:
            self._shapes.clear()
            self._models = 0
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = _Shape()
            return shape if count > 1 else None
        return shape

    def _recall(self, shape: _Shape, laid: Laid, found: dict[int, RecalledConnection]) -> None:
        views: list[_View] = []
        for index, number in enumerate(laid.numbers):
            model = self._model(shape, laid, views, index)
            if model is not None:
                found[number] = RecalledConnection(laid, index, model)

    def _model(self, shape: _Shape, laid: Laid, views: list[_View], index: int) -> Model | None:
        """Give the model of a connection; None where it has none."""
        for place, (mask, models) in enumerate(shape.models):
            if place == len(views):
                views.append(_View(mask, laid.payload))
            shown = views[place].of(index)
            if shown in models:
                shape.strangers = 0
                return models[shown]
        return self._learn(shape, laid, index) if shape.strangers < MAX_STRANGERS else None

    def _learn(self, shape: _Shape, laid: Laid, index: int) -> Model | None:
        """Go through a connection, and remember what was observed, if others can be like it."""
        shape.strangers += 1
        reader, batch = laid.retold(index)
        conversation = Conversation(reader, Budget(), batch.rows[0])
        count = conversation.process(batch)
        way = reader.way
        connection = reader.connection(conversation)
        if count < len(batch.rows) or way is None or connection is None or not laid.agrees(index, way):
            return None
        mask = read_mask(way, laid.said(index), laid.passed(index))
        shown = None if mask is None else _View(mask, laid.payload[index : index + 1]).of(0)
        if mask is None or shown is None:
            return None
        self._models += 1
        model = fit_model(connection, laid, index)
        shape.remember(mask, shown, model)
        return model


def _by_shape(whole: Whole, between: Between | None) -> Iterable[tuple[Key, list[int]]]:
    """Give the shapes that are not too large, and of each the places in `whole` of its connections."""
    members: dict[Key, list[int]] = {}
    codes, width = whole.codes.tobytes(), whole.codes.itemsize
    sent = np.concatenate([[0], np.cumsum(whole.codes >> 2, dtype=np.int64)])[whole.bounds]
    is_small = (np.diff(sent) <= MAX_PAYLOAD) & (np.diff(whole.bounds) <= MAX_SEGMENTS)
    bounds = whole.bounds.tolist()
    for place in np.flatnonzero(is_small).tolist():
        shape = codes[width * bounds[place] : width * bounds[place + 1]]
        kind = between.kind(place) if between is not None and place in between else None
        members.setdefault((kind, shape), []).append(place)
    return members.items()
