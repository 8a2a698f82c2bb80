"""Galleries, diagnosis, architecture and curves on the pages of models."""

from pathlib import Path

import pytest

from bench.catalog.load import load_catalog
from bench.paths import config_files
from bench.results.records import AccuracyResult, Diagnosis
from reports.build.writer import SiteError
from reports.charts.error_types import KINDS, LEFT, RIGHT, run_diagnosis
from reports.pages import model_facts
from reports.site import build
from tests.factories import HOSTILE, make
from tests.reports.conftest import read
from tests.reports.gallery_fixture import FILE, add_gallery, make_with_gallery
from tests.reports.pages.test_pages import text

PAGE = "models/paper0-model0.html"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    return build(*make_with_gallery(folder), folder / "site").out


def pictures(site: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (site / "pictures").iterdir()}


def test_every_picture_has_alt_text_sizes_and_a_file_and_loads_lazily(shown: Path) -> None:
    tree = read(shown / PAGE)
    images = [e for e in tree.iter("img") if "pictures/" in e.get("src")]
    assert len(images) == 5
    assert len({e.get("src") for e in images}) == len(pictures(shown)) == 3
    for image in images:
        assert (shown / "models" / image.get("src")).resolve().is_file()
        assert image.get("alt").startswith("1 person annotated")
        assert image.get("loading") == "lazy"
        assert image.get("width") in ("192", "480")
        assert image.get("height") == "256"
    sections = [e for e in tree.iter("figure") if e.get("class") == "gallery-section"]
    assert [text(section.find("figcaption")) for section in sections] == [
        "predictions. What is seen.",
        "dependency-areas.",
    ]
    assert all(text(figure.find("figcaption")) for figure in tree.iter("figure"))


def test_a_second_build_copies_nothing_and_two_builds_are_equal(tmp_path: Path) -> None:
    data = make_with_gallery(tmp_path)
    first = build(*data, tmp_path / "one")
    again = build(*data, tmp_path / "one")
    assert again.written == again.removed == ()
    assert set(again.unchanged) == set(first.written)
    build(*make_with_gallery(tmp_path / "other"), tmp_path / "two")
    for path in filter(Path.is_file, (tmp_path / "one").rglob("*.*")):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_a_new_gallery_rewrites_its_page_and_drops_the_old_pictures(tmp_path: Path) -> None:
    snapshot, catalog, store = make_with_gallery(tmp_path)
    build(snapshot, catalog, store, tmp_path / "site")
    before = set(pictures(tmp_path / "site"))
    add_gallery(store, (192, 200))
    report = build(snapshot, catalog, store, tmp_path / "site")
    after = set(pictures(tmp_path / "site"))
    assert set(report.written) == {PAGE, *(f"pictures/{name}" for name in after - before)}
    assert set(report.removed) == {f"pictures/{name}" for name in before - after}


def test_a_picture_of_other_content_is_refused(tmp_path: Path) -> None:
    data = make_with_gallery(tmp_path)
    file = (tmp_path / FILE).with_suffix(".gallery") / "p-0.webp"
    file.write_bytes(bytes(len(file.read_bytes())))
    with pytest.raises(SiteError, match=r"p-0\.webp: its SHA-256 is not the one in its gallery"):
        build(*data, tmp_path / "site")


def test_without_a_gallery_a_page_says_how_to_draw_one(plain: Path) -> None:
    shown = text(read(plain / PAGE))
    assert "No gallery has been drawn from these predictions." in shown
    assert "repropose gallery paper0-run0" in shown
    assert not (plain / "pictures").exists()


def test_hostile_captions_of_a_gallery_stay_text(tmp_path: Path) -> None:
    site = build(*make_with_gallery(tmp_path, text=HOSTILE), tmp_path / "site").out
    trees = [read(page) for page in (site / "models").glob("*.html")]
    images = [e for tree in trees for e in tree.iter("img") if "pictures/" in e.get("src")]
    assert len(images) == 5
    assert all(e.get("alt").startswith("<script>alert('x')</script>\"'>") for e in images)
    assert not [e for tree in trees for e in tree.iter() if e.get("onerror")]
    assert all(e.get("src") for tree in trees for e in tree.iter("script"))


def diagnosed() -> AccuracyResult:
    _, _, store = make(papers=1)
    result = store.results[FILE]
    assert isinstance(result, AccuracyResult)
    return result


def test_bars_are_divided_in_proportion_to_the_counts() -> None:
    view = run_diagnosis("run", [diagnosed()])
    assert view is not None
    chart = view.charts[0]
    assert [bar.name for bar in chart.bars] == ["all keypoints", "nose", "left ankle", "head"]
    for bar in chart.bars:
        assert sum(part.count for part in bar.segments) == bar.errors.total == 100
        assert sum(part.width for part in bar.segments) == pytest.approx(RIGHT - LEFT, abs=0.5)
        assert [part.kind for part in bar.segments] == list(KINDS)
        shares = [part.width / (RIGHT - LEFT) for part in bar.segments]
        assert shares == pytest.approx([0.6, 0.2, 0.05, 0.02, 0.13], abs=0.001)


