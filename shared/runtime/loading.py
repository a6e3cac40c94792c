"""Imports, and pages, undisturbed by the collector of garbage.

It would run through all that was imported so far, again and again, and find nothing: a sixth of
a start. Every service's command imports this first, and says ``over`` when all is imported.
A page about a thousand people makes some ten thousand objects, which end with it and not one of
them by the collector: by itself it would look for them a dozen times, a fifteenth of the page.
"""

import gc

_OBJECTS = 20_000
"""How many are made until the youngest are looked through."""

gc.disable()


def over() -> None:
    """Collect from here on. What was imported stays for good and is never looked through again."""
    gc.enable()
    gc.set_threshold(_OBJECTS)
    gc.freeze()
