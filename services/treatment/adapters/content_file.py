"""What every content file has in common: nothing unknown, exact decimals, a source, a grade."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Grade = Literal["V1", "V2", "D", "PD", "R-h", "R-m", "R-l"]
Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Days = Annotated[int, Field(gt=0, le=3660)]
Jurisdictions = Annotated[frozenset[Literal["uk", "us"]], Field(min_length=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContentFile(Section):
    """A whole file: its version, and who has looked at it."""

    version: int = Field(ge=1)
    review_status: Text


class Sourced(Section):
    """A table whose figures share one source and one evidence grade."""

    source: Text
    grade: Grade
