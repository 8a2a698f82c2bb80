#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: FlopCounterMode counts the same attention in full or as 0, by the memory layout of its arguments.
#
# Expectation: the operations of F.scaled_dot_product_attention follow from the shapes of query, key and value.
# Behaviour: with a last dimension that is contiguous the fused CPU kernel runs, for which the counter has no formula: 0. After a
# transpose that leaves it non-contiguous the composite implementation runs, whose two products are counted. Shapes, values and
# results are the same.
# Output seen: 0 for contiguous arguments, 1048576 for transposed ones, 0 again after .contiguous().
# Where it matters: FLOPs of two vision transformers, or of two versions of one, that differ in a permute() before the attention are
# not comparable, though they are printed by one tool; a refactoring without any effect changes the count.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'torch==2.13.0' 'numpy==2.2.6' >&2
cat > "$work/show.py" <<'PY'
import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode


def count(*arguments):
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = scaled_dot_product_attention(*arguments)
    return counter.get_total_flops(), result


torch.manual_seed(0)
tokens = torch.rand(1, 2, 64, 32)  # batch, heads, tokens, channels
turned = tokens.transpose(-1, -2).contiguous().transpose(-1, -2)  # the same values, channels not contiguous
(first, one), (second, two), (third, _) = count(*[tokens] * 3), count(*[turned] * 3), count(*[turned.contiguous()] * 3)
print(f"contiguous {first}, transposed {second}, contiguous again {third}; equal results: {torch.allclose(one, two, atol=1e-6)}")
expected = (first, second, third) == (0, 1048576, 0) and torch.allclose(one, two, atol=1e-6)
raise SystemExit(0 if expected else "changed: the layout counts otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
