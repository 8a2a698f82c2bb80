"""Where a claim stands in its paper, so that a reader finds the sentence without its wording.

Paragraphs are counted within a section, sentences within a paragraph, both from 1: docs/papers.md says how.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Part = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Ordinal = Annotated[int, Field(ge=1)]


class Place(BaseModel):
    """A sentence of a section, of a caption or of a footnote, or a cell of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: Ordinal = Field(description="where the sentence begins")
    section: Part | None = Field(None, description="its number, or its title if it has none")
    table: Part | None = Field(None, description="the number, as in tables.yaml")
    figure: Part | None = None
    footnote: Ordinal | None = None
    paragraph: Ordinal | None = Field(None, description="within the section")
    sentence: Ordinal | None = Field(
        None, description="within the paragraph, the caption or the footnote"
    )
    row: Part | None = Field(None, description="key of a row of the table")
    column: Part | None = Field(None, description="key of a column of the table")

    @model_validator(mode="after")
    def _one_place(self) -> "Place":
        kinds = ("section", "table", "figure", "footnote")
        named = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(named) != 1:
            found = " and ".join(named) or "none of them"
            raise ValueError(f"a place names one of {', '.join(kinds)}, not {found}")
        if (self.row or self.column) and (not self.table or self.sentence):
            raise ValueError("row and column are those of a table, without a sentence")
        if self.paragraph and not self.section:
            raise ValueError("paragraphs are counted in a section only")
        if self.section and self.sentence and not self.paragraph:
            raise ValueError("the sentence of a section needs its paragraph")
        return self

    @property
    def words(self) -> str:
        """'Sec. 4.3, p. 9, paragraph 1, sentence 3' or 'Table 2, p. 5, row transpose-h-s, column fps'."""
        return ", ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        caption = ", caption" if self.sentence else ""
        if self.section:
            yield f"Sec. {self.section}" if self.section[0].isdigit() else self.section
        elif self.table or self.figure:
            yield f"{f'Table {self.table}' if self.table else f'Figure {self.figure}'}{caption}"
        else:
            yield f"footnote {self.footnote}"
        yield f"p. {self.page}"
        for name in ("row", "column", "paragraph", "sentence"):
            if (value := getattr(self, name)) is not None:
                yield f"{name} {value}"


class Located(BaseModel):
    """What every claim has: its place, and the other places that say the same."""

    place: Place | None = None
    also: tuple[Place, ...] = ()
    free_place: Part | None = Field(
        None, description="`where`, as claims had it up to release 0.1: section and page in words"
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_where(cls, data: Any) -> Any:
        if isinstance(data, dict) and "where" in data:
            data = {**data, "free_place": data["where"]}
            del data["where"]
        return data

    @model_validator(mode="after")
    def _located(self) -> "Located":
        if (self.place is None) == (self.free_place is None):
            raise ValueError("give `place`: {page, section, paragraph, sentence}, and not `where`")
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """All of them, the most telling first."""
        return ((self.place,) if self.place else ()) + self.also

    @property
    def where(self) -> str:
        """All places in words: 'Abstract, p. 1, paragraph 1, sentence 7; Sec. 1, p. 2, ...'."""
        return self.free_place or "; ".join(place.words for place in self.places)
