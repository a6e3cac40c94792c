"""Finding somebody by the beginning of a name."""

from unicodedata import combining, normalize


def begins_so(wanted: str, given: str, family: str) -> bool:
    """Whether a name, or a name inside it, begins with what was typed: ``mar``, ``da cos``."""
    start, whole = _folded(wanted), f" {_folded(f'{given} {family}')}"
    return f" {start}" in whole if start else False


def _folded(name: str) -> str:
    """Without case, accents, doubled spaces; a hyphen begins a new name."""
    plain = "".join(char for char in normalize("NFKD", name) if not combining(char))
    return " ".join(plain.casefold().replace("-", " ").split())
