"""Labels in charts: not cut off and not overlapping, as a real browser lays them out."""

from pathlib import Path
from typing import Any

from reports.build.templates import typeset
from reports.charts.curves import DASHES
from reports.charts.labels import shortened
from reports.views.words import fixed
from tests.reports.browser import Watched

BOXES = """(chart, what) => [...chart.querySelectorAll(what)].map(e => {
  const b = e.getBBox();
  return [b.x, b.x + b.width, b.y, b.y + b.height];
})"""


def test_a_long_label_keeps_whole_words_at_both_its_ends() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcdefghi…"
    assert shortened("QueryPose ResNet-50 1x, 5 parts", 26) == "QueryPose … 1x, 5 parts"
    assert len(shortened("x" * 99, 46)) == 46


def test_indices_of_printed_labels_are_typeset() -> None:
    assert typeset("AP_M^kp") == "AP<sub>M</sub><sup>kp</sup>"
    assert typeset("AP50^kp <b>") == "AP50<sup>kp</sup> &lt;b&gt;"
    assert typeset("Ours (N_D = 4)") == "Ours (N<sub>D</sub> = 4)"
    assert typeset("DyMLP_spatial tp_r_256") == "DyMLP_spatial tp_r_256"


def test_values_of_a_column_have_a_fixed_number_of_decimals() -> None:
    assert [fixed(value, 2) for value in (10.4, -0.001, -1234.5)] == [
        "10.40",
        "0.00",
        "−1\u202f234.50",
    ]


def overlaps(one: list[float], other: list[float]) -> bool:
    across = min(one[1], other[1]) - max(one[0], other[0])
    depth = min(one[3], other[3]) - max(one[2], other[2])
    return across >= 1 and depth >= 4  # 4 of the 14 pixels are line spacing


def test_names_of_marks_overlap_no_mark_and_no_other_name_and_no_text_is_cut_off(
    watched: Watched, plain: Path
) -> None:
    page = watched.open(plain / "plots.html")
    named = 0
    for chart in page.locator("svg.plot").element_handles():
        assert all(
            0 <= box[0] <= box[1] <= 360 for box in chart.evaluate(BOXES, "text:not([transform])")
        )
        texts = chart.evaluate(BOXES, "g > text")
        marks: list[Any] = chart.evaluate(BOXES, "g circle, g rect")
        named += len(texts)
        for place, text in enumerate(texts):
            assert not any(overlaps(text, other) for other in marks + texts[place + 1 :])
    assert named > 5


def test_the_text_of_a_chart_is_large_enough_on_a_phone(debian: Any, plain: Path) -> None:
    one = Watched(debian, viewport={"width": 360, "height": 700})
    page = one.open(plain / "plots.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    drawn = "e => e.getBoundingClientRect().width / 360 * parseFloat(getComputedStyle(e).fontSize)"
    assert page.locator("svg.plot").first.evaluate(drawn) > 9.5
    one.context.close()


def test_six_seeds_are_dashed_apart() -> None:
    assert len(set(DASHES)) == len(DASHES) >= 6