def test_groups_are_in_order_and_a_single_one_gives_no_chart() -> None:
    view = run_diagnosis("run", [diagnosed()])
    assert view is not None
    assert [chart.key for chart in view.charts] == ["errors-run-keypoints", "errors-run-visible"]
    bars = view.charts[1].bars
    assert [bar.name for bar in bars] == ["1-5", "6-10", "11-15"]
    assert bars[0].segments == ()
    assert bars[0].good == "none"


def test_the_largest_tier_is_diagnosed_and_results_without_a_diagnosis_are_skipped() -> None:
    result = diagnosed()
    full = result.model_copy(update={"tier": "full", "evidence": "full-1", "diagnosis": None})
    smoke = result.model_copy(update={"tier": "smoke", "evidence": "smoke"})
    view = run_diagnosis("run", [smoke, result, full])
    assert view is not None
    assert view.of.startswith("lab tier")
    assert run_diagnosis("run", [full]) is None


def test_every_count_of_a_diagnosis_is_in_a_table(plain: Path) -> None:
    tree = read(plain / PAGE)
    found: Diagnosis | None = diagnosed().diagnosis
    assert found is not None
    tables = [t for t in tree.iter("table") if "number of keypoints" in text(t.find("caption"))]
    rows = {
        text(row.find("th")): [text(td) for td in row.iter("td")] for row in tables[0].iter("tr")
    }
    assert rows["left ankle"] == ["60", "20", "5", "2", "13", "100"]
    rows = {
        text(row.find("th")): [text(td) for td in row.iter("td")] for row in tables[1].iter("tr")
    }
    assert rows["1-5"] == ["0", "0", "0", "0", "0", "0", "2", "2"]


def test_curves_have_their_values_in_a_table(plain: Path) -> None:
    tree = read(plain / PAGE)
    [table] = [t for t in tree.iter("table") if text(t.find("caption")).startswith("Training loss")]
    rows = [[text(cell) for cell in row] for row in table.find("tbody")]
    assert rows[-1][0] == "29"
    assert [float(value) for value in rows[-1][1:]] == pytest.approx(
        [0.1 / 30, 0.1 / 31, 0.1 / 32], rel=0.02
    )


@pytest.mark.network
def test_architecture_is_what_mmengine_makes_of_the_configs() -> None:
    import model_zoo

    for name in list(config_files())[::16]:  # all agree; they take 8 s
        merged = model_zoo.config(name)._cfg_dict
        told = dict(model_facts.facts(name))
        assert told
        for part in ("backbone", "neck", "head"):
            own = merged["model"].get(part)
            if own is None or not own.get("type"):
                continue
            assert told[part].partition(":")[0] == own["type"], name
            for key in ("depth", "dim", "heads", "layers", "encoder_layers", "num_queries"):
                if isinstance(own.get(key), int):
                    assert f"{key.replace('_', ' ')} {own[key]}" in told[part], name
        if loader := merged.get("train_dataloader"):
            total, group = loader["total_batch_size"], loader["group_size"]
            words = f"{total} images a step over all processes"
            together = f", {group} at a time" if group < total else ""
            assert told["batch"] == words + together, name


def test_a_models_page_tells_its_family_and_all_its_config_files() -> None:
    catalog = load_catalog()
    owner = model_facts.owner("transpose-r-a3", catalog)
    assert owner is not None
    assert owner.method == "TransPose"
    assert model_facts.owner("no-such-model", catalog) is None
    assert model_facts.facts("no-such-model") == model_facts.files("no-such-model") == []
    names = [name for name, _ in model_facts.files("transpose-r-a3")]
    assert names[0].endswith("transpose/transpose-r-a3.py")
    assert "model_zoo/configs/transpose/_r.py" in names


def test_a_models_page_shows_base_and_entries_of_an_ablation_row() -> None:
    (name, row), *rest = model_facts.files("lofr-r50-384x288")
    assert name == "model_zoo/configs/lofr/ablations.yaml: lofr-r50-384x288"
    assert "base: lofr-r50\n" in row
    assert "codec.input_size: (288, 384)\n" in row
    assert rest == model_facts.files("lofr-r50")
    facts = dict(model_facts.facts("lofr-r50-384x288"))
    assert "input size 288 × 384" in facts["head"]  # carried from the codec
    assert facts["keypoint codec"].endswith("heatmap size 72 × 96, sigma 3")
