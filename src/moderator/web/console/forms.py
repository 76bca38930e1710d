"""What forms send, read as what was meant."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _meant(value: Any) -> Any:
    return None if value == "" else value


# A filter that nobody filled in is sent as an empty one.
Unset = BeforeValidator(_meant)
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
Line = Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")]


class Asked(BaseModel):
    """Filters in an address; a misspelt one must not silently list everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def told(self, *left_out: str) -> dict[str, Any]:
        """The filters that are set, as they appear in an address."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(left_out))
