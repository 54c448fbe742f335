"""What the inputs are: layout, counts, lengths and content of every source, what they share, and what they cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from typing import Final

from evals.data.content import describe_content
from evals.data.cost import token_costs
from evals.data.examples import Example, answer_names
from evals.data.keys import prompt_key
from evals.data.lengths import Lengths, quantiles
from evals.data.reading import Source, for_comparison
from reports.records.data import Overlap, Profile, Quantiles, SourceProfile, StageTokens

MOST_OVERLAPS: Final = 10
"""Pairs of sources that are named, those with the most prompts in common."""


def profile(
    sources: Sequence[Source],
    lengths: Sequence[tuple[str, Lengths]],
    notes: Sequence[str],
    stages: Sequence[StageTokens] = (),
) -> Profile:
    """Describe all sources; `lengths` are those of the rows before any was shortened, each with its source."""
    by_source: dict[str, list[Lengths]] = {}
    for label, length in lengths:
        by_source.setdefault(label, []).append(length)
    prompts = [{_key(example) for example in source.examples} for source in sources]
    described = [
        _describe(source, by_source.get(source.label, ()), _tokens([source], by_source), len(own))
        for source, own in zip(sources, prompts, strict=True)
    ]
    everything = [example for source in sources for example in source.examples]
    several = sum(bool(source.examples) for source in sources) > 1
    distinct = len(set().union(*prompts))
    return Profile(
        sources=tuple(described),
        notes=tuple(notes),
        together=describe_content(everything, _tokens(sources, by_source), distinct) if several else None,
        overlaps=_overlaps([source.label for source in sources], prompts),
        costs=token_costs(sources, lengths),
        stages=tuple(stages),
    )


def _describe(source: Source, lengths: Sequence[Lengths], tokens: Mapping[str, Quantiles], prompts: int) -> SourceProfile:
    formats = Counter(example.carried["format"] for example in source.examples if "format" in example.carried)
    return SourceProfile(
        label=source.label,
        layout=source.layout.name,
        because=source.layout.because,
        rows=len(source.examples),
        rejected=len(source.rejected),
        prompt_tokens=tokens.get("prompt"),
        completion_tokens=quantiles(chain.from_iterable(length.answers for length in lengths)),
        formats=dict(formats.most_common()),
        content=describe_content(source.examples, tokens, prompts),
    )


def _key(example: Example) -> bytes:
    return prompt_key(for_comparison(example).fields["prompt"])


def _tokens(sources: Sequence[Source], lengths: Mapping[str, Sequence[Lengths]]) -> dict[str, Quantiles]:
    """Return the spread of prompts and of each kind of answer."""
    found: dict[str, list[int]] = {}
    for source in sources:
        for length in lengths.get(source.label, ()):
            found.setdefault("prompt", []).append(length.prompt)
            for name, tokens in zip(answer_names(source.layout.kind), length.answers, strict=False):
                found.setdefault(name, []).append(tokens)
    return {name: spread for name, values in found.items() if (spread := quantiles(values))}


def _overlaps(labels: Sequence[str], prompts: Sequence[set[bytes]]) -> tuple[Overlap, ...]:
    found = [
        Overlap(first=first, second=second, prompts=shared, share=shared / min(len(own), len(other)))
        for (first, own), (second, other) in combinations(zip(labels, prompts, strict=True), 2)
        if (shared := len(own & other))
    ]
    return tuple(sorted(found, key=lambda overlap: -overlap.prompts)[:MOST_OVERLAPS])
