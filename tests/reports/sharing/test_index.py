"""One page over all runs."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from reports.errors import UsageError
from reports.html import write_report
from reports.records.run import RunRecord
from reports.sharing.index import write_index
from tests.reports.page import Page
from tests.reports.sample_run import build_sample_run
from tests.reports.test_html_hostile import HOSTILE


def page_of(root: Path, out: Path | None = None) -> Page:
    return Page(write_index(root, out).read_text(encoding="utf-8"))


def test_each_run_has_a_row_with_verdict_method_model_date_and_link(tmp_path: Path) -> None:
    write_report(build_sample_run(tmp_path, "go", name="20260101-a"))
    build_sample_run(tmp_path, "no-go", "train", "failed", name="20260102-b")
    page = page_of(tmp_path)
    newest, oldest = page.all("//tbody/tr")

    assert page.attributes("href") == ["#runs", "20260101-a/report.html"]
    assert " ".join(oldest.text_content().split()) == (
        "Brand voice for the tea shop 20260101-a ✓ go sft+dpo tea-llama-1m 20 2026-11-20 21:45 UTC"
    )
    assert "! failed DPO broke off" in " ".join(newest.text_content().split())


def test_links_lead_from_where_the_page_lies(tmp_path: Path) -> None:
    write_report(build_sample_run(tmp_path / "my runs", "go", name="a#1"))
    page = page_of(tmp_path / "my runs", tmp_path / "site" / "all.html")

    assert page.attributes("href")[1] == "../my%20runs/a%231/report.html"


def test_hostile_titles_and_damaged_runs_are_text(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, "go", name="20260101-a")
    run.write(
        replace(run.read(RunRecord), title=HOSTILE, model=HOSTILE, strategy=HOSTILE, error=HOSTILE, status="failed", verdict=None)
    )
    (tmp_path / "20260102-b").mkdir()
    (tmp_path / "20260102-b" / "run.json").write_text("{<script>", encoding="utf-8")
    page = page_of(tmp_path)

    assert not {"script", "img"} & set(page.tags())
    assert page.attributes("href") == ["#runs"]
    assert "<script>alert(1)</script>" in page.text("//tbody")
    assert "! damaged" in page.text("//tbody")
    assert str(tmp_path) not in page.source, "a page that is shared names no folder of its writer"


@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 200_000, '{"schema_version": 9}', '{"run_id": "a', "\x00\xff", "null"], ids=lambda text: text[:8]
)
def test_whatever_a_run_record_holds_the_others_are_listed(tmp_path: Path, text: str) -> None:
    build_sample_run(tmp_path, "go", name="20260101-a")
    (tmp_path / "20260102-b").mkdir()
    (tmp_path / "20260102-b" / "run.json").write_bytes(text.encode("latin-1"))
    broken, whole = page_of(tmp_path).all("//tbody/tr")

    assert "✓ go" in whole.text_content()
    assert "! damaged" in broken.text_content()


def test_a_record_of_an_older_version_is_listed_and_a_huge_title_is_cut(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, "go", name="20260101-a")
    record = msgspec.json.decode((run.path / "run.json").read_bytes())
    old = {name: record[name] for name in ("run_id", "created_at", "argv", "versions", "seed", "strategy", "model")}
    (run.path / "run.json").write_bytes(msgspec.json.encode({**old, "title": "t" * 100_000, "of_a_later_version": 1}))
    page = page_of(tmp_path)

    assert "… created" in page.text("//tbody")
    assert len(page.source) < 30_000


def test_nothing_is_loaded_or_run(tmp_path: Path) -> None:
    build_sample_run(tmp_path, "go")
    page = page_of(tmp_path)

    assert (
        page.all("//meta[@http-equiv='Content-Security-Policy']")[0].get("content")
        == "default-src 'none'; style-src 'unsafe-inline'"
    )
    assert page.tags()["script"] == 0
    assert all(table.xpath("string(caption)").strip() for table in page.all("//table"))
    assert not page.all("//th[not(@scope)]")


def test_no_runs_and_no_folder_are_told_apart(tmp_path: Path) -> None:
    assert "No run yet." in page_of(tmp_path).text()
    with pytest.raises(UsageError, match="no such folder of runs"):
        write_index(tmp_path / "nowhere")
