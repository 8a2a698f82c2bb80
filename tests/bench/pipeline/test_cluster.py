"""cluster.yaml: what each job gets, and what is refused."""

from pathlib import Path

import pytest

from bench.errors import CatalogError
from bench.pipeline.cluster import Cluster, read_cluster

WHOLE = """
executor: slurm
partition: gpu
gpus: 1
memory: 64GB
runs:
  "querypose-*": {gpus: 8, processes: 8, time: 48}
  querypose-r50: {gpus: 2}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "cluster.yaml"
    file.write_text(text)
    return file


def test_later_patterns_win_and_what_they_leave_out_stays(tmp_path):
    cluster = read_cluster(written(tmp_path, WHOLE))
    found = cluster.of("run@querypose-r50")
    assert (found.partition, found.memory, found.gpus, found.processes, found.time) == (
        "gpu", "64GB", 2, 8, 48,
    )  # fmt: skip
    assert cluster.of("run@lofr-r50").gpus == 1


def test_timings_get_the_whole_machine():
    assert Cluster().of("time-transpose").exclusive
    assert not Cluster().of("run@a").exclusive


def test_the_command_line_wins_over_the_file(tmp_path):
    assert read_cluster(written(tmp_path, WHOLE), "local").executor == "local"
    assert read_cluster(None).executor == "local"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitoin: gpu", "partitoin"),
        ("gpus: -1", "gpus"),
        ("memory: lots", "memory"),
        ("time: soon", "time"),
        ("executor: pbs", "executor"),
        ('runs: {"a*": {gpu: 8}}', "gpu"),
        ('runs: {"a*": 8}', "runs"),
        ("runs: [a]", "runs"),
        ("pack: 0", "pack"),
        ("- gpu", "docs/cluster.md"),
        ("setup: {a: b}", "setup"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_submitted(tmp_path, text, said):
    with pytest.raises(CatalogError, match=said):
        read_cluster(written(tmp_path, text))
