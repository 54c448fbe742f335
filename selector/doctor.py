"""Checks of this installation and this machine, each with what to do about it."""

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Literal

from msgspec import Struct

from reports.places import cache_root, runs_root
from selector.machine import measure_machine
from selector.siblings import PACKAGES
from selector.versions import installed_versions

NEEDED_GIB = 5.0


class Finding(Struct, frozen=True, kw_only=True):
    """One thing looked at."""

    name: str
    state: Literal["ok", "warn", "missing"]
    seen: str
    fix: str = ""


def examine() -> tuple[Finding, ...]:
    """Look at Python, packages, name collisions, plugins, GPUs, memory and disk."""
    return (_python(), *_packages(), *_names(), *_plugins(), *_machine(), _torch())


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return Finding(name="Python", state="ok" if ok else "missing", seen=seen, fix="" if ok else "install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    for name, seen in installed_versions().items():
        if name == "python":
            continue
        absent = seen == "not installed"
        fix = f'pip install -c constraints.txt -e "." (or pip install {name})' if absent else ""
        yield Finding(name=name, state="missing" if absent else "ok", seen=seen, fix=fix)


def _names() -> Iterator[Finding]:
    owners = packages_distributions()
    for name in PACKAGES:
        found = importlib.import_module(name)
        others = sorted(set(owners.get(name, [])) - {"tunegate"})
        ours = getattr(found, "__distribution__", "") == "tunegate"
        seen = "tunegate's" if ours else f"belongs to {', '.join(others) or found.__file__}"
        clash = f"also claimed by {', '.join(others)}" if others else ""
        state: Literal["ok", "warn", "missing"] = "missing" if not ours else "warn" if others else "ok"
        fix = "" if state == "ok" else "install tunegate in an environment of its own"
        yield Finding(name=f"package {name}", state=state, seen=clash or seen, fix=fix)


def _plugins() -> Iterator[Finding]:
    """List what packages bring, read from their metadata: nothing is imported, so nothing is known to work."""
    from evals.plugins.installed import listed

    found = listed()
    if not found:
        yield Finding(name="plugins", state="ok", seen="none")
    for one in found:
        others = sorted({other.package for other in found if other[:2] == one[:2]} - {one.package})
        fix = f"{' and '.join(others)} bring one of this name too; remove all but one" if others else ""
        seen = f"{one.package} {one.version} ({one.place}), not imported"
        yield Finding(name=f"{one.kind} {one.name}", state="warn" if fix else "ok", seen=seen, fix=fix)


def _machine() -> Iterator[Finding]:
    machine = measure_machine(Path.cwd())
    gpus = "; ".join(f"{gpu.name}, {gpu.free_gib:.1f} of {gpu.total_gib:.1f} GiB free" for gpu in machine.gpus)
    yield Finding(name="GPU", state="ok", seen=gpus or "none; tunegate trains on the CPU")
    yield Finding(name="cores and memory", state="ok", seen=f"{machine.cores} cores, {machine.ram_gib:.1f} GiB")
    for name, folder in (("runs", runs_root()), ("cache", cache_root())):
        free = measure_machine(folder).free_disk_gib
        state: Literal["ok", "warn"] = "ok" if free >= NEEDED_GIB else "warn"
        fix = "" if state == "ok" else f"free disk space, or set TUNEGATE_{name.upper()} to another disk"
        yield Finding(name=f"{name} folder", state=state, seen=f"{free:.0f} GiB free", fix=fix)


def _torch() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding(name="torch loads", state="missing", seen=str(error), fix="pip install -c constraints.txt torch")
    cuda = torch.version.cuda or "none"
    return Finding(name="torch loads", state="ok", seen=f"yes; CUDA {cuda}, GPU usable: {torch.cuda.is_available()}")
