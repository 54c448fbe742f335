"""Alignment depth: how far the model must move, and from where."""

from collections.abc import Mapping
from typing import Final

from reports.records.intake import Value
from selector.question import Question


def _speaks_in_voices(known: Mapping[str, Value]) -> bool:
    return known.get("goal") in (None, "style", "format")


def _has_reward(known: Mapping[str, Value]) -> bool:
    return known.get("reward_computable") is not False


ALIGNMENT: Final[tuple[Question, ...]] = (
    Question(
        name="goal",
        axis="alignment",
        kind="choice",
        text="What should change most?",
        help="Formats and domains are copied from examples, style is polished by preferences, checkable tasks by rewards.",
        short="the goal",
        choices=(
            ("style", "style or brand voice"),
            ("format", "output format"),
            ("domain", "skill in a domain"),
            ("reasoning", "reasoning or use of tools"),
            ("knowledge", "knowledge of facts"),
            ("safety", "safety behaviour"),
        ),
        guess=(0.25, 0.2, 0.25, 0.1, 0.1, 0.1),
        hopeful="knowledge",
    ),
    Question(
        name="base_pass_rate",
        axis="alignment",
        kind="share",
        text="How often does the model you start from already do the task well enough?",
        help="Sample 8 answers to some prompts and count. Preferences polish a model that can; rewards need 10 to 70 % to work.",
        short="pass rate of the starting model",
        guess=(0.05, 0.3, 0.8),
        hopeful=0.5,
        spread=0.1,
    ),
    Question(
        name="prompt_pass_rate",
        axis="alignment",
        kind="share",
        text="How often does the best prompt you know, with a few examples in it, already reach the goal?",
        help="If a prompt is right 9 times of 10, do not tune: it costs nothing and changes in a minute.",
        short="pass rate of the best prompt",
        guess=(0.25, 0.65, 0.9),
        hopeful=0.5,
        spread=0.1,
    ),
    Question(
        name="task_changes_often",
        axis="alignment",
        kind="yes-no",
        text="Does what counts as a good answer change every few weeks?",
        help="A tuned model is a snapshot; what changes faster than you can retrain belongs into the prompt or into documents.",
        short="a changing task",
        choices=(("yes", "the task changes every few weeks"), ("no", "the task stays the same for months")),
        guess=(0.2,),
        hopeful=False,
    ),
    Question(
        name="voices",
        axis="alignment",
        kind="number",
        text="How many distinct brands or voices must one model speak?",
        help="One simple voice fits into a prompt. Dozens of them, with their exceptions, do not.",
        short="voices",
        unit="voices",
        minimum=1,
        maximum=1e5,
        whole=True,
        log=True,
        guess=(1, 2, 10),
        hopeful=1.0,
        when=_speaks_in_voices,
    ),
    Question(
        name="reward_computable",
        axis="alignment",
        kind="yes-no",
        text="Can a program decide whether an answer is right (tests, an answer key, a schema, a simulator)?",
        help="Reinforcement on a computed reward beats imitation where the path is free and the result can be checked.",
        short="a computable reward",
        choices=(("yes", "a program can score every answer"), ("no", "no program can score an answer")),
        guess=(0.25,),
        hopeful=True,
    ),
    Question(
        name="reward_spread",
        axis="alignment",
        kind="share",
        text="On which share of the prompts do sampled answers get different rewards?",
        help="Where all samples of a prompt score the same there is nothing to learn from it; below 20 % the run stalls.",
        short="share of prompts whose rewards differ",
        guess=(0.15, 0.45, 0.8),
        hopeful=0.8,
        spread=0.1,
        when=_has_reward,
    ),
    Question(
        name="sft_done",
        axis="alignment",
        kind="yes-no",
        text="Has the model you start from already been tuned (SFT) for this task?",
        help="Preference tuning is the second pass: it starts from a model that already does the task.",
        short="SFT already done",
        choices=(
            ("yes", "the starting model has already had SFT on this task"),
            ("no", "the starting model has had no SFT on this task"),
        ),
        guess=(0.15,),
        hopeful=True,
    ),
    Question(
        name="knowledge_gap",
        axis="alignment",
        kind="share",
        text="Of the wrong answers, which share is wrong because the model does not know a fact?",
        help="Facts belong into documents that are looked up; tuning teaches behaviour and makes up facts it half learned.",
        short="share of errors from missing facts",
        guess=(0.0, 0.06, 0.5),
        hopeful=0.5,
        spread=0.1,
    ),
)
