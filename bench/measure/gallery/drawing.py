"""Small pictures: people's keypoints over an image, and visualisations of a network. Pillow only.

Predicted and annotated differ by colour (orange, blue: safe for colour-blind readers), by shape (dots, squares) and
by line width; every mark has a dark rim, so that it stands out from any image.
"""

import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.datasets.keypoints import limbs_of
from model_zoo.figures.panel import Figure

Box = tuple[float, float, float, float]
Points = NDArray[np.float64]
Point = Sequence[float]
Colour = tuple[int, ...]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
FINE = 2  # everything is drawn this much larger and then reduced: smooth lines
QUALITY = 80
RIM, PREDICTED, ANNOTATED, MARK = (16, 16, 20), (255, 158, 27), (120, 200, 255), (255, 255, 255)
# black, violet, red, orange, yellow, white: brighter is more, also in grey
HEAT = ((0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 200))


def webp(picture: Image.Image) -> bytes:
    """The picture as a file; the same picture gives the same bytes."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


class Canvas:
    """A part of an image, enlarged or reduced, to draw on in the image's own pixels.

    image: RGB; part: x0 y0 x1 y1 of what is shown; longest: the longer side of the picture in pixels.
    """

    def __init__(self, image: Image.Image, part: Box, longest: int) -> None:
        x0, y0, x1, y1 = part
        self.scale = longest / max(x1 - x0, y1 - y0) * FINE
        self.origin = (x0, y0)
        size = tuple(max(FINE, round(side * self.scale)) for side in (x1 - x0, y1 - y0))
        self.image = image.resize((size[0], size[1]), Image.Resampling.BICUBIC, box=part)
        self.draw = ImageDraw.Draw(self.image)

    def at(self, point: Point) -> tuple[float, float]:
        """Where a point is on the canvas; pixel centres are whole numbers in the image."""
        x, y = ((point[i] + 0.5 - self.origin[i]) * self.scale for i in (0, 1))
        return x, y

    def line(self, start: Point, end: Point, colour: Colour, width: float) -> None:
        ends = [self.at(start), self.at(end)]
        self.draw.line(ends, RIM, round((width + 2) * FINE))
        self.draw.line(ends, colour, round(width * FINE))

    def dot(self, point: Point, colour: Colour, radius: float) -> None:
        x, y = self.at(point)
        for r, fill in ((radius + 1, RIM), (radius, colour)):
            self.draw.ellipse((x - r * FINE, y - r * FINE, x + r * FINE, y + r * FINE), fill)

    def square(self, point: Point, colour: Colour, radius: float) -> None:
        """Hollow, so that the image under it stays visible."""
        x, y = self.at(point)
        for r, rim, width in ((radius + 1, RIM, 4), (radius, colour, 2)):
            corners = (x - r * FINE, y - r * FINE, x + r * FINE, y + r * FINE)
            self.draw.rectangle(corners, outline=rim, width=width * FINE)

    def finished(self) -> Image.Image:
        width, height = (max(1, side // FINE) for side in self.image.size)
        return self.image.resize((width, height), Image.Resampling.BOX)


def people(
    image: Image.Image, part: Box, annotated: Iterable[Points], predicted: Iterable[Points]
) -> Image.Image:
    """Keypoints [K, 3] of people (x, y in pixels, and whether to draw it: above 0) over an image."""
    canvas = Canvas(image, part, 384)
    for person in annotated:
        _skeleton(canvas, person, ANNOTATED, 1.5)
    for person in predicted:
        _skeleton(canvas, person, PREDICTED, 2.5)
        for point in person[person[:, 2] > 0]:
            canvas.dot(point, PREDICTED, 3.5)
    for person in annotated:
        for point in person[person[:, 2] > 0]:
            canvas.square(point, ANNOTATED, 4)
    return canvas.finished()


def _skeleton(canvas: Canvas, person: Points, colour: Colour, width: float) -> None:
    for first, second in limbs_of(len(person)):
        start, end = person[first], person[second]
        if start[2] > 0 and end[2] > 0:
            canvas.line(start, end, colour, width)


def panel(figure: Figure, image: Image.Image) -> Image.Image:
    """One of the network's figures: over `image` (what the network was given), or a matrix on its own."""
    if figure.heat is None and figure.points is None:
        return matrix(figure)
    whole = (0.0, 0.0, float(image.width), float(image.height))
    grey = Image.blend(image.convert("L").convert("RGB"), Image.new("RGB", image.size), 0.35)
    ground = image if figure.heat is None else _heated(grey, np.asarray(figure.heat, dtype=float))
    canvas = Canvas(ground, whole, 288)
    if figure.points is not None:
        points = np.asarray(figure.points, dtype=float)
        weights = np.ones(len(points)) if figure.weights is None else np.asarray(figure.weights)
        few = len(points) <= 4
        for point, weight in sorted(
            zip(points.tolist(), weights.tolist(), strict=True), key=lambda pair: pair[1]
        ):
            over = ANNOTATED if figure.heat is not None else _colours(np.array(0.35 + 0.6 * weight))
            colour = MARK if few else tuple(np.ravel(over).tolist())
            canvas.dot(point, colour, 4.0 if few else 1.0 + 3.0 * weight**0.5)
    return canvas.finished()


