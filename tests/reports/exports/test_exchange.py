"""Exports in the formats of others, each read by its own public library where installed (extra `validators`)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError

import pytest
import yaml

from bench.datasets import synthetic
from bench.results.index import ResultIndex
from reports.exports.croissant import croissant
from reports.exports.exchange import every_eval_ever, exported, files_of, hugging_face, ro_crate
from reports.pages.evidence import ResultView, result_views
from reports.views.table import Judged
from reports.views.urls import crate_file, result_page
from tests.factories import HOSTILE, make
from tests.reports.conftest import read

FILE = "results/lab/paper0-run0/seed-0.json"


def views(text: str | None = None) -> dict[str, ResultView]:
    snapshot, catalog, store = make(papers=1, tables=1, rows=3, text=text)
    index = ResultIndex(store)
    found = result_views(Judged(catalog, snapshot, index), index)
    return {view.stored.file: view for view in found}


@pytest.fixture(scope="module")
def view() -> ResultView:
    return views()[FILE]


def test_a_result_page_links_every_export(plain: Path) -> None:
    for file in (FILE, "results/counted/paper0-run0.json"):
        page = plain / result_page(file)
        links = {a.get("href") for a in read(page).iter("a")}
        up = "../" * result_page(file).count("/")
        assert up + crate_file(file, "ro-crate-metadata.json") in links
        accuracy = up + result_page(file, "hf.yaml") in links
        assert accuracy == (file == FILE)
        assert (plain / crate_file(file, "result.json")).read_bytes() == (
            plain / result_page(file, "json")
        ).read_bytes()


def test_synthetic_results_never_name_a_real_data_set(view: ResultView) -> None:
    result = exported(view)
    for entry in yaml.safe_load(hugging_face(result)):
        assert entry["dataset"]["id"] == "repropose/synthetic-v1"
        assert "synthetic people, not comparable" in entry["notes"]
    _, catalog, _ = make(papers=1)
    record = json.loads(every_eval_ever(result, catalog, FILE))
    assert {one["source_data"]["dataset_name"] for one in record["evaluation_results"]} == {
        "synthetic-v1"
    }


def test_every_eval_ever_holds_what_its_schema_requires(view: ResultView) -> None:
    """Version 0.2.1: the required entries, no others at the top, strings in all details, a range for scores."""
    _, catalog, _ = make(papers=1)
    record = json.loads(every_eval_ever(exported(view), catalog, FILE))
    assert set(record) == {
        *("schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata"),
        *("eval_library", "model_info", "evaluation_results"),
    }
    day = datetime(2026, 1, 30, tzinfo=UTC)
    assert record["retrieved_timestamp"] == str(int(day.timestamp()))
    assert record["source_metadata"]["source_type"] == "evaluation_run"
    assert record["model_info"]["id"] == "repropose/paper0-model0"
    scores = {}
    for one in record["evaluation_results"]:
        assert one["source_data"]["source_type"] == "other"
        assert all(isinstance(v, str) for v in one["source_data"]["additional_details"].values())
        config = one["metric_config"]
        assert (config["score_type"], config["lower_is_better"]) == ("continuous", False)
        assert config["min_score"] <= one["score_details"]["score"] <= config["max_score"]
        scores[one["evaluation_name"].rpartition(", ")[2]] = one["score_details"]["score"]
    assert scores == view.stored.result.metrics


def test_failed_results_and_counts_are_crates_only() -> None:
    found = views(text=HOSTILE)
    failed = found[FILE]
    assert failed.stored.result.failed
    for one in found.values():
        files = files_of(one, make(papers=1)[1], None)
        assert [name.rpartition(".")[2] for name in files] == ["json", "json"]
        for content in files.values():
            assert "\u202e" not in str(content)


def test_hugging_faces_library_reads_the_evaluation_results(view: ResultView) -> None:
    hub = pytest.importorskip("huggingface_hub", "2.4", reason="pip install repropose[validators]")
    entries = hub.parse_eval_result_entries(yaml.safe_load(hugging_face(exported(view))))
    metrics = view.stored.result.metrics
    assert {one.task_id: one.value for one in entries} == metrics


def test_the_validator_of_ro_crate_accepts_a_crate(view: ResultView, tmp_path: Path) -> None:
    services = pytest.importorskip(
        "rocrate_validator.services", reason="needs roc-validator (see pyproject.toml)"
    )
    models = pytest.importorskip("rocrate_validator.models")
    errors = pytest.importorskip("rocrate_validator.errors")
    (tmp_path / "ro-crate-metadata.json").write_text(ro_crate(view, None), "utf-8")
    (tmp_path / "result.json").write_bytes(view.content)
    settings = services.ValidationSettings(
        rocrate_uri=str(tmp_path),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.REQUIRED,
    )
    try:
        result = services.validate(settings)
    except errors.ValidationExecutionError as error:
        if not isinstance(error.__cause__, URLError):
            raise
        pytest.skip("the validator loads RO-Crate's context from the network, which is not there")
    assert not result.has_issues(), [issue.message for issue in result.get_issues()]


def test_a_crate_describes_every_entity_it_names(view: ResultView) -> None:
    graph = json.loads(ro_crate(view, None))["@graph"]
    ids = [entity["@id"] for entity in graph]
    assert len(ids) == len(set(ids))
    named = [one["@id"] for e in graph for value in e.values() for one in _references(value)]
    assert set(named) <= {*ids, "https://w3id.org/ro/crate/1.1"}
    root = next(entity for entity in graph if entity["@id"] == "./")
    assert {"name", "description", "datePublished", "license"} <= set(root)


def _references(value: object) -> list[dict[str, str]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Three rendered people, and their description."""
    folder = tmp_path_factory.mktemp("people")
    settings = {"kind": "crops", "difficulty": "easy", "seed": 1, "train": 2, "val": 1}
    made = synthetic.generate(folder, dataset="coco", **settings)
    manifest = {"synthetic": settings, "fingerprint": made.fingerprint}
    text = croissant("coco", "smoke", folder, manifest)
    (folder / "croissant.json").write_text(text, "utf-8")
    return folder, text


def test_croissant_names_files_that_exist_with_their_digests(people: tuple[Path, str]) -> None:
    folder, text = people
    described = json.loads(text)
    files = [one for one in described["distribution"] if one["@type"] == "cr:FileObject"]
    assert len(files) == 2
    assert all((folder / one["contentUrl"]).is_file() for one in files)
    for images in (one for one in described["distribution"] if one["@type"] == "cr:FileSet"):
        assert list(folder.glob(images["includes"]))


def test_mlcroissant_reads_the_people(people: tuple[Path, str]) -> None:
    library = pytest.importorskip("mlcroissant", reason="pip install repropose[validators]")
    folder, _ = people
    dataset = library.Dataset(jsonld=str(folder / "croissant.json"))
    assert dataset.metadata.issues.errors == set()
    records = list(dataset.records("people-train"))
    assert len(records) == 2
    assert all(len(one["people-train/keypoints"]) == 17 * 3 for one in records)
