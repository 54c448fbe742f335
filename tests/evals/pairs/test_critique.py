"""Answers criticised by a principle and revised: what becomes a pair, and what is refused."""

from pathlib import Path

import pytest

from evals.pairs.constitution import draw_principle, read_constitution
from evals.pairs.critique import Critiqued, Task, cases_of, critique, read_revision
from reports.errors import DataError, MissingError
from tests.evals.endpoint.server import Request, Scripted, fail, serving
from tests.evals.pairs.judging import client_of, first_wins, longer_wins, part, row

ANSWER = "BUY NOW! The best tea ever!"


def model(revision: str = "A calm tea for slow mornings, made to be shared.", issue: str = "It shouts.") -> Scripted:
    """Return a server that criticises, revises, and judges by length."""

    def answer(request: Request) -> str:
        if "You check one answer" in request.last:
            return issue
        if "You improve one answer" in request.last:
            assert part(request, "critique") == issue
            return f"Here it is.\n<revision>{revision}</revision>"
        return longer_wins(request)

    return Scripted(answer=answer)


def worked(server: Scripted, folder: Path, answers: int = 1, verify: bool = False, most: int = 9) -> Critiqued:
    """Criticise some rows."""
    cases = cases_of([row(f"tea {n}?", ANSWER, n) for n in range(answers)], ("Do not shout.",), 0)
    return critique(cases, Task(client_of(server, folder), verify, 0, most), lambda *_: None)


def test_a_revision_becomes_a_case_with_its_critique(tmp_path: Path) -> None:
    with serving(model()) as server:
        (case,) = worked(server, tmp_path).cases
    assert case.revision == "A calm tea for slow mornings, made to be shared."
    assert (case.answer, case.critique, case.principle, case.margin) == (ANSWER, "It shouts.", "Do not shout.", None)


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (lambda: model(revision=f" {ANSWER.lower()} "), "the revision is the original"),
        (lambda: model(revision="  "), "the revision is empty"),
        (lambda: model(revision="I'm sorry, but I can't help with that request."), "the revision is a refusal"),
        (lambda: model(issue="NO ISSUE."), "the critique finds nothing"),
        (lambda: Scripted(fail(500)), "no critique: the server answered 500"),
        (lambda: Scripted(answer=lambda request: "Sure! A calm tea."), "no revision: the reply does not hold one text"),
    ],
)
def test_what_is_no_improvement_is_refused_with_its_reason(tmp_path: Path, server: type[Scripted], reason: str) -> None:
    with serving(server()) as running:
        found = worked(running, tmp_path)
    assert found.cases == []
    assert reason in found.refused[0].reason


def test_verified_revisions_win_in_both_orders(tmp_path: Path) -> None:
    with serving(model()) as server:
        found = worked(server, tmp_path, verify=True)
    assert [case.margin for case in found.cases] == [1.0]
    assert found.consistency is not None and found.consistency.value == 1.0


@pytest.mark.parametrize(
    ("judge", "reason"), [(longer_wins, "prefers the original"), (first_wins, "not prefer the revision in both orders")]
)
def test_a_revision_that_is_not_preferred_is_refused(tmp_path: Path, judge: type[str], reason: str) -> None:
    short = model(revision="Calm tea.")
    speak = short.answer
    short.answer = lambda request: judge(request) if "VERDICT" in request.last else speak(request)
    with serving(short) as server:
        found = worked(server, tmp_path, verify=True)
    assert found.cases == []
    assert reason in found.refused[0].reason


def test_no_more_is_asked_than_is_wanted(tmp_path: Path) -> None:
    with serving(model()) as server:
        found = worked(server, tmp_path, answers=6, most=2)
        assert (len(found.cases), found.not_tried, len(server.requests)) == (2, 4, 4)


def test_a_rerun_asks_nothing_again(tmp_path: Path) -> None:
    with serving(model()) as server:
        first = worked(server, tmp_path, answers=3)
        asked = len(server.requests)
        assert worked(server, tmp_path, answers=3).cases == first.cases
        assert len(server.requests) == asked == 6


def test_the_principle_depends_on_the_row_and_not_on_its_place() -> None:
    rows = [row(f"tea {n}?", ANSWER, n) for n in range(30)]
    forth, back = cases_of(rows, ("one", "two"), 0), cases_of(rows[::-1], ("one", "two"), 0)
    assert forth == back
    assert {case.principle for case in forth} == {"one", "two"}
    assert [case.row.row for case in forth] != list(range(30))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<revision>\ncalm\n</revision>", "calm"),
        ("<REVISION>calm</REVISION> Done.", "calm"),
        ("calm", None),
        ("<revision>calm", None),
        ("<revision>a</revision><revision>b</revision>", None),
    ],
)
def test_a_revision_stands_between_its_marks(text: str, found: str | None) -> None:
    assert read_revision(text) == found


def test_a_constitution_is_its_list(tmp_path: Path) -> None:
    path = tmp_path / "c.md"
    path.write_text("# House rules\n\nHow we write.\n\n- Do not shout,\n  ever.\n- Say so if unsure.\n\n---\n2. Be kind.\n")
    assert read_constitution(path) == ("Do not shout, ever.", "Say so if unsure.", "Be kind.")
    path.write_text("# House rules\n\nDo not shout.\n\nBe\nkind.\n")
    assert read_constitution(path) == ("Do not shout.", "Be kind.")
    assert {draw_principle(("a", "b"), 0, str(n)) for n in range(20)} == {"a", "b"}


def test_an_empty_or_absent_constitution_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.md").write_text("# Only a title\n")
    with pytest.raises(DataError, match="holds no principle"):
        read_constitution(tmp_path / "c.md")
    with pytest.raises(MissingError, match="does not exist"):
        read_constitution(tmp_path / "none.md")
