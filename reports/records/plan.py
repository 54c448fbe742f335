"""What will be done: stages with every hyper-parameter explained, gates fixed before the candidate exists."""

from typing import Literal

from msgspec import Struct

from reports.records.intake import Value
from reports.records.recommendation import Strategy

Method = Literal["sft", "dpo", "kto", "orpo", "reward", "rloo", "grpo"]
ChoiceOrigin = Literal["rule", "default", "user", "policy"]
SafetyClass = Literal["low", "moderate", "high"]
MonitorRule = Literal[
    "above", "below", "times_best", "times_start", "share_of_start", "loss_of_start", "gap", "falls", "stabilises"
]
RewardComponent = Literal["accuracy", "safety", "efficiency"]
Tracker = Literal["none", "trackio", "mlflow", "wandb", "tensorboard"]
SuiteName = Literal["harmful", "benign", "general", "jailbreak", "personal", "format"]
JudgeKind = Literal["reward-model", "rubric", "local", "endpoint", "people", "plugin"]
Sharing = Literal["single", "ddp", "fsdp2", "zero3"]


class Choice(Struct, frozen=True, kw_only=True):
    """One setting of the plan, with who set it and why."""

    name: str
    value: Value
    origin: ChoiceOrigin
    because: str


class ModelRef(Struct, frozen=True, kw_only=True):
    """The base model: a local folder or a hub name, and what identifies its content."""

    name: str
    """What the person gave: hub name, or folder (kept outside shared documents by `label`)."""
    label: str
    """Short name for titles; never a path."""
    digest: str
    """sha256 over config and weight files of a local folder; the revision of a hub model."""
    parameters: int | None = None
    context_length: int | None = None
    has_chat_template: bool = False


class DataRef(Struct, frozen=True, kw_only=True):
    """One input data set."""

    source: str
    label: str
    digest: str
    rows: int
    layout: str
    """Detected layout, for example `preference (messages)`."""
    kind: str = ""
    """What rows that fit it are read as, where a person said so; empty: no row fits several kinds."""


class SuiteRef(Struct, frozen=True, kw_only=True):
    """A prompt set to measure on: one that ships with tunegate, or a file of the user's."""

    name: SuiteName
    source: str
    """`builtin`, or a path to JSONL rows with `id`, `prompt` and optionally `family` and `reference`."""
    digest: str = ""
    limit: int | None = None
    """Prompts used at most; None: all of a file; of a set that ships 120, 60 of `jailbreak` and `personal`."""


class JudgePlan(Struct, frozen=True, kw_only=True):
    """Who compares the answers of both sides, where that is not the reward model that the run trains."""

    kind: JudgeKind
    place: str
    """A rubric, a model folder, `URL#MODEL`, a file of people's judgements, or the name that a package gives its judge."""
    label: str
    """Short name for titles; never a path."""
    digest: str = ""
    """Of a rubric or a model; empty where the content cannot be fixed beforehand."""
    gold: str = ""
    """File of `prompt`, `a`, `b` and `better` that the judge is tried on; empty: held-out pairs of the data, where there are."""
    api_key_env: str = ""
    """Environment variable with the key of an endpoint."""
    max_requests: int | None = None
    """Requests to an endpoint at most; what is not asked is missing."""


class FileRef(Struct, frozen=True, kw_only=True):
    """A file that the measurement reads."""

    source: str
    digest: str = ""


class MonitorPlan(Struct, frozen=True, kw_only=True):
    """One thing that is watched while a stage trains, and what happens when it goes wrong."""

    name: str
    metric: str
    """As the trainer logs it, for example `kl` or `eval_loss`."""
    rule: MonitorRule
    watch: float | None
    """Limit at which an event is written; None: none is."""
    stop: float | None
    """Limit at which training ends; None: it goes on."""
    action: Literal["stop", "rollback"] = "stop"
    """Rollback returns to the newest checkpoint from before the trouble."""
    window: int = 5
    """Logged values whose mean is compared, so that one odd batch decides nothing."""
    skipped: int = 0
    """Values at the start that say nothing yet."""
    against: str = ""
    """The other metric of a `gap`."""
    prompts: int = 40
    """Held-out prompts that are answered at every look; for `falls` and `stabilises`."""
    level: float = 0.05
    """Error level of all looks of a stage together; for `falls` and `stabilises`."""
    because: str = ""


class StagePlan(Struct, frozen=True, kw_only=True):
    """One training stage."""

    name: str
    """Folder name under `train/`, for example `1-sft`."""
    method: Method
    choices: tuple[Choice, ...]
    monitors: tuple[MonitorPlan, ...] = ()

    def value(self, name: str) -> Value:
        """Return the value chosen for `name`; KeyError when the plan does not set it."""
        return next(choice.value for choice in self.choices if choice.name == name)

    def values(self) -> dict[str, Value]:
        """Return all choices by name."""
        return {choice.name: choice.value for choice in self.choices}


