"""A form whose session ended before it was sent: it travels through the sign-in, and comes back.

Nothing of it is stored. It goes to the browser and back as hidden fields, and only to whoever
had typed it: the form's own token says whose session it was. Through a sign-in with an identity
provider nothing may travel: there it waits in the page, and is sent from it after that.
"""

from collections.abc import Mapping

IS_BACK = "signed-in-again"
"""The field that marks a form that is shown again first: it is not sent on."""
_PREFIX = "kept."
_NEVER = frozenset({"password", "csrf", IS_BACK})
WHOSE = "kept-whose"

Form = Mapping[str, tuple[str, ...]]


def packed(form: Form) -> Form:
    """What was typed, as fields of the sign-in form. A password is never among it."""
    kept = {_PREFIX + name: values for name, values in form.items() if name not in _NEVER}
    return kept | {WHOSE: form.get("csrf", ("",))}


def travelling(form: Form) -> Form:
    """Of a sent sign-in form, what travels along."""
    return {
        name: values for name, values in form.items() if name.startswith(_PREFIX) or name == WHOSE
    }


def unpacked(form: Form) -> Form:
    """What was typed, under its own names."""
    return {
        name.removeprefix(_PREFIX): values
        for name, values in form.items()
        if name.startswith(_PREFIX)
    }


def restored(form: Form) -> Form:
    """What was packed, as it was sent: to be sent again from this page, once one is signed in."""
    token = whose(form)
    return {**unpacked(form), "csrf": (token,)} if token else {}


def whose(form: Form) -> str:
    """The token the interrupted form had carried."""
    return next(iter(form.get(WHOSE, ())), "")
