"""Real data and weights: what can be had, from where, and how it gets here whole."""

from bench.fetch.fetcher import Options, fetch, listing

__all__ = ["Options", "fetch", "listing"]
