"""What decides whether an answer is right, and what can be wrong with it."""

from pathlib import Path

import pytest

from evals.probing.checkers import build_checker, equals, matches, rewarded
from evals.probing.rows import Asked
from evals.probing.sampling import Drawn
from evals.rewards.calling import load_function
from reports.errors import UsageError
from reports.records.evaluation import Message
from reports.records.probe import ProbeRequest
from tests.evals.probing.material import asked, drawn


def test_a_pattern_looks_across_lines() -> None:
    assert matches("a.*b")([asked("p")] * 2, drawn("a\nb", "c")) == [1.0, 0.0]


def test_a_broken_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        build_checker(ProbeRequest(model="m", sources=(), regex="("))


def test_equal_to_a_column_ignores_spacing_and_leaves_out_empty_ones() -> None:
    check = equals("answer")
    prompts = [asked("p", answer=" 4  2 "), asked("q", answer="7"), asked("r", answer=None)]
    assert check(prompts, drawn("4 2", "8", "9")) == [1.0, 0.0, None]


def test_a_column_that_is_not_there_is_a_usage_error_that_names_those_that_are() -> None:
    with pytest.raises(UsageError, match="columns are solution"):
        equals("answer")([asked("p", solution="7")], drawn("7"))


def test_a_reward_of_the_library_may_decide() -> None:
    prompts = [asked("p", answer="worked: #### 42"), asked("q", answer="7"), asked("r", answer=None)]
    assert rewarded("numeric-answer:strict=true")(prompts, drawn("#### 42", "7", "1")) == [1.0, 0.0, None]


def test_only_one_checker_may_decide() -> None:
    with pytest.raises(UsageError, match="--regex and --exact"):
        build_checker(ProbeRequest(model="m", sources=(), regex="a", exact="b"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_colon", "module:function"),
        ("no_such_module_anywhere:f", "cannot be imported"),
        ("probe_rewards:absent", "has no function 'absent'.*twice"),
        ("broken_rewards:f", "cannot be imported .*broken on purpose"),
    ],
)
def test_a_wrong_import_path_is_a_usage_error(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "probe_rewards.py").write_text("def twice(completions, **kwargs):\n    return [2.0] * len(completions)\n")
    (tmp_path / "broken_rewards.py").write_text("raise RuntimeError('broken on purpose')\n")
    with pytest.raises(UsageError, match=message):
        load_function(path, str(tmp_path))


def test_a_reward_function_is_called_as_in_training(tmp_path: Path) -> None:
    (tmp_path / "seeing_rewards.py").write_text(
        "def f(prompts, completions, completion_ids, answer, log_metric=None, trainer_state=None, **kwargs):\n"
        "    assert 'prompt' not in kwargs and 'completion' not in kwargs and trainer_state is None\n"
        "    log_metric('seen', 1.0)\n"
        "    assert completions[0] == [{'role': 'assistant', 'content': 'four'}] and completion_ids == [[5], [6]]\n"
        "    assert prompts[0] == [{'role': 'user', 'content': 'Two and two?'}]\n"
        "    return [c[0]['content'] == a for c, a in zip(completions, answer)]\n"
    )
    prompt = (Message(role="user", content="Two and two?"),)
    one = Asked("k", prompt, "", True, {"prompt": "raw", "completion": "raw", "answer": "four"})
    answers = [Drawn("four", (5,), "stop"), Drawn("five", (6,), "stop")]
    assert rewarded("seeing_rewards:f", str(tmp_path))([one, one], answers) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return [1.0]", "returned 1 for 2"),
        ("return 'ab'", "returned 2"),
        ("return ['x', 1]", "'x'"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_a_reward_function_does_wrong_is_said(tmp_path: Path, body: str, message: str) -> None:
    name = f"wrong_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(f"def f(completions, **kwargs):\n    {body}\n")
    with pytest.raises(UsageError, match=message):
        rewarded(f"{name}:f", str(tmp_path))([asked("p")] * 2, drawn("a", "b"))


def test_an_async_reward_and_a_missing_one_are_understood(tmp_path: Path) -> None:
    (tmp_path / "later_rewards.py").write_text("async def f(completions, **kwargs):\n    return [None, 1]\n")
    assert rewarded("later_rewards:f", str(tmp_path))([asked("p")] * 2, drawn("a", "b")) == [None, 1.0]
