"""The endpoint client: asks many questions at once, survives what servers do, and never takes a failure for a value."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evals.endpoint.asking import Answer, Missing, Question, Reply
from evals.endpoint.budget import Budget, Meter
from evals.endpoint.cache import ReplyCache
from evals.endpoint.pace import Clock, Pace, backoff
from evals.endpoint.place import Endpoint
from evals.endpoint.reading import REFUSED_FOR_ALL, Failure, read_body, read_status
from reports.errors import MissingError
from reports.records.pairs import EndpointUse

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST_BUSY: Final = 50
"""Attempts at one question while the server is busy or gone; `patience_s` usually decides earlier."""
LENGTH_WORDS: Final = ("max_tokens", "max_completion_tokens")
"""The name that all servers know, and the one that OpenAI's reasoning models insist on."""


class Limits(NamedTuple):
    """How hard the client tries."""

    at_once: int = 16
    """Most requests at once; fewer where the server answers 429."""
    attempts: int = 5
    """At one question, failures of a busy or absent server not counted."""
    timeout_s: float = 120.0
    """Of one attempt as a whole, so that a server that trickles or stalls cannot hold it."""
    patience_s: float = 300.0
    """Without a single reply to anything, after which the client stops asking."""


class Client:
    """Asks one endpoint. A question ends in a `Reply`, or in `Missing` with the reason.

    Replies go into the cache as they come, so that a killed command asks only for what is missing.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        cache: ReplyCache,
        budget: Budget | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._cache = cache
        self._meter = Meter(budget or Budget())
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        self._length_word = LENGTH_WORDS[0]
        self._takes_temperature = True
        self._stopped = ""
        self._has_answered = False
        self._sign_of_life = 0.0

    def ask(self, questions: Sequence[Question], advance: Callable[[int], None] = lambda done: None) -> list[Answer]:
        """Return one answer for each question, in their order; equal questions are asked once.

        Args:
            questions: to be asked, or found in the cache.
            advance: told how many different questions are done.

        Raises:
            MissingError: the server refuses the key, or knows no such address or model, before it has answered anything.
            StorageError: a reply could not be stored.
        """
        keys = [question.key(self.endpoint) for question in questions]
        asked = dict(zip(keys, questions, strict=True))
        found: dict[str, Answer] = {key: reply for key in asked if (reply := self._cache.get(key)) is not None}
        self._meter.cached += len(found)
        advance(len(found))
        missing = {key: question for key, question in asked.items() if key not in found}
        if missing:
            asyncio.run(self._ask_all(missing, found, advance))
        self._meter.missing += sum(isinstance(found[key], Missing) for key in missing)
        return [found[key] for key in keys]

    def use(self) -> EndpointUse:
        """Return what was asked so far, and what it cost."""
        return self._meter.use()

    async def _ask_all(self, missing: dict[str, Question], found: dict[str, Answer], advance: Callable[[int], None]) -> None:
        from openai import AsyncOpenAI

        self._sign_of_life = self._clock.now()
        pace = Pace(self._limits.at_once, self._clock)
        left: Iterator[tuple[str, Question]] = iter(missing.items())
        key = self.endpoint.api_key()
        async with AsyncOpenAI(base_url=self.endpoint.base_url, api_key=key, max_retries=0, timeout=None) as server:

            async def work() -> None:
                for key, question in left:
                    found[key] = await self._ask_one(server, pace, key, question)
                    advance(len(found))

            await asyncio.gather(*(work() for _ in range(min(self._limits.at_once, len(missing)))))

    async def _ask_one(self, server: "AsyncOpenAI", pace: Pace, key: str, question: Question) -> Answer:
        failures = own = 0
        last = ""
        while True:
            async with pace.slot() as halved:
                if reason := self._stopped or self._meter.exhausted():
                    return Missing(f"{last}; not asked again: {reason}" if last else f"not asked: {reason}")
                self._meter.requests += 1
                got = await self._attempt(server, question)
            if isinstance(got, Reply):
                pace.went_well()
                return self._take(key, question, got)
            failures, own = failures + 1, own + (not got.is_busy)
            if got.is_too_many:
                pace.too_many(halved, got.retry_after)
            last = self.endpoint.mask(got.reason)
            self._check_patience(last)
            if not got.again or own >= self._limits.attempts or failures >= MOST_BUSY:
                return Missing(f"{last} ({failures} attempts)" if failures > 1 else last)
            await self._clock.sleep(backoff(failures, self._clock.rng, got.retry_after))

    async def _attempt(self, server: "AsyncOpenAI", question: Question) -> Reply | Failure:
        import openai

        seconds, options = self._limits.timeout_s, self._options(question)
        try:
            async with asyncio.timeout(seconds):
                raw = await server.chat.completions.with_raw_response.create(**options)
        except openai.APIStatusError as error:
            return self._refused(error, options)
        except (openai.APITimeoutError, TimeoutError):
            return Failure(f"no reply within {seconds:g} s")
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            name = type(cause).__name__
            return Failure(f"the connection failed ({name}: {cause})".replace(": )", ")"), is_busy=name == "ConnectError")
        return read_body(raw.content)

    def _refused(self, error: Any, options: Mapping[str, Any]) -> Failure:
        """Read an error status; MissingError where it will be the same for every question."""
        status, message = error.status_code, str(error.message)
        if status == 400 and self._adapts(message, options):
            return Failure(message)
        if status in REFUSED_FOR_ALL and not self._has_answered:
            raise MissingError(self._advice(status, self.endpoint.mask(message)))
        return read_status(status, error.response.headers, message, error.code)

    def _adapts(self, message: str, options: Mapping[str, Any]) -> bool:
        """Leave out what reasoning models do not take, and say whether this request had it."""
        if LENGTH_WORDS[1] in message and LENGTH_WORDS[0] in options:
            self._length_word = LENGTH_WORDS[1]
            return True
        if "temperature" in message and "temperature" in options:
            self._takes_temperature = False
            return True
        return False

    def _advice(self, status: int, message: str) -> str:
        place, key = self.endpoint, self.endpoint.key_name
        if status == 404:
            step = f"Check the address and the model name {place.model!r}; {place.base_url}/models lists what the server has."
        elif not key:
            step = "It wants a key: put it into an environment variable, and name that with --api-key-env."
        else:
            step = f"Check the key in the environment variable {key}."
        return f"{place.base_url}: the server answered {status} ({message[:200]}). {step}"

    def _options(self, question: Question) -> dict[str, Any]:
        options: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [{"role": message.role, "content": message.content} for message in question.messages],
            self._length_word: question.max_tokens,
        }
        if self._takes_temperature:
            options["temperature"] = question.temperature
        return options if question.seed is None else options | {"seed": question.seed + question.sample}

    def _take(self, key: str, question: Question, reply: Reply) -> Reply:
        self._has_answered = True
        self._sign_of_life = self._clock.now()
        self._meter.count(question, reply)
        self._cache.put(key, reply)
        return reply

    def _check_patience(self, reason: str) -> None:
        silent = self._clock.now() - self._sign_of_life
        if silent > self._limits.patience_s:
            self._stopped = f"no reply to anything for {silent:.0f} s; the last failure: {reason}"
