"""The commands of `repropose`, one module per package of bench; `bench.cli` puts them together."""
