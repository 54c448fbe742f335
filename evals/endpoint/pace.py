"""How many requests are under way at once, and how long to wait after a failure."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 20.0
"""A server that was restarted is found again this soon; one that wants longer says so with Retry-After."""
LONGEST_RETRY_AFTER_S: Final = 600.0
STARTING_WITH: Final = 4
"""Requests at once, before the server has said anything."""


class Clock(NamedTuple):
    """Time and chance, so that tests need to wait for neither."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rng: random.Random = random.Random()


class Pace:
    """Adapts to the server: too many requests halve the number at once, each success adds a little.

    Additive increase, multiplicative decrease, as TCP shares a line (Chiu and Jain 1989). Requests that were already under way
    when the number was halved do not halve it again.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = max(1, most)
        self.limit = float(min(self._most, STARTING_WITH))
        self.under_way = 0
        self._halved = 0
        self._closed_until = 0.0
        self._clock = clock
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[int]:
        """Hold one place among the requests under way; gives the number of halvings so far, for `too_many`."""
        async with self._freed:
            await self._freed.wait_for(lambda: self.under_way < int(self.limit))
            self.under_way += 1
        try:
            if (left := self._closed_until - self._clock.now()) > 0:
                await self._clock.sleep(left)
            yield self._halved
        finally:
            async with self._freed:
                self.under_way -= 1
                self._freed.notify_all()

    def went_well(self) -> None:
        """Creep up by one request for every round of successes."""
        self.limit = min(float(self._most), self.limit + 1 / self.limit)

    def too_many(self, halved_before: int, retry_after: float | None) -> None:
        """Halve, once for all requests that were under way together, and let nobody ask before the server wants it."""
        if halved_before == self._halved:
            self._halved += 1
            self.limit = max(1.0, self.limit / 2)
        if retry_after is not None:
            self._closed_until = max(self._closed_until, self._clock.now() + retry_after)


def backoff(failures: int, rng: random.Random, retry_after: float | None = None) -> float:
    """Return the seconds to wait after so many failures in a row: doubling, with jitter, and at least what the server asks.

    Half of the wait is drawn by chance, so that requests that failed together do not come back together.
    """
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 20))
    return max(wait * (0.5 + 0.5 * rng.random()), retry_after or 0.0)
