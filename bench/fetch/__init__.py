"""Downloads of real data and weights: resumed, verified, recorded."""

from bench.fetch.fetcher import Options, fetch, listing

__all__ = ["Options", "fetch", "listing"]
