"""The data that a stored result was evaluated on, and whether they are those of the workspace."""

from typing import Any

from bench.catalog.load import Catalog
from bench.catalog.schema import DatasetName
from bench.datasets.prepare import fingerprint
from bench.datasets.splits import FILES
from bench.errors import CatalogError, DataError, ResultError
from bench.results.records import AccuracyResult, SubmissionResult
from bench.results.store import Store, Stored


def dataset_of(catalog: Catalog, result: AccuracyResult | SubmissionResult) -> DatasetName:
    """The data set of a result. Raises `ResultError` if neither its run nor its protocol names one."""
    if isinstance(result, SubmissionResult):
        return result.dataset
    if result.run in catalog.runs:
        return catalog.run(result.run).dataset
    name = result.protocol.get("data", "").rpartition("-")[0]
    for known in FILES:
        if known == name:
            return known
    raise ResultError(f"run {result.run}: its protocol names no data set ('{name}')")


def other_data(catalog: Catalog, store: Store, stored: Stored[Any]) -> str:
    """Why a committed result is not recomputed in a workspace that makes other synthetic people; else empty."""
    result = stored.result
    if not isinstance(result, AccuracyResult) or stored.base != store.measured:
        return ""
    dataset = dataset_of(catalog, result)
    try:
        present = fingerprint(dataset, result.tier)
    except CatalogError as error:
        return f"unchecked: its metrics, as its data cannot be made here: {error}"
    except DataError:
        return ""  # the verdict says so
    if present == result.protocol.get("fingerprint"):
        return ""
    return f"unchecked: its metrics, as data/{result.tier}/{dataset} of this workspace are others"
