"""One image over all networks: the poses of every run on the same test images, as scripts that a page loads one by one.

The images are those that galleries share (`bench.measure.gallery.posed`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.catalog.schema import layout
from bench.datasets.keypoints import KEYPOINTS
from bench.results.galleries import Pose, PosedImage
from reports.pages.gallery import GalleryView
from reports.pages.model import ModelView, RunView
from reports.views.urls import explorer_file, model_page, picture_file, slug
from reports.views.words import clean

LETTERS = {"good": "g", "jitter": "j", "inversion": "i", "swap": "s", "miss": "m", None: "-"}


@dataclass(frozen=True)
class Explored:
    """A run with a gallery. group: runs of one group show the same images, which are there if `file` is not empty."""

    run: RunView
    gallery: GalleryView
    link: str
    file: str

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def group(self) -> str:
        result = self.gallery.result
        return f"{result.protocol.get('data', self.run.run.dataset)}, {result.tier} tier"


def explored(models: Iterable[ModelView], order: Sequence[str]) -> list[Explored]:
    """Every run with a gallery, by group and in `order`."""
    found = []
    for model in models:
        for run in model.runs:
            if run.gallery:
                link = f"{model_page(model.name)}#gallery-{slug(run.name)}"
                file = explorer_file(run.name) if run.gallery.gallery.images else ""
                found.append(Explored(run, run.gallery, link, file))
    return sorted(found, key=lambda one: (one.group, order.index(one.name)))


def poses_script(one: Explored) -> str:
    """A call of `addPoses` (static/explore.js) with the run's images: a page opened from disk may not fetch a file.

    kinds are letters, '-': not labelled or not detected; points are in pixels of the picture.
    """
    skeleton = KEYPOINTS[layout(one.run.run.dataset)]
    data = {
        "run": one.name,
        "of": f"{one.gallery.result.tier} tier, seed {one.gallery.result.seed}",
        "measure": "share of joints within half a head" if one.run.run.dataset == "mpii" else "OKS",
        "names": [name.replace("_", " ") for name in skeleton.names],
        "limbs": skeleton.limbs,
        "images": [_image(image) for image in one.gallery.gallery.images],
        "figures": [
            {
                "image": group.image,
                "title": clean(group.title),
                "caption": clean(group.caption),
                "pictures": [
                    [picture_file(p.sha256), p.width, p.height, clean(p.title), clean(p.alt)]
                    for p in group.pictures
                ],
            }
            for group in one.gallery.gallery.exhibits
            if group.image is not None
        ],
    }
    return f'"use strict";\naddPoses({json.dumps(data, allow_nan=False, separators=(",", ":"))});\n'


def _image(image: PosedImage) -> dict[str, object]:
    picture = image.picture
    return {
        "number": image.number,
        "picture": [picture_file(picture.sha256), picture.width, picture.height],
        "people": [_person(pose) for pose in image.people],
        "unmatched": image.unmatched,
    }


def _person(pose: Pose) -> dict[str, object]:
    kinds = "".join(LETTERS[kind] for kind in pose.kinds)
    points = {"annotated": pose.annotated, "predicted": pose.predicted}
    return {"id": pose.person, "score": pose.score, "kinds": kinds, **points}
