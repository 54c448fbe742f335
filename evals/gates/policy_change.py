"""What was changed in gates that had been fixed before the measurement."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import asdict

from evals.gates.policy import WORDING, LoadedPolicy, digest_of
from reports.records.plan import GatePlan, Plan
from reports.wording import setting

EDITED: Final = "the gates in the plan are not those that were fixed when it was made"


def changes_after(plan: Plan, used: LoadedPolicy | None = None) -> tuple[str, ...]:
    """Return what differs between the gates fixed by the plan and those that decide; `used` None: the plan's own."""
    edited = plan.policy is not None and plan.policy.gates_digest != digest_of(plan.gates)
    found = [EDITED] if edited else []
    if used is not None:
        found += changed_gates(plan.gates, used.gates)
        before, after = plan.policy.signoffs if plan.policy else (), used.ref.signoffs
        found += [f"{role}: no longer asked to sign" for role in before if role not in after]
        found += [f"{role}: asked to sign" for role in after if role not in before]
    return tuple(found)


def changed_gates(planned: Sequence[GatePlan], used: Sequence[GatePlan]) -> list[str]:
    """Return one phrase for each difference that can change a decision."""
    before, after = {gate.name: gate for gate in planned}, {gate.name: gate for gate in used}
    found = [f"{name}: left out" for name in before if name not in after]
    found += [f"{name}: added" for name in after if name not in before]
    both = [(gate, after[name]) for name, gate in before.items() if name in after]
    return found + [f"{gate.name}: {difference}" for gate, other in both for difference in _differences(gate, other)]


def _differences(before: GatePlan, after: GatePlan) -> list[str]:
    fields = zip(asdict(before).items(), asdict(after).values(), strict=True)
    return [f"{name} {setting(one)} → {setting(other)}" for (name, one), other in fields if one != other and name not in WORDING]
