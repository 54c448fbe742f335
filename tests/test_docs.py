"""What README and docs promise is there: links, files, commands with their options, codes of checks, and the worked example."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
import yaml

from reports.records.intake import Intake
from selector.cli import COMMANDS, tunegate
from selector.commands.recommend import as_text
from selector.engine import recommend
from selector.intake import make_fact

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
IDS: Final = [page.name for page in PAGES]
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"`([^`\n]+)`")
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
FOLDERS: Final = ("selector/", "trainers/", "evals/", "reports/", "tests/", "docs/")
NAMED_FILE: Final = re.compile(rf"(?:{'|'.join(FOLDERS)})[\w./-]*\.(?:md|py|toml|yml|yaml)\b")
CODE: Final = re.compile(r'"((?:[A-Z]{3,5})\d{3})"')
GENERAL: Final = frozenset({"--help", "--version"})
OTHERS: Final = frozenset({"--cpu", "--datasketch", "--rounds", "--blind", "--num_processes"})
"""Options of accelerate and of the project's own benchmarks."""


def prose_of(page: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", page)


def snippets(page: str) -> Iterator[str]:
    """Yield what a reader could type: lines of blocks, joined where they go on in the next one, and inline code."""
    for language, block in FENCE.findall(page):
        if language in ("", "sh", "yaml"):
            yield from re.sub(r"(?:\\\n|\n[ \t]+(?=\[?--))\s*", " ", block).splitlines()
    yield from INLINE.findall(prose_of(page))


def calls(snippet: str) -> Iterator[list[str]]:
    """Yield the words of each call of tunegate in a piece of code, without what is piped on and without remarks."""
    for part in re.split(r"\|\||&&|;|\s\|\s(?=tunegate)|\$\(", re.sub(r"(^|\s)#.*", "", snippet)):
        found = re.match(r"\s*(?:\$ )?(?:nice .*)?(?:\S*/)?tunegate((?:\s.*)?)$", part)
        if found:
            yield found[1].split()


def options_of(command: click.Command) -> set[str]:
    """Return the options of a command."""
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def wrong_in(words: list[str]) -> str:
    """Return what a call names that the program does not have; nothing where all exists."""
    command: click.Command = tunegate
    context, named = click.Context(tunegate), "tunegate"
    while isinstance(command, click.Group) and words and re.fullmatch("[a-z][a-z-]+", words[0]):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no command {words[0]}"
        command, named, words = found, words[0], words[1:]
    unknown = sorted(set(OPTION.findall(" ".join(words))) - options_of(command) - GENERAL)
    return f"{named} has no {', '.join(unknown)}" if unknown else ""


def all_options(command: click.Command) -> set[str]:
    """Return the options of a command and of all below it."""
    found = options_of(command)
    if isinstance(command, click.Group):
        context = click.Context(command)
        below = [command.get_command(context, name) for name in command.list_commands(context)]
        found |= {option for one in below if one is not None for option in all_options(one)}
    return found


def named_alone(page: Path) -> set[str]:
    """Return the options that stand in a page's prose without a command."""
    codes = [code for code in INLINE.findall(prose_of(page.read_text("utf-8"))) if code.startswith("--")]
    return {option for code in codes for option in OPTION.findall(code)}


def codes_told(text: str) -> set[str]:
    """Return the codes of checks in a text, those between `PRE101 to PRE104` included."""
    spans = re.findall(r"([A-Z]{3,5})(\d{3}) to [A-Z]{3,5}(\d{3})", text)
    between = {f"{name}{number}" for name, first, last in spans for number in range(int(first), int(last) + 1)}
    return between | set(re.findall(r"[A-Z]{3,5}\d{3}", text))


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings as links use them."""
    titles = re.findall(r"^#+ (.+)$", prose_of(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    broken = []
    for link in LINK.findall(prose_of(page.read_text("utf-8"))):
        name, _, heading = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if "://" in link or link.startswith("mailto:"):
            continue
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_files_that_are_named_exist(page: Path) -> None:
    named = set(NAMED_FILE.findall(" ".join(INLINE.findall(prose_of(page.read_text("utf-8"))))))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_modules_that_are_run_exist(page: Path) -> None:
    modules = set(re.findall(r"python -m ((?:tests|evals|trainers|selector|reports)[\w.]*)", page.read_text("utf-8")))
    assert sorted(name for name in modules if not (ROOT / name.replace(".", "/")).with_suffix(".py").exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_their_options_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    found = {" ".join(words): wrong_in(words) for snippet in snippets(text) for words in calls(snippet)}
    assert {call: wrong for call, wrong in found.items() if wrong} == {}


def test_options_that_are_named_alone_belong_to_some_command() -> None:
    known = all_options(tunegate) | GENERAL | OTHERS
    assert {page.name: sorted(unknown) for page in PAGES if (unknown := named_alone(page) - known)} == {}


def test_the_readme_names_every_command_and_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"`tunegate {name}" not in readme] == []
    assert [page.name for page in PAGES[2:] if f"(docs/{page.name})" not in readme] == []
    assert len(readme.splitlines()) <= 150


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert [one for one in wanted if not re.search(rf"(?<![\w-]){re.split('[<>=]', one)[0]}(?![\w-])", page)] == []


def test_the_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {
        file.parent.name
        for package in ("selector", "trainers", "evals", "reports")
        for file in (ROOT / package).rglob("__init__.py")
    }
    assert len(rooms) > 30
    assert sorted(room for room in rooms if f"`{room}`" not in page) == []


@pytest.mark.parametrize(
    ("folder", "page"),
    [("evals/data/checks", "data.md"), ("trainers/preflight", "preflight.md"), ("evals/rewards", "rewards.md")],
)
def test_every_check_stands_in_its_page(folder: str, page: str) -> None:
    codes = {code for file in sorted((ROOT / folder).rglob("*.py")) for code in CODE.findall(file.read_text("utf-8"))}
    assert codes
    assert sorted(codes - codes_told((ROOT / "docs" / page).read_text("utf-8"))) == []


def test_the_worked_example_of_the_scorecard_prints_what_the_page_shows() -> None:
    blocks = FENCE.findall((ROOT / "docs" / "scorecard.md").read_text("utf-8"))
    (facts,) = [yaml.safe_load(block) for language, block in blocks if language == "yaml"]
    (shown,) = [block for language, block in blocks if language == "text"]
    intake = Intake(facts={name: make_fact(name, value, "asked") for name, value in facts.items()})
    assert as_text(recommend(intake), explain=False) == shown.rstrip("\n")


def test_planted_faults_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    links = "[x](#a-b) [y](#gone) [z](missing.md) [w](https://example.com)"
    page.write_text(f"# A b\n{links}\n```sh\ntunegate check F \\\n  --gone # --json\n```\n")
    planted = [wrong_in(words) for snippet in snippets(page.read_text()) for words in calls(snippet)]

    assert broken_links(page) == ["#gone", "missing.md"]
    assert planted == ["check has no --gone"]
    assert wrong_in(["gone"]) == wrong_in(["pairs", "gone"]) == "no command gone"
    assert wrong_in(["pairs", "ab", "L", "--min-lift", "1"]) == wrong_in(["--serve"]) == ""
    assert codes_told("PRE101 to PRE103, LEN001") == {"PRE101", "PRE102", "PRE103", "LEN001"}
