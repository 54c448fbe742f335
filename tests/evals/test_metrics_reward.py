"""The reward of both sides' answers on held-out prompts: joined by prompt, never by place, and only where it applies."""

from pathlib import Path

import msgspec
import pytest

from evals.data.keys import prompt_key
from evals.logprobs import Drifts
from evals.metrics.measured import Judged, Measured
from evals.metrics.reward import Rewarded, reward, score_answers
from reports.records.evaluation import Completion, Side, SuiteItem
from reports.records.plan import ModelRef, Plan, RewardPlan
from reports.rundir import RunDir

SUMS = {"2 and 3?": "5", "4 and 4?": "8", "1 and 1?": "2"}
PLAN = Plan(
    strategy="rft",
    model=ModelRef(name="m", label="m", digest="d"),
    data=(),
    stages=(),
    judge=None,
    suites=(),
    gates=(),
    evaluation=(),
    rewards=(RewardPlan(name="right", kind="numeric-answer", options={"column": "answer"}),),
)


def item(prompt: str) -> SuiteItem:
    return SuiteItem(id=prompt_key(prompt).hex(), suite="target", prompt=prompt)


def said(side: Side, prompt: str, text: str | None) -> Completion:
    return Completion(
        key="k", side=side, suite="target", prompt_id=item(prompt).id, prompt=prompt, completion=text, error="" if text else "no"
    )


def rewarded(run: RunDir, answers: dict[Side, dict[str, str | None]]) -> Rewarded | None:
    lines = {side: {item(p).id: said(side, p, text) for p, text in given.items()} for side, given in answers.items()}
    return score_answers(run, PLAN, [item(prompt) for prompt in (*SUMS, "A prompt without a row.")], lines)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path)
    rows = [{"prompt": prompt, "answer": answer} for prompt, answer in reversed(SUMS.items())]
    run.split("prompts_eval").parent.mkdir(parents=True)
    run.split("prompts_eval").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return run


def test_answers_are_joined_with_their_own_rows(run: RunDir) -> None:
    found = rewarded(
        run, {"baseline": {"2 and 3?": "6", "1 and 1?": "It is 2."}, "candidate": {"2 and 3?": "5", "1 and 1?": "2"}}
    )
    assert found is not None
    assert found.totals["baseline"] == {item("2 and 3?").id: 0.0, item("1 and 1?").id: 1.0}
    assert set(found.totals["candidate"].values()) == {1.0}


def test_a_failed_answer_is_missing_and_a_prompt_without_a_row_is_left_out(run: RunDir) -> None:
    answers: dict[Side, dict[str, str | None]] = {
        "baseline": {"2 and 3?": "6", "4 and 4?": None, "A prompt without a row.": "5"},
        "candidate": {"2 and 3?": "5", "4 and 4?": "8", "A prompt without a row.": "5"},
    }
    found = rewarded(run, answers)
    assert found is not None
    items = [item(prompt) for prompt in (*SUMS, "A prompt without a row.")]
    lines = {side: {item(p).id: said(side, p, text) for p, text in given.items()} for side, given in answers.items()}
    metric = reward(Measured(items, lines, Drifts({}, {}, ()), Judged({}, ())), found)
    assert (metric.n, metric.missing, metric.unit) == (1, 1, "rate")
    assert (metric.baseline.value, metric.candidate.value) == (0.0, 1.0)
    assert "2 further prompts" in metric.because


def test_a_plan_without_rewards_has_no_such_metric(run: RunDir) -> None:
    assert score_answers(run, msgspec.structs.replace(PLAN, rewards=()), [], {}) is None
