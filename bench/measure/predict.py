"""Predictions of a model on its config's test split, as COCO result entries."""

from pathlib import Path
from typing import Any

from bench.files import read_json
from bench.measure.runner import runner


def predict(cfg: Any, model: Any, folder: Path) -> list[dict[str, Any]]:
    """Run the test loop of `cfg` with `model`; entries as `bench.evaluate.metrics` wants them.

    Scoring and OKS-NMS are MMPose's own, as the config sets them. `folder` takes mmengine's logs and MMPose's raw file.
    With several processes every one predicts its share and all return the whole.
    """
    from model_zoo.inputs import in_batches

    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "predictions"
    settings = cfg.to_dict()
    keep = ("default_scope", "env_cfg", "launcher", "randomness", "test_dataloader", "test_cfg")
    view = {key: settings[key] for key in keep if key in settings}
    view["test_dataloader"] = in_batches(view["test_dataloader"])
    evaluator = settings["test_evaluator"]
    first = evaluator if isinstance(evaluator, dict) else evaluator[0]
    if first["type"] == "CocoMetric":
        view["test_evaluator"] = {**first, "format_only": True, "outfile_prefix": str(raw)}
    else:
        view["test_evaluator"] = {"type": "PersonKeypoints", "file": f"{raw}.keypoints.json"}
    runner(model, {**view, "work_dir": str(folder / "test"), "log_level": "WARNING"}).test()
    entries = read_json(Path(f"{raw}.keypoints.json"))
    kinds = {kind.__name__ for kind in type(model).__mro__}
    if not hasattr(model, "head") or "BottomupPoseEstimator" in kinds:
        return list(entries)  # the boxes in them are the model's own, and not those it was given
    return [{k: v for k, v in entry.items() if k != "bbox"} for entry in entries]