def _heated(ground: Image.Image, heat: Points) -> Image.Image:
    """The heat over the image, stretched to it; nothing of it where it is 0."""
    strength = np.clip(heat / (heat.max() or 1.0), 0.0, 1.0)
    small = Image.fromarray(np.uint8(np.round(255 * strength)))
    level = np.asarray(small.resize(ground.size, Image.Resampling.BICUBIC)) / 255
    mask = Image.fromarray(np.uint8(np.round(210 * np.minimum(1.0, 1.6 * level))))
    return Image.composite(Image.fromarray(np.uint8(_colours(level))), ground, mask)


def _colours(level: Points) -> Points:
    """Levels [...] within 0..1 to colours [..., 3] within 0..255."""
    stops = np.linspace(0, 1, len(HEAT))
    channels = [np.interp(level, stops, channel) for channel in zip(*HEAT, strict=True)]
    return np.stack(channels, axis=-1).round().astype(int)


def matrix(figure: Figure) -> Image.Image:
    """A matrix as tiles with the names of its rows and columns, on white: it is read on light and dark pages."""
    values = np.asarray(figure.matrix, dtype=float)
    low, high = float(values.min()), float(values.max())
    level = (values - low) / ((high - low) or 1.0)
    font = ImageFont.load_default(11)
    tile = max(2, min(22, 480 // max(values.shape)))
    named = tile >= 11
    rows, columns = (names if named else () for names in (figure.rows, figure.columns))
    left, top = (
        10 + max((round(font.getlength(n)) for n in names), default=0) for names in (rows, columns)
    )
    height, width = (tile * side for side in values.shape)
    picture = Image.new("RGB", (left + width + 6, top + height + 6), "white")
    tiles = Image.fromarray(np.uint8(_colours(level)))
    picture.paste(tiles.resize((width, height), Image.Resampling.NEAREST), (left, top))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left - 1, top - 1, left + width, top + height), outline=RIM)
    for i, name in enumerate(rows):
        draw.text((left - 5, top + tile * (i + 0.5)), name, RIM, font, "rm")
    for i, name in enumerate(columns):
        _upright(picture, name, font, (round(left + tile * (i + 0.5)), top - 4))
    return picture


def _upright(picture: Image.Image, name: str, font: Font, foot: tuple[int, int]) -> None:
    """A name turned by 90 degrees that ends at `foot`."""
    label = Image.new("L", (round(font.getlength(name)) + 4, 14), 255)
    ImageDraw.Draw(label).text((2, 7), name, 16, font, "lm")
    turned = label.rotate(90, expand=True)
    picture.paste(turned, (foot[0] - 7, foot[1] - turned.height))
