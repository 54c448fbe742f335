"""The data stage: from files to splits and documents, blocked by bad data, the same bytes each time."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from evals.data.check import CheckRequest, check_files
from evals.data.load import describe
from evals.data.prepare import prepare
from evals.data.splits import read_split
from reports.errors import BlockedError, DataError, StageError, UsageError
from reports.progress import ProgressLog
from reports.records.data import Check, Checks, Lineage, Profile
from reports.records.plan import Acceptance, Choice, Method, ModelRef, Plan, StagePlan, SuiteRef
from reports.records.run import Progress
from reports.rundir import RunDir
from tests.evals.data.rows import TEAS, demonstration, pair, prompt, transcript, write_lines

ONLY_ALONE: Final = frozenset({"MARG001"})
"""Codes of checks that a run does not make: the reference model is the run's own."""


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """An empty run directory."""
    return RunDir.create(tmp_path / "runs", "data")


def plan_for(
    model: ModelRef,
    *sources: Path,
    methods: Sequence[Method] = ("sft", "dpo"),
    judge: bool = True,
    max_length: int | None = None,
    suites: tuple[SuiteRef, ...] = (),
    accepted: tuple[Acceptance, ...] = (),
) -> Plan:
    """Return a plan that trains a model on files by these methods."""

    def stage(name: str, method: Method) -> StagePlan:
        return StagePlan(name=name, method=method, choices=(choice("max_length", max_length),))

    return Plan(
        strategy="sft+dpo",
        model=model,
        data=tuple(describe(str(source)) for source in sources),
        stages=tuple(stage(f"{number}-{method}", method) for number, method in enumerate(methods, start=1)),
        judge=stage("judge", "reward") if judge else None,
        suites=suites,
        gates=(),
        evaluation=(choice("target_prompts", 40),),
        accepted=accepted,
        seed=3,
    )


def choice(name: str, value: int | None) -> Choice:
    """Return a choice whose origin does not matter here."""
    return Choice(name=name, value=value, origin="rule", because="test")


def write_pairs(folder: Path, count: int = 200, **columns: str) -> Path:
    """Write pairs of strings, with more columns where wanted."""
    return write_lines(folder / "pairs.jsonl", [{**pair(number), **columns} for number in range(count)])


def write_transcripts(folder: Path, turns: int = 2) -> Path:
    """Write 150 pairs of transcripts."""
    return write_lines(folder / "talks.jsonl", [transcript(number, turns) for number in range(150)])


def by_code(checks: Checks) -> dict[str, Check]:
    """Return checks by their code."""
    return {check.code: check for check in checks.checks}


