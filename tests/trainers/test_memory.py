"""The memory estimate against arithmetic by hand, whether it fits, and what is refused."""

import pytest
from msgspec.structs import replace

from reports.errors import UsageError
from tests.trainers.shapes import GEMMA_2B, LLAMA_8B
from trainers.activations import kept_by_layer
from trainers.architecture import Architecture
from trainers.memory import GIB, Estimate, TermName, estimate, quick_fit, span, usable_gib
from trainers.memory_advice import advise, judge
from trainers.memory_setup import ALL_LINEAR, STACKS, Lengths, Setup, is_offered
from trainers.memory_terms import NF4_BYTES, adapter_weights, rollout_bytes, weight_bytes

N = LLAMA_8B.params


def term(found: Estimate, name: TermName) -> float:
    return next(each.bytes for each in found.terms if each.name == name)


# Known arithmetic.


def test_all_weights_in_mixed_precision_take_sixteen_bytes_each() -> None:
    found = estimate(LLAMA_8B, Setup(parameters="full", precision="bf16-mixed"))
    assert found.moment == "step"
    assert term(found, "weights") == term(found, "gradients") == pytest.approx(4 * N)
    assert term(found, "optimizer") == pytest.approx(8 * N)
    assert found.total_bytes == pytest.approx(16 * N, rel=0.01)


def test_all_weights_in_pure_bf16_take_eight_bytes_each() -> None:
    found = estimate(LLAMA_8B, Setup(parameters="full", precision="bf16", batch=1, length=128))
    assert found.total_bytes == pytest.approx(8 * N, rel=0.01)


def test_eight_bit_states_take_two_bytes_and_paged_ones_none() -> None:
    setup = Setup(parameters="full", precision="bf16-mixed", optimizer="adamw-8bit")
    assert term(estimate(LLAMA_8B, setup), "optimizer") == pytest.approx(2 * N * (1 + 4 / 256))
    assert term(estimate(LLAMA_8B, replace(setup, optimizer="paged-adamw-8bit")), "optimizer") == 0


def test_a_rank_16_adapter_on_every_layer_of_llama_8b_has_42_million_weights() -> None:
    assert adapter_weights(LLAMA_8B, Setup(rank=16)) == 41_943_040
    assert adapter_weights(LLAMA_8B, Setup(rank=8, targets=("q", "v"))) == 3_407_872


def test_double_quantisation_takes_4_127_bits_a_weight() -> None:
    assert NF4_BYTES["nf4-double"] * 8 == pytest.approx(4.127, abs=5e-4)
    assert NF4_BYTES["nf4"] * 8 == 4.5


def test_qlora_keeps_embedding_and_head_in_sixteen_bits() -> None:
    ends = 2 * 128256 * 4096
    expected = (N - ends) * NF4_BYTES["nf4"] + 2 * ends
    assert weight_bytes(LLAMA_8B, Setup(parameters="qlora", quantisation="nf4")) == pytest.approx(expected)


def test_keys_and_values_of_llama_8b_take_128_kib_a_token() -> None:
    setup = Setup(method="grpo", batch=1, accumulation=1, length=1000, completion_length=500)
    one_more_layer = (LLAMA_8B.layers + 1) / LLAMA_8B.layers
    drawn = 6 * LLAMA_8B.vocab
    assert rollout_bytes(LLAMA_8B, setup) == pytest.approx(128 * 1024 * 1000 * one_more_layer + drawn)


def test_a_classic_block_keeps_34_widths_less_its_two_dropout_masks() -> None:
    classic = Architecture(
        layers=24, hidden=1024, heads=16, kv_heads=16, head_dim=64, intermediate=4096, vocab=50257, params=3.5e8, mlp_mats=2,
        norm="layer",
    )  # fmt: skip
    setup = Setup(parameters="full", precision="bf16", stack="torchtune", checkpointing=False)
    assert kept_by_layer(classic, setup) == pytest.approx(32 * 1024, rel=0.01)


def test_checkpointing_keeps_one_sixteen_bit_vector_a_layer_and_token() -> None:
    setup = Setup(batch=1, length=4096, compile=True, targets=("q",))
    more = replace(setup, length=8192)
    grown = estimate(LLAMA_8B, more).total_bytes - estimate(LLAMA_8B, setup).total_bytes
    assert grown >= 4096 * 32 * 2 * 4096
    assert grown <= 4096 * (32 * 2 * 4096 + 60 * 4096 + 30 * 14336)


