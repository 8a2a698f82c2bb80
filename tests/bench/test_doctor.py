"""The doctor's findings, compared with the installed packages."""

import importlib.util
from importlib import metadata

import pytest
from click.testing import CliRunner

from bench import doctor, paths
from bench.cli import main
from bench.doctor import Finding, examine
from bench.results import provenance
from model_zoo import compat

pytestmark = [pytest.mark.network, pytest.mark.process]  # git


def test_findings_are_true_of_this_environment():
    said = [(finding.state, finding.what) for finding in examine()]
    has_operators = importlib.util.find_spec("mmcv._ext") is not None
    assert (("ok", "mmcv with compiled operators") in said) == has_operators
    assert any("no compiled operators" in what for _, what in said) != has_operators
    assert ("ok", f"MMPose {metadata.version('mmpose')} imports") in said


def test_a_full_mmcv_is_reported(monkeypatch):
    monkeypatch.setattr(compat, "installed", list)
    assert ("ok", "mmcv with compiled operators") in [(f.state, f.what) for f in examine()]


def test_an_error_is_printed_with_its_fix_and_exit_status_1(monkeypatch):
    findings = [
        Finding("ok", "git"),
        Finding("note", "no GPU"),
        Finding("error", "cc", "install it"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    assert done.stdout == "ok    git\nnote  no GPU\nERROR cc\n      fix: install it\n"
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings[:2]))
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 0


def test_an_installed_package_has_no_pinned_versions_to_check(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (finding,) = doctor._versions()
    assert finding.state == "note"
    assert "pinned versions are not checked" in finding.what


@pytest.fixture
def installed(monkeypatch):
    """Pretends that these packages are installed, in these versions, and no others."""

    def pretend(others=(), **versions):
        named = dict(others) | {name.replace("_", "-"): one for name, one in versions.items()}
        monkeypatch.setattr(doctor, "_version", named.get)

    return pretend


@pytest.mark.parametrize(
    ("versions", "state", "says"),
    [
        ({"onedl_mmcv": "2.3.6"}, "ok", "onedl-mmcv 2.3.6 in place of mmcv: published as source only"),
        ({"onedl_mmengine": "0.10.12"}, "ok", "onedl-mmengine 0.10.12 in place of mmengine"),
        ({"onedl_mmcv": "2.4.0"}, "note", "onedl-mmcv 2.4.0: MMPose was tried with 2.3.6"),
        ({"onedl_mmcv": "2.3.6", "mmcv_lite": "2.2.0"}, "error", "onedl-mmcv 2.3.6 and mmcv-lite 2.2.0 write the same"),
        ({"onedl_mmengine": "0.10.12", "mmengine": "0.10.7"}, "error", "mmengine 0.10.7 write the same files"),
    ],
)  # fmt: skip
def test_forks_of_the_lower_layers_are_known(installed, versions, state, says):
    installed(**versions)
    (finding,) = doctor._forks()
    assert finding.state == state
    assert says in finding.what


def test_without_forks_nothing_is_said_of_them(installed):
    installed(mmcv_lite="2.2.0", mmengine="0.10.7")
    assert not list(doctor._forks())


def test_a_fork_stands_in_for_a_pinned_package(installed):
    pins = dict(
        line.split("==")
        for line in (paths.ROOT / "ci" / "constraints.txt").read_text().splitlines()
        if "==" in line and line[0] != "#"
    )
    forked = {name: pin for name, pin in pins.items() if name not in ("mmcv-lite", "mmengine")}
    installed(forked, onedl_mmcv="2.3.6", onedl_mmengine="0.10.12")
    assert [finding.state for finding in doctor._versions()] == ["ok"]
    installed(forked)
    (missing,) = doctor._versions()
    assert missing.what == "not installed: mmcv-lite, mmengine"


def test_results_name_the_forks_they_were_made_with():
    assert set(doctor.FORKS) <= set(provenance.PACKAGES)


@pytest.mark.parametrize(
    ("mmcv", "mmengine", "states"),
    [
        ("2.2.0", "0.10.7", ["ok", "ok"]),
        ("2.3.6", "0.10.12", ["ok", "ok"]),
        ("3.0.0", "1.0.0", ["ok", "ok"]),  # both ends are allowed
        ("2.0.0rc4", "0.6.0", ["ok", "ok"]),
        ("2.0.0rc3", "0.5.0", ["error", "error"]),
        ("3.0.1", "1.0.1", ["error", "error"]),
        ("1.7.2", "0.10.7", ["error", "ok"]),
    ],
)
def test_the_bounds_of_the_installed_mmpose_are_read_from_it(installed, mmcv, mmengine, states):
    installed(mmcv=mmcv, mmengine=mmengine, mmpose="1.3.2")
    found = list(doctor._bounds())
    assert [finding.state for finding in found] == states
    assert found[0].what == f"mmcv {mmcv}: MMPose 1.3.2 allows 2.0.0rc4 to 3.0.0"


@pytest.mark.parametrize(
    ("name", "error", "fix"),
    [
        ("xtcocotools._mask", ValueError("numpy.dtype size changed, may indicate ..."), "--no-binary xtcocotools"),
        ("xtcocotools._mask", ImportError("numpy.core.multiarray failed to import"), "--no-binary xtcocotools"),
        ("xtcocotools._mask", ModuleNotFoundError("No module named 'xtcocotools'"), "make setup"),
        ("cv2", ImportError("numpy.core.multiarray failed to import"), "make setup"),
    ],
)  # fmt: skip
def test_a_wheel_for_another_numpy_names_the_command_that_builds_it(monkeypatch, name, error, fix):
    def fails(_):
        raise error

    monkeypatch.setattr(doctor.importlib, "import_module", fails)
    finding = doctor._import(name)
    assert finding.state == "error"
    assert fix in finding.fix