def digests(run: RunDir) -> Mapping[str, str]:
    """Return the digest of each prepared file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((run.path / "data").iterdir())}


def test_the_profile_says_what_the_epochs_of_the_plan_read(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    plan = plan_for(base_model, write_pairs(tmp_path))
    stages = tuple(replace(stage, choices=(*stage.choices, choice("num_train_epochs", 3))) for stage in plan.stages)
    prepare(run, replace(plan, stages=stages), ProgressLog(run))
    profile = run.read(Profile)
    (cost,) = profile.costs
    sft, dpo = profile.stages
    assert (sft.stage, sft.rows, sft.epochs) == ("1-sft", 120, 3)
    assert dpo.tokens == round(3 * 120 * cost.tokens / 200)
    assert 0.3 < sft.tokens / dpo.tokens < 0.6


def test_pairs_become_all_splits_and_documents(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    path = write_pairs(tmp_path, format="caption", family="teas")
    checks = prepare(run, plan_for(base_model, path), ProgressLog(run))
    lineage, profile = run.read(Lineage), run.read(Profile)
    assert {split.name: split.rows for split in lineage.splits} == {
        "sft_train": 120,
        "sft_eval": 40,
        "pairs_train": 120,
        "pairs_eval": 40,
        "judge_train": 20,
        "judge_eval": 20,
        "target": 40,
    }
    assert run.read(Checks) == checks
    states = {code: check.state for code, check in by_code(checks).items()}
    assert {code: states[code] for code in ("LEN001", "DUP001", "TRUNC001", "PAIR002", "LEAK001", "SEC001", "ROWS001")} == {
        "LEN001": "warn",
        "DUP001": "pass",
        "TRUNC001": "pass",
        "PAIR002": "pass",
        "LEAK001": "pass",
        "SEC001": "pass",
        "ROWS001": "warn",
    }
    assert (lineage.inputs[0].label, lineage.inputs[0].rows, lineage.seed) == ("pairs.jsonl", 200, 3)
    assert (profile.sources[0].layout, profile.sources[0].rows, profile.sources[0].formats) == (
        "preference (text)",
        200,
        {"caption": 200},
    )
    assert profile.sources[0].prompt_tokens is not None
    assert run.rejected.read_bytes() == b""
    assert run.read(Progress).done == 200
    assert set(read_split(run.split("pairs_train"))[0]) == {"prompt", "chosen", "rejected"}
    assert set(read_split(run.split("sft_train"))[0]) == {"prompt", "completion"}
    assert "There are no demonstrations: SFT learns from the chosen answers of the pairs." in profile.notes


def test_a_second_time_writes_the_same_bytes(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    plan = plan_for(chat_model, write_transcripts(tmp_path), max_length=120)
    prepare(run, plan, ProgressLog(run))
    before = digests(run)
    prepare(run, plan, ProgressLog(run))
    assert digests(run) == before
    assert len(before) == 11


def test_the_lineage_has_no_gap(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    rows: list[Mapping[str, object]] = [pair(number) for number in range(300)]
    rows += [pair(1), {**pair(900), "chosen": ""}, {**pair(901), "rejected": pair(901)["chosen"]}, {"prompt": "a"}]
    rows += [{**pair(902), "chosen": "long " * 300}]
    path = write_lines(tmp_path / "pairs.jsonl", rows)
    shown = write_lines(tmp_path / "shown.jsonl", [demonstration(number) for number in range(300)])
    prepare(run, plan_for(chat_model, path, shown), ProgressLog(run))
    filters = run.read(Lineage).filters
    assert all(after.rows_in == before.rows_out for before, after in pairwise(filters))
    assert {step.name: step.rows_in - step.rows_out for step in filters if step.rows_in > step.rows_out} == {
        "unusable rows": 1,
        "empty fields": 1,
        "identical answers": 1,
        "exact duplicates": 1,
        "too long": 1,
        "reserved for the judge": 60,
    }
    assert (filters[0].rows_in, filters[-1].rows_out) == (605, 540)
    lost = read_split(run.rejected)
    assert len(lost) == 65
    assert lost[0] == {"source": "pairs.jsonl", "row": 304, "reason": "'chosen' is missing", "excerpt": "{'prompt': 'a'}"}
    assert {(row["row"], row["reason"]) for row in lost[1:5]} == {
        (302, "the prompt or an answer is blank"),
        (303, "chosen and rejected are the same text"),
        (301, "repeats an earlier row"),
        (305, "longer than 256 tokens, even without its older turns"),
    }


def test_transcripts_become_messages_where_the_model_knows_turns(
    run: RunDir, chat_model: ModelRef, base_model: ModelRef, tmp_path: Path
) -> None:
    path = write_transcripts(tmp_path)
    prepare(run, plan_for(chat_model, path), ProgressLog(run))
    messages, notes = read_split(run.split("pairs_train"))[0], run.read(Profile).notes
    assert isinstance(messages["prompt"], list)
    assert "talks.jsonl: transcripts were parsed into messages; neighbouring turns of one speaker became one." in notes
    prepare(run, plan_for(base_model, path), ProgressLog(run))
    text, notes = read_split(run.split("pairs_train"))[0], run.read(Profile).notes
    assert str(text["prompt"]).endswith("\n\nAssistant:")
    assert "talks.jsonl: transcripts are kept as text, since the model has no chat template." in notes


def test_long_transcripts_lose_their_oldest_turns(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    plan = plan_for(chat_model, write_transcripts(tmp_path, turns=3), max_length=100)
    checks = by_code(prepare(run, plan, ProgressLog(run)))
    rows = read_split(run.split("pairs_train"))
    assert all(isinstance(row["prompt"], list) and len(row["prompt"]) < 5 for row in rows)
    assert (checks["TRUNC001"].state, checks["TRUNC001"].value) == ("warn", 1.0)
    assert "150 rows were longer than 100 tokens and lost their oldest turns." in run.read(Profile).notes


def test_texts_become_messages_beside_messages(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    asked = [{"question": prompt(number), "answer": f"Number {number}."} for number in range(200, 400)]
    path = write_lines(tmp_path / "shown.jsonl", asked)
    prepare(run, plan_for(base_model, write_pairs(tmp_path), path), ProgressLog(run))
    rows = read_split(run.split("pairs_train")) + read_split(run.split("sft_train"))
    assert all(isinstance(row["prompt"], list) for row in rows)
    notes = " ".join(run.read(Profile).notes)
    assert "pairs.jsonl: strings became one user turn and one assistant turn" in notes
    assert "no chat template" in notes


def test_too_few_rows_are_explained_with_numbers(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    rows: list[Mapping[str, object]] = [{**pair(number), "chosen": "long " * 300} for number in range(200)]
    path = write_lines(tmp_path / "pairs.jsonl", [*rows, *(pair(number) for number in range(300, 330)), pair(300)])
    with pytest.raises(DataError) as caught:
        prepare(run, plan_for(chat_model, path), ProgressLog(run))
    message = str(caught.value)
    assert "Of 231 rows read, dropped were: 1 exact duplicates, 200 too long" in message
    assert "raise max_length" in message
    assert len(read_split(run.rejected)) == 201
    assert not run.has(Lineage)


def test_changed_data_stop_the_run(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    plan = plan_for(chat_model, write_pairs(tmp_path))
    write_pairs(tmp_path, count=199)
    with pytest.raises(StageError, match=r"pairs\.jsonl: the data changed since the plan was made"):
        prepare(run, plan, ProgressLog(run))


def test_a_prompt_of_a_suite_in_the_training_data_blocks_until_accepted(
    run: RunDir, chat_model: ModelRef, tmp_path: Path
) -> None:
    suite = write_lines(
        tmp_path / "suite.jsonl", [{"id": str(number), "prompt": prompt(number).upper()} for number in range(200)]
    )
    suites = (SuiteRef(name="benign", source=str(suite)),)
    path = write_pairs(tmp_path)
    with pytest.raises(BlockedError, match=r"LEAK001: .*in suite benign.*--accept LEAK001") as caught:
        prepare(run, plan_for(chat_model, path, suites=suites), ProgressLog(run))
    assert caught.value.exit_code == 1
    assert [check.code for check in run.read(Checks).blockers()] == ["LEAK001"]
    assert (run.has(Profile), run.has(Lineage), run.split("pairs_train").exists()) == (True, False, False)
    accepted = (Acceptance(code="LEAK001", because="these prompts are public"),)
    checks = prepare(run, plan_for(chat_model, path, suites=suites, accepted=accepted), ProgressLog(run))
    assert (by_code(checks)["LEAK001"].state, by_code(checks)["LEAK001"].accepted_because) == ("fail", "these prompts are public")
    assert by_code(checks)["DUP001"].accepted_because == ""
    assert run.has(Lineage)


def test_pairs_that_the_tokenizer_makes_equal_block(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    rows = [pair(number) for number in range(300)]
    rows[:30] = [{**row, "rejected": f"{row['chosen']}</s>"} for row in rows[:30]]
    with pytest.raises(BlockedError, match=r"PAIR002: .*30 of 300 \(10\.0 %\) pairs.*The tokenizer cannot tell"):
        prepare(run, plan_for(base_model, write_lines(tmp_path / "pairs.jsonl", rows)), ProgressLog(run))


def test_rows_that_no_stage_reads_are_named(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    shown = write_lines(tmp_path / "shown.jsonl", [demonstration(number) for number in range(200)])
    prepare(run, plan_for(chat_model, write_pairs(tmp_path), shown, methods=("dpo",)), ProgressLog(run))
    assert "200 demonstrations are not used: no stage of this plan reads them." in run.read(Profile).notes
    assert not run.split("sft_train").exists()
    assert len(read_split(run.rejected)) == 200


def test_a_run_makes_the_checks_of_tunegate_check(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    codes = [check.code for check in prepare(run, plan_for(base_model, path), ProgressLog(run)).checks]
    alone = [check.code for check in check_files(CheckRequest((str(path),), model=base_model.name)).checks]
    assert set(codes) >= {"READ001", "SEC001", "LEN002", "NEAR001", "LEAK002"}
    assert set(alone) - set(codes) <= ONLY_ALONE


@pytest.mark.parametrize("method", ["sft", "dpo"])
def test_a_secret_stops_the_run_until_somebody_accepts_it(
    run: RunDir, base_model: ModelRef, tmp_path: Path, method: Method
) -> None:
    rows = [pair(number) for number in range(200)]
    rows[7] = {**rows[7], "chosen": " Use AKIA" + "Q3EGRIV7TPA2ZLMN for it."}
    path = write_lines(tmp_path / "pairs.jsonl", rows)
    with pytest.raises(BlockedError, match=r"SEC001: .*Revoke the keys.*--accept SEC001 --because"):
        prepare(run, plan_for(base_model, path, methods=(method,)), ProgressLog(run))
    assert not run.has(Lineage)
    accepted = (Acceptance(code="SEC001", because="a revoked key", by="Ada"),)
    checks = by_code(prepare(run, plan_for(base_model, path, methods=(method,), accepted=accepted), ProgressLog(run)))
    assert (checks["SEC001"].accepted_because, checks["SEC001"].accepted_by) == ("a revoked key", "Ada")
    assert run.has(Lineage)


def test_an_accepted_code_that_no_check_has_is_refused(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    accepted = (Acceptance(code="SEC01", because="typo"),)
    with pytest.raises(UsageError, match="--accept SEC01: no check has this code"):
        prepare(run, plan_for(base_model, write_pairs(tmp_path), accepted=accepted), ProgressLog(run))


def test_prompts_that_nearly_stand_in_a_suite_block(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    long = "Please describe how our new {} tea tastes in the quiet of a slow morning, for a reader who has never tried it"
    rows = [{**pair(number), "prompt": long.format(f"{TEAS[number]} number {number}")} for number in range(10)]
    path = write_lines(tmp_path / "pairs.jsonl", [*rows, *(pair(number) for number in range(10, 200))])
    items = [{"id": str(place), "prompt": f"{row['prompt']} before!"} for place, row in enumerate(rows)]
    suites = (SuiteRef(name="benign", source=str(write_lines(tmp_path / "suite.jsonl", items))),)
    with pytest.raises(BlockedError, match="LEAK002"):
        prepare(run, plan_for(chat_model, path, suites=suites), ProgressLog(run))
    others = [{"id": str(number), "prompt": f"What is {number} and {number}?"} for number in range(10)]
    clean = (SuiteRef(name="benign", source=str(write_lines(tmp_path / "clean.jsonl", others))),)
    assert by_code(prepare(run, plan_for(chat_model, path, suites=clean), ProgressLog(run)))["LEAK002"].state == "pass"


def test_a_suite_prompt_inside_a_longer_row_blocks(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    asked = "how does a small shop near the harbour keep its green tea fresh through a long and rainy winter"
    around = [
        " ".join(f"{word}{number}" for word in ("letter", "table", "window", "corner", "ribbon", "candle")) for number in range(8)
    ]
    rows = [{**pair(number), "prompt": f"{text} {text[::-1]} {asked} {text}?"} for number, text in enumerate(around)]
    path = write_lines(tmp_path / "pairs.jsonl", [*rows, *(pair(number) for number in range(8, 200))])
    suites = (SuiteRef(name="benign", source=str(write_lines(tmp_path / "suite.jsonl", [{"id": "1", "prompt": asked}]))),)
    with pytest.raises(BlockedError, match="LEAK003"):
        prepare(run, plan_for(chat_model, path, suites=suites), ProgressLog(run))


def test_a_system_turn_does_not_hide_a_leak(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    system = {"role": "system", "content": "You write for a tea shop."}
    rows = [{"messages": [system, *turns(number)]} for number in range(100)]
    suite = write_lines(tmp_path / "suite.jsonl", [{"id": str(number), "prompt": prompt(number)} for number in range(100)])
    plan = plan_for(
        chat_model,
        write_lines(tmp_path / "rows.jsonl", rows),
        methods=("sft",),
        judge=False,
        suites=(SuiteRef(name="general", source=str(suite)),),
    )
    with pytest.raises(BlockedError, match="LEAK001"):
        prepare(run, plan, ProgressLog(run))


def test_the_lineage_names_groups_and_lost_rows(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    rows = [pair(number) for number in range(200)]
    rows += [{**pair(number), "prompt": f"{prompt(number).upper()}!"} for number in range(20)]
    path = write_lines(tmp_path / "pairs.jsonl", [*rows, {**pair(900), "chosen": ""}])
    prepare(run, plan_for(base_model, path), ProgressLog(run))
    lineage = run.read(Lineage)
    assert lineage.grouping == "by prompt, and 40 prompts that nearly repeat another stay together in 20 groups"
    assert (lineage.groups, lineage.lost) == (20, 1)


def write_ratings(folder: Path, count: int = 200) -> Path:
    """Write rated answers, every fourth of them bad."""
    rows = [{**demonstration(number), "label": number % 4 != 0} for number in range(count)]
    return write_lines(folder / "rated.jsonl", rows)


def test_kto_reads_ratings(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    prepare(run, plan_for(base_model, write_ratings(tmp_path), methods=("kto",), judge=False), ProgressLog(run))
    train, held_out = read_split(run.split("unpaired_train")), read_split(run.split("unpaired_eval"))
    assert (len(train), len(held_out)) == (160, 40)
    assert sum(row["label"] is False for row in train + held_out) == 50
    assert set(train[0]) == {"prompt", "completion", "label"}
    assert read_split(run.rejected) == []


def test_kto_reads_each_pair_as_a_good_and_a_bad_answer(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    prepare(run, plan_for(base_model, write_pairs(tmp_path), methods=("kto",)), ProgressLog(run))
    rows = read_split(run.split("unpaired_train"))
    assert [row["label"] for row in rows] == [True, False] * 120
    assert {row["prompt"] for row in rows}.isdisjoint(row["prompt"] for row in read_split(run.split("unpaired_eval")))


def test_sft_imitates_only_what_is_rated_good(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    prepare(run, plan_for(base_model, write_ratings(tmp_path), methods=("sft",), judge=False), ProgressLog(run))
    answers = {row["completion"] for name in ("sft_train", "sft_eval") for row in read_split(run.split(name))}
    assert answers == {demonstration(number)["completion"] for number in range(200) if number % 4}
    steps = {step.name: step.rows_in - step.rows_out for step in run.read(Lineage).filters}
    assert steps["rated bad"] == 50
    assert {row["reason"] for row in read_split(run.rejected)} == {"SFT imitates answers, and these are rated bad"}


def test_sft_before_kto_leaves_bad_answers_to_kto(run: RunDir, base_model: ModelRef, tmp_path: Path) -> None:
    prepare(run, plan_for(base_model, write_ratings(tmp_path), methods=("sft", "kto"), judge=False), ProgressLog(run))
    sizes = {split.name: split.rows for split in run.read(Lineage).splits}
    assert (sizes["unpaired_train"], sizes["sft_train"]) == (160, 160 - sum_bad(run))
    assert read_split(run.rejected) == []


def sum_bad(run: RunDir) -> int:
    """Return how many answers to learn from are rated bad."""
    return sum(row["label"] is False for row in read_split(run.split("unpaired_train")))


@pytest.mark.parametrize("method", ["rloo", "grpo"])
def test_rewarded_methods_read_prompts_with_every_further_column(
    run: RunDir, base_model: ModelRef, tmp_path: Path, method: Method
) -> None:
    rows = [{"prompt": prompt(number), "answer": number, "tests": [f"has {number}"]} for number in range(100)]
    path = write_lines(tmp_path / "asked.jsonl", rows)
    more = write_lines(tmp_path / "more.jsonl", [{"prompt": prompt(number), "solution": "x"} for number in range(100, 120)])
    prepare(run, plan_for(base_model, path, more, methods=(method,), judge=False), ProgressLog(run))
    found = read_split(run.split("prompts_train")) + read_split(run.split("prompts_eval"))
    by_prompt = {row.pop("prompt"): row for row in found}
    assert by_prompt[prompt(3)] == {"answer": 3, "tests": ["has 3"], "solution": None}
    assert by_prompt[prompt(110)] == {"answer": None, "tests": None, "solution": "x"}
    assert len(found) == 120


def test_prompts_of_demonstrations_carry_their_answer_as_reference(run: RunDir, chat_model: ModelRef, tmp_path: Path) -> None:
    rows = [{"question": prompt(number), "answer": f"{number} #### {number}"} for number in range(100)]
    path = write_lines(tmp_path / "sums.jsonl", [*rows, {**rows[0], "answer": "zero"}])
    prepare(run, plan_for(chat_model, path, methods=("sft", "grpo"), judge=False), ProgressLog(run))
    found = read_split(run.split("prompts_train")) + read_split(run.split("prompts_eval"))
    assert len(found) == 100
    assert all(row["reference"] == row["answer"] for row in found)
    assert set(found[0]) == {"prompt", "reference", "question", "answer"}
    learned = {str(row["prompt"]) for name in ("sft_train", "prompts_train") for row in read_split(run.split(name))}
    assert learned.isdisjoint(str(row["prompt"]) for row in read_split(run.split("prompts_eval")))


@pytest.mark.parametrize("method", ["orpo", "reward"])
def test_orpo_and_a_reward_stage_read_pairs(run: RunDir, base_model: ModelRef, tmp_path: Path, method: Method) -> None:
    prepare(run, plan_for(base_model, write_pairs(tmp_path), methods=(method,), judge=False), ProgressLog(run))
    assert {split.name for split in run.read(Lineage).splits} == {"pairs_train", "pairs_eval", "target"}


def turns(number: int) -> list[dict[str, str]]:
    """Return a dialogue of one question and its answer."""
    shown = demonstration(number)
    return [{"role": "user", "content": str(shown["prompt"])}, {"role": "assistant", "content": str(shown["completion"])}]
