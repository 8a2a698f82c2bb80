"""Where the stages run and what each may use: `repropose repro --executor slurm --config cluster.yaml`.

The file's words are those of submitit and sbatch. `docs/cluster.md` has an example.
"""

import fnmatch
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.catalog.yaml_lines import read_yaml
from bench.errors import CatalogError

EXECUTORS = ("local", "slurm")
Executor = Literal["local", "slurm"]


class Resources(BaseModel):
    """What one job gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    nodes: int = Field(1, ge=1, description="machines that train one run together")
    gpus: int = Field(0, ge=0, description="GPUs on each machine")
    processes: int = Field(1, ge=1, description="training processes on each machine, by torchrun")
    cpus: int = Field(1, ge=1, description="cores for each machine")
    memory: str | None = Field(None, pattern=r"^\d+(\.\d+)?[MGT]B?$", description="such as 32GB")
    exclusive: bool = Field(False, description="the whole machine; always so for timings")
    time: float | None = Field(None, gt=0, description="hours; 1.5 times the estimate by default")


class Cluster(Resources):
    """The whole file: what every job gets, and what some get instead."""

    executor: Executor = "local"
    parallel: int | None = Field(None, ge=1, description="jobs at a time: sbatch's array limit")
    pack: int = Field(1, ge=1, description="runs of equal shape side by side in one job")
    requeues: int = Field(10, ge=0, description="times a job goes on after its time is up")
    setup: tuple[str, ...] = Field((), description="shell lines before a job starts")
    runs: dict[str, dict[str, Any]] = Field({}, description="name or pattern -> what it gets")

    def of(self, stage: str) -> Resources:
        """What a stage gets: later patterns that match its name win over earlier ones."""
        found = {name: getattr(self, name) for name in Resources.model_fields}
        if stage.startswith("time-"):
            found["exclusive"] = True
        for pattern, instead in self.runs.items():
            if fnmatch.fnmatchcase(stage.removeprefix("run@"), pattern):
                found |= instead
        return Resources(**found)


def read_cluster(path: Path | None, executor: Executor | None = None) -> Cluster:
    """The settings of a file; `executor` wins over the file's. Raises `CatalogError` naming the wrong entry."""
    given = {} if path is None else read_yaml(path)
    if not isinstance(given, dict):
        raise CatalogError(f"{path}: holds no settings; docs/cluster.md has an example")
    if executor:
        given = {**given, "executor": executor}
    try:
        cluster = Cluster(**given)
        for pattern in cluster.runs:
            cluster.of(pattern)
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(map(str, first["loc"]))
        known = ", ".join(Cluster.model_fields)
        raise CatalogError(
            f"{path or 'cluster settings'}: {entry}: {first['msg']}, found {first['input']!r}; known: {known}"
        ) from None
    return cluster
