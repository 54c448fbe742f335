"""Time of a step from operations and devices, or from one measured step; hours and money of a run."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from reports.errors import UsageError
from tests.trainers.shapes import LLAMA_8B, setups, shapes
from trainers.architecture import Architecture
from trainers.devices import DEVICES, find_device
from trainers.memory_setup import Lengths, Setup
from trainers.timing import run_cost, step_flops, step_time, usual_tokens

FULL = Setup(parameters="full", precision="bf16", batch=1, length=2048, checkpointing=False)


def test_all_weights_take_six_operations_a_weight_and_token_and_attention_on_top() -> None:
    weights = LLAMA_8B.params - LLAMA_8B.embedding
    scores = 2 * 32 * 4096 * 2048
    assert step_flops(LLAMA_8B, FULL) == pytest.approx(3 * (2 * weights + scores) * 2048)


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, 3),
        ({"checkpointing": True}, 4),
        ({"parameters": "lora"}, 2),
        ({"parameters": "lora", "checkpointing": True}, 3),
        ({"method": "dpo"}, 2 * 4),
        ({"method": "orpo"}, 2 * 3),
        ({"method": "kto"}, 6),
        ({"accumulation": 4}, 4 * 3),
    ],
)
def test_passes_through_the_model_are_counted(change: dict[str, object], passes: int) -> None:
    forward = step_flops(LLAMA_8B, FULL) / 3
    assert step_flops(LLAMA_8B, replace(FULL, **change)) == pytest.approx(passes * forward)


def test_time_is_operations_over_the_share_of_the_peak() -> None:
    step = step_time(LLAMA_8B, FULL, find_device("A100-80"))
    assert step.seconds == pytest.approx(step.flops / (312e12 * 0.42))
    assert step.low_s < step.seconds < step.high_s


def test_a_faster_device_takes_less() -> None:
    times = {name: step_time(LLAMA_8B, FULL, device).seconds for name, device in DEVICES.items()}
    assert times["B200"] < times["H100"] < times["A100-80"] < times["L4"] < times["T4"]


def test_a_measured_step_replaces_the_table_and_narrows_the_interval() -> None:
    guessed = step_time(LLAMA_8B, FULL, find_device("A100-80"))
    measured = step_time(LLAMA_8B, FULL, find_device("A100-80"), measured_s=3.0)
    assert measured.seconds == 3.0
    assert measured.high_s / measured.low_s < guessed.high_s / guessed.low_s / 2


def test_a_step_measured_on_the_longest_rows_is_scaled_to_usual_ones() -> None:
    setup = replace(FULL, lengths=Lengths(mean=512, median=500, p95=1024, longest=2048))
    assert step_time(LLAMA_8B, setup, None, measured_s=4.0).seconds == pytest.approx(1.0)


def test_rows_of_a_batch_are_padded_to_its_longest() -> None:
    lengths = Lengths(mean=100, median=100, p95=200, longest=300)
    assert usual_tokens(Setup(batch=1, lengths=lengths)) == 100
    assert usual_tokens(Setup(batch=4, lengths=lengths)) == pytest.approx(4 * 175)
    assert usual_tokens(Setup(batch=4, lengths=lengths, length=150)) == pytest.approx(4 * 137.5)
    assert usual_tokens(Setup(batch=4, lengths=lengths, packing=True)) == 4 * 1024


def test_generating_takes_at_least_the_time_to_read_the_weights_for_every_token() -> None:
    setup = Setup(method="grpo", batch=8, length=1024, completion_length=512)
    device = find_device("H100")
    trained = step_time(LLAMA_8B, replace(setup, method="sft"), device)
    with_answers = step_time(LLAMA_8B, setup, device)
    assert with_answers.low_s - trained.low_s > 512 * 2 * LLAMA_8B.params / (device.bandwidth_gbs * 1e9)


def test_money_is_hours_times_gpus_times_price() -> None:
    step = step_time(LLAMA_8B, FULL, None, measured_s=3.6)
    cost = run_cost(step, 1000, gpus=4, price=2.5)
    assert cost.hours == pytest.approx(1.0)
    assert cost.price == pytest.approx(10.0)
    assert cost.low_price == pytest.approx(10.0 * step.low_s / step.seconds)
    assert cost.high_price == pytest.approx(10.0 * step.high_s / step.seconds)
    assert run_cost(step, 1000).price is None


def test_devices_are_found_whatever_the_spelling_and_unknown_ones_get_a_hint() -> None:
    assert find_device("nvidia a100 80GB").name == "A100-80"
    assert find_device("rtx4090").name == "RTX-4090"
    with pytest.raises(UsageError, match="Did you mean H100"):
        find_device("H1000")


def test_values_that_cannot_be_are_refused() -> None:
    step = step_time(LLAMA_8B, FULL, None, measured_s=1.0)
    with pytest.raises(UsageError, match="steps 0"):
        run_cost(step, 0)
    with pytest.raises(UsageError, match="price"):
        run_cost(step, 1, price=-1.0)
    with pytest.raises(UsageError, match="measured"):
        step_time(LLAMA_8B, FULL, None, measured_s=0.0)
    with pytest.raises(UsageError, match="--gpu"):
        step_time(LLAMA_8B, FULL, None)


@given(shapes(), setups())
@settings(max_examples=60, deadline=None)
def test_time_lies_inside_its_interval_and_grows_with_the_batch(shape: Architecture, setup: Setup) -> None:
    device = find_device("H100")
    step, more = step_time(shape, setup, device), step_time(shape, replace(setup, batch=2 * setup.batch), device)
    assert 0 < step.low_s <= step.seconds <= step.high_s
    assert more.seconds >= step.seconds
