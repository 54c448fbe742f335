"""A rubric weighs rules; what it cannot score is missing."""

from pathlib import Path

import pytest

from evals.judges.by_rubric import RubricJudge, load_rubric
from evals.judges.contest import Contest
from reports.errors import UsageError

RUBRIC = """
name = "house style"
tie = 0.05

[[criteria]]
kind = "forbidden-words"
weight = 1.0
options = { words = "cheap" }

[[criteria]]
kind = "length-band"
weight = 0.5
options = { low = 2, high = 5 }
"""


def rubric(folder: Path, text: str = RUBRIC) -> RubricJudge:
    path = folder / "rubric.toml"
    path.write_text(text)
    return load_rubric(path)


def preference(judge: RubricJudge, before: str, after: str, reference: str = "") -> float | None:
    contest = Contest("p", "Write a line.", before, after, reference)
    [[opinion]] = judge.compare([contest], lambda done: None)
    return opinion.judgement.preference


def test_the_larger_sum_wins_and_a_small_difference_is_a_tie(tmp_path: Path) -> None:
    judge = rubric(tmp_path)

    assert preference(judge, "a cheap cup", "a fine cup") == 1.0
    assert preference(judge, "a fine cup", "a cheap cup") == 0.0
    assert preference(judge, "a fine cup", "a good mug") == 0.5


def test_a_known_answer_is_a_column(tmp_path: Path) -> None:
    judge = rubric(tmp_path, 'name = "r"\n[[criteria]]\nkind = "exact-answer"\noptions = { column = "reference" }\n')

    assert preference(judge, "Rome", "Paris", "Paris") == 1.0


def test_the_same_rubric_has_the_same_identity_and_another_one_has_not(tmp_path: Path) -> None:
    assert rubric(tmp_path).identity == rubric(tmp_path).identity
    assert rubric(tmp_path).identity != rubric(tmp_path, RUBRIC.replace("0.5", "0.6")).identity


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name = ", "not a rubric"),
        ('name = "x"\ncriteria = []', "at least one"),
        ('name = "x"\n[[criteria]]\nkind = "length-bend"', "length-band"),
        ('name = "x"\n[[criteria]]\nkind = "length-band"\nwait = 2', "wait"),
        (RUBRIC.replace("tie = 0.05", "tie = -1.0"), "not negative"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rubric(tmp_path, text)


def test_an_absent_rubric_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_rubric(tmp_path / "none.toml")
