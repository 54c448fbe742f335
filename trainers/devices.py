"""GPUs people train on: peak speed, bandwidth and memory, from their makers' data sheets."""

import difflib
from typing import Final

from msgspec import Struct

from reports.errors import UsageError


class Device(Struct, frozen=True, kw_only=True):
    """One GPU."""

    name: str
    tflops: float
    """Dense matrix products in bf16 with fp32 sums (fp16 where there is no bf16), 10^12 a second."""
    bandwidth_gbs: float
    """Memory bandwidth, 10^9 bytes a second."""
    memory_gib: float
    """Memory the driver reports."""


DEVICES: Final[dict[str, Device]] = {
    device.name: device
    for device in (
        Device(name="T4", tflops=65, bandwidth_gbs=320, memory_gib=15.0),
        Device(name="L4", tflops=121, bandwidth_gbs=300, memory_gib=22.5),
        Device(name="A10G", tflops=70, bandwidth_gbs=600, memory_gib=22.5),
        Device(name="RTX-3090", tflops=71, bandwidth_gbs=936, memory_gib=24.0),
        Device(name="RTX-4090", tflops=165, bandwidth_gbs=1008, memory_gib=24.0),
        Device(name="RTX-5090", tflops=210, bandwidth_gbs=1792, memory_gib=31.8),
        Device(name="A6000", tflops=155, bandwidth_gbs=768, memory_gib=48.0),
        Device(name="L40S", tflops=362, bandwidth_gbs=864, memory_gib=45.0),
        Device(name="A100-40", tflops=312, bandwidth_gbs=1555, memory_gib=40.0),
        Device(name="A100-80", tflops=312, bandwidth_gbs=2039, memory_gib=80.0),
        Device(name="H100", tflops=989, bandwidth_gbs=3350, memory_gib=79.6),
        Device(name="H200", tflops=989, bandwidth_gbs=4800, memory_gib=139.8),
        Device(name="B200", tflops=2250, bandwidth_gbs=8000, memory_gib=178.0),
        Device(name="MI300X", tflops=1307, bandwidth_gbs=5300, memory_gib=191.5),
    )
}


def find_device(name: str) -> Device:
    """Return the device of that name, whatever its case and separators; UsageError naming the nearest."""
    known = {_plain(device): device for device in DEVICES}
    found = known.get(_plain(name))
    if found is not None:
        return DEVICES[found]
    near = difflib.get_close_matches(_plain(name), known, n=1, cutoff=0.5)
    hint = f" Did you mean {known[near[0]]}?" if near else ""
    raise UsageError(
        f"GPU {name}: not in the table.{hint} It has {', '.join(DEVICES)}; memory alone can be given as --gpu-memory-gib."
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum()).removeprefix("nvidia").removesuffix("gb")
