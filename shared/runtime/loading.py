"""Imports undisturbed by the collector of garbage.

It would run through all that was imported so far, again and again, and find nothing: a sixth of
a start. Every service's command imports this first, and says ``over`` when all is imported.
"""

import gc

gc.disable()


def over() -> None:
    """Collect from here on. What was imported stays for good and is never looked through again."""
    gc.enable()
    gc.freeze()
