"""Small random annotation files and predictions with everything that evaluators may treat differently."""

import numpy as np

from bench.datasets.keypoints import KEYPOINTS

#: Number of keypoints -> sigmas; 16 is no data set's of its own.
SIGMAS = {
    17: KEYPOINTS["coco"].sigmas,
    16: np.linspace(0.25, 1.07, 16) / 10,
    14: KEYPOINTS["crowdpose"].sigmas,
}


def odd_file(seed: int) -> tuple[int, dict, list[dict]]:
    """Keypoints, annotations and predictions of 1 to 3 images.

    With crowds, unlabelled people, people and detections that are the same to the bit, coordinates on a grid, equal and
    negative scores, areas on the borders of the ranges, more than 20 detections, images without people or detections.
    """
    rng = np.random.default_rng(seed)
    count = (17, 17, 14, 16)[seed % 4]
    grid = bool(rng.random() < 0.4)
    people: list[dict] = []
    found: list[dict] = []
    ids = rng.permutation(10**6)[:100] + 1
    images = [9 * n + 2 for n in range(int(rng.integers(1, 4)))]
    for image in images:
        spots: list[np.ndarray] = []
        for _ in range(int(rng.integers(0, 5))):
            size = rng.choice([20.0, 32.0, 60.0, 96.0, 200.0])
            points = rng.uniform(50, 250, 2) + rng.uniform(-0.5, 0.5, (count, 2)) * size
            if spots and rng.random() < 0.25:
                points = spots[-1] + rng.choice([0.0, 0.0, 1.0, 2.0])
            spots.append(np.round(points) if grid else points)
            people.append(_person(rng, int(ids[len(people)]), image, spots[-1], float(size)))
        for _ in range(int(rng.integers(0, 6)) + 22 * int(rng.random() < 0.06)):
            points = rng.uniform(0, 300, (count, 2))
            if spots and rng.random() < 0.8:
                noise = rng.normal(0, rng.choice([0, 1, 4, 10, 30]), (count, 2))
                points = spots[rng.integers(len(spots))] + noise
            if found and rng.random() < 0.15:
                points = np.array(found[-1]["keypoints"]).reshape(count, 3)[:, :2]
            score = rng.choice([0.25, 0.5, 0.75, 1.0]) if rng.random() < 0.5 else rng.random()
            seen = rng.random(count) * (rng.random() > 0.05)
            points = np.round(points) if grid else points
            found.append(
                {
                    "image_id": image,
                    "category_id": 1,
                    "keypoints": np.c_[points, seen].ravel().tolist(),
                    "score": float(score * rng.choice([1, 1, 1, -1])),
                }
            )
    rng.shuffle(found)
    listed = [
        {"id": one, "width": 300, "height": 300, "crowdIndex": float(rng.choice([0.1, 0.2, 0.9]))}
        for one in images
    ]
    category = {"id": 1, "name": "person", "keypoints": [""] * count, "skeleton": []}
    truth = {"info": {}, "images": listed, "annotations": people, "categories": [category]}
    return count, truth, found


def _person(
    rng: np.random.Generator, number: int, image: int, points: np.ndarray, size: float
) -> dict:
    seen = rng.integers(0, 3, len(points)) * int(rng.random() > 0.2)
    low, high = points.min(axis=0), points.max(axis=0)
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "bbox": [float(v) for v in (*low, *(high - low))],
        "area": float(rng.choice([size * size, size * size / 2, 32.0**2, 96.0**2])),
        "iscrowd": int(rng.random() < 0.15),
        "num_keypoints": int((seen > 0).sum()),
        "keypoints": np.c_[points * (seen > 0)[:, None], seen].ravel().tolist(),
    }
