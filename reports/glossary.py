"""The words of a report that not every reader knows, each in a sentence."""

from typing import Final

GLOSSARY: Final = (
    (
        "Baseline, candidate",
        "The model as it was before, and the one that this run trained. Both answered the same prompts.",
    ),
    (
        "Gate",
        "A question with a limit that was fixed before the training. Go needs every required gate to pass.",
    ),
    (
        "Pass, fail, unresolved, broken",
        "Shown to be good enough; harm shown; too few prompts to tell; the measuring itself failed. Only the first "
        "counts for go.",
    ),
    (
        "Interval, 95 % confidence",
        "Where the true figure may lie, given how few prompts were asked. A gate is decided by the end that is "
        "worst, not by the middle.",
    ),
    ("n", "How many prompts, rows or pairs a figure rests on."),
    ("Points", "A difference of two percentages: from 3 % to 5 % is 2 points."),
    (
        "Win rate",
        "How often the judge prefers the candidate's answer to the baseline's on the same prompt; 50 % is even.",
    ),
    (
        "Judge",
        "What compares two answers: a model trained on the team's own preferences, another model, a rubric or "
        "people. It is tried on pairs whose better answer is known.",
    ),
    (
        "Instrument",
        "Whatever measures: a judge, or a detector of refusals, toxicity or leaks. One that fails its own checks "
        "decides nothing.",
    ),
    ("Noise floor", "How far a figure moves although nothing changed. A change within it may be chance."),
    ("Fragility", "How few answers, judged the other way, would turn a gate."),
    (
        "Superiority, non-inferiority, limit",
        "A gate that asks for a gain; for no more loss than a margin; for no more than a fixed amount.",
    ),
    ("Jailbreak", "A harmful request in disguise, made to get past a model's refusal."),
    (
        "Drift, loss, nats per token",
        "How far the candidate's text moved from the baseline's; how surprised a model is by good text. Less is "
        "better; 0.1 nats are about 10 %.",
    ),
    (
        "SFT, DPO, KTO, ORPO, RLHF, RFT",
        "Ways to train: on good answers (SFT), on preferences between answers (DPO, ORPO), on single ratings "
        "(KTO), on a learned reward (RLHF), on a computed reward (RFT).",
    ),
    (
        "Reward model, reward margin",
        "A model that scores answers as people would; by how much it scores the preferred answer higher.",
    ),
    ("LoRA", "Training a small addition to a model rather than all of its weights; it can be switched off."),
    ("Seed", "The number that fixes all chance in a training. Another seed gives another model."),
    ("Digest", "A fingerprint of a file. Equal digests mean equal content."),
)
"""Word and meaning, in the order a reader meets them."""
