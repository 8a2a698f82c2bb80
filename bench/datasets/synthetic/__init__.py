"""Synthetic people: rendered from a 3-D skeleton, annotated as COCO, MPII and CrowdPose are.

    render(seed, index)            one scene in memory: an image and the ground truth of its people
    generate(folder, ...)          a whole data set on disk, in the data set's own layout
    contact_sheet(path, ...)       a grid of scenes

Everything is deterministic from the seed, to the byte, on every machine: random numbers and angles
come from `dice`, geometry is element-wise IEEE arithmetic (`skeleton`, `render`), files are written
by `png` and `annotate` without dates or compression.
"""

from bench.datasets.synthetic.scene import Scene, render
from bench.datasets.synthetic.sheet import contact_sheet
from bench.datasets.synthetic.truth import Person
from bench.datasets.synthetic.write import Manifest, Recipe, fingerprint, generate, read_manifest

__all__ = [
    "Manifest",
    "Person",
    "Recipe",
    "Scene",
    "contact_sheet",
    "fingerprint",
    "generate",
    "read_manifest",
    "render",
]
