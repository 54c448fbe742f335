"""What was checked before the stages of the sample run, and a dry run of rewards, as another strategy would have it."""

from reports.records.data import Check, CheckState
from reports.records.gates import Estimate
from reports.records.preflight import Expected, Preflight, StageForecast, StagePreflight
from reports.records.rewards import RewardCheck
from reports.rundir import RunDir

FORESEEN = StageForecast(
    memory=Expected(value=1.6, low=1.4, high=1.9, because="the process held 1.2 GiB, and a step adds 0.4 GiB"),
    on_gpu=False,
    step=Expected(value=1.4, low=1.2, high=1.6, because="3 batches of its rows timed forward and backward"),
    steps=256,
)
UNTIMED = StageForecast(
    memory=Expected(value=1.1, low=0.9, high=1.3, because="the process held 0.9 GiB, and a step adds 0.2 GiB"),
    on_gpu=False,
    step=Expected(because="the look ahead broke"),
    steps=102,
)
NOTHING = Estimate(value=None, low=None, high=None, n=0)


def write_preflight(run: RunDir) -> None:
    """Write what was checked: SFT without a finding, DPO with a warning and an accepted failure."""
    passed = sample_check("PRE305", "A step moves the model", because="a step at the full rate moves logits by up to 0.1")
    skipped = sample_check("PRE310", "Packed rows do not see each other", state="skipped", because="rows are not packed")
    found = (
        sample_check("PRE109", "The usual failure is watched", state="warn", blocking=False, because="no monitor chosen_falls"),
        sample_check(
            "PRE107", "No dropout beside a reference", state="fail", because="disable_dropout is false", accepted="a try"
        ),
    )
    stages = (
        StagePreflight(stage="1-sft", method="sft", checks=(passed, skipped), seconds=0.7, forecast=FORESEEN),
        StagePreflight(stage="2-dpo", method="dpo", checks=(passed, *found, skipped), seconds=0.9, forecast=UNTIMED),
    )
    run.write(Preflight(stages=stages))
    run.write(
        RewardCheck(
            checks=(sample_check("RWD014", "Stuffed keywords lose", state="fail", because="loses on 60 % of 40 prompts"),),
            pass_rate=NOTHING,
            solved=NOTHING,
            zero_spread=NOTHING,
            agreement=NOTHING,
            length_correlation=NOTHING,
            rewards=(),
            components=(),
            splits=(),
            bad_answers=(),
            prompts=40,
            samples=8,
        )
    )


def sample_check(
    code: str, title: str, *, state: CheckState = "pass", blocking: bool = True, because: str, accepted: str = ""
) -> Check:
    """Return one check of that state."""
    return Check(
        code=code,
        title=title,
        blocking=blocking,
        state=state,
        value=None,
        limit=None,
        because=because,
        fix="" if state in ("pass", "skipped") else "Mend it.",
        accepted_because=accepted,
        accepted_by="Ada" if accepted else "",
    )
