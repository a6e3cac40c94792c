"""The least-bad ways round a cliff: a liquid, a strength, counted beads, a special order."""

from collections.abc import Iterator

from services.treatment.domain.descent import Descent
from services.treatment.domain.products import SOLID, Product
from services.treatment.domain.quantities import plain


def routes(descent: Descent) -> tuple[str, ...]:
    """Sentences for the prescriber; the special order is always the last resort."""
    smallest = descent.smallest.dose_mg
    on_shelf = {product.code for product in descent.shelf.products}
    finer = sorted(
        (
            product
            for product in descent.drug.products
            if product.code not in on_shelf
            and product.family == descent.shelf.family
            and product.unit_mg * product.smallest_units < smallest
        ),
        key=lambda product: (product.form in SOLID, product.unit_mg * product.smallest_units),
    )
    found = [*(_bought(product, descent) for product in finer), *_counted(descent)]
    return (*dict.fromkeys(found), _special_order(descent))


def _bought(product: Product, descent: Descent) -> str:
    """Names the country: a product of another one is an import, and a person must know."""
    least = product.unit_mg * product.smallest_units
    where = "/".join(sorted(product.jurisdictions)).upper()
    drop = ""
    if descent.region is not None:
        drop = f", last drop {descent.region.percent(least):.1f} points"
    return f"the {product.label} ({where}), doses down to {plain(least)} mg{drop}"


def _counted(descent: Descent) -> Iterator[str]:
    if any(product.beads for product in descent.shelf.products):
        return
    openable = [product for product in descent.shelf.products if product.countable]
    if openable:
        smallest = min(openable, key=lambda product: product.unit_mg)
        yield f"counting the beads of the {smallest.label} (state this maker's number)"


def _special_order(descent: Descent) -> str:
    if descent.region is None:
        return "a special order of a liquid or smaller strength"
    needed = descent.region.dose_mg(min(descent.last_limit, descent.region.vmax / 2))
    return (
        f"a special order that makes doses down to {needed:.2f} mg, "
        f"where the last drop is {plain(descent.last_limit)} points"
    )
