"""The doctor's findings, compared with the installed packages."""

import importlib.util
from importlib import metadata

import pytest
from click.testing import CliRunner

from bench import doctor, paths
from bench.cli import main
from bench.doctor import Finding, examine
from model_zoo import compat

pytestmark = [pytest.mark.network, pytest.mark.process]  # git


def test_findings_are_true_of_this_environment():
    said = [(finding.state, finding.what) for finding in examine()]
    has_operators = importlib.util.find_spec("mmcv._ext") is not None
    assert (("ok", "mmcv with compiled operators") in said) == has_operators
    assert any("mmcv-lite" in what for _, what in said) != has_operators
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
