"""The profile as text: within 80 columns, a dozen lines a file, and silent about what was not measured."""

from msgspec.structs import replace

from reports.records.data import Content, Diversity, Overlap, Profile, Quantiles, SourceProfile, TokenCost, TopicShare
from selector.profile_text import profile_lines, share

LENGTHS = Quantiles(p5=5, p50=1310, p95=12_044, maximum=123_456)
TOPIC = TopicShare(words=("infusion", "temperature", "oolong", "kettle", "leaf"), share=0.31, rows=31, source="a", example_row=3)
FULL = Content(
    kinds={"preference": 2312},
    characters=dict.fromkeys(("prompt", "chosen", "rejected"), LENGTHS),
    tokens=dict.fromkeys(("prompt", "chosen", "rejected"), LENGTHS),
    distinct_prompts=0.997,
    sampled=2312,
    turns=Quantiles(p5=2, p50=4, p95=9, maximum=36),
    system_share=0.25,
    tool_share=0.004,
    languages={"en": 0.6, "de": 0.2, "fr": 0.1, "es": 0.05, "pl": 0.03, "nl": 0.01, "undetermined": 0.01},
    topics=(TOPIC,) * 8,
    diversity=Diversity(words=10_000, distinct_1=0.19, distinct_2=0.65, distinct_3=0.9, type_token=0.69, compression=2.709),
)
BARE = Content(
    kinds={"prompt-only": 3},
    characters={"prompt": LENGTHS},
    distinct_prompts=1.0,
    sampled=3,
    turns=Quantiles(p5=1, p50=1, p95=1, maximum=1),
    system_share=0.0,
    tool_share=0.0,
    languages={"undetermined": 1.0},
)


def source(content: Content | None, label: str = "pairs.jsonl") -> SourceProfile:
    """Return a source that holds this."""
    return SourceProfile(
        label=label, layout="preference (text)", because="columns chosen and rejected", rows=9, rejected=2, content=content
    )


def test_a_full_profile_fits_into_thirteen_lines_of_80_columns() -> None:
    lines = profile_lines(Profile(sources=(source(FULL),)))
    assert len(lines) <= 13
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "tokens in median 95 % below at most a prompt 1,310 12,044 123,456" in text
    assert "25 % with a system turn, under 1 % with a tool; languages: en 60 %" in text
    assert "es 5 %, 3 others; over 99 % of prompts differ" in text
    assert "31 % infusion temperature oolong; 31 %" in text
    assert "5 more" in text
    assert "compressed 2.7-fold" in text


def test_what_was_not_measured_is_not_named() -> None:
    text = "\n".join(profile_lines(Profile(sources=(source(BARE),))))
    assert "characters in" in text
    for absent in ("topics", "diversity", "system", "tool", "cost", "together", "a chosen"):
        assert absent not in text


def test_a_file_without_usable_rows_still_says_how_it_was_read() -> None:
    assert profile_lines(Profile(sources=(source(None),))) == [
        "pairs.jsonl: preference (text), 9 rows, 2 unusable",
        "  read so, because columns chosen and rejected",
    ]


def test_formats_are_listed_most_frequent_first() -> None:
    formats = {"caption": 1200, "email": 90, "label": 8, "reply": 7, "note": 1}
    lines = profile_lines(Profile(sources=(replace(source(None), formats=formats),)))
    assert lines[-1] == "  formats: caption 1,200, email 90, label 8, reply 7, 1 more"


def test_a_hostile_format_cannot_steer_the_terminal() -> None:
    lines = profile_lines(Profile(sources=(replace(source(None), formats={"\x1b[2Jgone " + "word " * 99: 3}),)))
    assert "\x1b" not in lines[-1]
    assert len(lines[-1]) <= 80


def test_several_files_are_summed_up_and_compared() -> None:
    profile = Profile(
        sources=(source(BARE, "a.jsonl"), source(BARE, "b.jsonl")),
        together=BARE,
        overlaps=(Overlap(first="a.jsonl", second="b.jsonl", prompts=40, share=0.5),),
        costs=(TokenCost(kind="preference", rows=8, tokens=4321, trained=1234, padding_share=0.551),),
    )
    text = " ".join(" ".join(profile_lines(profile)).split())
    assert "all files together rows: 1 turn, at most 1;" in text
    assert "40 prompts (50 % of the smaller) stand in both a.jsonl and b.jsonl" in text
    assert "reads 4,321 tokens, 1,234 of them answers; 55 % of a batch of 8 is padding" in text


def test_shares_near_the_ends_are_told_apart_from_them() -> None:
    assert [share(value) for value in (0, 0.004, 0.5, 0.996, 1)] == ["0 %", "under 1 %", "50 %", "over 99 %", "100 %"]
