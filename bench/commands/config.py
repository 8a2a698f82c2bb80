"""`repropose config`: a zoo model as one flat MMPose config file."""

from pathlib import Path
from typing import Any

import click

from bench.catalog.schema import TIERS
from bench.files import write_atomically


@click.command("config", epilog="Example: repropose config lofr-r50-spe --out spe.py")
@click.argument("name")
@click.option(
    "--tier", type=click.Choice(TIERS), default="full", show_default=True, help="size of the model"
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="a file to write to")
def config_command(name: str, tier: str, out: Path | None) -> None:
    """Write a model as one flat MMPose config file.

    MMPose's own tools take the file as it is, where this package can be imported. Training with it, any of the numbers
    of processes that its first lines name shares the batch that it states; others are refused.
    """
    text = flat_config(name, tier)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
        click.echo(str(out))


def flat_config(name: str, tier: str) -> str:
    """The resolved config of a zoo model as Python text without `_base_`.

    A model without the entries that MMPoseInferencer asks for (`data_mode`, `dataset_type`) gets
    them from its test data set; "bottomup" is MMPose's word for whole images. Raises `UnknownModel`
    for an unknown model or tier.
    """
    import model_zoo

    cfg = model_zoo.config(name, tier=tier)
    dataset = cfg.test_dataloader.dataset
    cfg.setdefault("data_mode", dataset.get("data_mode", "bottomup"))
    cfg.setdefault("dataset_type", dataset.type)
    return f"# {name}, tier {tier}: written by `repropose config`\n{_batch(cfg)}{cfg.pretty_text}"


def _batch(cfg: Any) -> str:
    """Comments on the batch and who can share it."""
    from model_zoo.training.batch import allowed_processes, share

    if "train_dataloader" not in cfg:
        return ""
    loader = cfg.train_dataloader
    one, allowed = share(loader), allowed_processes(loader)
    each = ", ".join(f"{n} with {one.total // n}" for n in allowed)
    return (
        f"# Batch: {one.total} images a step over all processes, {one.group} at a time through the network.\n"
        f"# Processes that can share it, with images each: {each}.\n"
    )
