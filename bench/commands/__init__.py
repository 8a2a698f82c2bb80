"""The commands of `repropose`, by topic; `bench.cli` puts them together."""
