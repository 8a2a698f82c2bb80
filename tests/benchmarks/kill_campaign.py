"""Kills every command with SIGKILL at its changes of files, runs it again, and compares with a run that was not killed.

    python -m tests.benchmarks.kill_campaign [--kills 200] [--dvc-kills 10] [--only NAME,...] [--log FILE]

With --log every kill is written to a file, and those that are in it are not done again: interrupt it and go on.

A command is run once to count its changes of files (opening for writing, renames, removals, new folders), and to keep
what it leaves. Then it is killed just before changes that are spread over all of them, each time in a fresh copy of the
workspace:

    torn      a result, gallery, verdict or page that is there after the kill and cannot be read whole
    lost      a file of results from before the command that is gone after the kill
    unfinished   the same command, run again, fails
    different    what it leaves then is not what the run without a kill left (times, hosts and durations aside)

`dvc repro` and `repropose repro` run in a clone, and are killed after random times: the command alone, or all its
processes. `--only "dvc repro,repropose repro"` kills these only.
Exit status 1 if any of these was seen.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import chain
from pathlib import Path

from tests.benchmarks.kill_dvc import OF_DVC, of_dvc
from tests.benchmarks.kill_hook import changes, in_child, kill_self
from tests.benchmarks.kill_outcome import Seen, lost, outcome, torn
from tests.benchmarks.kill_workspace import begin, predict, send, send_again

#: Name -> command, and the commands that have to be run before it.
COMMANDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "prepare": ("prepare coco", ()),
    "measure": ("measure killed", ("prepare",)),
    "gallery": ("gallery killed", ("prepare", "measure")),
    "evaluate": ("evaluate --predictions found.json --tier smoke", ("prepare",)),
    "submit": (
        "submit --predictions found.json --card card.yaml --tier smoke",
        ("prepare",),
    ),
    "submit again": (
        "submit --predictions found.json --card card.yaml --tier smoke --replace",
        ("prepare", "submit"),
    ),
    "verify": ("verify --all", ("prepare", "measure")),
    "merge": ("merge sent", ("prepare", "measure")),
    "merge again": ("merge sent", ("prepare", "measure", "merge")),
    "count": ("count transpose-r-a2", ()),
    "time": ("time killpaper --rounds 4 --device cpu", ()),
    "judge": ("judge", ("prepare", "measure")),
    "table": ("table killpaper-1", ("prepare", "measure")),
    "export": ("export out", ("prepare", "measure")),
    "site": ("site", ("prepare", "measure")),
    "site again": ("site", ("prepare", "measure", "site")),
    "history": ("history", ("prepare", "measure", "site")),
}
QUICK = ("prepare", "submit", "table", "export", "site")


# ---------------------------------------------------------------- a workspace


def run(workspace: Path, command: str, act: Callable[[int], None] | None = None) -> int:
    """Run a command in a fork of this process; see `kill_hook`."""

    def work() -> None:
        os.environ["REPROPOSE_WORKSPACE"] = str(workspace)
        os.chdir(workspace)
        from bench.catalog import load
        from bench.cli import main

        load.PAPERS = workspace / "papers"
        sys.argv = ["repropose", *command.split()]
        if act:
            changes(workspace, act)
        main(command.split(), prog_name="repropose")

    return in_child(work, workspace.with_name(f"{workspace.name}.log"))


def prepared(folder: Path, name: str, made: dict[str, Path]) -> Path:
    """A workspace in which a command can be run; each is made once."""
    before = COMMANDS[name][1]
    key = "+".join(before)
    if key not in made:
        made[key] = folder / f"before-{len(made)}"
        shutil.copytree(folder / "base", made[key], symlinks=True)
        for one in before:
            if status := run(made[key], COMMANDS[one][0]):
                raise RuntimeError(f"{COMMANDS[one][0]}: {status}: {log_of(made[key])}")
            if one in AFTER:
                AFTER[one](made[key])
    return made[key]


def predict_and_send(workspace: Path) -> None:
    """Predictions, and a submission of them that another machine sends: `sent`."""
    predict(workspace)
    there = copied(workspace, workspace.with_name("there"))
    if status := run(there, COMMANDS["submit"][0]):
        raise RuntimeError(f"{status}: {log_of(there)}")
    send(there, workspace)


#: Command -> what is done in a workspace once it has run.
AFTER: Mapping[str, Callable[[Path], None]] = {
    "prepare": predict_and_send,
    "measure": lambda workspace: send(workspace, workspace),
    "merge": send_again,
}


def log_of(workspace: Path) -> str:
    return workspace.with_name(f"{workspace.name}.log").read_text(errors="replace")[-600:]


# ---------------------------------------------------------------- kills


def campaign(
    folder: Path, names: Sequence[str], kills: int, done: Set[tuple[str, int]]
) -> Iterator[Seen]:
    """Kill each command at about `kills` / number of commands of its changes; not again what is done."""
    if not names:
        return
    begin(folder)
    made: dict[str, Path] = {}
    each = max(1, -(-kills // len(names)))
    for name in names:
        if not done.issuperset((name, number) for number in range(each)):
            yield from of_command(folder, prepared(folder, name, made), name, each, done)


def of_command(
    folder: Path, base: Path, name: str, kills: int, done: Set[tuple[str, int]] = frozenset()
) -> Iterator[Seen]:
    command = COMMANDS[name][0]
    whole, counted = copied(base, folder / "whole"), folder / "count"
    counted.write_text("0")
    status = run(whole, command, lambda n: counted.write_text(str(n)) and None)
    if status:
        raise RuntimeError(f"{command}: {status}: {log_of(whole)}")
    total, wanted = int(counted.read_text()), outcome(whole)
    steps = {1 + round(i * (total - 1) / max(1, kills - 1)) for i in range(kills if total else 0)}
    for number, at in enumerate(sorted(steps)):
        if (name, number) in done:
            continue
        here = copied(base, folder / "killed")
        ended = run(here, command, kill_self(at))
        faults = [*torn(here), *lost(base, here)]
        if ended != -signal.SIGKILL:
            faults.append(f"not killed: {ended}")
        if again := run(here, command):
            faults.append(f"unfinished: {again}: {log_of(here)}")
        else:
            faults += [f"torn at the end: {one}" for one in torn(here)]
            found = {} if faults else outcome(here)
            odd = [k for k in {*found, *wanted} if found.get(k, "-") != wanted.get(k, "-")]
            faults += [f"different: {one}" for one in sorted(odd)[:3]]
        yield Seen(name, number, f"change {at} of {total}", tuple(faults))


def copied(base: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base, target, symlinks=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--dvc-kills", type=int, default=10, help="of each of the two")
    parser.add_argument("--only", help="names of commands, separated by commas")
    parser.add_argument("--log", type=Path, help="a file of what was seen, to go on from")
    given = parser.parse_args()
    asked = given.only.split(",") if given.only else [*COMMANDS, *OF_DVC]
    if unknown := [one for one in asked if one not in COMMANDS and one not in OF_DVC]:
        parser.error(f"no command {unknown[0]!r}; there are: {', '.join([*COMMANDS, *OF_DVC])}")
    names, with_dvc = ([one for one in asked if one in of] for of in (COMMANDS, OF_DVC))
    import torch

    import model_zoo

    torch.set_num_threads(1)
    model_zoo.register()
    found = logged(given.log)
    done = {(one.command, one.number) for one in found}
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        every = campaign(Path(name), names, given.kills, done)
        every = chain(every, of_dvc(Path(name), with_dvc, given.dvc_kills, done))
        for seen in every:
            found.append(seen)
            report(seen, given.log)
    kills, faults = (
        Counter(one.command for one in found),
        Counter(one.command for one in found if one.faults),
    )
    for command, count in kills.items():
        print(f"{command:16} {count:4} kills, {faults[command]} with a fault")
    print(f"{'all':16} {len(found):4} kills, {sum(faults.values())} with a fault")
    raise SystemExit(bool(faults))


def logged(log: Path | None) -> list[Seen]:
    """What an earlier campaign has seen, one JSON list a line."""
    lines = log.read_text().splitlines() if log and log.is_file() else []
    return [Seen(*json.loads(line)) for line in lines]


def report(seen: Seen, log: Path | None) -> None:
    what = "; ".join(seen.faults) or "finished by the same command"
    print(f"{seen.command}: killed at {seen.at}: {what}", flush=True)
    if log:
        with log.open("a") as stream:
            stream.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()
