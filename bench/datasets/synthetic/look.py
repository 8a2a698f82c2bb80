"""What a person looks like: build, skin, hair and clothes, drawn so that no two are alike."""

from dataclasses import dataclass

from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.skeleton import Build

Colour = tuple[float, float, float]


def palette(colours: str) -> list[Colour]:
    """Colours written as hex triples: red, green, blue."""
    return [(r, g, b) for r, g, b in map(bytes.fromhex, colours.split())]


SKIN = palette("f5d0b4 ecbc9a deaa82 be8660 966444 704832 583a2c")
HAIR = palette("1e1816 34241a 5c3c22 966836 cea864 963e1e acaaa8")
CLOTH = palette(
    "c62a2e e27824 ecc440 428e4a 285c3e 2c6cba 22346e 78bade"
    " 804894 de82a4 f0eee6 a8aaac 4c4e54 24242a 966e4c 60763c"
)
TROUSERS = palette("2e4270 4e6896 222632 3e3e42 78644a b09e7a c4c4c0 545c40 70282c")
SHOES = palette("222020 e8e8e4 784c2c b42c2c 3c548c")

TOPS = ("plain", "stripes", "placket", "jacket", "yoke")
BOTTOMS = ("trousers", "trousers", "trousers", "shorts", "skirt")
HAIRCUTS = ("short", "short", "long", "ponytail", "bun", "cap", "bald")


@dataclass(frozen=True)
class Look:
    """Build, hair and clothes of one person; colours are 0..255 RGB in full light."""

    build: Build
    skin: Colour
    hair: Colour
    haircut: str
    fringe: float  # how far the hair comes down the forehead, as a clip of the hair's half-axis
    beard: bool
    glasses: bool
    top: str
    top_colour: Colour
    accent: Colour
    sleeve: float  # covered share of the arm: 0 sleeveless, 0.25 short, 1 long
    bottom: str
    bottom_colour: Colour
    belt: Colour | None
    bust: float
    shoes: Colour
    iris: Colour


def _shifted(colour: Colour, dice: Dice, spread: float) -> Colour:
    gain = 1.0 + 0.5 * dice.uniform(-spread, spread) / 100.0
    r, g, b = (min(max(c * gain + dice.uniform(-spread, spread) * 0.5, 8.0), 250.0) for c in colour)
    return (r, g, b)


def draw_look(dice: Dice) -> Look:
    """Draw a person: proportions within a tenth, clothes of any colour that contrast somewhat."""
    womanly = dice.chance(0.5)
    build = Build(
        stature=dice.uniform(0.86, 1.0) if womanly else dice.uniform(0.93, 1.1),
        shoulders=dice.uniform(0.152, 0.168) if womanly else dice.uniform(0.170, 0.19),
        hips=dice.uniform(0.090, 0.1) if womanly else dice.uniform(0.086, 0.094),
        leg=dice.uniform(0.41, 0.45),
        arm=dice.uniform(0.272, 0.297),
        girth=dice.uniform(0.86, 1.02) if womanly else dice.uniform(0.94, 1.2),
        head=dice.uniform(1.06, 1.18),
    )
    skin = _shifted(dice.pick(SKIN), dice, 12)
    top_colour = _shifted(dice.pick(CLOTH), dice, 24)
    accent = dice.pick(CLOTH)
    while _distance(accent, top_colour) < 90:
        accent = dice.pick(CLOTH)
    bottom_colour = _shifted(dice.pick(TROUSERS), dice, 18)
    while _distance(bottom_colour, top_colour) < 50:
        bottom_colour = _shifted(dice.pick(TROUSERS), dice, 18)
    haircut = dice.pick(("short", "long", "long", "ponytail", "bun") if womanly else HAIRCUTS)
    bottom = dice.pick(BOTTOMS) if womanly else dice.pick(BOTTOMS[:4])
    return Look(
        build=build,
        skin=skin,
        hair=_shifted(dice.pick(HAIR), dice, 14),
        haircut=haircut,
        fringe=dice.uniform(-0.32, -0.12),
        beard=not womanly and dice.chance(0.3),
        glasses=dice.chance(0.15),
        top=dice.pick(TOPS),
        top_colour=top_colour,
        accent=accent,
        sleeve=dice.pick((0.0, 0.28, 0.28, 0.34, 1.0, 1.0)),
        bottom=bottom,
        bottom_colour=bottom_colour,
        belt=dice.pick(SHOES) if dice.chance(0.35) else None,
        bust=dice.uniform(0.6, 1.0) if womanly else 0.0,
        shoes=_shifted(dice.pick(SHOES), dice, 16),
        iris=dice.pick(((40, 30, 24), (40, 60, 90), (50, 70, 40))),
    )


def _distance(a: Colour, b: Colour) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])
