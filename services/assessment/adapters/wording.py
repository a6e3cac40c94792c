"""The official wording of instruments, installed by whoever runs the service.

We hold our own short labels only. Where a licence allows it, put one ``<instrument>.toml`` into
the folder that ``MOORING_WORDING_DIR`` names::

    instrument = "phq-9"
    version = "1"
    source = "where the text was taken from, and by which right"

    [items]
    mood = "the full text of the item"      # one line for each item of the instrument

Every item must be covered and nothing else; a file that does not fit stops the start.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.assessment.adapters.content import BadContent, read
from services.assessment.domain.instrument import Instrument
from shared.api.body import Body

Wording = Mapping[str, Mapping[str, str]]
"""Full text by instrument and item."""


class WordingFile(Body):
    """The shape of one file."""

    instrument: str
    version: str
    source: Annotated[str, Field(min_length=1)]
    items: dict[str, Annotated[str, Field(min_length=1)]]


def load_wording(folder: Path | None, instruments: Mapping[str, Instrument]) -> Wording:
    """Every wording file of a folder; none without a folder.

    Raises:
        BadContent: naming the file and what does not fit.
    """
    paths = sorted(folder.glob("*.toml")) if folder else []
    return {path.stem: _checked(path, instruments) for path in paths}


def _checked(path: Path, instruments: Mapping[str, Instrument]) -> Mapping[str, str]:
    wording = read(WordingFile, path)
    instrument = instruments.get(wording.instrument)
    if instrument is None or path.stem != wording.instrument:
        raise BadContent(f"{path.name}: instrument: there is no {wording.instrument} of this name")
    if wording.version != instrument.version:
        raise BadContent(f"{path.name}: version: the instrument is at {instrument.version}")
    codes = {item.code for item in instrument.items}
    for code in sorted(codes ^ wording.items.keys()):
        problem = "is not covered" if code in codes else "is no item of the instrument"
        raise BadContent(f"{path.name}: items.{code}: {problem}")
    return wording.items
