"""Our verified fetch side by side against a plain one-stream download of the same files (run by hand, not a test).

    python -m tests.benchmarks.measure_parallel

A local server answers each request after `LATENCY` seconds; times are wall-clock, best of three.
"""

import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from bench.fetch.download import download
from bench.fetch.sources import RemoteFile
from tests.bench.fetch.faulty import Server, serving

FILES, SIZE, LATENCY, JOBS = 12, 8 << 20, 0.25, 4


def plain(server: Server, folder: Path) -> None:
    for number in range(FILES):
        address = server.address(f"{number}")
        with (
            requests.get(address, stream=True, timeout=30) as reply,
            (folder / f"{number}").open("wb") as out,
        ):
            for chunk in reply.iter_content(1 << 20):
                out.write(chunk)


def ours(server: Server, folder: Path) -> None:
    files = [
        RemoteFile(name=f"f{number}", addresses=(server.address(f"{number}"),), size=SIZE)
        for number in range(FILES)
    ]
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(lambda file: download(file, folder / file.name), files))


def best(way: Callable[[Server, Path], None], server: Server) -> float:
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            way(server, Path(folder))
            times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    with serving(latency=LATENCY) as server:
        for number in range(FILES):
            server.put(f"{number}", random.Random(number).randbytes(SIZE))
        one, many = best(plain, server), best(ours, server)
    print(
        f"plain {one:.2f} s, fetch with {JOBS} jobs and SHA-256 {many:.2f} s, ratio {one / many:.2f}"
    )


if __name__ == "__main__":
    main()
