"""The report as a reader, a screen reader and a printer get it."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.errors import MissingError
from reports.html import command_line, write_report
from reports.records.data import Lineage, Profile
from reports.records.gates import Estimate, Gates, NoiseFloor, Verdict
from reports.records.plan import Plan
from reports.records.recommendation import Recommendation
from reports.records.run import RunStatus
from reports.rundir import RunDir
from tests.reports.conftest import PageFor
from tests.reports.page import Page, spoken
from tests.reports.sample_run import Upto, build_sample_run

PARTIAL: list[tuple[Upto, RunStatus]] = [
    ("plan", "created"),
    ("data", "failed"),
    ("data", "running"),
    ("train", "failed"),
    ("train", "stopped"),
    ("measure", "failed"),
]


INTERNAL = {"None", "nan", "inf", "NaN", "True", "False", "Undefined", "[]", "{}", "()"}


def page_of(run: RunDir) -> Page:
    """Write and parse the report of a run."""
    return Page(write_report(run).read_text(encoding="utf-8"))


@pytest.fixture(params=PARTIAL, ids="-".join)
def partial(request: pytest.FixtureRequest, page_for: PageFor) -> Page:
    """Return the report of a run that is not whole."""
    upto, status = request.param
    return page_for("go", upto, status)


@pytest.mark.parametrize(
    ("verdict", "headline", "because"),
    [
        ("go", "✓ Verdict: Go", "All five required gates pass."),
        ("no-go", "✗ Verdict: No-go", "Harm shown: over-refusal rose by more than the margin allows."),
        (
            "inconclusive",
            "? Verdict: Inconclusive",
            "The judge is not reliable enough, and toxicity cannot be told from 40 answers.",
        ),
    ],
)
def test_the_first_words_are_the_verdict_and_why(page_for: PageFor, verdict: Verdict, headline: str, because: str) -> None:
    found = page_for(verdict, "report", None)

    assert found.text("//main/section[1]//h2") == headline
    assert found.text("//main/section[1]//p[@class='why']") == because


@pytest.mark.parametrize(
    ("verdict", "deciding"),
    [
        ("go", ["Win rate", "Refusal of harmful prompts", "Over-refusal", "Toxicity", "Drift outside the domain"]),
        ("no-go", ["Over-refusal"]),
        ("inconclusive", ["Win rate", "Toxicity"]),
    ],
)
def test_the_verdict_names_the_gates_that_decided_it(page_for: PageFor, verdict: Verdict, deciding: list[str]) -> None:
    found = page_for(verdict, "report", None)
    named = found.all("//section[@id='verdict']//h3[starts-with(., 'What decided it')]/following-sibling::ul/li/*[1]")

    assert [element.text_content().split(" ", 1)[1] for element in named] == deciding


def test_the_first_screen_answers_how_fragile_what_next_and_what_was_not_tested(page: Page) -> None:
    first = page.text("//section[@id='verdict']")

    assert "Win rate: Would become unresolved if 9 of 57 preferences were reversed." in first
    assert "Roll out behind a flag" in first
    assert "Conversations of more than one turn" in first


def test_every_gate_has_a_section_with_its_numbers(go: RunDir, page: Page) -> None:
    for position, gate in enumerate(go.read(Gates).results, start=1):
        section = page.text(f"//section[@id='gate-{position}']")

        assert section.startswith(gate.title)
        assert f"Compared {gate.n} {gate.missing} missing" in section
        assert gate.method in section
        assert gate.because in section


def test_answers_to_harmful_prompts_are_folded_behind_a_notice_and_others_are_only_folded(page: Page) -> None:
    guarded = page.all("//details[@class='guarded']")

    assert [element.get("open") for element in guarded] == [None]
    assert "may hold harmful requests" in guarded[0].xpath("string(summary)")
    assert "diabetes" in guarded[0].text_content()
    assert "diabetes" not in page.text("//section[@id='samples']")


def test_every_setting_is_shown_with_its_origin_and_reason(go: RunDir, page: Page) -> None:
    plan = go.read(Plan)
    rows = {" ".join(spoken(row).split()) for row in page.all("//section[@id='training']//tr")}

    for choice in (*plan.stages[0].choices, *plan.stages[1].choices, *plan.evaluation):
        reason = choice.because.replace("`", "")
        assert any(row.startswith(choice.name) and row.endswith(f"{choice.origin} {reason}") for row in rows), choice.name


def test_the_decision_shows_all_that_could_be_argued_with(go: RunDir, page: Page) -> None:
    advice = go.read(Recommendation)
    shown = page.text("//section[@id='decision']")

    for sentence in (
        advice.sentence,
        *(reason.because for ranked in advice.ranking for reason in ranked.reasons),
        *(out.because for out in advice.ruled_out),
        *(flip.sentence for flip in advice.flips_when),
        *(phase.collect for phase in advice.phases),
    ):
        assert sentence in shown


def test_an_accepted_failure_is_shown_as_a_failure_with_its_reason(page: Page) -> None:
    row = page.text("//section[@id='data']//tr[contains(., 'DUP-EXACT')]")

    assert "✗ fail accepted 0.031 0.02" in row
    assert "Accepted by Ada: Both copies were written by the brand team" in row


def test_the_lineage_leads_from_files_to_splits(page: Page) -> None:
    data = page.text("//section[@id='data']")

    assert "voice.jsonl 652 91ac44d091ac44d0" in data
    assert "too long 1484 1472 12 rows exceed 192 tokens" in data
    assert "74 rows are in no split; data/rejected.jsonl in the run lists each with its reason." in data
    assert "sft_train 512 SFT 0000000000000000" in data
    assert "Rows are grouped by prompt, and 46 prompts that nearly repeat another stay together in 21 groups." in data
    assert "accepted on the command line by Ada" in data


def test_a_lineage_of_an_earlier_version_says_what_it_does_not_know(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    run.write(replace(run.read(Lineage), grouping="", groups=None, lost=None))
    data = page_of(run).text("//section[@id='data']")

    assert "not measured: how many rows are in no split was not written down" in data
    assert "Rows are grouped by prompt." in data


def test_an_alarm_of_the_training_is_shown(page: Page) -> None:
    assert "Log-probability of chosen answers fell for 20 steps" in page.text("//section[@id='training']")


def test_twelve_samples_stand_side_by_side_whatever_their_outcome(page: Page) -> None:
    samples = page.all("//section[@id='samples']//article")

    assert len(samples) == 12
    assert all(len(sample.xpath(".//*[@class='answer']")) == 2 for sample in samples)


def test_a_report_written_again_is_the_same_byte_for_byte(go: RunDir, page: Page) -> None:
    assert write_report(go).read_text(encoding="utf-8") == page.source


def test_the_command_can_be_pasted_into_a_shell(page: Page) -> None:
    assert page.text("//pre") == "tunegate run --data ~/voice.jsonl --data ~/ratings.jsonl --model tea-llama-1m"
    assert command_line(("tunegate", "~/a b", "$(x)", "~")) == "tunegate ~/'a b' '$(x)' '~'"


def test_the_file_needs_no_network_and_no_script(page: Page) -> None:
    policy = page.attributes("content")

    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policy
    assert not page.all("//script | //link | //img | //iframe | //object | //form | //base")
    assert all(target.startswith("#") for target in page.attributes("href"))
    assert "url(http" not in page.source
    assert "@import" not in page.source


def test_paths_of_the_machine_are_not_in_the_file(go: RunDir, page: Page) -> None:
    assert "/srv/" not in page.source
    assert str(go.path) not in page.source
    assert str(Path.home()) not in page.text()


def test_a_partial_run_says_why_each_missing_part_is_missing(partial: Page) -> None:
    assert "not measured: the run" in partial.text("//main")
    assert partial.text("//title")


@pytest.mark.parametrize("verdict", ["go", "no-go", "inconclusive"])
def test_no_cell_of_a_whole_report_is_blank(page_for: PageFor, verdict: Verdict) -> None:
    assert blank_cells(page_for(verdict, "report", None)) == []


def test_no_cell_of_a_partial_report_is_blank(partial: Page) -> None:
    assert blank_cells(partial) == []


def test_no_internal_word_leaks_into_a_whole_report(page: Page) -> None:
    assert not INTERNAL & set(page.text().replace("(", " ").replace(",", " ").split())


def test_no_internal_word_leaks_into_a_partial_report(partial: Page) -> None:
    assert not INTERNAL & set(partial.text().replace("(", " ").replace(",", " ").split())


def test_a_run_blocked_at_the_data_says_so_first(page_for: PageFor) -> None:
    found = page_for("go", "data", "failed")

    assert found.text("//main/section[1]//h2") == "– Verdict: No verdict"
    assert "The run ended in the data checks: DUP-EXACT" in found.text("//section[@id='verdict']")
    assert "Keep one of each, for example with --drop-duplicates. Or accept" in found.text("//section[@id='verdict']")


def test_a_run_that_failed_in_training_shows_the_curve_up_to_there(page_for: PageFor) -> None:
    found = page_for("go", "train", "failed")
    titles = [element.text_content() for element in found.all("//section[@id='training']//figcaption")]

    assert titles == ["1-sft: loss", "2-dpo: loss", "2-dpo: reward margin (chosen minus rejected)"]
    assert "not measured: the run ended in training stage 2-dpo" in found.text("//section[@id='training']")


def test_a_report_written_at_the_end_of_a_run_knows_that_it_is_not_finished(page_for: PageFor) -> None:
    found = page_for("go", "gates", None)

    assert "Finished not finished: the run is still going, in deciding the gates" in found.text("//section[@id='reproduction']")


def test_a_damaged_document_is_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    (run.path / "data" / "profile.json").write_text("{")
    (run.path / "train" / "1-sft" / "result.json").write_text("[]")
    found = page_of(run)

    assert "not measured: data/profile.json: not a readable Profile document" in found.text("//section[@id='data']")
    assert "not measured: train/1-sft/result.json: not a readable" in found.text("//section[@id='training']")
    assert found.text("//main/section[1]//h2") == "✓ Verdict: Go"


def test_a_gate_shows_how_loud_the_noise_is_and_the_ratio_behind_a_logarithm(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    gates = run.read(Gates)
    floor = NoiseFloor(low=-0.02, high=0.03, repeats=1999, method="sides swapped", p_value=0.004, other_prompts=0.07)
    times = Estimate(value=1.25, low=1.1, high=1.4, n=9)
    first = replace(gates.results[0], unit="rate", noise_floor=floor, ratio=times)
    run.write(replace(gates, results=(first, replace(gates.results[1], noise_floor=None, ratio=None))))
    found = page_of(run)

    shown = found.text("//section[@id='gate-1']")
    assert (
        "−2 to +3 points how far it moves when nothing changed: sides swapped, 1999 times; p = 0.004; other prompts alone"
        in shown
    )
    assert "1.25 times 1.1 to 1.4" in shown
    assert "Noise floor" not in found.text("//section[@id='gate-2']")


def test_lines_damaged_by_a_kill_are_counted(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    with (run.path / "evals" / "completions.jsonl").open("a") as file:
        file.write("{torn\n")

    assert "Damaged log lines 1 skipped" in page_of(run).text("//section[@id='reproduction']")


def test_without_a_run_record_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"run\.json"):
        write_report(RunDir(tmp_path))


def test_a_report_is_written_without_loading_a_training_library(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    code = "import sys; from pathlib import Path; from reports.html import write_report; from reports.rundir import RunDir\n"
    code += "write_report(RunDir(Path(sys.argv[1])))\nprint(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=True)

    assert not {"torch", "transformers", "trl", "peft", "datasets", "sklearn", "scipy"} & set(done.stdout.split())


def blank_cells(page: Page) -> list[str]:
    """Return what stands around the cells, items and paragraphs that hold no text."""
    cells = page.all("//td | //dd | //dt | //th | //li | //p")
    return [spoken(cell.getparent()) for cell in cells if not cell.text_content().strip()]


def test_what_the_rows_hold_is_shown(page: Page) -> None:
    data = page.text("//section[@id='data']")
    assert "caption, photo, mood, story, light" in data
    assert "en 94 %, de 4 %, undetermined 2 %" in data
    assert "212 prompts stand in both voice.jsonl and ratings.jsonl: 32.5 % of the file with fewer." in data
    assert "57,506" in data


def test_a_profile_without_content_shows_no_empty_table(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    profile = run.read(Profile)
    bare = tuple(replace(source, content=None) for source in profile.sources)
    run.write(Profile(sources=bare))
    data = page_of(run).text("//section[@id='data']")
    assert "voice.jsonl" in data
    for absent in ("Different words", "Topics", "Padding", "Epochs"):
        assert absent not in data


def test_the_gate_that_the_fewest_of_its_prompts_would_turn_is_named_first(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    gates = run.read(Gates)
    told = ["No choice of prompts, up to half of them, would undo the pass.", "5 of 120 prompts relabelled would undo the pass."]
    told += ["1 of 1,200 prompts relabelled would undo the pass.", "2 of 60 prompts relabelled would undo the pass."]
    passing = [result for result in gates.results if result.required and result.state == "pass"][: len(told)]
    results = tuple(replace(one, fragility=text) for one, text in zip(passing, told, strict=True))
    run.write(replace(gates, results=results))
    shown = [element.text_content() for element in page_of(run).all("//h3[.='How fragile it is']/..//li")]

    assert [text.split(": ")[1][:2] for text in shown] == ["1 ", "2 ", "5 ", "No"]
    assert page_of(run).text("//h3[.='How fragile it is']/..//summary") == "1 less fragile"


def test_checks_that_need_a_look_are_shown_and_the_others_folded(page: Page) -> None:
    data = "//section[@id='data']"

    assert "5 checks: 2 pass, 2 need a look, 1 skipped" in page.text(data)
    assert "DUP-EXACT" in page.text(f"{data}/div[contains(@aria-label, 'need a look')]")
    assert "DUP-EXACT" not in page.text(f"{data}/details")
    assert "The 3 checks that pass or were skipped" in page.text(f"{data}/details/summary")


def test_words_that_not_every_reader_knows_are_explained(page: Page) -> None:
    words = page.text("//section[@id='words']")

    for word in ("Noise floor", "non-inferiority", "Win rate", "Points", "LoRA", "nats"):
        assert word in words
