"""People, and what the pathway should say of them. Read by clinicians as well as by tests."""

ORDINARY: dict[str, str | int] = {
    "phq-9.total": 12,
    "gad-7.total": 8,
    "distress-blocks": "yes",
    "suicidal-thoughts": "no",
    "preference": "undecided",
    "severe-mental-disorder": "no",
    "psychosis": "no",
    "cognitive-impairment": "no",
    "open-flag-level": "none",
}
"""A person about whom everything needed is known, with moderate symptoms and no urgency."""
