"""What the commands share: options, exact numbers, and how a refusal is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from services.treatment.adapters.content import BadContent
from services.treatment.domain.findings import RuleRefusal

REFUSED, BROKEN = 2, 1

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
DrugCode = Annotated[str, typer.Option("--drug", help="A drug of the formulary.")]
Formulation = Annotated[
    str | None, typer.Option(help="Such as modified-release; the usual one if not named.")
]


def number(text: str, field: str) -> Decimal:
    """An exact decimal; the domain judges whether it makes sense.

    Raises:
        RuleRefusal: F-11, for anything else, such as "10 mg".
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise RuleRefusal("F-11", field, "Write a plain number, such as 12.5.")
    return value


@contextmanager
def refusals_shown() -> Iterator[None]:
    """One line on the error stream: the rule, the field, and what would be acceptable."""
    try:
        yield
    except RuleRefusal as refusal:
        typer.echo(f"{refusal.rule} {refusal.field}: {refusal.sentence}", err=True)
        raise typer.Exit(REFUSED) from refusal
    except BadContent as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(BROKEN) from problem
