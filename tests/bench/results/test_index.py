"""The index: every result found by model, run and file, in an order that does not depend on files."""

from bench.results.galleries import Gallery
from bench.results.index import ResultIndex


def test_results_are_found_by_model_run_and_file(store, make) -> None:
    count = store.write(make.counted("tiny-a", 5))
    lab, smoke = (
        store.write(make.trained("tiny-a-coco", 0, 1.0, tier)) for tier in ("lab", "smoke")
    )
    index = ResultIndex(store)
    assert index.counts == {"tiny-a": count}
    assert index.accuracies == {"tiny-a-coco": [smoke, lab]}
    assert index.files == {one.file: one for one in (count, lab, smoke)}
    assert index.measured == [count, lab, smoke]
    assert (index.submissions, index.galleries) == ([], {})


def test_seeds_are_in_the_order_of_their_numbers(store, make) -> None:
    for seed in (10, 2, 0):
        store.write(make.trained("tiny-a-coco", seed, 1.0, "lab"))
    found = ResultIndex(store).accuracies["tiny-a-coco"]
    assert [one.result.seed for one in found] == [0, 2, 10]


def test_timings_of_a_gpu_come_first_and_only_those_of_the_model(store, make) -> None:
    store.write(make.timed("2 cores", "cpu", tiny_a=9.0, tiny_b=9.0))
    store.write(make.timed("t4", "cuda", tiny_a=1.0), committed=True)
    index = ResultIndex(store)
    assert [one.result.machine for one in index.speeds_of("tiny-a")] == ["t4", "2 cores"]
    assert [one.result.machine for one in index.speeds_of("tiny-b")] == ["2 cores"]
    assert index.speeds_of(None) == []


def test_a_gallery_of_other_predictions_is_not_found(store, make) -> None:
    people = [{"image_id": 1, "category_id": 1, "keypoints": [1.0] * 51, "score": 0.5}]
    stored = store.write(make.trained("tiny-a-coco", 0, 1.0), people)
    for sha256, found in ((stored.result.predictions.sha256, 1), ("0" * 64, 0)):
        stored.gallery.mkdir(exist_ok=True)
        text = Gallery(predictions=sha256, exhibits=()).model_dump_json()
        (stored.gallery / "gallery.json").write_text(text)
        assert len(ResultIndex(store).galleries) == found


def test_the_files_of_a_result_share_its_stem(store, make) -> None:
    stored = store.write(make.trained("tiny-a-coco", 3, 1.0, "lab"))
    files = (stored.predictions, stored.people, stored.matches, stored.gallery)
    assert [file.relative_to(store.root).as_posix() for file in files] == [
        f"lab/tiny-a-coco/seed-3.{ending}"
        for ending in ("predictions.json.gz", "people.npz", "matches.npz", "gallery")
    ]
