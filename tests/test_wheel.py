"""The wheel outside a checkout: built, installed into a fresh environment, used from an empty folder."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import paths
from bench.cli import main
from bench.paths import config_files
from bench.results.records import CountResult, Provenance
from bench.results.store import Store
from tests.conftest import ROOT
from tests.test_api import FOUND, TRUTH

PARTS = (
    "bench",
    "model_zoo",
    "reports",
    "repropose.py",
    "pyproject.toml",
    "README.md",
    "params.yaml",
)
READ = """
import io, json, sys
from contextlib import redirect_stdout
from bench.cli import main
answers = {}
for arguments in json.loads(sys.argv[1]):
    with redirect_stdout(io.StringIO()) as out:
        main(arguments, standalone_mode=False)
    answers[" ".join(arguments)] = out.getvalue()
import bench, model_zoo, reports, repropose
files = [module.__file__ for module in (bench, model_zoo, reports, repropose)]
json.dump({"answers": answers, "files": files, "path": sys.path, "torch": "torch" in sys.modules}, sys.stdout)
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel, this one's packages, and not this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source, home = folder / "source", folder / "home"
    source.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text(
        "\n".join(sorted(paths)) + "\n"
    )  # its own .pth are not read
    shutil.rmtree(source)
    return home / "bin"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    hidden = ("PYTHONPATH", "REPROPOSE_WORKSPACE", "REPROPOSE_PAPERS")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def below(folder: Path) -> list[Path]:
    """Files, but for byte-code."""
    return sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts and p.name != "ruff.toml"
    )


@pytest.mark.slow
def test_reading_evaluating_and_the_site_work_from_an_empty_folder(installed, empty):
    (empty / "found.json").write_text(json.dumps(FOUND))
    (empty / "truth.json").write_text(json.dumps(TRUTH))
    package = below(installed.parent)
    commands = [
        ["show", "transpose-2"],
        ["claims", "--json"],
        ["cells", "--json"],
        ["evaluate", "--predictions", "found.json", "--truth", "truth.json", "--json"],
        ["site"],
    ]
    done = run([str(installed / "python"), "-c", READ, json.dumps(commands)], empty)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all(file.startswith(str(installed.parent)) for file in found["files"])
    assert str(ROOT) not in found["path"]
    assert not found["torch"]
    table, claims, cells, evaluation, site = found["answers"].values()
    assert "TransPose Table 2" in table
    assert {one["paper"] for one in json.loads(claims)} >= {"transpose", "lofr"}
    assert len(json.loads(cells)) > 1000
    assert json.loads(evaluation)[0]["metrics"]["AP"] == pytest.approx(100)
    index = empty / "build" / "site" / "index.html"
    assert index.as_uri() in site
    assert (index.parent / "static" / "style.css").is_file()
    assert list(index.parent.glob("**/transpose-r-a4.html"))
    assert below(installed.parent) == package  # the installed package is unchanged


def test_models_are_listed_with_their_stored_counts(installed, empty):
    """Results are read from the folder that the command runs in."""
    source = Provenance(commit="", dirty=False, command="", environment={}, hardware={})
    parameters = {"total": 1_000_000, "trainable": 1_000_000, "position_embedding": 0}
    fields = {"input_size": (192, 256), "parameters": parameters, "macs": 10**9, "flops": {}}
    for name in config_files():
        Store(empty / "results").write(CountResult(model=name, provenance=source, **fields))
    done = run([str(installed / "repropose"), "models"], empty)
    assert done.returncode == 0, done.stderr
    assert "transpose-r-a4 " in done.stdout
    assert "counting" not in done.stderr


@pytest.mark.slow
def test_a_model_is_counted_into_the_folder(installed, empty):
    """With PyTorch and MMPose: configs and code of the zoo are complete in the wheel."""
    done = run([str(installed / "repropose"), "count", "transpose-r-a3"], empty)
    assert done.returncode == 0, done.stderr
    assert [p.relative_to(empty).as_posix() for p in below(empty)] == [
        "results/counted/transpose-r-a3.json",
        "results/manifest.txt",
    ]
    provenance = json.loads((empty / "results/counted/transpose-r-a3.json").read_text())[
        "provenance"
    ]
    assert provenance["commit"] == "unknown"  # whatever repository the environment is in


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["repro"], "measure single runs with `repropose measure RUN`"),
        (["pipeline"], "; clone the repository"),
        (["new", "paper", "my-paper"], "give a folder of your own with --root"),
    ],
)
def test_what_needs_the_checkout_says_so(arguments, instead, monkeypatch, tmp_path):
    """In this process: the package looks installed, as its folder has no pyproject.toml."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "needs a checkout of the project, and this package is installed in" in done.stderr
    assert instead in done.stderr
    assert "clone the repository and run `make setup`" in done.stderr
    assert not list(tmp_path.iterdir())


def test_data_files_of_the_packages_are_all_in_the_wheel(installed):
    """Papers, sources, configs, templates, results, and all code."""
    (site,) = installed.parent.glob("lib/python*/site-packages")
    kept = [ROOT / name for name in ("bench", "model_zoo", "reports")]
    ours = [p for folder in kept for p in below(folder) if not p.name.startswith(".")]
    missing = [p for p in ours if not (site / p.relative_to(ROOT)).is_file()]
    assert not missing
    assert (site / "bench" / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()
    assert not (site / "bench" / "params.yaml").is_symlink()


def test_workspace_is_the_variable_the_checkout_or_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("REPROPOSE_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert paths.workspace() == ROOT
    monkeypatch.setattr(paths, "ROOT", tmp_path / "site-packages")
    assert paths.workspace() == tmp_path
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path / "other"))
    assert paths.workspace() == tmp_path / "other"
    (tmp_path / "params.yaml").write_text("tier: lab\n")
    assert paths.params_file().name == "params.yaml"
    assert "synthetic:" in paths.params_file().read_text()  # the package's own
