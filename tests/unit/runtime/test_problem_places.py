"""A refusal names the field; a map's key that was refused may be a person's name, and is not."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.runtime.http.problems import invalid
from tests.support.sentinel import FAMILY

Key = Annotated[str, Field(pattern=r"^[a-z-]+$")]


class Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answers: dict[Key, int] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ({"answers": {"sleep": "x"}}, ["/body/answers/sleep"]),
        ({"answers": {FAMILY: 1}}, ["/body/answers/?/[key]"]),
        ({"answers": {FAMILY: "x"}}, ["/body/answers/?/[key]", "/body/answers/?"]),
        (
            {"answers": {FAMILY: "x", "sleep": "x"}},
            ["/body/answers/?/[key]", "/body/answers/?", "/body/answers/sleep"],
        ),
        ({"answer": {}}, ["/body/answer"]),
        ({"answers": 1}, ["/body/answers"]),
    ],
)
def test_each_fault_has_its_place(sent: object, pointers: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Sheet.model_validate(sent)

    problem = invalid(refused.value, where="body")

    assert [error.pointer for error in problem.errors] == pointers
    assert FAMILY not in repr(problem.errors)
