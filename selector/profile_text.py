"""What the data holds, as plain text of 80 columns for a terminal."""

from collections.abc import Iterator, Sequence
from textwrap import shorten, wrap
from typing import Final

from reports.records.data import Content, Overlap, Profile, SourceProfile, TokenCost
from reports.wording import visible

COLUMNS: Final = 80
INDENT: Final = "  "
TOPICS: Final = 3
LANGUAGES: Final = 4
FORMATS: Final = 4
NAME_COLUMNS: Final = 32
TOPIC_WORDS: Final = 3
NAMES: Final = {"prompt": "a prompt", "completion": "an answer", "chosen": "a chosen answer", "rejected": "a rejected answer"}


def profile_lines(profile: Profile) -> list[str]:
    """Return what each source is and holds, then what they are together and cost."""
    lines = [line for source in profile.sources for line in _source(source)]
    if profile.together:
        lines += ["all files together", *_content(profile.together, with_lengths=False)]
    lines += [line for overlap in profile.overlaps for line in _item(_overlap(overlap))]
    return lines + [line for cost in profile.costs for line in _item(_cost(cost))]


def share(value: float) -> str:
    """Return a share in whole percent; `under 1 %` is told apart from none, `over 99 %` from all."""
    if 0 < value < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < value < 1 else f"{value:.0%}".replace("%", " %")


def _source(source: SourceProfile) -> Iterator[str]:
    unusable = f", {source.rejected:,} unusable" if source.rejected else ""
    yield f"{source.label}: {source.layout}, {source.rows:,} rows{unusable}"
    yield from _item(f"read so, because {source.because}")
    if source.formats:
        yield from _item(f"formats: {_formats(source)}")
    if source.content:
        yield from _content(source.content)


def _formats(source: SourceProfile) -> str:
    named = ", ".join(
        f"{shorten(visible(name), NAME_COLUMNS, placeholder='…')} {rows:,}"
        for name, rows in list(source.formats.items())[:FORMATS]
    )
    more = len(source.formats) - FORMATS
    return f"{named}{f', {more} more' if more > 0 else ''}"


def _content(content: Content, with_lengths: bool = True) -> Iterator[str]:
    if with_lengths:
        yield from _lengths(content)
    yield from _item(_dialogues(content))
    if content.topics:
        yield from _item(_topics(content))
    if content.diversity:
        found = content.diversity
        yield from _item(
            f"diversity: {share(found.distinct_1)} of words, {share(found.distinct_2)} of pairs, {share(found.distinct_3)} of "
            f"triples differ ({found.words:,} words of answers); compressed {found.compression:.1f}-fold"
        )


def _lengths(content: Content) -> Iterator[str]:
    unit, spreads = ("tokens", content.tokens) if content.tokens else ("characters", content.characters)
    yield f"{INDENT}{unit + ' in':<20}{'median':>10}{'95 % below':>12}{'at most':>10}"
    for name, spread in spreads.items():
        yield f"{INDENT}{NAMES[name]:<20}{spread.p50:>10,.0f}{spread.p95:>12,.0f}{spread.maximum:>10,.0f}"


def _dialogues(content: Content) -> str:
    named = list(content.languages.items())
    languages = ", ".join(f"{name} {share(part)}" for name, part in named[:LANGUAGES])
    others = f", {len(named) - LANGUAGES} others" if len(named) > LANGUAGES else ""
    turns = f"{content.turns.p50:,.0f} turn{'' if content.turns.p50 == 1 else 's'}, at most {content.turns.maximum:,.0f}"
    marks = ((content.system_share, "a system turn"), (content.tool_share, "a tool"))
    parts = "".join(f", {share(part)} with {name}" for part, name in marks if part)
    return f"rows: {turns}{parts}; languages: {languages}{others}; {share(content.distinct_prompts)} of prompts differ"


def _topics(content: Content) -> str:
    named = [f"{share(topic.share)} {' '.join(topic.words[:TOPIC_WORDS])}" for topic in content.topics[:TOPICS]]
    more = len(content.topics) - TOPICS
    return f"topics: {'; '.join(named)}{f'; {more} more' if more > 0 else ''}"


def _overlap(overlap: Overlap) -> str:
    return (
        f"{overlap.prompts:,} prompts ({share(overlap.share)} of the smaller) stand in both {overlap.first} and {overlap.second}"
    )


def _cost(cost: TokenCost) -> str:
    return (
        f"cost: one pass over {cost.rows:,} rows ({cost.kind}) reads {cost.tokens:,} tokens, {cost.trained:,} of them answers; "
        f"{share(cost.padding_share)} of a batch of 8 is padding"
    )


def _item(text: str) -> Sequence[str]:
    return wrap(text, COLUMNS, initial_indent=INDENT, subsequent_indent=INDENT * 2, break_on_hyphens=False)
