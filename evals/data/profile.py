"""What the inputs are: layout, counts, lengths and formats of every source."""

from collections import Counter
from collections.abc import Sequence

from evals.data.lengths import Lengths, quantiles
from evals.data.reading import Source
from reports.records.data import Profile, SourceProfile


def profile(sources: Sequence[Source], lengths: Sequence[tuple[str, Lengths]], notes: Sequence[str]) -> Profile:
    """Describe all sources; `lengths` are those of the rows before any was shortened, each with its source."""
    return Profile(sources=tuple(_describe(source, lengths) for source in sources), notes=tuple(notes))


def _describe(source: Source, lengths: Sequence[tuple[str, Lengths]]) -> SourceProfile:
    own = [length for label, length in lengths if label == source.label]
    formats = Counter(example.carried["format"] for example in source.examples if "format" in example.carried)
    return SourceProfile(
        label=source.label,
        layout=source.layout.name,
        because=source.layout.because,
        rows=len(source.examples),
        rejected=len(source.rejected),
        prompt_tokens=quantiles(length.prompt for length in own),
        completion_tokens=quantiles(tokens for length in own for tokens in length.answers),
        formats=dict(formats.most_common()),
    )
