"""Can a release read the facts of another? Run beside the code of the first, by ``earlier``.

A fact it does not know is parked there for a person; one that it knows and cannot read would be
a broken promise.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from shared.events import UnknownFact, decode


def main(
    samples: Annotated[Path, typer.Argument(help="A folder of facts, one in a file.")],
) -> None:
    """Read each; fails with the first that is known here and cannot be read."""
    read = unknown = 0
    for file in sorted(samples.glob("*.json")):
        body = file.read_bytes()
        try:
            decode(json.loads(body)["type"], body)
        except UnknownFact:
            unknown += 1
        else:
            read += 1
    typer.echo(
        f"  {read} samples of the newer release read by the earlier, {unknown} unknown to it"
    )
    if not read:
        raise SystemExit(f"no sample was read in {samples}")


if __name__ == "__main__":
    typer.run(main)
