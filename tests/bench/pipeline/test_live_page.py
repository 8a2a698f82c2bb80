"""The leaderboard is built beside the trainings."""

import threading
import time

from bench.pipeline import live_page
from bench.pipeline.live_page import LivePage


def test_what_is_asked_during_a_build_is_built_once_with_the_last_state():
    began, go_on, again = threading.Event(), threading.Event(), threading.Event()
    built = []

    def build(running, waiting):
        built.append((running, waiting))
        began.set()
        go_on.wait(5)
        if len(built) == 2:
            again.set()

    live = LivePage(build)
    live.ask(["a"], 3)
    assert began.wait(5)
    live.ask(["b"], 2)
    live.ask(["c"], 1)
    go_on.set()
    assert again.wait(5)
    live.stop()
    assert built == [(["a"], 3), (["c"], 1)]


def test_building_takes_at_most_a_tenth_of_the_time(monkeypatch):
    monkeypatch.setattr(live_page, "SHARE", 0.001)
    built = []
    live = LivePage(lambda *given: (built.append(given), time.sleep(0.05)))
    live.ask([], 1)
    time.sleep(0.2)
    live.ask([], 0)
    live.stop()
    assert len(built) == 1


def test_an_error_stops_no_training(capsys):
    tried = threading.Event()

    def build(*_):
        tried.set()
        raise OSError("no space")

    live = LivePage(build)
    live.ask([], 1)
    assert tried.wait(5)
    live.stop()
    assert "could not be built: no space" in capsys.readouterr().err
