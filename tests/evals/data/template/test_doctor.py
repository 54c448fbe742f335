"""Each fault of a template, a tokenizer or a collator is found in the tensors, and a sound one passes."""

from pathlib import Path
from typing import Any

import pytest

from evals.data.examples import Example
from evals.data.template.collating import UNTRAINED
from evals.data.template.doctor import TITLES, doctor
from tests.evals.data.rows import example
from tests.evals.data.template.tokenizers import (
    DOUBLE_BEGIN,
    ENDS_WITH_ROLE,
    HIDES_REASONING,
    MARKED,
    MARKED_EVERYTHING,
    MARKED_WITHOUT_END,
    SHOUTS_ONCE_ANSWERED,
    TAKES_PARTS,
    WITHOUT_END,
    dialogues,
    load,
    named,
    pairs,
    texts,
)


@pytest.mark.parametrize(
    "rows", [dialogues(), pairs(), texts(), [*dialogues(), *pairs()]], ids=["messages", "pairs", "texts", "both"]
)
def test_a_sound_template_passes_every_check(folder: Path, rows: list[Example]) -> None:
    tokenizer = load(folder)

    checks = doctor(rows, tokenizer, 256, generation_ends=frozenset({tokenizer.eos_token_id}))

    assert [(check.code, check.state) for check in checks] == [(code, "pass") for code in TITLES]


def test_a_template_without_an_end_never_teaches_to_stop(folder: Path) -> None:
    found = named(doctor([*dialogues(), *pairs()], load(folder, WITHOUT_END), 256), "TMPL002")

    assert (found.state, found.blocking, found.value) == ("fail", True, 0.0)
    assert "eos_token" in found.fix
    assert found.evidence[0].excerpt.endswith("number 1.]")


def test_an_answer_that_ends_with_another_token_names_it(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, ENDS_WITH_ROLE), 256), "TMPL002")

    assert found.state == "fail"
    assert found.fix.startswith("Set eos_token='<|user|>'")


def test_an_end_that_generation_does_not_know_is_a_warning(folder: Path) -> None:
    tokenizer = load(folder)

    found = named(doctor(pairs(), tokenizer, 256, generation_ends=frozenset({tokenizer.bos_token_id})), "TMPL002")

    assert (found.state, found.value) == ("warn", 1.0)
    assert "generation stops at '<s>', and '</s>' is learned" in found.because


def test_a_template_that_begins_twice_blocks(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, DOUBLE_BEGIN), 256), "TMPL003")

    assert (found.state, found.blocking, found.value) == ("fail", True, 1.0)


def test_a_begin_token_in_a_text_is_doubled_by_the_tokenizer(folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = load(folder)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    rows = texts()
    rows[2] = rows[2]._replace(fields={**rows[2].fields, "prompt": f"<s>{rows[2].fields['prompt']}"})

    found = named(doctor(rows, tokenizer, 256), "TMPL003")

    assert (found.state, [row.row for row in found.evidence]) == ("fail", [3])
    assert found.value == pytest.approx(1 / 6)
    assert "add_bos_token=False" in found.fix


def test_a_template_that_rewrites_the_question_breaks_the_prefix(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, SHOUTS_ONCE_ANSWERED), 256), "TMPL004")

    assert (found.state, found.value) == ("fail", 0.0)
    assert "writes the prompt otherwise" in found.because


def test_what_is_trained_beyond_a_broken_prefix_is_prompt(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, SHOUTS_ONCE_ANSWERED), 256), "TMPL001")

    assert (found.state, found.blocking) == ("fail", True)
    assert "12 of 12 (100.0 %) batched answers train on the prompt" in found.because


def test_tokens_that_merge_across_the_boundary_are_a_warning(folder: Path) -> None:
    rows = [example({"prompt": "Slow mo", "completion": "rnings, and a cup."})]

    found = named(doctor(rows, load(folder), 256), "TMPL004")

    assert (found.state, found.value) == ("warn", 0.0)
    assert "merge across the boundary" in found.because


