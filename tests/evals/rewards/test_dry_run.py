"""The dry run catches rewards that can be gamed or teach nothing, and is silent about healthy ones."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from evals.probing.rows import Asked
from evals.rewards.bad_answers import BAD, Good
from evals.rewards.correlation import rank_correlation
from evals.rewards.dry_run import dry_run
from evals.rewards.groups import Group
from evals.rewards.limits import Limits
from evals.rewards.ruling import codes
from evals.stats.interval import NotEnoughError
from reports.records.data import Check
from reports.records.rewards import RewardCheck
from tests.evals.rewards.material import built, drawn, groups, sums

HEALTHY = ("numeric-answer", "length-band:high=40;weight=0.2", "forbidden-words:words=fool;weight=0.2")
OWN = """
def text(answer):
    return answer if isinstance(answer, str) else answer[0]["content"]

def longer(completions, **columns):
    return [len(text(one)) / 100 for one in completions]

def empty_counts(completions, **columns):
    return [float(not any(sign.isdigit() for sign in text(one))) for one in completions]

def flipped(completions, answer, **columns):
    return [float(str(right) not in text(one)) for one, right in zip(completions, answer)]

def same(completions, **columns):
    return [0.5 for _ in completions]

def never(completions, **columns):
    return [None for _ in completions]

