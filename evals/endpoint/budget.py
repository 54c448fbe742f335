"""What may be spent on an endpoint, and what has been."""

from typing import Final, NamedTuple

from evals.endpoint.asking import Question, Reply
from reports.records.pairs import EndpointUse

MILLION: Final = 1_000_000
CHARACTERS_A_TOKEN: Final = 4
"""English text; used only where the server reports no usage."""


class Budget(NamedTuple):
    """Limits of one command; None: no limit. Prices are per million tokens, in any currency."""

    requests: int | None = None
    """Retries count."""
    tokens: int | None = None
    cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None


class Meter:
    """Counts what was asked and what it cost."""

    def __init__(self, budget: Budget) -> None:
        self.requests = 0
        self.cached = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.missing = 0
        self.is_estimated = False
        self._budget = budget

    @property
    def cost(self) -> float | None:
        """What the tokens cost at the given prices; None without prices."""
        budget = self._budget
        if budget.price_in is None and budget.price_out is None:
            return None
        return (self.prompt_tokens * (budget.price_in or 0.0) + self.completion_tokens * (budget.price_out or 0.0)) / MILLION

    def exhausted(self) -> str:
        """Say which limit is reached; empty: none. What is under way still counts, so tokens and cost can end a little above."""
        budget, cost = self._budget, self.cost
        if budget.requests is not None and self.requests >= budget.requests:
            return f"the budget of {budget.requests:,} requests is used up (--max-requests)"
        tokens = self.prompt_tokens + self.completion_tokens
        if budget.tokens is not None and tokens >= budget.tokens:
            return f"the budget of {budget.tokens:,} tokens is used up (--max-tokens)"
        if budget.cost is not None and cost is not None and cost >= budget.cost:
            return f"the budget of {budget.cost:g} is used up (--max-cost)"
        return ""

    def count(self, question: Question, reply: Reply) -> None:
        """Add the tokens of one reply; where the server does not say, a quarter of the characters."""
        asked, said = reply.prompt_tokens, reply.completion_tokens
        if asked is None or said is None:
            self.is_estimated = True
        characters = sum(len(message.content) for message in question.messages)
        self.prompt_tokens += characters // CHARACTERS_A_TOKEN + 1 if asked is None else asked
        self.completion_tokens += len(reply.text) // CHARACTERS_A_TOKEN + 1 if said is None else said

    def use(self) -> EndpointUse:
        """Return the totals."""
        return EndpointUse(
            requests=self.requests,
            cached=self.cached,
            missing=self.missing,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            tokens_estimated=self.is_estimated,
            cost=self.cost,
        )
