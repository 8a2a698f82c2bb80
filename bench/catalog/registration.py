"""Pre-registration: what a training claim will be judged by, written down before its runs are measured.

Each entry carries a digest of what it registers. If the claim or the entry is edited later, the digest no longer fits
and the claim is shown as changed after registration.
"""

import datetime
import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

RegisteredTier = Literal["smoke", "lab"]


class Registration(BaseModel):
    """One entry of `registered`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: RegisteredTier
    date: datetime.date
    metric: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="of the cells compared; several are separated by ', '"
    )
    margin: float = Field(
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="points; a hundredth of it for measures that run from 0 to 1",
    )
    seeds: int = Field(ge=2, description="of every run compared")
    contrast: str | None = Field(None, description="in words, if it is not the expression itself")
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]

    @property
    def words(self) -> str:
        """'registered 2026-11-30 for lab: margin 0.5 AP, 5 seeds'."""
        one = ", " not in self.metric
        margin = f"{self.margin:g} {self.metric if one else f'points of {self.metric}'}"
        text = f"registered {self.date} for {self.tier}: margin {margin}, {self.seeds} seeds"
        return f"{text}; {self.contrast}" if self.contrast else text


class Registrable(BaseModel):
    """What a claim with a judgement by trainings may have: registrations, the newest last."""

    registered: tuple[Registration, ...] = ()

    def registration(self, tier: str) -> Registration | None:
        """The newest one for a tier."""
        return next((one for one in reversed(self.registered) if one.tier == tier), None)

    def digest(self, entry: dict[str, Any]) -> str:
        """Twelve hexadecimal digits of what an entry (without its digest) registers of this claim."""
        claim = self.model_dump(mode="json", include={"claimed", "rounding", "instead"})
        expression = " ".join(str(getattr(self, "expression", "")).split())
        text = json.dumps({**claim, **entry, "expression": expression}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def changed(self, one: Registration) -> bool:
        """Whether the claim or the entry was edited after it had been registered."""
        entry = one.model_dump(mode="json", exclude={"digest"})
        return self.digest(entry) != one.digest
