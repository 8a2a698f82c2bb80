#!/usr/bin/env bash
# DVC 3.67.1: without arguments `dvc status` looks at every dvc.yaml below the current folder, `dvc repro` only at the one in it.
#
# Expectation: `dvc status` says what `dvc repro` would run; after `dvc repro` it says "up to date".
# Behaviour: after a successful `dvc repro` it still lists the stages of dvc.yaml files in subfolders, which `dvc repro`
# never runs. `dvc status dvc.yaml` compares like with like.
# Output seen: "sub/dvc.yaml:extra: changed deps/outs" after `dvc repro`; "Data and pipelines are up to date." for `dvc status dvc.yaml`.
# Where it matters: pipelines that keep optional stages (downloads, released weights) in subfolders, and scripts that take
# the emptiness of `dvc status --json` as "nothing to do".
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'dvc==3.67.1' >&2
export PATH="$work/venv/bin:$PATH" DVC_NO_ANALYTICS=1
mkdir "$work/project" && cd "$work/project"
git init -q . && dvc init -q
printf 'stages:\n  main:\n    cmd: echo 1 > main.txt\n    outs: [main.txt]\n' > dvc.yaml
mkdir sub
printf 'stages:\n  extra:\n    cmd: echo 2 > extra.txt\n    outs: [extra.txt]\n' > sub/dvc.yaml
dvc repro -q
[ -f main.txt ] && [ ! -f sub/extra.txt ] || { echo "changed: dvc repro ran the stage of the subfolder"; exit 1; }
whole=$(dvc status --json)
own=$(dvc status --json dvc.yaml)
echo "dvc $(dvc --version): after dvc repro, dvc status says $whole, dvc status dvc.yaml says $own"
[[ $whole == *"sub/dvc.yaml:extra"* && $own == "{}" ]] || { echo "changed: dvc status covers something else now"; exit 1; }
