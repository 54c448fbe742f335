"""The ledger: one answer a prompt and side, greedy, resumable, and the same whatever the batches."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from evals import greedy
from evals.batching import Batches
from evals.generate import GenerationSettings, Ledger, generate
from evals.greedy import Answer, Greedy, fit_context, prepare_greedy
from evals.models import ModelPair, load_pair, load_tokenizer
from evals.rendering import encode_prompt
from evals.suites import load_suites
from reports.errors import InterruptedRunError
from reports.progress import ProgressLog
from reports.records.evaluation import Completion, Message, Side, SuiteItem
from reports.records.plan import Plan
from reports.records.run import Progress
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import make_run

SETTINGS = GenerationSettings(new_tokens=12, prompt_tokens=100, batch_tokens=96, identity={"baseline": "b", "candidate": "c"})
DISTINCT = 15
"""Of 17 suite items, one is asked twice in a suite and one stands in two suites."""


class Bench:
    """A run with loaded models, and a count of the prompts that reach a model."""

    def __init__(self, run: RunDir, plan: Plan, pair: ModelPair, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run, self.pair = run, pair
        self.tokenizer = load_tokenizer(plan.model, messages=True).tokenizer
        self.items = load_suites(run, plan)
        self.asked: list[tuple[int, ...]] = []
        answer = Greedy.answer

        def counted(model: Greedy, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
            self.asked += prompts
            return answer(model, prompts)

        monkeypatch.setattr(greedy.Greedy, "answer", counted)

    def generate(self, settings: GenerationSettings = SETTINGS, items: Sequence[SuiteItem] | None = None) -> Ledger:
        self.asked.clear()
        progress = ProgressLog(self.run)
        return generate(self.run, self.pair, self.tokenizer, self.items if items is None else items, settings, progress)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelPair]:
    folder = tmp_path_factory.mktemp("models")
    model = build_tiny_model(folder / "tiny")
    run, plan = make_run(folder, model)
    return model, load_pair(plan.model, run.adapter("1-dpo"))


@pytest.fixture
def bench(tmp_path: Path, loaded: tuple[Path, ModelPair], monkeypatch: pytest.MonkeyPatch) -> Bench:
    run, plan = make_run(tmp_path, loaded[0])
    return Bench(run, plan, loaded[1], monkeypatch)


def texts(ledger: Ledger) -> dict[tuple[Side, str], str | None]:
    return {(side, name): line.completion for side, found in ledger.completions.items() for name, line in found.items()}


def test_every_item_is_answered_on_both_sides_by_one_pass_each(bench: Bench) -> None:
    ledger = bench.generate()

    assert len(bench.asked) == ledger.generated == 2 * DISTINCT
    assert ledger.passes == {"baseline": 1, "candidate": 1}
    assert {side: len(found) for side, found in ledger.completions.items()} == {"baseline": 17, "candidate": 17}
    assert all(line.completion for found in ledger.completions.values() for line in found.values())
    differing = [
        name
        for name, line in ledger.completions["baseline"].items()
        if line.completion != ledger.completions["candidate"][name].completion
    ]
    assert len(differing) > DISTINCT / 2


def test_the_same_prompt_in_two_suites_gets_the_same_answer_and_its_own_line(bench: Bench) -> None:
    found = bench.generate().completions["candidate"]

    assert found["t4"].key == found["benign/2"].key
    assert found["t4"].completion == found["benign/2"].completion
    assert (found["t4"].suite, found["benign/2"].suite) == ("target", "benign")


def test_a_second_run_generates_nothing_and_adds_no_line(bench: Bench) -> None:
    first = bench.generate()
    lines = bench.run.completions.path.read_bytes()

    second = bench.generate()

    assert (bench.asked, second.generated) == ([], 0)
    assert second.completions == first.completions
    assert second.passes == {"baseline": 1, "candidate": 1}
    assert bench.run.completions.path.read_bytes() == lines


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.77, 0.99])
def test_a_ledger_torn_by_a_kill_is_completed_with_what_is_missing_only(bench: Bench, keep: float) -> None:
    whole = bench.generate()
    path = bench.run.completions.path
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    left = {line.key for line in bench.run.completions.read()}

    resumed = bench.generate()

    assert texts(resumed) == texts(whole)
    assert len(bench.asked) == 2 * DISTINCT - len(left)
    assert resumed.passes == {"baseline": 1, "candidate": 1}


def test_another_adapter_is_another_key_and_leaves_the_baseline_alone(bench: Bench) -> None:
    bench.generate()

    ledger = bench.generate(SETTINGS._replace(identity={"baseline": "b", "candidate": "other"}))

    assert len(bench.asked) == DISTINCT
    assert ledger.passes == {"baseline": 1, "candidate": 1}


def test_a_longer_answer_is_another_key(bench: Bench) -> None:
    bench.generate()
    bench.generate(SETTINGS._replace(new_tokens=13))

    assert len(bench.asked) == 2 * DISTINCT


def test_batches_do_not_change_greedy_answers(bench: Bench) -> None:
    """Padding moves logits by rounding only; in float32 no answer of these models flips."""
    together = bench.generate(SETTINGS._replace(batch_tokens=10_000))
    bench.run.completions.path.unlink()
    alone = bench.generate(SETTINGS._replace(batch_tokens=1))

    assert texts(together) == texts(alone)


def test_an_answer_is_the_argmax_at_every_step(bench: Bench) -> None:
    import torch

    item = bench.items[0]
    ids = list(encode_prompt(bench.tokenizer, item.prompt, 100).ids)
    line = bench.generate(items=[item]).completions["baseline"][item.id]

    new: list[int] = []
    with bench.pair.side("baseline") as model, torch.inference_mode():
        while len(new) < 12 and bench.tokenizer.eos_token_id not in new:
            new.append(int(model(input_ids=torch.tensor([ids + new])).logits[0, -1].argmax()))
    assert line.completion == bench.tokenizer.decode(new, skip_special_tokens=True)


def test_sampling_and_penalties_of_the_model_are_switched_off(bench: Bench) -> None:
    with bench.pair.side("candidate") as model:
        model.generation_config.repetition_penalty = 5.0
        model.generation_config.do_sample = True
        prepare_greedy(model, bench.tokenizer, 7)

        assert model.generation_config.repetition_penalty in (None, 1.0)
        assert model.generation_config.do_sample is False


def test_any_end_token_of_a_list_ends_the_answer(bench: Bench) -> None:
    import torch

    prompt = encode_prompt(bench.tokenizer, bench.items[0].prompt, 100).ids
    with bench.pair.side("baseline") as model:
        free = prepare_greedy(model, bench.tokenizer, 12).answer([prompt])[0]
        new = model.generate(input_ids=torch.tensor([prompt]))[0, len(prompt) :].tolist()
        third = next(token for place, token in enumerate(new) if place >= 2 and token not in new[:place])
        model.generation_config.eos_token_id = [bench.tokenizer.eos_token_id, third]
        ready = prepare_greedy(model, bench.tokenizer, 12)
        stopped = ready.answer([prompt])[0]
        model.generation_config.eos_token_id = bench.tokenizer.eos_token_id

    assert ready.ends == {bench.tokenizer.eos_token_id, third}
    assert (free.finish, free.tokens) == ("length", 12)
    assert (stopped.finish, stopped.tokens) == ("stop", new.index(third))
    assert free.text.startswith(stopped.text)


def test_a_failed_generation_is_a_line_without_answer_and_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    poison = encode_prompt(bench.tokenizer, bench.items[2].prompt, 100).ids
    counted = Greedy.answer

    def failing(model: Greedy, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
        if poison in prompts:
            raise RuntimeError("index out of range")
        return counted(model, prompts)

    with monkeypatch.context() as patch:
        patch.setattr(greedy.Greedy, "answer", failing)
        broken = bench.generate()
    failed = [line for found in broken.completions.values() for line in found.values() if line.completion is None]
    assert {(line.side, line.prompt_id) for line in failed} == {("baseline", bench.items[2].id), ("candidate", bench.items[2].id)}
    assert failed[0].error == "RuntimeError: index out of range"

    mended = bench.generate()
    assert len(bench.asked) == 2
    assert mended.completions["baseline"][bench.items[2].id].completion
    assert mended.passes == {"baseline": 1, "candidate": 1}


def test_a_prompt_that_the_template_refuses_is_missing_and_named(bench: Bench) -> None:
    bench.tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system turns') }}{% endif %}"
        "{{ m.content }}{% endfor %}"
    )
    odd = SuiteItem(id="odd", suite="harmful", prompt=(Message(role="system", content="x"),))

    ledger = bench.generate(items=[*bench.items[:2], odd])

    line = ledger.completions["candidate"]["odd"]
    assert line.completion is None
    assert "no system turns" in line.error
    assert "1 of 3 prompts were not asked" in ledger.notes[0]
    assert bench.generate(items=[*bench.items[:2], odd]).completions == ledger.completions
    assert len([line for line in bench.run.completions.read() if line.prompt_id == "odd"]) == 2


def test_a_prompt_longer_than_its_room_loses_its_beginning_and_is_noted(bench: Bench) -> None:
    room = 10
    item = bench.items[3]
    whole = encode_prompt(bench.tokenizer, item.prompt, 1000).ids

    ledger = bench.generate(SETTINGS._replace(prompt_tokens=room), items=[item])

    assert bench.asked[0] == whole[-room:]
    assert ledger.notes == ("1 of 1 prompts were longer than 10 tokens; their beginning was left out.",)


def test_the_begin_token_survives_when_a_prompt_is_cut(bench: Bench) -> None:
    ids = encode_prompt(bench.tokenizer, "<s>Write a subject line for the spring sale", 5).ids

    assert len(ids) == 5
    assert ids[0] == bench.tokenizer.bos_token_id
    assert ids[1:] == encode_prompt(bench.tokenizer, "<s>Write a subject line for the spring sale", 1000).ids[-4:]


@pytest.mark.parametrize(
    ("wish", "context", "expected"), [(128, 64, (32, 32)), (21, 64, (21, 43)), (128, 4096, (128, 3968)), (64, None, (64, 4096))]
)
def test_answer_and_prompt_share_the_context(wish: int, context: int | None, expected: tuple[int, int]) -> None:
    assert fit_context(wish, context) == expected


def test_a_stop_request_ends_the_pass_after_the_batch_and_loses_nothing(bench: Bench) -> None:
    whole = texts(bench.generate())
    bench.run.completions.path.unlink()
    bench.run.stop_file.touch()

    with pytest.raises(InterruptedRunError, match="stopped on request after 1 answers of the baseline") as caught:
        bench.generate()
    assert caught.value.exit_code == 130
    assert len(bench.run.completions.read()) == 1

    bench.run.stop_file.unlink()
    assert texts(bench.generate()) == whole
    assert len(bench.asked) == 2 * DISTINCT - 1


def test_progress_names_the_side_and_ends_full(bench: Bench) -> None:
    bench.generate()

    shown = bench.run.read(Progress)
    assert (shown.stage, shown.title, shown.done, shown.total, shown.unit) == (
        "measure",
        "Generating, candidate",
        15,
        15,
        "prompts",
    )


def test_ledger_lines_survive_a_round_trip(bench: Bench) -> None:
    line = bench.generate().completions["baseline"]["t0"]

    assert msgspec.json.decode(msgspec.json.encode(line), type=Completion) == line


def lengths(batches: Sequence[Sequence[int]]) -> list[list[int]]:
    return [list(batch) for batch in batches]


def test_batches_are_longest_first_and_sized_by_tokens() -> None:
    worked = list(Batches([3, 10, 5, 4, 1], lambda item: item, 12).run(list))

    assert lengths([step.batch for step in worked]) == [[10], [5, 4], [3, 1]]


def test_running_out_of_memory_halves_all_later_batches_and_is_remembered() -> None:
    batches = Batches([4] * 8, lambda item: item, 16)
    seen: list[int] = []

    def work(batch: tuple[int, ...]) -> int:
        seen.append(len(batch))
        if len(batch) > 2:
            raise RuntimeError("CUDA out of memory")
        return len(batch)

    first = [step.result for step in batches.run(work)]
    assert (first, seen) == ([2, 2, 2, 2], [4, 2, 2, 2, 2])
    seen.clear()
    assert [step.result for step in batches.run(work)] == first
    assert seen == [2, 2, 2, 2]


def test_a_failure_costs_only_the_item_at_fault() -> None:
    def work(batch: tuple[str, ...]) -> list[str]:
        if "bad" in batch:
            raise ValueError("cannot be read")
        return list(batch)

    steps = list(Batches(["aaaa", "bad", "cc", "d"], len, 100).run(work))

    assert [(step.batch, step.error) for step in steps if step.result is None] == [(("bad",), "ValueError: cannot be read")]
    assert sorted(item for step in steps for item in step.result or ()) == ["aaaa", "cc", "d"]
