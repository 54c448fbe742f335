"""Predicted against measured: peak memory and time of real TRL steps on small random models, on this machine's processor.

Run with `python -m tests.benchmarks.memory_measured` on an idle machine (under two minutes). Each case runs in a process of
its own, whose allocator returns freed blocks to the system, so that the resident size follows what tensors hold. Memory is the
growth of the resident size over a process that has done a small step before. Time is that of one core, and predicted from the
speed of one large matrix product on it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from trainers.architecture import Architecture
from trainers.devices import Device
from trainers.memory import estimate
from trainers.memory_setup import Setup
from trainers.timing import step_time

SMALL: Final = {"layers": 6, "hidden": 384, "intermediate": 1152}
LARGE: Final = {"layers": 12, "hidden": 768, "intermediate": 2304}
CASES: Final[tuple[tuple[dict[str, int], dict[str, Any]], ...]] = (
    (SMALL, {"parameters": "lora", "batch": 8, "length": 128, "checkpointing": False}),
    (SMALL, {"parameters": "lora", "batch": 8, "length": 128, "checkpointing": True}),
    (SMALL, {"parameters": "lora", "batch": 4, "length": 512, "checkpointing": False}),
    (SMALL, {"parameters": "full", "batch": 8, "length": 128, "checkpointing": False}),
    (LARGE, {"parameters": "lora", "batch": 2, "length": 128, "checkpointing": False}),
    (LARGE, {"parameters": "full", "batch": 2, "length": 128, "checkpointing": True}),
    (LARGE, {"parameters": "full", "batch": 2, "length": 256, "checkpointing": False}),
)
VOCABULARY: Final = 2048
HEAD_DIM: Final = 64
ALLOCATOR: Final = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_ARENA_MAX": "1"}
ENVIRONMENT: Final = {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "OMP_NUM_THREADS": "1",
}
STEPS: Final = 2


def main() -> None:
    """Measure every case in a child process and print the table."""
    print(f"{'case':<64}{'predicted':>12}{'measured':>12}{'':>8}{'step predicted':>24}{'measured':>10}")
    for sizes, changes in CASES:
        shape, setup = _shape(sizes), Setup(gpus=0, precision="fp32", rank=16, **changes)
        child = [sys.executable, "-m", "tests.benchmarks.memory_measured", msgspec.json.encode((sizes, setup)).decode()]
        done = subprocess.run(child, check=True, capture_output=True, text=True, env={**os.environ, **ALLOCATOR, **ENVIRONMENT})
        print(_line(shape, setup, json.loads(done.stdout.splitlines()[-1])))


def measure(sizes: dict[str, int], setup: Setup) -> dict[str, float]:
    """Take a few real training steps; return growth in bytes, seconds of the last step, and the speed of a matrix product."""
    with tempfile.TemporaryDirectory() as folder:
        warm = Setup(precision="fp32", parameters=setup.parameters, batch=2, length=32, checkpointing=setup.checkpointing)
        _train({"layers": 2, "hidden": 64, "intermediate": 128}, warm, Path(folder) / "warm")
        tflops = _matrix_speed()
        before = _reset_peak()
        seconds = _train(sizes, setup, Path(folder) / "measured")
    return {"bytes": float(_peak() - before), "seconds": seconds, "tflops": tflops}


def _train(sizes: dict[str, int], setup: Setup, folder: Path) -> float:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    from tests.evals.tiny import build_tiny_model

    heads = sizes["hidden"] // HEAD_DIM
    config = LlamaConfig(
        hidden_size=sizes["hidden"],
        intermediate_size=sizes["intermediate"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=heads,
        num_key_value_heads=heads,
        vocab_size=VOCABULARY,
    )
    tokenizer = AutoTokenizer.from_pretrained(build_tiny_model(folder / "tokenizer"))
    rows = torch.randint(10, 300, (STEPS * setup.batch, setup.length)).tolist()
    arguments = SFTConfig(
        output_dir=str(folder),
        max_steps=STEPS,
        per_device_train_batch_size=setup.batch,
        max_length=None,
        activation_checkpointing=setup.checkpointing,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = SFTTrainer(
        model=LlamaForCausalLM(config),
        args=arguments,
        train_dataset=Dataset.from_dict({"input_ids": rows}),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=setup.rank, target_modules="all-linear") if setup.has_adapter else None,
    )
    return _timed(trainer)


def _timed(trainer: Any) -> float:
    """Train; return the processor seconds of the last step."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        seconds = 0.0

        def on_step_begin(self, *_: object, **__: object) -> None:
            self.started = time.process_time()

        def on_step_end(self, *_: object, **__: object) -> None:
            self.seconds = time.process_time() - self.started

    watch = Watch()
    trainer.add_callback(watch)
    trainer.train()
    return watch.seconds


def _matrix_speed() -> float:
    """Return the speed of a product of two 1024 x 1024 matrices, in 10^12 operations a second."""
    import torch

    left, right = torch.rand(1024, 1024), torch.rand(1024, 1024)
    times = []
    for _ in range(5):
        started = time.process_time()
        left @ right
        times.append(time.process_time() - started)
    return 2 * 1024**3 / min(times) / 1e12


def _reset_peak() -> int:
    """Forget the highest resident size so far (Linux); return the present one in bytes."""
    import gc

    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _shape(sizes: dict[str, int]) -> Architecture:
    heads = sizes["hidden"] // HEAD_DIM
    config = {
        "model_type": "llama",
        "hidden_size": sizes["hidden"],
        "intermediate_size": sizes["intermediate"],
        "num_hidden_layers": sizes["layers"],
        "num_attention_heads": heads,
        "vocab_size": VOCABULARY,
    }
    return Architecture.from_config(config)


def _line(shape: Architecture, setup: Setup, measured: dict[str, float]) -> str:
    found = estimate(shape, setup)
    # Devices are given by their speed in 16 bits, and 32 bits run at half of it.
    processor = Device(name="one core", tflops=2 * measured["tflops"], bandwidth_gbs=20, memory_gib=8)
    step = step_time(shape, setup, processor)
    form = f"{setup.parameters}, {setup.batch} x {setup.length}{', checkpointing' if setup.checkpointing else ''}"
    name = f"{shape.params / 1e6:.0f} M, {form}"
    error = found.total_bytes / measured["bytes"] - 1
    time_text = f"{step.seconds:.2f} s ({step.low_s:.2f} to {step.high_s:.2f})"
    return (
        f"{name:<64}{found.total_bytes / 1e6:>9,.0f} MB{measured['bytes'] / 1e6:>9,.0f} MB{error:>+8.1%}"
        f"{time_text:>24}{measured['seconds']:>8.2f} s"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        given_sizes, given_setup = msgspec.json.decode(sys.argv[1], type=tuple[dict[str, int], Setup])
        print(json.dumps(measure(given_sizes, given_setup)))
    else:
        main()