def unbounded(completions, answer, **columns):
    return [7.0 * (str(right) in text(one)) - 3 for one, right in zip(completions, answer)]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with reward functions that can be gamed."""
    (tmp_path / "gamed_rewards.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    return str(tmp_path)


def tried(*rewards: str, asked: Sequence[Asked] | None = None, evaluation: Sequence[str] = (), right: int = 3) -> RewardCheck:
    """Try rewards on samples of additions."""
    return dry_run(groups(asked or sums(), right), built(*rewards), built(*evaluation))


def state(found: RewardCheck, code: str) -> str:
    return check(found, code).state


def check(found: RewardCheck, code: str) -> Check:
    return next(one for one in found.checks if one.code == code)


def not_passed(found: RewardCheck) -> dict[str, str]:
    return {one.code: one.state for one in found.checks if one.state not in ("pass", "skipped")}


def test_healthy_rewards_raise_nothing() -> None:
    found = tried(*HEALTHY, evaluation=["numeric-answer:name=measured"])
    assert not_passed(found) == {}
    assert found.passed
    assert [one.code for one in found.checks] == codes()
    assert found.pass_rate.value == pytest.approx(3 / 8)
    assert found.solved.value == 1.0
    assert found.zero_spread.value == 0.0
    assert (found.prompts, found.samples) == (12, 8)
    assert [one.loses.value for one in found.bad_answers] == [1.0] * 6


def labelled(number: int) -> Asked:
    label = ("positive", "negative", "neutral")[number % 3]
    prompt = f"Is review {number} positive, negative or neutral? It says: the tea was cup number {number}."
    return Asked(f"{number:032x}", prompt, label.capitalize() + ".", True, {"answer": label})


def called(number: int) -> Asked:
    call = {"name": "book", "arguments": {"table": number, "guests": number % 4 + 1}}
    wanted = json.dumps(call)
    return Asked(f"{number:032x}", f"Book table {number}.", f"<tool_call>{wanted}</tool_call>", True, {"tool_calls": [call]})


def coded(number: int) -> Asked:
    code = f"```python\ndef add(a):\n    return a + {number + 1}\n```"
    return Asked(
        f"{number:032x}", f"Write add(a) that adds {number + 1}.", code, True, {"tests": [f"assert add(1) == {number + 2}"]}
    )


WRONG = {"exact-answer": "mixed", "tool-call": '<tool_call>{"name": "cancel"}</tool_call>', "tests": "def add(a):\n    return a"}


@pytest.mark.parametrize(("reward", "make"), [("exact-answer", labelled), ("tool-call", called), ("tests", coded)])
def test_healthy_rewards_of_other_tasks_raise_nothing(reward: str, make: Callable[[int], Asked]) -> None:
    asked = [make(number) for number in range(6)]
    found = dry_run(
        [Group(one, tuple(map(drawn, (one.reference, WRONG[reward], WRONG[reward])))) for one in asked], built(reward)
    )
    # The right answers are the longer ones here, which RWD004 is right to mention.
    assert {code: one for code, one in not_passed(found).items() if code != "RWD004"} == {}
    assert found.pass_rate.value == pytest.approx(1 / 3)


def test_each_reward_and_each_component_is_told_apart() -> None:
    found = tried(*HEALTHY)
    assert [(one.name, one.component, one.weight) for one in found.rewards] == [
        ("numeric-answer", "accuracy", 1.0),
        ("length-band", "efficiency", 0.2),
        ("forbidden-words", "safety", 0.2),
    ]
    components = {one.component: one.estimate.value for one in found.components}
    assert list(components.values()) == pytest.approx([3 / 8, 0.2, 0.2])
    assert list(components) == ["accuracy", "efficiency", "safety"]


def test_the_same_groups_give_the_same_record_and_it_survives_json() -> None:
    first, again = tried(*HEALTHY), tried(*HEALTHY)
    assert first == again
    assert msgspec.json.decode(msgspec.json.encode(first), type=RewardCheck) == first


def test_a_reward_for_length_is_caught(own: str) -> None:
    found = tried("gamed_rewards:longer")
    assert state(found, "RWD004") == "warn"
    assert {"RWD012", "RWD014"} <= {one.code for one in found.blockers()}
    assert (found.length_correlation.value or 0) > 0.9
    assert not found.passed


def test_a_reward_for_keywords_is_caught() -> None:
    asked = [one._replace(columns={**one.columns, "must": ["starts", "total", "apples"]}) for one in sums()]
    found = tried("required-words:column=must", asked=asked)
    assert state(found, "RWD014") == "fail"
    assert check(found, "RWD014").value == 0.0
    assert "0% of 12 prompts" in check(found, "RWD014").because
    assert state(found, "RWD011") == state(found, "RWD013") == state(found, "RWD015") == "pass"


def test_a_reward_that_an_empty_answer_gets_is_caught(own: str) -> None:
    found = tried("gamed_rewards:empty_counts")
    assert {"RWD011", "RWD012", "RWD014", "RWD015"} <= {one.code for one in found.blockers()}


def test_a_reward_with_the_wrong_sign_is_caught(own: str) -> None:
    found = tried("gamed_rewards:flipped")
    assert {"RWD011", "RWD012", "RWD013", "RWD014", "RWD015"} <= {one.code for one in found.blockers()}
    assert state(found, "RWD006") == "warn"


def test_a_copied_prompt_is_caught() -> None:
    found = tried("regex:pattern=apples")
    assert state(found, "RWD013") == "fail"
    assert state(found, "RWD016") == "warn"


def test_a_safety_reward_alone_is_caught_since_silence_pleases_it() -> None:
    found = tried("forbidden-words:words=fool")
    assert {"RWD002", "RWD011"} <= {one.code for one in found.blockers()}
    assert state(found, "RWD001") == "skipped"


def test_answers_that_all_get_the_same_teach_nothing(own: str) -> None:
    found = tried("gamed_rewards:same")
    assert found.zero_spread.value == 1.0
    assert check(found, "RWD002").blocking
    assert state(found, "RWD002") == "fail"
    assert state(found, "RWD004") == "skipped"


@pytest.mark.parametrize(("right", "expected"), [(0, "warn"), (3, "pass"), (5, "pass"), (8, "warn")])
def test_the_pass_rate_should_leave_something_to_learn(right: int, expected: str) -> None:
    assert state(tried("numeric-answer", right=right), "RWD001") == expected


def test_the_limit_of_zero_spread_is_a_share_of_prompts() -> None:
    mixed, flat = groups(sums(10), right=3), groups(sums(10), right=8)
    for varied, expected in ((2, "fail"), (3, "pass")):
        found = dry_run([*mixed[:varied], *flat[varied:]], built("numeric-answer"))
        assert found.zero_spread.value == pytest.approx(1 - varied / 10)
        assert state(found, "RWD002") == expected


def test_an_evaluation_reward_that_parts_from_training_is_caught(own: str) -> None:
    found = tried("numeric-answer", evaluation=["gamed_rewards:longer"])
    assert state(found, "RWD003") == "fail"
    assert abs(found.agreement.value or 1) < 0.4
    assert state(tried("numeric-answer"), "RWD003") == "skipped"
    assert state(tried("numeric-answer", evaluation=["gamed_rewards:same"]), "RWD003") == "skipped"


def test_a_reward_that_never_applies_is_caught(own: str) -> None:
    found = tried("gamed_rewards:never")
    assert state(found, "RWD005") == "fail"
    assert found.rewards[0].estimate.value is None
    assert state(found, "RWD011") == "skipped"
    some = [one if number % 2 else one._replace(columns={"answer": None}) for number, one in enumerate(sums())]
    assert state(dry_run(_fixed(some), built("numeric-answer")), "RWD005") == "warn"


def test_scores_without_bounds_have_no_pass_rate(own: str) -> None:
    found = tried("gamed_rewards:unbounded")
    assert "outside 0 to 1" in check(found, "RWD001").because
    assert not found.blockers()


def test_without_references_the_best_answer_is_taken_as_good() -> None:
    asked = [one._replace(reference="") for one in sums()]
    found = tried("numeric-answer", asked=asked)
    assert not_passed(found) == {}
    assert state(found, "RWD006") == "skipped"
    assert check(found, "RWD011").value == 1.0
    assert state(tried("numeric-answer", asked=asked, right=0), "RWD011") == "skipped"


def test_splits_are_told_apart() -> None:
    train, held_out = groups(sums(6), right=3), [one._replace(split="held-out") for one in groups(sums(12)[6:], right=5)]
    found = dry_run([*train, *held_out], built("numeric-answer"))
    assert [(one.split, one.prompts) for one in found.splits] == [("train", 6), ("held-out", 6)]
    assert [one.estimate.value for one in found.splits] == pytest.approx([3 / 8, 5 / 8])


def test_limits_can_be_set() -> None:
    found = dry_run(groups(sums()), built("numeric-answer"), limits=Limits(least_passes=0.5, most_passes=0.9))
    assert check(found, "RWD001").limit == 0.5
    assert state(found, "RWD001") == "warn"


def test_no_answer_at_all_is_a_failure_to_measure_and_no_pass_rate() -> None:
    found = dry_run([], built("numeric-answer"))
    assert {one.state for one in found.checks} == {"skipped"}


def test_tokens_of_made_up_answers_are_counted_where_an_encoder_is_given() -> None:
    rewards = built("numeric-answer", "length-band:high=40;unit=tokens")
    counted = dry_run(groups(sums()), rewards, encode=lambda text: tuple(range(len(text.split()))))
    assert counted.bad_answers[1].mean == pytest.approx(0.5)
    assert dry_run(groups(sums()), rewards).bad_answers[1].mean == 0.0


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_does_not_hold_the_right_number(name: str) -> None:
    for one in sums():
        assert f"{one.columns['answer']}" not in BAD[name](Good(one, one.reference)).split()


def test_rank_correlation_is_spearmans() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 5.0]
    found = rank_correlation(first, second, list("abcde"))
    assert found.value == pytest.approx(0.8)
    assert found.low <= 0.8 <= found.high
    assert rank_correlation(first, [-one for one in first], list("abcde")).value == pytest.approx(-1)


def test_rank_correlation_within_families_ignores_what_sets_families_apart() -> None:
    families = [name for name in "abcdefgh" for _ in range(2)]
    first = [float(10 * place + inside) for place in range(8) for inside in range(2)]
    second = [float(10 * place - inside) for place in range(8) for inside in range(2)]
    assert rank_correlation(first, second, families).value > 0.9
    assert rank_correlation(first, second, families, within=True).value == pytest.approx(-1)


def test_nothing_can_be_ranked_where_one_side_is_all_alike() -> None:
    with pytest.raises(NotEnoughError, match="alike"):
        rank_correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], list("abc"))


def _fixed(asked: Sequence[Asked]) -> list[Group]:
    return [Group(one, tuple(drawn(f"I get {number}") for number in range(3, 7))) for one in asked]
