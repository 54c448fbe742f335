"""Rewards, prompts and answers that the tests of rewards share."""

from collections.abc import Sequence

from evals.probing.rows import Asked
from evals.probing.sampling import Drawn
from evals.rewards.groups import Group
from evals.rewards.library import Reward, build_rewards, parse_reward


def built(*texts: str, folder: str = "") -> tuple[Reward, ...]:
    """Build rewards as the command line names them."""
    return build_rewards([parse_reward(text) for text in texts], folder)


def scores(text: str, completions: Sequence[object], **columns: object) -> list[float | None]:
    """Return what one reward gives to completions."""
    (reward,) = built(text)
    return reward.function(completions, **columns)


def sums(prompts: int = 12) -> list[Asked]:
    """Return additions with a worked solution and the result in a column."""
    return [
        Asked(
            key=f"{number:032x}",
            prompt=f"Mia has {number + 2} apples and buys {3 * number + 1} more. How many apples does she have?",
            reference=f"She starts with {number + 2} and adds {3 * number + 1}, which makes a total of {4 * number + 3} apples.\n"
            f"#### {4 * number + 3}",
            is_demonstration=True,
            columns={"answer": 4 * number + 3},
        )
        for number in range(prompts)
    ]


def groups(asked: Sequence[Asked], right: int = 3, samples: int = 8) -> list[Group]:
    """Return samples of which some are right, whatever their length."""
    return [
        Group(
            one,
            tuple(
                drawn(f"I count {'slowly ' * ((place * 5 + number) % 7)}and get {_result(one, place, right)}.")
                for place in range(samples)
            ),
        )
        for number, one in enumerate(asked)
    ]


def drawn(text: str) -> Drawn:
    """Return one answer, a token for each word."""
    return Drawn(text, tuple(range(len(text.split()))), "stop")


def _result(one: Asked, place: int, right: int) -> int:
    answer = int(str(one.columns["answer"]))
    return answer if place < right else answer + place + 1
