"""Good content of files that are small: what the edits of the table change."""

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 2, val: 1}
quickstart: [transpose-1]
"""
CARD = """\
name: mine
title: My network
authors: N. N.
boxes: ground-truth
input_size: 256x192
flip_test: no
training_data: COCO
"""
SAME = "- {tiers: [smoke], runs: [tiny-a-coco, tiny-b-coco], reason: made up}\n"
FIGURE = """\
- id: one
  cells: {"tinypaper:1/tiny-a/ap": 75.5}
  model: a
  metric: AP
  value: 75.5
  printed: "75.5"
  measured_by: library
  source: {repository: owner/name, path: a.md, commit: "759b39c13fea6ba094afc1fa932f51dc1b11cbf9",
    accessed: "2026-11-29"}
  date: "2023-10-12"
  protocol: {split: coco-val2017}
  note: made up
"""
