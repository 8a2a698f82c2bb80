"""The doctor's findings, held against what can be looked up elsewhere."""

import importlib.util
from importlib import metadata

import pytest

from bench.doctor import examine
from model_zoo import compat

pytestmark = pytest.mark.network


def test_findings_are_true_of_this_environment():
    said = [(finding.state, finding.what) for finding in examine()]
    has_operators = importlib.util.find_spec("mmcv._ext") is not None
    assert (("ok", "mmcv with compiled operators") in said) == has_operators
    assert any("mmcv-lite" in what for _, what in said) != has_operators
    assert ("ok", f"MMPose {metadata.version('mmpose')} imports") in said


def test_a_full_mmcv_is_told(monkeypatch):
    monkeypatch.setattr(compat, "installed", list)
    assert ("ok", "mmcv with compiled operators") in [(f.state, f.what) for f in examine()]