@pytest.mark.parametrize(("method", "sequences"), [("sft", 3), ("dpo", 6), ("orpo", 6), ("reward", 6), ("kto", 3), ("grpo", 3)])
def test_methods_that_compare_two_answers_hold_twice_the_sequences(method: str, sequences: int) -> None:
    assert Setup(method=method, batch=3).sequences == sequences  # type: ignore[arg-type]


def test_a_reference_is_a_whole_copy_for_all_weights_and_free_for_an_adapter() -> None:
    full = estimate(LLAMA_8B, Setup(method="dpo", parameters="full", precision="bf16-mixed"))
    adapter = estimate(LLAMA_8B, Setup(method="dpo", parameters="lora"))
    assert term(full, "reference") == pytest.approx(4 * N)
    assert term(adapter, "reference") == 0


def test_rlhf_holds_a_reward_model_and_reward_functions_are_free() -> None:
    assert term(estimate(LLAMA_8B, Setup(method="rloo")), "reward_model") == pytest.approx(2 * N)
    assert term(estimate(LLAMA_8B, Setup(method="rloo", reward_params=1e9)), "reward_model") == 2e9
    assert term(estimate(LLAMA_8B, Setup(method="grpo")), "reward_model") == 0


def test_a_reward_model_has_no_logits() -> None:
    setup = Setup(method="reward", checkpointing=False, logits="full")
    assert term(estimate(GEMMA_2B, setup), "logits") == 0


def test_full_logits_of_a_large_vocabulary_are_the_largest_term_and_chunks_avoid_them() -> None:
    setup = Setup(batch=8, length=2048, logits="full", stack="litgpt")
    whole = estimate(GEMMA_2B, setup)
    assert max(whole.terms, key=lambda each: each.bytes).name == "logits"
    assert term(whole, "logits") == 8 * 256_000 * 8 * 2048
    assert estimate(GEMMA_2B, replace(setup, logits="chunked", stack="trl")).total_bytes < 0.5 * whole.total_bytes


def test_zero_stages_divide_states_then_gradients_then_weights() -> None:
    setup = Setup(parameters="full", precision="bf16-mixed", gpus=8, sharding="zero1")
    one, two, three = (estimate(LLAMA_8B, replace(setup, sharding=stage)) for stage in ("zero1", "zero2", "zero3"))
    assert term(one, "weights") == term(two, "weights") == pytest.approx(2 * N)
    assert term(three, "weights") == pytest.approx(2 * N / 8)
    assert term(one, "optimizer") == term(three, "optimizer") == pytest.approx(12 * N / 8)


def test_fsdp_holds_whole_gradients_while_it_accumulates() -> None:
    setup = Setup(parameters="full", precision="bf16", gpus=8, sharding="fsdp", accumulation=1)
    assert term(estimate(LLAMA_8B, replace(setup, accumulation=4)), "gradients") == pytest.approx(2 * N)
    assert estimate(LLAMA_8B, setup).total_bytes < 0.6 * estimate(LLAMA_8B, replace(setup, accumulation=4)).total_bytes


def test_offloading_leaves_activations_and_gathered_weights_on_the_gpu() -> None:
    setup = Setup(parameters="full", precision="bf16", gpus=8, sharding="zero3", cpu_offload=True)
    found = estimate(LLAMA_8B, setup)
    assert term(found, "weights") == term(found, "optimizer") == 0
    assert term(found, "communication") > 2 * 2 * LLAMA_8B.embedding
    assert found.total_bytes < 0.5 * estimate(LLAMA_8B, replace(setup, cpu_offload=False)).total_bytes


def test_a_frozen_four_bit_layer_keeps_its_input_only_in_old_programs() -> None:
    setup = Setup(parameters="qlora", checkpointing=False, targets=("q", "v"), dropout=0.05)
    old, new = (kept_by_layer(LLAMA_8B, replace(setup, stack=stack)) for stack in ("litgpt", "torchtune"))
    assert old - new > 2 * LLAMA_8B.intermediate


def test_realised_lengths_replace_a_limit_that_no_row_reaches() -> None:
    setup = Setup(length=4096, batch=2, checkpointing=False)
    short = replace(setup, lengths=Lengths(mean=100, median=90, p95=200, longest=300))
    assert estimate(LLAMA_8B, short).total_bytes == estimate(LLAMA_8B, replace(setup, length=300)).total_bytes
    assert estimate(LLAMA_8B, replace(short, packing=True)).total_bytes == pytest.approx(
        estimate(LLAMA_8B, replace(setup, packing=True)).total_bytes
    )


