"""Which gates a rollout needs: a policy file by safety class, or the user's own."""

import math
from pathlib import Path
from typing import Final, NamedTuple, cast, get_args

import msgspec

from reports.digest import file_digest, text_digest
from reports.errors import UsageError
from reports.jsonl import encode
from reports.records.plan import GatePlan, PolicyRef, SafetyClass

POLICIES: Final = Path(__file__).parent / "policies"
NEEDS_PAIRS: Final = frozenset({"win_rate"})
"""Gates whose judge is trained on preference pairs."""
INSTEAD_OF_PAIRS: Final = frozenset({"target_loss"})
"""Gates that ask for an improvement where there are neither pairs nor rewards."""

LENIENT: Final = frozenset({"low", "moderate"})
"""Safety classes whose gates on weights are not asked of answers alone."""
WORDING: Final = frozenset({"title", "because"})
"""Fields of a gate that decide nothing."""
NEEDS_WEIGHTS: Final = ("perplexity", "kl", "capability")
"""Metrics, by the start of their name, that are computed from a model's weights, not from its answers."""
NEEDS_DATA: Final = frozenset({"leaks", "verbatim"})
"""Metrics that are computed from what the candidate was trained on."""


class PolicyGate(GatePlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gate as a policy file writes it; a misspelt key is an error, not a default."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy file."""

    name: str
    because: str
    gates: tuple[PolicyGate, ...]
    signoffs: tuple[str, ...] = ()
    """Roles that must sign the evidence before a rollout."""


class LoadedPolicy(NamedTuple):
    """The gates of a policy, and what identifies it."""

    ref: PolicyRef
    gates: tuple[GatePlan, ...]

    def with_gates(self, gates: tuple[GatePlan, ...]) -> "LoadedPolicy":
        """Return the policy with the gates that a plan makes of it."""
        return LoadedPolicy(msgspec.structs.replace(self.ref, gates_digest=digest_of(gates)), gates)

    def with_signoffs(self, roles: tuple[str, ...]) -> "LoadedPolicy":
        """Return the policy with further roles that must sign."""
        signoffs = tuple(dict.fromkeys((*self.ref.signoffs, *roles)))
        return LoadedPolicy(msgspec.structs.replace(self.ref, signoffs=signoffs), self.gates)


class AnswersPolicy(NamedTuple):
    """A policy as far as answers alone can meet it, and the required gates that they cannot."""

    policy: LoadedPolicy
    left_out: tuple[str, ...]


def default_gates(safety_class: SafetyClass, has_pairs: bool, has_rewards: bool = False) -> tuple[GatePlan, ...]:
    """Return the gates of a safety class: without pairs no win rate is judged, so the reward or the loss must have improved."""
    return default_policy(safety_class, has_pairs, has_rewards).gates


def default_policy(safety_class: SafetyClass, has_pairs: bool, has_rewards: bool = False) -> LoadedPolicy:
    """Return the policy of a safety class with the gates that can be asked of a run; see `default_gates`."""
    policy = read_policy(POLICIES / f"{safety_class}.toml")
    left_out = (frozenset() if has_pairs else NEEDS_PAIRS) | (INSTEAD_OF_PAIRS if has_pairs or has_rewards else frozenset())
    kept = tuple(gate for gate in policy.gates if gate.name not in left_out)
    return policy.with_gates((*kept, reward_gate()) if has_rewards else kept)


def reward_gate() -> GatePlan:
    """Return the gate of a candidate that was trained on rewards: they must have risen on prompts it did not see."""
    return GatePlan(
        name="reward",
        metric="reward",
        title="Reward on held-out prompts",
        kind="superiority",
        margin=0.0,
        minimum_n=30,
        because="Reinforcement must show more reward on new prompts, beyond chance; a win on its own training prompts is none.",
    )


def needs_weights(metric: str) -> bool:
    """Say whether a metric is out of reach where only answers are given."""
    return metric.startswith(NEEDS_WEIGHTS)


def named_policy(name: str, has_pairs: bool = True, has_rewards: bool = False) -> LoadedPolicy:
    """Return the policy of a safety class, or of a file as written; UsageError where it is neither."""
    if name in get_args(SafetyClass):
        return default_policy(cast("SafetyClass", name), has_pairs, has_rewards)
    if not Path(name).is_file():
        raise UsageError(f"--policy {name}: no safety class and no file. Classes: {', '.join(get_args(SafetyClass))}.")
    return read_policy(Path(name))


def for_answers_alone(name: str) -> AnswersPolicy:
    """Return the policy for completions whose models and training data are not at hand.

    What only informs and needs them is left out. A required gate that needs them is left out of the classes low and moderate,
    and told; of the class high, and of a policy file, it stays, so that such a policy never ends in go on answers alone.
    """
    policy = named_policy(name)
    lenient = name in LENIENT
    beyond = [gate for gate in policy.gates if needs_weights(gate.metric) or gate.metric in NEEDS_DATA]
    out = [gate for gate in beyond if lenient or gate.kind == "inform"]
    kept = tuple(gate for gate in policy.gates if gate not in out)
    return AnswersPolicy(policy.with_gates(kept), tuple(gate.title or gate.name for gate in out if gate.required))


def digest_of(gates: tuple[GatePlan, ...]) -> str:
    """Return what identifies planned gates: every field of each that decides, in their order.

    Defaults are left out, so that a field which a later version adds is no change of a plan made before.
    """
    decisive = [field for field in msgspec.structs.fields(GatePlan) if field.name not in WORDING]
    chosen = [
        {field.name: value for field in decisive if (value := getattr(gate, field.name)) != field.default} for gate in gates
    ]
    return text_digest(encode(chosen).decode())


def load_policy(path: Path) -> tuple[GatePlan, ...]:
    """Return the gates of a policy file; see `read_policy` for errors."""
    return read_policy(path).gates


def read_policy(path: Path) -> LoadedPolicy:
    """Return a policy file.

    Raises:
        UsageError: the file is absent, not TOML, has an unknown key, or a margin, level or name that cannot be.
    """
    try:
        policy = msgspec.toml.decode(path.read_bytes(), type=Policy)
    except OSError as error:
        raise UsageError(f"{path}: the policy cannot be read ({error.strerror}). Name an existing TOML file.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a policy ({error}). Compare it with {POLICIES.name}/moderate.toml.") from error
    names = [gate.name for gate in policy.gates]
    for gate in policy.gates:
        _check(path, gate, names)
    if not all(role.strip() for role in policy.signoffs) or len(set(policy.signoffs)) < len(policy.signoffs):
        raise UsageError(f"{path}: signoffs {list(policy.signoffs)}: each role must be named, and once. Correct the policy.")
    gates = tuple(GatePlan(**msgspec.structs.asdict(gate)) for gate in policy.gates)
    ref = PolicyRef(name=policy.name, digest=file_digest(path), gates_digest=digest_of(gates), signoffs=policy.signoffs)
    return LoadedPolicy(ref, gates)


def _check(path: Path, gate: GatePlan, names: list[str]) -> None:
    problems = {
        "the name stands twice": names.count(gate.name) > 1,
        f"margin {gate.margin} must be finite and not negative": not (math.isfinite(gate.margin) and gate.margin >= 0),
        f"level {gate.level} must lie above 0 and at most at 0.2": not 0 < gate.level <= 0.2,
        f"minimum_n {gate.minimum_n} must be at least 2": gate.minimum_n < 2,
        "only a gate that compares both sides can be `corrected`": gate.corrected and gate.kind in ("limit", "inform"),
        "a gate that informs cannot be required": gate.kind == "inform" and gate.required,
    }
    found = [problem for problem, holds in problems.items() if holds]
    if found:
        raise UsageError(f"{path}: gate `{gate.name}`: {'; '.join(found)}. Correct the policy.")
