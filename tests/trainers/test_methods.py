"""What the methods need, which strategies run, and the settings they start with."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import Choice, Method, ModelRef
from reports.records.recommendation import Strategy
from trainers.defaults import default_choices
from trainers.methods import (
    METHODS,
    Parameters,
    require_runnable,
    runnable,
    stages_of,
)
from trainers.overrides import RESERVED, parse_value, with_overrides

SMALL = ModelRef(name="m", label="m", digest="d", parameters=300_000_000, context_length=2048)
TINY = ModelRef(name="m", label="m", digest="d", parameters=5_000_000, context_length=64)
LARGE = ModelRef(name="m", label="m", digest="d", parameters=7_000_000_000, context_length=8192)


def value(choices: tuple[Choice, ...], name: str) -> Value:
    return next(choice.value for choice in choices if choice.name == name)


def defaults(
    method: Method = "sft", parameters: Parameters = "lora", rows: int = 1000, model: ModelRef = SMALL
) -> tuple[Choice, ...]:
    return default_choices(method, parameters, rows, model)


@pytest.mark.parametrize(
    ("strategy", "methods"),
    [("sft", ("sft",)), ("sft+dpo", ("sft", "dpo")), ("rlhf", ("sft", "reward", "rloo")), ("sft+rft", ("sft", "grpo"))],
)
def test_a_runnable_strategy_has_its_methods_in_order(strategy: Strategy, methods: tuple[Method, ...]) -> None:
    assert stages_of(strategy) == methods
    assert runnable(strategy)
    require_runnable(strategy)


def test_a_strategy_that_trains_nothing_says_so() -> None:
    with pytest.raises(UsageError, match="nothing is trained"):
        require_runnable("prompt")


def test_only_methods_on_pairs_need_pairs() -> None:
    assert {method for method, needs in METHODS.items() if needs.needs_pairs} == {"dpo", "orpo", "reward"}


@pytest.mark.parametrize("method", METHODS)
def test_an_adapter_learns_ten_times_as_fast_as_all_weights(method: Method) -> None:
    adapter, whole = value(defaults(method), "learning_rate"), value(defaults(method, "full"), "learning_rate")
    assert isinstance(adapter, float) and isinstance(whole, float)
    assert adapter == pytest.approx(10 * whole)


def test_a_tiny_model_learns_faster_and_reads_no_more_than_its_context() -> None:
    tiny, small = defaults(model=TINY), defaults()
    rate, usual = value(tiny, "learning_rate"), value(small, "learning_rate")
    assert isinstance(rate, float) and isinstance(usual, float) and rate > usual
    assert value(tiny, "max_length") == 64
    assert value(tiny, "save_steps") == 0.25
    assert value(small, "max_length") == 1024


def test_fewer_rows_are_seen_more_often() -> None:
    epochs = [value(defaults(rows=rows), "num_train_epochs") for rows in (100, 1000, 10_000, 100_000)]
    assert epochs == [5.0, 4.0, 3.0, 2.0]


@pytest.mark.parametrize("model", [TINY, SMALL, LARGE])
def test_sixteen_rows_make_a_step_whatever_fits(model: ModelRef) -> None:
    choices = defaults(model=model)
    each, steps = value(choices, "per_device_train_batch_size"), value(choices, "gradient_accumulation_steps")
    assert isinstance(each, int) and isinstance(steps, int)
    assert each * steps == 16


def test_only_dpo_has_a_beta_and_only_adapters_have_a_rank() -> None:
    assert value(defaults("dpo"), "beta") == 0.1
    assert "beta" not in {choice.name for choice in defaults("sft")}
    assert "lora_r" not in {choice.name for choice in defaults("sft", "full")}


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_has_a_reason(method: Method) -> None:
    assert all(len(choice.because) > 20 and choice.because.endswith(".") for choice in defaults(method))


def test_an_override_is_read_by_the_type_of_its_default_and_is_the_users() -> None:
    changed = with_overrides(defaults("dpo"), {"learning_rate": "2e-4", "per_device_train_batch_size": "4", "bf16": "true"})
    assert value(changed, "learning_rate") == 2e-4
    assert value(changed, "per_device_train_batch_size") == 4
    assert value(changed, "bf16") is True
    assert {choice.name for choice in changed if choice.origin == "user"} == {
        "learning_rate",
        "per_device_train_batch_size",
        "bf16",
    }
    assert [choice.name for choice in changed] == [choice.name for choice in defaults("dpo")]


def test_an_option_without_a_default_is_added_in_its_narrowest_type() -> None:
    changed = with_overrides(defaults(), {"packing": "false", "neftune_noise_alpha": "5", "loss_type": "dft"})
    assert [value(changed, name) for name in ("packing", "neftune_noise_alpha", "loss_type")] == [False, 5, "dft"]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("learning_rate", "fast", "a number"),
        ("per_device_train_batch_size", "2.5", "a whole number"),
        ("gradient_checkpointing", "7", "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name: str, text: str, wanted: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}': '{text}' is not {wanted}"):
        with_overrides(defaults(), {name: text})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_an_option_that_tunegate_sets_cannot_be_overridden(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' cannot be set"):
        with_overrides(defaults(), {name: "1"})


@given(st.one_of(st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_value_survives_being_written_and_read(like: bool | int | float) -> None:
    assert parse_value("option", str(like), like) == like


def test_the_first_screen_can_load_the_methods_without_a_heavy_library() -> None:
    code = (
        "import sys, trainers.methods; print([m for m in ('torch', 'transformers', 'trl', 'peft', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