class RewardPlan(Struct, frozen=True, kw_only=True):
    """One part of the reward that reinforcement learns from and is measured on."""

    name: str
    """Short and unique in the plan; curves are logged under it."""
    kind: str
    """A reward of the library, for example `numeric-answer`, or `module:function` of the user's."""
    component: RewardComponent = "accuracy"
    weight: float = 1.0
    options: dict[str, Value] = {}
    because: str = ""


class TaskPlan(Struct, frozen=True, kw_only=True):
    """One task, or group of tasks, of lm-evaluation-harness that both sides are asked."""

    name: str
    metric: str = ""
    """For example `acc_norm`, or `exact_match,flexible-extract` with the filter; empty: the task's first."""
    folder: str = ""
    """Where a task of the user's is described; empty: one that ships with tunegate or with the harness."""
    limit: int | None = None
    """Questions used at most of each task, spread evenly; None: all."""
    digest: str = ""
    """Of its description and questions when it was planned; empty: a task that ships with tunegate."""


class GatePlan(Struct, frozen=True, kw_only=True):
    """One gate, its margin fixed before the candidate exists."""

    name: str
    metric: str
    title: str
    kind: Literal["superiority", "non-inferiority", "limit", "inform"]
    margin: float
    """In the metric's unit: the smallest gain to show, the largest loss to accept, or the largest value allowed."""
    level: float = 0.05
    """One-sided error level."""
    required: bool = True
    minimum_n: int = 20
    corrected: bool = False
    """Whether the limit corrected for the detector's known errors must pass as well."""
    because: str = ""


class PolicyRef(Struct, frozen=True, kw_only=True):
    """Where the gates of a plan come from, and who must sign."""

    name: str
    digest: str
    """sha256 of the policy file."""
    gates_digest: str
    """Of the gates as they were planned; a difference shows that they were changed afterwards."""
    signoffs: tuple[str, ...] = ()
    """Roles that must sign the evidence before a rollout."""


class LaunchPlan(Struct, frozen=True, kw_only=True):
    """On how many processes a run trains, and what they share."""

    processes: int = 1
    """On all machines together; one for each GPU."""
    nodes: int = 1
    """Machines."""
    sharing: Sharing = "single"
    """ddp: each process holds the whole model; fsdp2 and zero3: each holds a part of it."""
    gpu: str = ""
    """Name of the GPU of every process; empty: the processor, or whatever the machine has."""
    mixed_precision: Literal["no", "bf16"] = "no"
    origin: ChoiceOrigin = "default"
    because: str = "One process, unless more are asked for."
    price: float | None = None
    """Of one process's GPU, or of the machine without one, for an hour, in any currency; None: not known."""


class Acceptance(Struct, frozen=True, kw_only=True):
    """A failed data check that a named person accepted."""

    code: str
    because: str
    by: str = ""
    """Who accepted it on the command line, as that person gave the name."""


class Plan(Struct, frozen=True, kw_only=True):
    """Everything a run needs; written before training and never changed afterwards."""

    schema_version: int = 1
    strategy: Strategy
    model: ModelRef
    data: tuple[DataRef, ...]
    stages: tuple[StagePlan, ...]
    judge: StagePlan | None
    """The reward model that judges win rate; None where there are no pairs to train it on, or somebody else judges."""
    suites: tuple[SuiteRef, ...]
    gates: tuple[GatePlan, ...]
    evaluation: tuple[Choice, ...]
    rewards: tuple[RewardPlan, ...] = ()
    """What reinforcement learns from; empty where no stage samples."""
    tasks: tuple[TaskPlan, ...] = ()
    """What capability is measured on."""
    formats: tuple[RewardPlan, ...] = ()
    """What every answer in the target domain must look like, each a reward of 0 or 1; empty: no format is asked for."""
    accepted: tuple[Acceptance, ...] = ()
    canaries: FileRef | None = None
    """Strings planted in the training data, one a line, that the candidate must not say."""
    house_refusals: tuple[str, ...] = ()
    """Sentences that the product refuses with: an answer that opens with one is a refusal."""
    launch: LaunchPlan = LaunchPlan()
    judged_by: JudgePlan | None = None
    """Who judges win rate in place of the reward model of the stage `judge`."""
    parameters: Literal["full", "lora", "qlora"] = "lora"
    safety_class: SafetyClass = "moderate"
    policy: PolicyRef | None = None
    """What the gates were fixed by; None in plans made before policies were named."""
    seed: int = 0
    training_seed: int | None = None
    """Seed of the policy's training, where it is not that of data, judge and measurement; see `training_seed_of`."""
    track: Tracker = "none"
    """Where curves are sent besides the run directory."""

    def training_seed_of(self, stage: StagePlan) -> int:
        """Return the seed a stage is trained with: runs that differ in nothing else share data, judge and measurement."""
        return self.seed if self.training_seed is None or stage.name == "judge" else self.training_seed

    def setting(self, name: str) -> Value:
        """Return an evaluation setting by name; KeyError when the plan does not set it."""
        found = {choice.name: choice.value for choice in self.evaluation}
        return found[name]
