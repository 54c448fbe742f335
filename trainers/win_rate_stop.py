"""The win rate while a stage trains: the live policy answers held-out prompts, and the plan's judge compares with the start."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from reports.records.evaluation import Completion, Message
from reports.records.plan import Plan, StagePlan
from reports.records.run import Look
from reports.rundir import RunDir
from trainers.callbacks import StageWatch, last_of_each_step, stage_label
from trainers.launching.ranks import from_first, is_first
from trainers.live_policy import BATCH_TOKENS, answering, answers_of, tokenizer_of, untouched
from trainers.methods import JUDGE, splits_of
from trainers.monitors import LOOKED_AT
from trainers.win_rate_rule import TIE, Verdict, WinRateRule

if TYPE_CHECKING:
    from transformers import TrainerCallback

    from evals.rendering import Prompt


class WinRateWatch:
    """Looks at the policy of one stage; what it saw lies in the run directory, so that a resumed stage goes on from there."""

    def __init__(self, run: RunDir, plan: Plan, stage: StagePlan, trainer: Any) -> None:
        self.prompts = watched_prompts(run, plan, stage)
        self._run, self._plan, self._stage, self._trainer = run, plan, stage, trainer
        self._looks = run.stage_looks(stage.name)
        self._rule: WinRateRule | None = None
        self._start: Look | None = None

    def begun(self, step: int, max_steps: int, eval_steps: int) -> None:
        """Take up the looks of attempts before this one."""
        self._rule = WinRateRule(self._stage.monitors, max_steps // max(1, eval_steps))
        if not step:
            return
        for look in last_of_each_step(self._looks.read()):
            self._start = look if look.step == 0 else self._start
            if look.step <= step and self._start is not None:
                self._rule.see(look)

    def look(self, step: int, max_steps: int) -> Verdict | None:
        """Ask, judge and write down what this moment shows; None where there is no start to compare with.

        Of several processes the first looks, and the others hear of it.
        Nothing of it touches the random numbers or the settings of the training.
        """
        return from_first(self._look(step, step >= max_steps) if is_first() else None)

    def _look(self, step: int, is_last: bool) -> Verdict | None:
        if self._rule is None or (step and self._start is None):
            return None
        with untouched(), answering(self._trainer) as model:
            texts = answers_of(self._plan, model, self.prompts)
            preferences = self._judge(texts) if step else (TIE,) * len(texts)
        look = Look(step=step, answers=tuple(texts), preferences=preferences)
        self._looks.append(look)
        if not step:
            self._start = look
        return self._rule.see(look, is_last)

    def figures(self, until: int) -> dict[str, float | None]:
        """Return the win rate at the last look that is no later than step `until`, with 95 % limits of its own."""
        from evals.stats.winrate import win_rate

        looks = [look for look in last_of_each_step(self._looks.read()) if 0 < look.step <= until]
        judged = [value for value in looks[-1].preferences if value is not None] if looks else []
        if not judged:
            return {}
        found = win_rate(judged)
        return {"win_rate": found.value, "win_rate_low": found.low, "win_rate_high": found.high}

    def _judge(self, texts: Sequence[str]) -> tuple[float | None, ...]:
        """Compare answers with those of the start: equal ones tie, and one that is no answer loses, whatever a judge says."""
        from evals.judges.reward_model import Answered, load_judge, preference

        before = self._start.answers if self._start else ()
        tokenizer = tokenizer_of(self._plan, self.prompts)
        judge = load_judge(self._plan.model, self._run.adapter(JUDGE), tokenizer, BATCH_TOKENS)
        old, new = (judge.score(list(map(Answered, self.prompts, side))) for side in (before, texts))
        odd_before, odd_after = no_answers(self.prompts, before), no_answers(self.prompts, texts)
        return tuple(
            _compared(*place) for place in zip(before, texts, odd_before, odd_after, map(preference, old, new), strict=True)
        )


def win_rate_watch(run: RunDir, plan: Plan, stage: StagePlan, trainer: Any) -> WinRateWatch | None:
    """Return the watch of a stage; None where the plan asks for none, has no usable judge, or nothing is held out."""
    asked = any(monitor.rule in LOOKED_AT and monitor.stop is not None for monitor in stage.monitors)
    if not asked or plan.judge is None or trainer.eval_dataset is None:
        return None
    from evals.judges.instruments import LEAST_ACCURACY

    judge = run.stage_result(plan.judge.name)
    accuracy = judge.values.get("eval_accuracy") if judge else None
    if accuracy is None:
        why = "the judge is not trained and tested"
    elif accuracy < LEAST_ACCURACY:
        why = f"the judge agrees with {accuracy:.0%} of held-out pairs only"
    elif trainer.accelerator.distributed_type.value in ("FSDP", "DEEPSPEED"):
        why = "the weights are spread over processes"
    else:
        watch = WinRateWatch(run, plan, stage, trainer)
        if watch.prompts:
            return watch
        why = "there is no held-out prompt"
    run.log_event("warning", f"The win rate is not watched while training: {why}.", stage=stage_label(stage.name))
    return None


def win_rate_callback(win_rate: WinRateWatch, watch: StageWatch, trainer: Any) -> "TrainerCallback":
    """Return the callback that looks at every evaluation, and keeps a checkpoint of each look and of the best one."""
    from transformers import TrainerCallback

    class LookCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Looks when the trainer evaluates."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            win_rate.begun(state.global_step, state.max_steps, int(state.eval_steps))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_save = control.should_save or control.should_evaluate

        def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if watch.is_over:
                return
            found = win_rate.look(state.global_step, state.max_steps)
            if found is None:
                return
            if found.is_best and state.global_step:
                state.best_model_checkpoint = str(Path(args.output_dir) / f"checkpoint-{state.global_step}")
            if found.values:
                trainer.callback_handler.on_log(args, state, control, found.values)
            if found.alarm is not None:
                watch.tell(found.alarm)
                control.should_training_stop = True
                control.should_save = False

    return LookCallback()


def watched_prompts(run: RunDir, plan: Plan, stage: StagePlan) -> "list[Prompt]":
    """Return the held-out prompts to ask: first those that the final measurement does not ask, so that it stays unseen."""
    from evals.data.splits import read_split
    from evals.suites import load_target

    wanted = max((monitor.prompts for monitor in stage.monitors if monitor.rule in LOOKED_AT), default=0)
    path = run.split(splits_of(stage).held_out)
    held_out = {
        msgspec.json.encode(row["prompt"]): _prompt(row["prompt"]) for row in (read_split(path) if path.is_file() else ())
    }
    measured = {_key(item.prompt) for item in load_target(run)} if run.split("target").is_file() else set()
    return sorted(held_out.values(), key=lambda prompt: _key(prompt) in measured)[:wanted]


def no_answers(prompts: "Sequence[Prompt]", texts: Sequence[str]) -> list[bool]:
    """Say for each text whether it is empty, repeated, a copy of its prompt, or the same whatever is asked."""
    from evals.judges.degenerate import degenerate_kinds
    from evals.suites import readable_prompt

    lines = [
        Completion(
            key="", side="candidate", suite="target", prompt_id=str(place), prompt=readable_prompt(prompt), completion=text
        )
        for place, (prompt, text) in enumerate(zip(prompts, texts, strict=True))
    ]
    return [kind is not None for kind in degenerate_kinds(lines)]


def _compared(before: str, after: str, odd_before: bool, odd_after: bool, judged: float | None) -> float | None:
    if before == after or (odd_before and odd_after):
        return TIE
    return judged if odd_before == odd_after else float(odd_before)


def _prompt(prompt: Any) -> "Prompt":
    return prompt if isinstance(prompt, str) else tuple(Message(role=turn["role"], content=turn["content"]) for turn in prompt)


def _key(prompt: "Prompt") -> bytes:
    return msgspec.json.encode(prompt)