def test_an_unknown_program_is_the_costliest_of_the_known_with_an_interval_over_all() -> None:
    known = [estimate(GEMMA_2B, Setup(parameters="qlora", checkpointing=False, stack=name)) for name in STACKS]
    unknown = span(known)
    assert unknown.total_bytes == max(each.total_bytes for each in known)
    assert unknown.low_bytes == min(each.low_bytes for each in known)
    assert unknown.high_bytes == max(each.high_bytes for each in known)


def test_programs_that_lack_a_switch_do_not_offer_it() -> None:
    offered = {name: is_offered(Setup(stack=name, compile=True)) for name in STACKS}
    assert offered == {"trl": True, "litgpt": False, "torchtune": True}
    assert not is_offered(Setup(stack="torchtune", method="rloo"))


# Fit and advice.


def test_the_first_advice_is_what_changes_the_result_least() -> None:
    setup = Setup(batch=16, length=4096, checkpointing=False)
    words = [change.words for change in advise(LLAMA_8B, setup, 80.0)]
    assert words[0].startswith("activation checkpointing")
    assert not any("QLoRA" in each for each in words)


def test_advice_names_the_smallest_number_of_gpus() -> None:
    setup = Setup(method="dpo", parameters="full", precision="bf16-mixed")
    changes = [change for change in advise(LLAMA_8B, setup, 80.0) if "GPUs" in change.words]
    assert len(changes) == 1
    half = replace(changes[0].setup, gpus=changes[0].setup.gpus // 2)
    assert judge(estimate(LLAMA_8B, half), 80.0).state != "fits"


def test_where_nothing_helps_there_is_no_advice() -> None:
    assert advise(LLAMA_8B, Setup(method="rloo", parameters="full", precision="bf16-mixed"), 4.0) == ()


def test_a_verdict_is_unclear_where_the_end_of_the_interval_decides() -> None:
    found = estimate(LLAMA_8B, Setup())
    between = next(size for size in (each / 10 for each in range(100, 400)) if found.total_bytes / GIB <= usable_gib(size))
    assert judge(found, between).state == "unclear"
    assert judge(found, 2 * between).state == "fits"
    assert judge(found, 0.5 * between).state == "exceeds"
    with pytest.raises(UsageError, match="above 0"):
        judge(found, -1.0)


# Bad values.


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        (Setup(batch=0), "batch 0"),
        (Setup(length=-5), "length -5"),
        (Setup(rank=0), "rank 0"),
        (Setup(dropout=1.0), "dropout"),
        (Setup(targets=()), "targets"),
        (Setup(gpus=1, sharding="fsdp"), "--gpus"),
        (Setup(parameters="qlora", precision="fp32"), "fp32"),
        (Setup(parameters="qlora", gpus=0), "GPU"),
        (Setup(gpus=-1), "processor"),
        (Setup(gpus=2, sharding="ddp", cpu_offload=True), "offload"),
        (Setup(method="grpo", length=100, completion_length=100), "--length"),
    ],
)
def test_values_that_cannot_be_are_refused(setup: Setup, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        estimate(LLAMA_8B, setup)


# The quick form.


@pytest.mark.parametrize("models", ["one", "pair", "reference", "rollouts", "three"])
@pytest.mark.parametrize("params_b", [0.05, 1.0, 8.0, 70.0])
def test_the_quick_form_orders_parameters_and_keeps_its_interval(models: str, params_b: float) -> None:
    full, lora, qlora = (quick_fit(params_b, models, kind) for kind in ("full", "lora", "qlora"))  # type: ignore[arg-type]
    assert all(0 < each.low <= each.mid <= each.high for each in (full, lora, qlora))
    assert qlora.mid < lora.mid < full.mid
    assert lora.mid > params_b * 2e9 / GIB


def test_the_quick_form_agrees_with_the_whole_one_on_a_usual_model() -> None:
    setup = Setup(parameters="lora", batch=1, length=1024)
    assert quick_fit(8.03, "one", "lora").mid == pytest.approx(estimate(LLAMA_8B, setup).total_gib, rel=0.05)


def test_the_quick_form_needs_nothing_for_strategies_that_train_nothing() -> None:
    assert quick_fit(70.0, "none", "full") == (0.0, 0.0, 0.0)


def test_every_target_has_weights() -> None:
    assert all(adapter_weights(LLAMA_8B, Setup(targets=(target,))) > 0 for target in (*ALL_LINEAR, "head"))
