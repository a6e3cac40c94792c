"""Rights to use instruments, recorded by whoever runs the service.

An instrument that needs permission is stored and not enabled. Whoever has the permission records
it in one TOML file, which ``MOORING_RIGHTS_FILE`` names, and the instrument is enabled::

    [rights]
    wsas = "Permission of the copyright holder, letter of 3 May 2027, kept in the office"
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.assessment.adapters.content import BadContent, read
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import RightToUse
from shared.api.body import Body


class RightsFile(Body):
    """The shape of the file."""

    rights: dict[str, Annotated[str, Field(min_length=10)]]


def with_rights(content: Content, path: Path | None) -> Content:
    """The content with the instruments enabled that a right was recorded for.

    Raises:
        BadContent: naming the file and what does not fit.
    """
    if path is None:
        return content
    granted = read(RightsFile, path).rights
    for code in sorted(granted.keys() - content.instruments.keys()):
        raise BadContent(f"{path.name}: rights.{code}: there is no such instrument")
    enabled = {
        code: replace(
            content.instruments[code],
            enabled=True,
            right_to_use=RightToUse(granted=True, statement=statement),
        )
        for code, statement in granted.items()
    }
    return replace(content, instruments=content.instruments | enabled)
