"""Edits of stored files (edits.yaml): each is noticed by the manifest, and what can be recomputed also without it."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bench.datasets.prepare import prepare
from bench.datasets.splits import annotation_file
from bench.errors import ResultError
from bench.evaluate.as_written import Folder
from bench.evaluate.model_card import read_card
from bench.evaluate.submit import submit
from bench.evaluate.verify import Check, checkable, other_files, verify
from bench.measure import selfcheck
from bench.measure.count.model_counts import measure_counts
from bench.measure.recheck import recheck
from bench.measure.train import measure_seed
from bench.results import manifest
from bench.results.galleries import Gallery, PanelGroup, write_gallery
from bench.results.store import Store
from tests.bench.evaluate.test_model_card import CARD
from tests.conftest import ROOT
from tests.factories import provenance, timed
from tests.reports.gallery_fixture import picture

RUN = selfcheck.NAME
INPUTS = {"bench/measure/speed.py": "content:0"}
GROUPS = yaml.safe_load(Path(__file__).with_name("edits.yaml").read_text())
EDITS = {
    f"{name}": {"file": group.get("file"), **edit}
    for group in GROUPS.values()
    for name, edit in group["edits"].items()
}
STORED = {name: edit for name, edit in EDITS.items() if not {"ledger", "outside"} & edit.keys()}
AT_LEAST = {"edits": 56, "noticed": 50}
CATALOG = selfcheck.short_catalog()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results of every kind, as the commands leave them."""
    folder = tmp_path_factory.mktemp("edits")
    (folder / "params.yaml").write_text(selfcheck.SETTINGS)
    (folder / "card.yaml").write_text(CARD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        prepare("coco", "smoke")
        store = Store(folder / "results", folder / "measured")
        for _ in range(2):  # the second takes over the training; it has another date
            measure_seed(CATALOG, store, RUN, CATALOG.run(RUN), "smoke", 0)
            [stored] = store.accuracies()
            if not (folder / "results/earlier.json").exists():
                shutil.copy(stored.path, folder / "results/earlier.json")
        made = [picture(number, 192, None) for number in range(2)]
        group = PanelGroup(key="p", title="P", caption="C.", pictures=tuple(p for p, _ in made))
        digest = stored.result.predictions.sha256
        gallery = Gallery(predictions=digest, exhibits=(group,))
        write_gallery(stored, gallery, {p.file: content for p, content in made})
        for one in measure_counts(["transpose-r-a3"]):
            store.write(one)
        store.write(
            timed(transpose_r_a3=20.0, hrnet_w48=60.0).model_copy(
                update={"group": "transpose", "provenance": provenance(inputs=INPUTS)}
            )
        )
        (folder / "found.json").write_text(json.dumps(found()))
        submit(store, folder / "found.json", read_card(folder / "card.yaml"), "coco", "smoke")
        yield folder


def found() -> list[dict[str, Any]]:
    """The annotated people, found exactly."""
    people = json.loads(annotation_file("coco", "smoke").read_text())["annotations"]
    return [
        {"image_id": p["image_id"], "category_id": 1, "score": 0.5, "keypoints": p["keypoints"]}
        for p in people
    ]


@pytest.fixture
def results(workspace: Path, tmp_path: Path) -> Store:
    """A copy of the results, for one edit."""
    shutil.copytree(workspace / "results", tmp_path / "results")
    return Store(tmp_path / "results", tmp_path / "measured")


def checks(store: Store, file: str = "") -> list[Check]:
    """Of every file; or of the result that a file belongs to, and of files that belong to none."""
    every = checkable(store, [])
    stems = [one.path.relative_to(store.root).with_suffix("") for one in every]
    wanted = [one for one, stem in zip(every, stems, strict=True) if file.startswith(f"{stem}.")]
    wanted = wanted if file else every
    return [*verify(CATALOG, store, wanted, recheck), *other_files(store, every)]


def test_nothing_is_noticed_where_nothing_was_edited(results):
    found = {check.file: check for check in checks(results)}
    states = {name: check.state for name, check in found.items()}
    assert states == {
        "results/counted/transpose-r-a3.json": "verified",
        "results/timed/transpose.json": "recorded",
        f"results/smoke/{RUN}/seed-0.json": "verified",
        "results/submitted/my-net/coco-smoke.json": "verified",
    }, found
    reason = found[f"results/smoke/{RUN}/seed-0.json"].reason
    assert "protocol and length of its config; 3 constant poses; the rest as recorded" in reason


def test_the_table_is_long_enough_and_names_what_is_not_noticed():
    unnoticed = [name for name, edit in EDITS.items() if "unnoticed" in edit]
    assert len(EDITS) >= AT_LEAST["edits"]
    assert len(EDITS) - len(unnoticed) >= AT_LEAST["noticed"]
    text = " ".join((ROOT / "SECURITY.md").read_text().split())
    assert all(f"{name}: {EDITS[name]['unnoticed']}" in text for name in unnoticed)


@pytest.mark.parametrize("name", STORED)
def test_the_edit_is_noticed(results, name):
    """By the manifest; then by recomputation, once the manifest is rewritten as well."""
    edit = STORED[name]
    before = set(Folder(results.root).paths)
    change(results.root, edit)
    if "unnoticed" in edit:
        assert not [one for one in checks(results) if one.state == "mismatch"]
        return
    folder = Folder(results.root)
    written = folder.written(folder.paths)
    if "notice" in edit:
        assert any(edit["notice"] in check.reason for check in checks(results, edit["file"]))
        return
    assert written.wrong or (folder.manifest and folder.manifest.broken)
    if edit["file"] != manifest.NAME:
        assert all(edit["file"] in one or "seed-0" in one for one in written.wrong), written.wrong
    manifest.record(results.root, dict.fromkeys(before - set(folder.paths)))
    manifest.accept(results.root, ".")
    if "refused" in edit:
        with pytest.raises(ResultError, match=edit["refused"]):
            checks(results)
    elif "recomputed" in edit:
        wrong = [one for one in checks(results, edit["file"]) if one.state == "mismatch"]
        assert len(wrong) == 1, wrong
        assert edit["recomputed"] in wrong[0].reason


# ---------------------------------------------------------------- how an edit is carried out


def change(base: Path, edit: dict[str, Any]) -> None:
    file = base / edit["file"]
    file.parent.mkdir(parents=True, exist_ok=True)
    if "copy" in edit:
        shutil.copy(base / edit["copy"], file)
    if edit.get("delete"):
        file.unlink()
    elif "instead" in edit:
        content = edit["instead"].encode()
        file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    elif "flip" in edit:
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    elif "npz" in edit:
        with np.load(file) as data:
            arrays = dict(data)
        for key, how in edit["npz"].items():
            arrays[key] = arrays[key][1:] if how == "first-removed" else np.ones_like(arrays[key])
        np.savez_compressed(file, **arrays)
    elif "lines" in edit:
        lines = file.read_text().splitlines(keepends=True)
        lines[3:4] = [] if edit["lines"] == "deleted" else ["0" * 64 + lines[3][64:]]
        file.write_text("".join(lines))
    elif edit.keys() & {"set", "scale", "drop"}:
        change_json(file, edit)
    if edit.get("forge"):
        result = file.with_name("seed-0.json")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        change_json(result, {"set": {"predictions/sha256": digest}})


def change_json(file: Path, edit: dict[str, Any]) -> None:
    packed = file.suffix == ".gz"
    data = json.loads(gzip.decompress(file.read_bytes()) if packed else file.read_bytes())
    for path, value in edit.get("set", {}).items():
        place, key = entry(data, path)
        place[key] = value
    for path, factor in edit.get("scale", {}).items():
        place, key = entry(data, path)
        place[key] = type(place[key])(place[key] * factor)
    for path in edit.get("drop", ()):
        place, key = entry(data, path)
        del place[key]
    text = json.dumps(data, sort_keys=True, indent=2).encode()
    file.write_bytes(gzip.compress(text) if packed else text)


def entry(data: Any, path: str) -> tuple[Any, Any]:
    """The mapping or list that holds an entry a/b/c, and its key there; ~ stands for a slash in a key."""
    *above, last = (part.replace("~", "/") for part in path.split("/"))
    for part in above:
        data = data[int(part) if isinstance(data, list) else part]
    return data, int(last) if isinstance(data, list) else last
