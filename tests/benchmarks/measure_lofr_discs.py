"""Does training without locations localise where it must? Discs of 17 colours, each there or not, anywhere in noise.

    python -m tests.benchmarks.measure_lofr_discs [SEED ...]

Minutes of one core a seed. Seeds 0, 1, 2: LOFR 0.40 0.41 0.19, the baseline 0.18 0.09 0.06, as in the notes. Exits
with 1 where LOFR finds no more than the baseline or than 0.2 (as with seed 2), or the untrained network 0.1 or more.
"""

import math
import sys
from types import SimpleNamespace

import torch

import model_zoo

KINDS, WIDTH, HEIGHT, NEAR = 17, 48, 64, 6.0


class Discs:
    """Images [N, 3, 64, 48], centres [N, 17, 2] in pixels, presence [N, 17]."""

    def __init__(self, seed: int) -> None:
        self.draw = torch.Generator().manual_seed(seed)
        self.colours = torch.rand(KINDS, 3, generator=self.draw) * 4 - 2
        self.y, self.x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")

    def batch(self, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        images = torch.randn(count, 3, HEIGHT, WIDTH, generator=self.draw) * 0.3
        room = torch.tensor([WIDTH - 8.0, HEIGHT - 8.0])
        centres = torch.rand(count, KINDS, 2, generator=self.draw) * room + 4
        there = torch.rand(count, KINDS, generator=self.draw) < 0.5
        for kind, colour in enumerate(self.colours):
            x, y = centres[:, kind, :, None, None].unbind(1)
            disc = ((self.x - x) ** 2 + (self.y - y) ** 2 <= 9) & there[:, kind, None, None]
            images = torch.where(disc[:, None], colour[None, :, None, None], images)
        return images, centres, there


def found(model: torch.nn.Module, discs: Discs) -> float:
    """Share of present discs whose maximal response is within NEAR pixels."""
    model.eval()
    images, centres, there = discs.batch(200)
    with torch.no_grad():
        _, response = model.head.attend(model.extract_feat(images))
    model.train()
    width = response.shape[3]
    best = response.flatten(2).argmax(2)
    places = torch.stack([best % width, best // width], -1) * (WIDTH / width)
    return ((places - centres).norm(dim=-1) <= NEAR)[there].float().mean().item()


def trained(name: str, seed: int, steps: int = 600, rate: float = 3e-3) -> tuple[float, float]:
    """What the smoke network of `name` finds before and after training on presence alone."""
    torch.manual_seed(seed)
    model, discs = model_zoo.build_model(name, tier="smoke").train(), Discs(seed)
    before = found(model, discs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    for step in range(steps):
        decay = 0.5 + 0.5 * math.cos(math.pi * step / steps)
        optimizer.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 50) * decay
        images, _, there = discs.batch(16)
        labels = [
            SimpleNamespace(gt_instance_labels=SimpleNamespace(keypoint_presence=one[None].float()))
            for one in there
        ]
        loss = sum(model.head.loss(model.extract_feat(images), labels, {}).values())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return before, found(model, discs)


def main() -> None:
    sound = True
    for seed in map(int, sys.argv[1:] or ["0"]):
        before, after = trained("lofr-r50", seed)
        _, baseline = trained("lofr-r50-baseline", seed)
        print(f"seed {seed}: untrained {before:.2f}, LOFR {after:.2f}, baseline {baseline:.2f}")
        sound &= before < 0.1 and after > max(0.2, baseline)
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