def test_reasoning_that_the_template_drops_is_a_warning(folder: Path) -> None:
    rows = pairs()
    rows[0].fields["chosen"][0]["content"] = "<think>Tea.</think>A cup of tea."  # type: ignore[index]

    found = named(doctor(rows, load(folder, HIDES_REASONING), 256), "TMPL001")

    assert (found.state, found.value) == ("warn", 0.0)
    assert "1 of 12 (8.3 %) batched answers are rewritten by the chat template" in found.because


def masking_collator(token: int) -> Any:
    """Return TRL's collator with the common mistake: labels that equal the padding token are masked wherever they stand."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    collator = DataCollatorForLanguageModeling(pad_token_id=token)

    def collate(rows: list[dict[str, Any]]) -> Any:
        batch = collator(rows)
        batch["labels"][batch["input_ids"] == token] = UNTRAINED
        return batch

    return collate


def test_a_collator_that_masks_padding_by_token_masks_the_end(folder: Path) -> None:
    tokenizer = load(folder)
    tokenizer.pad_token = tokenizer.eos_token

    checks = doctor(dialogues(), tokenizer, 256, collator=masking_collator(tokenizer.eos_token_id))

    assert named(checks, "TMPL005").state == "fail"
    assert named(checks, "TMPL002").state == "fail"
    assert "masked" in named(checks, "TMPL002").fix


def test_an_end_token_that_pads_is_harmless_where_padding_is_masked_by_position(folder: Path) -> None:
    tokenizer = load(folder)
    tokenizer.pad_token = tokenizer.eos_token

    checks = doctor([*dialogues(), *pairs()], tokenizer, 256)

    assert (named(checks, "TMPL005").state, named(checks, "TMPL002").state) == ("pass", "pass")


def test_learned_padding_fails(folder: Path) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    tokenizer = load(folder)

    def collate(rows: list[dict[str, Any]]) -> Any:
        batch = DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id)(rows)
        batch["labels"][batch["attention_mask"] == 0] = tokenizer.pad_token_id
        return batch

    found = named(
        doctor([*texts(1), example({"prompt": "Tea?", "completion": " Yes."}, 2)], tokenizer, 256, collator=collate), "TMPL005"
    )

    assert (found.state, found.value, [row.row for row in found.evidence]) == ("fail", 0.5, [2])


def test_a_padding_token_inside_an_answer_is_a_warning(folder: Path) -> None:
    rows = [*texts(3), example({"prompt": "Tea?", "completion": " Yes<pad>."}, 9)]

    found = named(doctor(rows, load(folder), 256), "TMPL005")

    assert (found.state, found.value, [row.row for row in found.evidence]) == ("warn", 0.25, [9])


def test_a_missing_padding_token_is_a_warning(folder: Path) -> None:
    tokenizer = load(folder)
    tokenizer.pad_token = None

    assert named(doctor(texts(), tokenizer, 256), "TMPL005").state == "warn"


def test_a_mask_that_hides_the_answer_leaves_rows_without_labels(folder: Path) -> None:
    def collate(rows: list[dict[str, Any]]) -> Any:
        batch = masking_collator(3)(rows)
        batch["labels"][0] = UNTRAINED
        return batch

    checks = doctor(dialogues(), load(folder), 256, collator=collate)

    assert named(checks, "TMPL006").state == "fail"
    assert named(checks, "TMPL006").value == pytest.approx(1 / 6)
    assert (named(checks, "TMPL001").state, [row.row for row in named(checks, "TMPL001").evidence]) == ("fail", [1])


def test_rows_that_are_all_cut_leave_nothing_to_train_on(folder: Path) -> None:
    checks = doctor([*dialogues(), *pairs()], load(folder), 12)

    assert {check.code: check.state for check in checks} == {
        "TMPL001": "skipped", "TMPL002": "skipped", "TMPL003": "pass", "TMPL004": "pass", "TMPL005": "skipped",
        "TMPL006": "fail", "TMPL007": "warn",
    }  # fmt: skip


def test_one_row_whose_prompt_fills_the_limit_is_a_warning(folder: Path) -> None:
    rows = [*texts(), example({"prompt": "tea " * 200, "completion": " Yes."}, 7)]

    found = named(doctor(rows, load(folder), 128), "TMPL006")

    assert (found.state, found.value, [row.row for row in found.evidence]) == ("warn", 0.0, [7])


def test_cut_answers_are_counted_for_each_branch(folder: Path) -> None:
    rows = pairs()
    for row in rows[:3]:
        row.fields["rejected"][0]["content"] = "BUY " * 100  # type: ignore[index]

    found = named(doctor(rows, load(folder), 100), "TMPL007")

    assert (found.state, found.value) == ("warn", 0.25)
    assert "chosen 0 of 6 (0.0 %), rejected 3 of 6 (50.0 %)" in found.because


def test_the_end_token_alone_can_be_cut(folder: Path) -> None:
    tokenizer, row = load(folder), pairs(1)[0]
    chosen = tokenizer.apply_chat_template(row.fields["prompt"] + row.fields["chosen"])["input_ids"]  # type: ignore[operator]
    row.fields["rejected"][0]["content"] = "No."  # type: ignore[index]

    whole, cut = (named(doctor([row], tokenizer, length), "TMPL007") for length in (len(chosen), len(chosen) - 1))

    assert (whole.value, cut.value) == (0.0, 0.5)


def test_assistant_turns_with_marks_pass(folder: Path) -> None:
    checks = doctor(dialogues(), load(folder, MARKED), 256, assistant_only=True)

    assert {check.state for check in checks} == {"pass"}


def test_a_template_without_marks_has_no_mask_of_assistant_turns(folder: Path) -> None:
    checks = doctor(dialogues(), load(folder), 256, assistant_only=True)

    assert (named(checks, "TMPL001").state, named(checks, "TMPL001").blocking) == ("fail", True)
    assert "{% generation %}" in named(checks, "TMPL001").fix
    assert named(checks, "TMPL002").state == "skipped"


def test_an_end_outside_of_the_marks_is_not_learned(folder: Path) -> None:
    checks = doctor(dialogues(), load(folder, MARKED_WITHOUT_END), 256, assistant_only=True)

    assert (named(checks, "TMPL001").state, named(checks, "TMPL002").state) == ("pass", "fail")


def test_marks_around_the_question_train_on_the_prompt(folder: Path) -> None:
    found = named(doctor(dialogues(), load(folder, MARKED_EVERYTHING), 256, assistant_only=True), "TMPL001")

    assert found.state == "fail"
    assert "6 of 6 (100.0 %) batched answers train on the prompt" in found.because


def test_rows_that_the_template_refuses_are_counted(folder: Path) -> None:
    tokenizer = load(
        folder,
        "{% if messages[0]['content'].endswith('batch 1.') %}{{ raise_exception('no') }}{% endif %}" + load(folder).chat_template,
    )

    found = named(doctor(pairs(), tokenizer, 256), "TMPL001")

    assert (found.state, "1 sampled rows are refused" in found.because) == ("pass", True)


def test_the_rows_are_left_as_they_were_and_the_sample_is_seeded(folder: Path) -> None:
    rows, before = texts(40), texts(40)

    first, second = (doctor(rows, load(folder, WITHOUT_END), 70) for _ in range(2))

    assert first == second
    assert rows == before


def test_characters_that_the_tokenizer_cannot_write_are_a_warning(folder: Path) -> None:
    tokenizer = load(folder)
    rows = [*texts(3), example({"prompt": "Tea?", "completion": " Yes, <unk> cups."}, 9)]

    found = named(doctor(rows, tokenizer, 256), "TMPL001")

    assert (found.state, [row.row for row in found.evidence]) == ("warn", [9])
    assert "hold '<unk>' for text that the tokenizer cannot write" in found.because


def test_marks_that_enclose_nothing_are_no_mask(folder: Path) -> None:
    empty = MARKED.replace(
        "{% generation %}{{ message['content'] + eos_token }}", "{{ message['content'] + eos_token }}{% generation %}"
    )

    found = named(doctor(dialogues(), load(folder, empty), 256, assistant_only=True), "TMPL001")

    assert (found.state, "what the chat template marks is empty" in found.because) == ("fail", True)


@pytest.mark.parametrize(
    "rows", [[], [example({"prompt": "Tea?"})._replace(kind="prompt-only")]], ids=["no rows", "prompts only"]
)
def test_without_answers_every_check_is_skipped_with_a_reason(folder: Path, rows: list[Example]) -> None:
    checks = doctor(rows, load(folder), 256)

    assert {check.because for check in checks} == {"the data hold no answers to batch"}
    assert {check.state for check in checks} == {"skipped"}


def test_a_plain_text_is_learned_whole(folder: Path) -> None:
    rows = [example({"prompt": f"A quiet cup of tea, number {n}."}, n)._replace(kind="language-modelling") for n in range(1, 5)]

    checks = doctor(rows, load(folder), 256)

    assert [named(checks, code).state for code in ("TMPL001", "TMPL002", "TMPL004")] == ["pass", "pass", "skipped"]


def test_the_sample_is_limited_for_each_kind(folder: Path) -> None:
    checks = doctor([*texts(50), *pairs(50)], load(folder), 256, rows=10)

    assert named(checks, "TMPL001").because.startswith("all 30 batched answers")


def test_a_kind_that_is_not_asked_for_is_not_batched(folder: Path) -> None:
    checks = doctor([*texts(5), *pairs(5)], load(folder), 256, kinds=("preference",))

    assert named(checks, "TMPL001").because.startswith("all 10 batched answers")


def test_a_template_that_drops_the_answer_fails(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, TAKES_PARTS), 256), "TMPL001")

    assert (found.state, found.value) == ("fail", 1.0)
    assert found.because == "12 of 12 (100.0 %) batched answers hold nothing of the answer, the chat template drops it"


@pytest.mark.parametrize(
    ("family", "end", "faults"),
    [
        ("qwen3", "<|im_end|>", []),
        ("llama3", "<|eot_id|>", []),
        ("gemma3", "<end_of_turn>", []),
        ("phi3", "<|end|>", []),
        ("deepseek_r1_distill", "<｜end▁of▁sentence｜>", ["TMPL004"]),  # opens with <think>, which an answer then lacks
        ("glm4moe", "<|user|>", ["TMPL002"]),  # closes no turn
    ],
)
def test_templates_of_known_families(folder: Path, family: str, end: str, faults: list[str]) -> None:
    import trl

    template = (Path(trl.__file__).parent / "chat_templates" / f"{family}.jinja").read_text(encoding="utf-8")
    tokenizer = load(folder, template)
    tokenizer.add_special_tokens({"eos_token": end})

    checks = doctor([*dialogues(), *pairs()], tokenizer, 1024)

    assert [check.code for check in checks if check.state != "pass"] == faults


def test_a_template_that_refuses_all_rows_fails(folder: Path) -> None:
    found = named(doctor(pairs(), load(folder, "{{ raise_exception('no roles') }}"), 256), "TMPL001")

    assert (found.state, found.blocking, found.because) == ("fail", True, "the chat template refuses all 6 sampled rows")


@pytest.mark.parametrize("rows", [pairs(), texts()], ids=["pairs", "texts"])
def test_rows_without_a_dialogue_need_no_marks(folder: Path, rows: list[Example]) -> None:
    assert {check.state for check in doctor(rows, load(folder), 256, assistant_only=True)} == {"pass"}
