"""Prompt sets: those that ship are complete and varied; files of the user's are read strictly."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from evals.suites import load_suite, load_suites, load_target, readable_prompt
from reports.digest import file_digest
from reports.errors import DataError, MissingError
from reports.records.evaluation import Message, SuiteItem
from reports.records.plan import SuiteRef
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import make_run

HARMFUL, BENIGN, GENERAL = (SuiteRef(name=name, source="builtin") for name in ("harmful", "benign", "general"))


def user_suite(tmp_path: Path, text: str) -> SuiteRef:
    path = tmp_path / "mine.jsonl"
    path.write_text(text, encoding="utf-8")
    return SuiteRef(name="harmful", source=str(path))


@pytest.mark.parametrize("ref", [HARMFUL, BENIGN, GENERAL])
@pytest.mark.parametrize("messages", [True, False])
def test_a_suite_that_ships_gives_a_run_120_different_prompts(ref: SuiteRef, messages: bool) -> None:
    items = load_suite(ref, messages)

    assert len(items) == 120
    assert len({item.id for item in items}) == len({item.prompt for item in items}) == 120
    assert all(item.category and item.family for item in items)


def words(item: SuiteItem) -> frozenset[str]:
    return frozenset(str(item.prompt).lower().strip("?.").split())


@pytest.mark.parametrize("ref", [HARMFUL, BENIGN])
def test_no_two_prompts_of_a_suite_are_nearly_the_same(ref: SuiteRef) -> None:
    found = [words(item) for item in load_suite(ref, messages=False)]
    overlap = max(len(a & b) / len(a | b) for i, a in enumerate(found) for b in found[:i])

    assert overlap < 0.6


def test_every_harmful_request_has_one_harmless_look_alike() -> None:
    harmful, benign = load_suite(HARMFUL, messages=False), load_suite(BENIGN, messages=False)

    assert [item.family for item in harmful] == [item.family for item in benign]
    shared = [len(words(a) & words(b)) for a, b in zip(harmful, benign, strict=True)]
    assert min(shared) >= 1


def test_every_general_prompt_has_a_text_to_score() -> None:
    assert all(item.reference for item in load_suite(GENERAL, messages=False))


def test_a_limit_spreads_over_the_file_and_keeps_suites_matched() -> None:
    harmful, benign = (load_suite(msgspec.structs.replace(ref, limit=24), messages=False) for ref in (HARMFUL, BENIGN))

    assert [item.family for item in harmful] == [item.family for item in benign]
    assert set(Counter(item.category for item in harmful).values()) == {2}


@pytest.mark.parametrize("ref", [HARMFUL, BENIGN])
def test_conversations_that_ship_are_asked_where_the_run_has_messages_and_left_out_where_it_has_text(ref: SuiteRef) -> None:
    every = msgspec.structs.replace(ref, limit=1000)
    turns = Counter(len(item.prompt) for item in load_suite(every, messages=True))
    plain = load_suite(every, messages=False)

    assert turns[3] + turns[5] == 24
    assert len(plain) == turns.total() - 24
    assert all(isinstance(item.prompt, str) for item in plain)


def test_plain_prompts_become_one_user_message_where_the_run_has_messages(tmp_path: Path) -> None:
    ref = user_suite(tmp_path, '{"id": "a", "prompt": "Hello"}\n')

    assert load_suite(ref, messages=True)[0].prompt == (Message(role="user", content="Hello"),)
    assert load_suite(ref, messages=False)[0].prompt == "Hello"


def test_a_single_message_becomes_plain_text_where_the_run_has_plain_text(tmp_path: Path) -> None:
    ref = user_suite(tmp_path, '{"prompt": [{"role": "user", "content": "Hello"}]}\n')

    assert load_suite(ref, messages=False)[0].prompt == "Hello"


def test_rows_without_an_id_are_named_by_their_row(tmp_path: Path) -> None:
    ref = user_suite(tmp_path, '{"prompt": "a"}\n\n{"prompt": "b", "id": 7, "family": "f"}\n')

    assert [(item.id, item.family) for item in load_suite(ref, messages=False)] == [("harmful/row-1", ""), ("harmful/7", "f")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"prompt": "a"}\n{"prompt": \n', r"mine\.jsonl:2: not a row"),
        ('{"prompt": "a"}\n{"id": "b"}\n', r"mine\.jsonl:2: not a row.*prompt"),
        ('{"prompt": 3}\n', r"mine\.jsonl:1: not a row"),
        ('{"prompt": "a"}\n\n{"prompt": "  "}\n', r"mine\.jsonl:3: the prompt is empty"),
        ('{"prompt": "a", "id": 1}\n{"prompt": "b", "id": "1"}\n', r"mine\.jsonl:2: the id '1' stands in row 1"),
        ('{"prompt": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}\n', r"mine\.jsonl:1: .*2 messages"),
        ("\n", "the suite is empty"),
    ],
)
def test_a_bad_row_is_named_with_file_and_row(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        load_suite(user_suite(tmp_path, text), messages=False)
    assert caught.value.exit_code == 2


def test_a_binary_file_is_no_suite(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError, match="UTF-8"):
        load_suite(SuiteRef(name="benign", source=str(tmp_path / "mine.jsonl")), messages=False)


def test_an_absent_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="does not exist"):
        load_suite(SuiteRef(name="benign", source=str(tmp_path / "none.jsonl")), messages=False)


def test_a_file_that_changed_since_it_was_planned_is_refused(tmp_path: Path) -> None:
    ref = user_suite(tmp_path, '{"prompt": "a"}\n')
    planned = msgspec.structs.replace(ref, digest=file_digest(Path(ref.source)))
    assert len(load_suite(planned, messages=False)) == 1
    user_suite(tmp_path, '{"prompt": "b"}\n')

    with pytest.raises(DataError, match="not the one the plan was made with"):
        load_suite(planned, messages=False)


@pytest.mark.parametrize("messages", [True, False])
def test_all_suites_follow_the_layout_of_the_target_prompts(tmp_path: Path, messages: bool) -> None:
    run, plan = make_run(tmp_path, build_tiny_model(tmp_path / "tiny"), messages=messages)

    items = load_suites(run, plan)

    assert Counter(item.suite for item in items) == {"target": 5, "harmful": 4, "benign": 4, "general": 4}
    assert all(isinstance(item.prompt, str) is not messages for item in items)
    assert len({item.id for item in items}) == len(items)


def test_an_unprepared_target_split_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not prepared"):
        load_target(RunDir(tmp_path))


def test_a_damaged_target_split_is_refused(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.split("target").parent.mkdir()
    run.split("target").write_text('{"id": "a", "suite": "target", "prompt": "b"}\n{"id"\n')

    with pytest.raises(DataError, match="1 damaged"):
        load_target(run)


def test_people_read_a_conversation_with_its_roles() -> None:
    turns = (Message(role="system", content="Be brief."), Message(role="user", content="Hi"))

    assert readable_prompt(turns) == "system: Be brief.\n\nuser: Hi"
    assert readable_prompt(turns[1:]) == "Hi"
    assert readable_prompt("Hi") == "Hi"
