"""Groups of prompts that nearly repeat each other: what stays together when data are cut into splits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from evals.data.examples import Example, plain
from evals.data.keys import prompt_key
from evals.data.near import group_near
from evals.data.reading import for_comparison

LARGEST_SHARE: Final = 0.25
"""Share of the prompts: no more are ever held out, so a larger group could not be held out whole."""


class Grouping(NamedTuple):
    """Which prompts belong together."""

    group_of: Mapping[bytes, bytes]
    """The least key of its group, for every prompt key."""
    groups: int
    """Groups of several prompts."""
    grouped: int
    """Prompts in them."""
    dissolved: tuple[int, ...]
    """Sizes of groups that were too large to stay together."""

    @property
    def rule(self) -> str:
        """Say for people how rows are grouped."""
        if not self.groups:
            return "by prompt; no two prompts nearly repeat each other" if not self.dissolved else "by prompt"
        return f"by prompt, and {self.grouped:,} prompts that nearly repeat another stay together in {self.groups:,} groups"

    @property
    def notes(self) -> list[str]:
        """Say for people which groups were taken apart."""
        prompts = len(self.group_of)
        return [
            f"{size:,} of {prompts:,} prompts nearly repeat each other, as prompts of one template do. So many cannot be "
            "held out together: they are split one by one, and held-out prompts resemble prompts that are trained on."
            for size in self.dissolved
        ]


def group_prompts(examples: Iterable[Example]) -> Grouping:
    """Group near duplicates among the prompts, without marks of speakers and system turns; order does not matter.

    A group of more than a quarter of all prompts is taken apart: it comes from a template rather than from repetition.
    """
    words: dict[bytes, str] = {}
    for example in examples:
        key = prompt_key(example.fields["prompt"])
        if key not in words:
            words[key] = plain(for_comparison(example).fields["prompt"])
    keys = sorted(words)
    members: dict[int, list[bytes]] = defaultdict(list)
    for key, root in zip(keys, group_near([words[key] for key in keys]), strict=True):
        members[root].append(key)
    several = [group for group in members.values() if len(group) > 1]
    kept = [group for group in several if len(group) <= LARGEST_SHARE * len(keys)]
    return Grouping(
        group_of={key: key for key in keys} | {key: group[0] for group in kept for key in group},
        groups=len(kept),
        grouped=sum(len(group) for group in kept),
        dissolved=tuple(len(group) for group in several if len(group) > LARGEST_SHARE * len(keys)),
    )
