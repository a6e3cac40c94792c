"""The demo every service plays its part of: who works at the clinic and who is in care.

Ids are derived from names, so each service's seed agrees with the others without asking.
Everyone here is invented. Refused outside demo mode.
"""

from uuid import UUID, uuid5

NAMESPACE = UUID("6b8f6a52-0a53-4d9e-9d0c-7a1f3d5e2b10")


def demo_id(kind: str, name: str) -> UUID:
    """The id of a demo person or thing, the same in every service."""
    return uuid5(NAMESPACE, f"{kind}:{name}")
