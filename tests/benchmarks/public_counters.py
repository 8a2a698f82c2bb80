"""Runs the public counters on the networks of the papers: `python -m tests.benchmarks.public_counters`.

It writes `reports/measured/public_counts.json`, which the judge and the site read: every zoo model that a printed
count is about and the headline networks of `HEADLINES`, each distinct network once. With `--doc docs/counters.md` it
writes the table of that page, too. Names of models count these alone and keep the others as they are.

    pip install -e '.[counters]'
    pip install --no-deps --target build/older/thop thop==0.0.31.post2005241907
    pip install --no-deps --target build/older/torchprofile torchprofile==0.0.4
    python -m tests.benchmarks.public_counters --older build/older --doc docs/counters.md

Each folder in `--older` is named after a counter and holds another version of it.
"""

import argparse
import importlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

import model_zoo
from bench.catalog.load import load_catalog
from bench.files import write_atomically
from bench.measure.count.counters import COUNTERS, installed
from bench.measure.count.model_counts import forward_only, parameters, record
from bench.measure.count.processes import LIMIT_S, count_publicly
from bench.measure.count.rules import macs
from bench.paths import ROOT
from bench.results import manifest
from bench.results.public_counts import FILE, CountedNetworks, PublicCounts, read_public_counts
from tests.benchmarks.counters_page import HEADLINES, write_page
from tests.model_zoo.shapes import prefer_native_kernels, shapes_only

MEASURED = ROOT / "reports" / "measured"


#: Left out of the other networks: two say what another setting says, training mode is nobody's table.
HEADLINES_ONLY = (
    ("torch", "eval mode under no_grad on the CPU"),
    ("torch", "train mode on the CPU"),
    ("mmengine", "eval mode"),  # fvcore's code
)


def printed_models() -> list[str]:
    """The zoo models that a printed count of parameters or operations is about."""
    cells = load_catalog().cells()
    return sorted({c.model for c in cells if c.model and c.number and c.column.kind == "count"})


def shapes(name: str) -> tuple[torch.nn.Module, tuple[int, int], list]:
    """A zoo model on the meta device, its input size, and what it does: alike for networks that are one."""
    model = shapes_only(name)
    width, height = model_zoo.input_size(name)
    return model, (width, height), record(model, (1, 3, height, width))


def count_all(names: Iterable[str], older: list[Path], limit_s: float) -> Iterator[PublicCounts]:
    """Every distinct network once, by all counters and then by other versions of them; limit_s: for each counter."""
    seen: dict[tuple, PublicCounts] = {}
    for name in names:
        model, size, ops = shapes(name)
        key = (size, tuple(ops), tuple((k, tuple(p.shape)) for k, p in model.named_parameters()))
        if key in seen:
            models = tuple(sorted({*seen[key].models, name}))
            seen[key] = seen[key].model_copy(update={"models": models})
        else:
            exact = {"macs": macs(ops), "parameters": parameters(model)["total"]}
            forward_only(model)
            image = (1, 3, size[1], size[0])
            without = () if name in HEADLINES else HEADLINES_ONLY
            counts = list(count_publicly(model, image, COUNTERS, limit_s=limit_s, without=without))
            for package in older:
                other = count_publicly(
                    model,
                    image,
                    [package.name.partition("=")[0]],
                    limit_s=limit_s,
                    package=package,
                )
                counts += [one for one in other if one.failed is None]
            seen[key] = PublicCounts(models=(name,), input_size=size, counts=tuple(counts), **exact)
        print(f"{name}: {len(seen[key].counts)} counts", flush=True)
        yield seen[key]


def write(new: PublicCounts, folder: Path) -> None:
    """Adds a network to the file, in place of what it says about the same models."""
    known = list({one.models: one for one in read_public_counts(folder).values()}.values())
    kept = [one for one in known if {*one.models}.isdisjoint(new.models)]
    versions = {name: found for name in COUNTERS if (found := installed(name))}
    networks = tuple(sorted([new, *kept], key=lambda one: one.models))
    whole = CountedNetworks(versions=versions, networks=networks).model_dump(exclude_none=True)
    text = json.dumps(whole, indent=1, sort_keys=True)
    content = (text + "\n").encode()
    manifest.record(folder, {FILE: content})
    write_atomically(folder / FILE, content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", help="zoo models; all if left out")
    parser.add_argument("--older", type=Path, help="folder with other versions, one per folder")
    parser.add_argument("--folder", type=Path, default=MEASURED, help="where the file is")
    parser.add_argument("--doc", type=Path, help="page whose table is written")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for each counter")
    parser.add_argument("--only-doc", action="store_true", help="counts nothing")
    given = parser.parse_args()
    prefer_native_kernels()
    for name in ("calflops", "fvcore.nn"):  # slow to import: once, and not in every process
        importlib.import_module(name)
    torch.set_num_threads(1)  # a fork has no threads of its parent
    if not given.only_doc:
        names = given.models or sorted({*printed_models(), *HEADLINES})
        older = sorted(given.older.resolve().iterdir()) if given.older else []
        for network in count_all(names, older, given.limit):
            write(network, given.folder)
    if given.doc:
        write_page(given.doc, read_public_counts(given.folder))


if __name__ == "__main__":
    main()
