"""Which image an entry means: by id as number or text, or by file name; never one of two."""

import pytest

from bench.errors import DataError
from bench.evaluate.image_index import ImageIndex

COCO = ImageIndex(
    {785, 40083, 7}, {785: "000000000785.jpg", 40083: "000000040083.jpg", 7: "street.jpg"}
)
OLD = ImageIndex({785}, {785: "val2014/COCO_val2014_000000000785.jpg"})
RENUMBERED = ImageIndex({1, 2, 5}, {1: "000000000005.jpg", 2: "b.jpg", 5: "c.jpg"})
FOLDERS = ImageIndex({1, 2}, {1: "a/0001.jpg", 2: "b/0001.jpg"})
BARE = ImageIndex({10, 20, 1690000000785})


@pytest.mark.parametrize(
    ("images", "given", "image"),
    [
        (COCO, 785, 785),
        (COCO, 785.0, 785),
        (COCO, "785", 785),
        (COCO, " 785 ", 785),
        (COCO, "000000000785", 785),
        (COCO, "000000000785.jpg", 785),
        (COCO, "785.jpg", 785),
        (COCO, "000000000785.png", 785),
        (COCO, "val2017/000000000785.jpg", 785),
        (COCO, "val2017\\000000000785.jpg", 785),
        (COCO, "COCO_val2014_000000000785.jpg", 785),
        (COCO, "street", 7),
        (COCO, "street.jpg", 7),
        (OLD, "COCO_val2014_000000000785.jpg", 785),
        (OLD, "000000000785.jpg", 785),
        (RENUMBERED, 5, 5),
        (RENUMBERED, "c.jpg", 5),
        (RENUMBERED, "000000000005.jpg", 1),
        (FOLDERS, "a/0001.jpg", 1),
        (FOLDERS, "/data/coco/b/0001.jpg", 2),
        (FOLDERS, "b\\0001.jpg", 2),
        (FOLDERS, "b/0001", 2),
        (COCO, "785.0", 785),
        (COCO, "+785.", 785),
        (COCO, "7.85e2", 785),
        (BARE, "10", 10),
        (BARE, 1690000000785.0, 1690000000785),
    ],
)
def test_an_image_is_found_where_only_one_can_be_meant(images, given, image):
    assert images.find(given) == image


@pytest.mark.parametrize(
    ("images", "given", "message"),
    [
        (
            RENUMBERED,
            "5",
            r"is ambiguous: it can mean id 1 \(000000000005.jpg\) and id 5 \(c.jpg\)",
        ),
        (RENUMBERED, "000000000005", "is ambiguous"),
        (FOLDERS, "0001.jpg", "is ambiguous"),
        (FOLDERS, "c/0001.jpg", "is ambiguous"),
        (COCO, 786, r"image_id 786 is not in the annotations$"),
        (COCO, "7.jpg", "it is text; expected are whole numbers, such as 7, or file names"),
        (COCO, "lane.jpg", r"'lane\.jpg' is not in the annotations: it is text"),
        (COCO, "785.5", "it is text"),
        (COCO, "785.2e3", "it is text"),
        (COCO, "7.5", "it is text"),
        (COCO, "-785.0", "it is text"),
        (COCO, 785.5, r"785\.5 is not in the annotations: it is a float"),
        (COCO, 1e300, "it is a float"),
        (COCO, True, "it is a bool; expected are whole numbers, such as 7"),
        (COCO, None, "it is null"),
        (COCO, [785], "it is a list"),
        (COCO, {"id": 785}, "it is a dict"),
        (BARE, "9" * 5000, "it is text"),
        (ImageIndex({2**60}), float(2**60), "it is a float"),  # not every id is exact as a float
        (ImageIndex(()), "1", "but the annotations list none"),
    ],
)
def test_anything_else_is_named_with_its_type(images, given, message):
    with pytest.raises(DataError, match=message) as caught:
        images.find(given)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "given",
    [
        ["a/000000000785.jpg", "b/000000000785.jpg"],
        ["x/cam1/street.jpg", "x/cam2/street.jpg"],
        ["val/785.png", 785, "train/785.png"],
    ],
)
def test_files_of_two_folders_are_never_one_image(given):
    with pytest.raises(DataError, match="are of different folders and would both be image"):
        COCO.find_all(given)


def test_one_image_may_be_given_in_several_ways():
    assert set(COCO.find_all([785, "785", 785.0, "v/785.jpg", "v/000000000785.png"]).values()) == {
        785
    }


def test_the_index_is_the_set_of_ids():
    assert 785 in COCO
    assert "785" not in COCO
    assert sorted(COCO) == [7, 785, 40083]
    assert len(COCO) == 3


def test_files_and_sizes_are_known_where_the_annotations_say_them():
    images = ImageIndex.of(
        [
            {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480},
            {"id": 2, "file_name": None, "width": 640},
            {"id": 3},
        ]
    )
    assert sorted(images) == [1, 2, 3]
    assert images.files == {1: "a.jpg"}
    assert images.sizes == {1: (640, 480)}
