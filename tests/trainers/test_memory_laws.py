"""What must hold of the memory estimate for every model and every setup."""

import itertools

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.trainers.shapes import setups, shapes
from trainers.architecture import Architecture
from trainers.memory import GIB, estimate
from trainers.memory_advice import advise, judge
from trainers.memory_setup import Setup


@given(shapes(), setups())
@settings(max_examples=80, deadline=None)
def test_terms_are_not_negative_and_sum_to_the_total_inside_its_interval(shape: Architecture, setup: Setup) -> None:
    found = estimate(shape, setup)
    assert all(each.bytes >= 0 and each.because for each in found.terms)
    assert sum(each.bytes for each in found.terms) == pytest.approx(found.total_bytes)
    assert 0 < found.low_bytes <= found.total_bytes <= found.high_bytes


@given(shapes(), setups(), st.sampled_from(["batch", "length", "rank"]), st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_more_rows_tokens_or_rank_never_need_less(shape: Architecture, setup: Setup, name: str, factor: int) -> None:
    more = replace(setup, **{name: getattr(setup, name) * factor})
    assert estimate(shape, more).total_bytes >= estimate(shape, setup).total_bytes * (1 - 1e-9)


@given(shapes(), setups(gpus=8, accumulation=1))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_sharding_more_never_needs_more(shape: Architecture, setup: Setup) -> None:
    assume(4 * shape.embedding < shape.matrices)  # a shard gathers the embedding whole
    stages = [estimate(shape, replace(setup, sharding=stage)).total_bytes for stage in ("ddp", "zero1", "zero2", "zero3")]
    assert all(after <= before * 1.001 for before, after in itertools.pairwise(stages))


@given(shapes(), setups(precision="bf16", optimizer="adamw", batch=1, length=256, rank=8, gpus=1))
@settings(max_examples=80, deadline=None)
def test_four_bits_need_less_than_an_adapter_and_that_less_than_all_weights(shape: Architecture, setup: Setup) -> None:
    qlora, lora, full = (estimate(shape, replace(setup, parameters=kind)).total_bytes for kind in ("qlora", "lora", "full"))
    assert qlora < lora < full


@given(shapes(), setups())
@settings(max_examples=80, deadline=None)
def test_checkpointing_and_offloading_never_need_more(shape: Architecture, setup: Setup) -> None:
    dear, cheap = replace(setup, checkpointing=False), replace(setup, checkpointing=True)
    assert estimate(shape, cheap).total_bytes <= estimate(shape, dear).total_bytes
    assert estimate(shape, replace(cheap, offload_activations=True)).total_bytes <= estimate(shape, cheap).total_bytes


@given(shapes(), setups(parameters="lora"))
@settings(max_examples=80, deadline=None)
def test_chunks_never_need_more_under_an_adapter(shape: Architecture, setup: Setup) -> None:
    whole, chunks = replace(setup, logits="full"), replace(setup, logits="chunked")
    assert estimate(shape, chunks).total_bytes <= estimate(shape, whole).total_bytes


@given(shapes(), setups(), st.sampled_from([8.0, 24.0, 80.0]))
@settings(max_examples=40, deadline=None)
def test_every_change_advised_really_fits(shape: Architecture, setup: Setup, gpu_gib: float) -> None:
    for change in advise(shape, setup, gpu_gib):
        found = estimate(shape, change.setup)
        assert judge(found, gpu_gib).state == "fits"
        assert change.total_gib == found.total_bytes / GIB
        assert change.words
        assert change.setup != setup
