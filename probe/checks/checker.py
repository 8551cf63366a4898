"""A `[[check]]` at work under `run`: the same question, again and again."""

from __future__ import annotations

import asyncio
import random
from time import monotonic
from typing import TYPE_CHECKING

from analyzers.connection import Outcome

from .asking import Asking, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Connection

    from ..account import Account
    from ..config import CheckConfig

__all__ = ["Checker"]

SPREAD_SECONDS = 10.0
"""Over which the first rounds of all checks are spread, so that a start or a reload is no burst."""

JITTER = 0.1
"""By how much of the interval a round may come earlier or later, so that several probes do not fall into step."""

_chance = random.Random()  # noqa: S311 (no secret; its own, for the state of the module is everybody's)


class Checker:
    """Asks one question at its interval, one round at a time."""

    def __init__(
        self,
        config: CheckConfig,
        run_id: str,
        finished: Callable[[Account], None],
        failed: Callable[[str, Exception], None],
    ) -> None:
        """Prepare.

        Args:
            config: what is asked.
            run_id: begins the identifiers of its connections.
            finished: is told of each connection when it is over.
            failed: is told, with the check's name, of a round that broke down; the next one comes nevertheless.
        """
        self.config = config
        self._run_id = run_id
        self._finished = finished
        self._failed = failed
        self._asking = Asking(
            Question(config.target, config.connect_as, config.mirror, config.deadline_seconds)
        )
        self._worked: tuple[Connection, ...] = ()
        self._count = 0

    def close(self) -> None:
        """Give back nothing: a check opens what it needs in each round."""

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop` is set; a round that is under way then is given up."""
        async with asyncio.TaskGroup() as group:
            rounds = group.create_task(self._rounds(), name=f"check {self.config.name}")
            await stop.wait()
            rounds.cancel()

    async def _rounds(self) -> None:
        interval = self.config.interval_seconds
        await asyncio.sleep(_chance.uniform(0, min(interval, SPREAD_SECONDS)))
        while True:
            began = monotonic()
            # As a value, so that an error nobody expected ends this round and not the check.
            (failure,) = await asyncio.gather(self._round(), return_exceptions=True)
            if isinstance(failure, Exception):
                self._failed(self.config.name, failure)
            pause = interval * _chance.uniform(1 - JITTER, 1 + JITTER)
            await asyncio.sleep(max(0.0, began + pause - monotonic()))

    async def _round(self) -> None:
        self._count += 1
        identifier = f"{self._run_id}-{self.config.name}-{self._count}"
        account = await self._asking.ask(identifier, self.config.name, self._worked)
        if account.outcome is Outcome.ESTABLISHED and not account.has_failed:
            self._worked = (account.connection,)
        self._finished(account)
