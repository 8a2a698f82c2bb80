"""Charts to keep: each as an SVG on a white ground that needs no other file, and its data as CSV."""

import csv
import io
import re
from functools import cache
from importlib import resources

from markupsafe import Markup

from bench.judge.export import for_spreadsheet
from reports.charts.ratio import RatioChart
from reports.charts.scatter import CostChart
from reports.views.words import clean

_LIGHT = re.compile(r"(--[\w-]+): light-dark\((#\w+), #\w+\)")
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")


@cache
def saved_style() -> Markup:
    """The style of charts with the light values of the site's colours: not every program knows variables in SVG."""
    read = [
        (resources.files("reports") / "static" / name).read_text("utf-8")
        for name in ("style.css", "charts.css")
    ]
    light = dict(_LIGHT.findall(read[0]))
    return Markup(_VARIABLE.sub(lambda found: light[found[1]], read[1]))


def chart_csv(chart: CostChart | RatioChart) -> str:
    """The chart's data, one mark a line, with the page of the site that each mark opens."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*chart.head, "Page"])
    for name, link, values in chart.rows:
        writer.writerow([for_spreadsheet(clean(one)) for one in (name, *values, link or "")])
    return out.getvalue()
