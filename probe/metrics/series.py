"""The series of one family, and the text of each as it was last written.

An exposition of fifty relays has 25 000 lines, of which a scrape finds few changed. So each line is kept, and only
what changed is written anew. How a line looks is prometheus-client's to say: its encoder writes the line of a new
series, and every line that is more than a name, labels and a number; of the others only the number is replaced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from typing import TYPE_CHECKING

from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from .families import BUCKETS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client import Metric

    from .families import Key, Spec
    from .scene import Scene

__all__ = ["Durations", "Series", "Values"]


_encode_open, _ = choose_encoder("application/openmetrics-text")
_number: Callable[[float], str] = floatToGoString


class _Only(Collector):
    """A registry of one family."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return (self._family,)


def _plain(family: Metric) -> list[str]:
    """Give the lines of a family in the text format."""
    return generate_latest(_Only(family)).decode().split("\n")[:-1]


def _open(family: Metric) -> list[str]:
    """Give the lines of a family in OpenMetrics, without the mark of the end."""
    return _encode_open(_Only(family)).decode().split("\n")[:-2]


class Series(ABC):
    """The series of one family; mutable."""

    def __init__(self, spec: Spec) -> None:
        """Begin without any series."""
        self.spec = spec
        self._lines: dict[Key, str] = {}
        """The text of each series, in the order of the exposition."""
        self._changed: set[Key] = set()
        empty = self.family(())
        self._plain_head = _plain(empty)
        self._open_head = _open(empty)

    @abstractmethod
    def family(self, keys: Iterable[Key] | None = None) -> Metric:
        """Give the family as prometheus-client has it, with the series of `keys`; None: of all."""

    @abstractmethod
    def _drop(self, key: Key) -> None:
        """Forget the values of a series."""

    @abstractmethod
    def _write(self, keys: list[Key]) -> None:
        """Write the text of series anew, in `self._lines`."""

    def forget(self, key: Key) -> None:
        """Let a series end."""
        self._drop(key)
        del self._lines[key]
        self._changed.discard(key)

    def enter(self, scene: Scene) -> None:
        """Begin what a configuration has begin at 0, and end what it does not allow."""
        is_allowed = self.spec.allows(scene)
        for key in [key for key in self._lines if not is_allowed(key)]:
            self.forget(key)
        for key in self.spec.at_start(scene):
            self._begin(key)

    def _begin(self, key: Key) -> None:
        if key not in self._lines:
            self._lines[key] = ""
            self._changed.add(key)

    def text(self, *, is_open: bool) -> Iterable[str]:
        """Give the pieces of the family's text, in OpenMetrics or in the text format."""
        if self._changed:
            self._write(list(self._changed))
            self._changed.clear()
        yield "".join(f"{line}\n" for line in (self._open_head if is_open else self._plain_head))
        yield from self._pieces(is_open=is_open)

    def _pieces(self, *, is_open: bool) -> Iterable[str]:  # noqa: ARG002 - only some series differ
        return self._lines.values()


class Values(Series):
    """The series of a family that have one number each; mutable."""

    def __init__(self, spec: Spec) -> None:
        """Begin without any series."""
        self._values: dict[Key, float] = {}
        self._exemplars: dict[Key, Exemplar] = {}
        self._marked: dict[Key, str] = {}
        """The lines with exemplars, which only OpenMetrics has."""
        super().__init__(spec)

    def _begin(self, key: Key) -> None:
        super()._begin(key)
        self._values.setdefault(key, 0)

    def add(self, key: Key, amount: float = 1, exemplar: Exemplar | None = None) -> None:
        """Count up; an exemplar stays until the next one."""
        if key not in self._values:
            for one in (*self.spec.beside(key), key):
                self._begin(one)
        self._values[key] += amount
        self._changed.add(key)
        if exemplar is not None:
            self._exemplars[key] = exemplar

    def set(self, key: Key, value: float) -> None:
        """Give a series another value."""
        if self._values.get(key) != value:
            self._begin(key)
            self._values[key] = value
            self._changed.add(key)

    def replace(self, values: Mapping[Key, float]) -> None:
        """Have these series and no others."""
        for key in [key for key in self._values if key not in values]:
            self.forget(key)
        for key, value in values.items():
            self.set(key, value)

    def _drop(self, key: Key) -> None:
        del self._values[key]
        self._exemplars.pop(key, None)
        self._marked.pop(key, None)

    def family(self, keys: Iterable[Key] | None = None) -> Metric:
        """Give the family as prometheus-client has it, with the series of `keys`; None: of all."""
        spec, keys = self.spec, self._values if keys is None else keys
        names = [label.name for label in spec.labels]
        if spec.kind is Kind.INFO:
            info = InfoMetricFamily(spec.family, spec.text, labels=names)
            for key in keys:
                info.add_metric(key, {})
            return info
        if spec.kind is Kind.GAUGE:
            gauge = GaugeMetricFamily(spec.family, spec.text, labels=names, unit=spec.unit)
            for key in keys:
                gauge.add_metric(key, self._values[key])
            return gauge
        counter = CounterMetricFamily(spec.family, spec.text, labels=names, unit=spec.unit)
        for key in keys:
            counter.add_metric(key, self._values[key], exemplar=self._exemplars.get(key))
        return counter

    def _write(self, keys: list[Key]) -> None:
        new = [key for key in keys if not self._lines[key]]
        for key, line in zip(new, _plain(self.family(new))[len(self._plain_head) :], strict=True):
            self._lines[key] = f"{line}\n"
        for key in keys:
            head = self._lines[key].rpartition(" ")[0]
            self._lines[key] = f"{head} {_number(self._values[key])}\n"
        marked = [key for key in keys if key in self._exemplars]
        for key, line in zip(marked, _open(self.family(marked))[len(self._open_head) :], strict=True):
            self._marked[key] = f"{line}\n"

    def _pieces(self, *, is_open: bool) -> Iterable[str]:
        return ((self._lines | self._marked) if is_open and self._marked else self._lines).values()


class Durations(Series):
    """The histograms of a family; mutable."""

    def __init__(self, spec: Spec) -> None:
        """Begin without any series."""
        self._buckets: dict[Key, list[int]] = {}
        self._sums: dict[Key, float] = {}
        super().__init__(spec)

    def _begin(self, key: Key) -> None:
        super()._begin(key)
        self._buckets.setdefault(key, [0] * (len(BUCKETS) + 1))
        self._sums.setdefault(key, 0.0)

    def observe(self, key: Key, seconds: float) -> None:
        """Add one duration."""
        if key not in self._buckets:
            self._begin(key)
        self._buckets[key][bisect_left(BUCKETS, seconds)] += 1
        self._sums[key] += seconds
        self._changed.add(key)

    def _drop(self, key: Key) -> None:
        del self._buckets[key], self._sums[key]

    def family(self, keys: Iterable[Key] | None = None) -> Metric:
        """Give the family as prometheus-client has it, with the series of `keys`; None: of all."""
        spec = self.spec
        histogram = HistogramMetricFamily(
            spec.family, spec.text, labels=[label.name for label in spec.labels], unit=spec.unit
        )
        for key in self._buckets if keys is None else keys:
            histogram.add_metric(key, _cumulative(self._buckets[key]), self._sums[key])
        return histogram

    def _write(self, keys: list[Key]) -> None:
        for key in keys:
            lines = _plain(self.family((key,)))[len(self._plain_head) :]
            self._lines[key] = "".join(f"{line}\n" for line in lines)


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    total = 0
    buckets = []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets
