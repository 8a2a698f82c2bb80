"""Images with the poses in them: which images, and where the points are in their pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.evaluate.per_person import KINDS, People
from bench.measure.gallery import posed
from bench.measure.gallery.annotated_images import Scene


def test_every_run_has_the_same_images_beginning_with_the_sample_of_the_gallery() -> None:
    one = posed.shared_sample("coco", list(range(300)), [7, 3])
    assert one == posed.shared_sample("coco", list(range(300))[::-1], [7, 3])
    assert one[:2] == [7, 3]
    assert len(set(one)) == len(one) == posed.MOST_IMAGES
    assert sorted(posed.shared_sample("coco", [1, 2, 3], [3])) == [1, 2, 3]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Two people of 17 keypoints in an image of 400 x 300, the last keypoint of each not labelled."""
    file = tmp_path / "image.png"
    Image.new("RGB", (400, 300), (90, 120, 150)).save(file)
    people = []
    for left in (50.0, 250.0):
        points = [(left + 5 * k, 60.0 + 10 * k, 2.0) for k in range(16)]
        people.append(np.array([*points, (0.0, 0.0, 0.0)]))
    return Scene(file, tuple(people), (101, 102))


def test_points_are_in_pixels_of_the_picture_and_errors_those_of_the_result(scene: Scene) -> None:
    kinds = np.array([[0, 1, 2, 3, 4] + [0] * 11 + [-1], [-1] * 17], np.int8)
    ids = np.array([9, 9]), np.array([101, 102])
    people = People(*ids, np.array([1, -1]), np.array([0.5, 0.0]), kinds)
    entries = [
        {"image_id": 9, "score": 0.2, "keypoints": [300.0, 100.0, 1.0] * 17},
        {
            "image_id": 9,
            "score": 0.9,
            "keypoints": (scene.people[0] + (2.0, 0.0, 0.0)).ravel().tolist(),
        },
        {"image_id": 8, "score": 1.0, "keypoints": [0.0] * 51},
    ]
    (image,), files = posed.posed_images([9], {9: scene}, people, entries)
    assert list(files) == [image.picture.file]
    assert len(files[image.picture.file]) == image.picture.size
    assert max(image.picture.width, image.picture.height) == posed.LONGEST
    found, lost = image.people
    assert [one if one is None else KINDS.index(one) for one in found.kinds[:5]] == [0, 1, 2, 3, 4]
    assert found.annotated[16] is None
    assert lost.predicted is None
    assert len(image.unmatched) == 1
    scale = posed.LONGEST / max(scene.part[2] - scene.part[0], scene.part[3] - scene.part[1])
    assert found.predicted is not None
    for mine, theirs in zip(found.annotated[:16], found.predicted, strict=False):
        assert mine is not None
        assert theirs[0] - mine[0] == pytest.approx(2 * scale, abs=0.11)
        assert theirs[1] == mine[1]
    x, y = found.annotated[0] or (0.0, 0.0)
    assert (x, y) == pytest.approx(
        ((50.5 - scene.part[0]) * scale, (60.5 - scene.part[1]) * scale), abs=0.06
    )
    again = posed.posed_images([9], {9: scene}, people, entries)
    assert again == ((image,), files)


def test_images_that_no_longer_fit_are_left_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People(*(np.array([], np.int64),) * 3, np.array([]), np.zeros((0, 17), np.int8))
    one, files = posed.posed_images([9], {9: scene}, people, [])
    monkeypatch.setattr(posed, "MOST_BYTES", 2 * len(files["image-0.webp"]))
    three, _ = posed.posed_images([9, 10, 11], {9: scene, 10: scene, 11: scene}, people, [])
    assert len(one) == 1
    assert len(three) == 2
