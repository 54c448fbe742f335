"""A model behind an OpenAI-compatible endpoint as the judge: asked in both orders, its verdict read from the last line."""

from collections.abc import Iterator, Sequence
from typing import Final

from evals.endpoint.asking import Answer, Missing
from evals.endpoint.client import Client
from evals.judges.contest import BOTH, Advance, Contest, Opinion, Order, candidate_share, say
from evals.pairs.comparing import JUDGE_TOKENS, JUDGING, Duel, Verdict, question_of, read_verdict
from reports.digest import text_digest
from reports.records.gates import Instrument
from reports.records.pairs import EndpointUse

FIRST: Final[dict[Verdict, float]] = {"A": 1.0, "TIE": 0.5, "B": 0.0}
"""Share of the answer that was shown first."""


class EndpointJudge:
    """Asks an endpoint; the client keeps the replies, so that asking again costs nothing."""

    orders: tuple[Order, ...] = BOTH

    def __init__(self, client: Client) -> None:
        self._client = client
        self.name = f"endpoint:{client.endpoint.label}"
        self.title = f"the model {client.endpoint.label}"
        self.identity = text_digest(client.endpoint.base_url, client.endpoint.model, JUDGING, str(JUDGE_TOKENS))

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Ask about every contest in both orders at once."""
        asked = [(contest, order) for contest in contests for order in self.orders]
        questions = [question_of(Duel(contest.prompt, *contest.shown(order))) for contest, order in asked]
        answers = self._client.ask(questions, lambda done: advance(done // len(self.orders)))
        yield [self._read(contest, order, answer) for (contest, order), answer in zip(asked, answers, strict=True)]

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return nothing: replies that cannot be read are counted for every judge."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """Say what was asked and what it cost."""
        return (f"Judging by {self.name}: {use_words(self._client.use())}.",)

    def _read(self, contest: Contest, order: Order, answer: Answer) -> Opinion:
        if isinstance(answer, Missing):
            return Opinion(say(contest, self, order, None, answer.reason))
        verdict = read_verdict(answer.text)
        if verdict is None:
            how = "was cut before its verdict" if answer.finish == "length" else "does not end in a verdict"
            return Opinion(say(contest, self, order, None, f"the judge's reply {how}"), is_unread=True)
        return Opinion(say(contest, self, order, candidate_share(order, FIRST[verdict])))


def use_words(use: EndpointUse) -> str:
    """Say what an endpoint was asked and what it cost."""
    about = "about " if use.tokens_estimated else ""
    cost = "cost unknown without prices" if use.cost is None else f"cost {use.cost:.4g} at the given prices"
    return (
        f"{use.requests:,} requests, {use.cached:,} replies from before, {use.missing:,} missing; "
        f"{about}{use.prompt_tokens:,} + {use.completion_tokens:,} tokens; {cost}"
    )
