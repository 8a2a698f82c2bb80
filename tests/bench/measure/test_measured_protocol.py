"""How results say they were measured, against what the papers print of the same runs."""

import cv2
import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.judge.protocol import STATED, UNSTATED
from bench.measure.measured_protocol import batch, decoding, protocol, trained_on
from bench.measure.run_config import in_groups, longer, plain_config


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_decoder_and_training_data_are_those_that_the_papers_state(catalog) -> None:
    """Every run whose row or table states them."""
    compared = 0
    for cell in catalog.cells():
        stated = {key: cell.protocol.get(key, UNSTATED) for key in ("decoding", "trained_on")}
        if cell.run is None or set(stated.values()) == {UNSTATED} or cell.key[3] != "ap":
            continue
        run = catalog.run(cell.run)
        measured = {
            "decoding": decoding(plain_config(run, "full")),
            "trained_on": trained_on(catalog, run, "full"),
        }
        for key, printed in stated.items():
            assert printed in (UNSTATED, measured[key]), f"{cell.name}: {key}"
            compared += 1
    assert compared > 20


@pytest.mark.parametrize(
    ("run", "decoder", "training"),
    [
        ("transpose-h-a6-mpii-trainval-finetuned", "dark", "coco-train2017+mpii-trainval"),
        ("transpose-r-a4-mpii", "dark", "mpii-train"),
        ("lightpose-w48-coco", "offset", "coco-train2017"),
        ("lightpose-w48-hm-coco", "quarter-shift", "coco-train2017"),
        ("tfpose-r50-e6d6-mpii", "regression", "mpii-train"),
        ("lofr-r50-crowdpose", "quarter-shift", "crowdpose-trainval"),
        ("querypose-r50-coco", "regression", "coco-train2017"),
    ],
)
def test_each_family_names_its_decoder_and_its_data(catalog, run, decoder, training) -> None:
    assert decoding(plain_config(catalog.run(run), "full")) == decoder
    assert trained_on(catalog, catalog.run(run), "full") == training
    assert trained_on(catalog, catalog.run(run), "smoke") == "synthetic"


def test_unbiased_targets_are_decoded_by_dark_and_an_unknown_codec_by_its_name(catalog) -> None:
    cfg = plain_config(catalog.run("lofr-r50-coco"), "full")
    cfg.codec.unbiased = True
    assert decoding(cfg) == "dark"
    cfg.codec = {"type": "SimCCLabel"}
    assert decoding(cfg) == "SimCCLabel"


def test_a_result_states_all_that_a_paper_may_state(catalog) -> None:
    run = catalog.run("transpose-r-a4-coco")
    cfg = plain_config(run, "smoke")
    cfg.test_dataloader.dataset.bbox_file = ""
    measured = protocol(cfg, run, "smoke", "f" * 64, "synthetic")
    assert set(STATED) <= set(measured)
    assert (measured["scales"], measured["models"]) == ("single", "one network")
    assert measured["opencv"] == cv2.__version__
    assert "schedule" not in measured


def test_a_longer_training_says_so(catalog) -> None:
    run = longer(catalog.run("transpose-r-a4-coco"), 4)
    cfg = plain_config(run, "smoke")
    cfg.test_dataloader.dataset.bbox_file = ""
    measured = protocol(cfg, run, "smoke", "f" * 64, "synthetic")
    assert measured["schedule"] == "4 times the usual length"


@pytest.mark.parametrize(
    ("run", "micro_batch", "words"),
    [
        ("transpose-h-a6-coco", None, "56 images, 14 at a time"),
        ("transpose-h-a6-coco", 7, "56 images, 7 at a time"),
        ("transpose-h-a6-coco", 56, "56 images"),
        ("transpose-r-a4-coco", None, "20 images"),
        ("querypose-r50-coco", None, "16 images, 2 at a time"),
    ],
)
def test_the_batch_is_stated(catalog, run, micro_batch, words) -> None:
    assert batch(plain_config(in_groups(catalog.run(run), "full", micro_batch), "full")) == words
