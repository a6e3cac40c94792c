"""Refusals about support. Each names its rule, so that whoever is refused can look it up."""

from services.engagement.domain.errors import Refusal


class RuleBroken(Refusal):
    """What was asked breaks a rule; nothing was changed."""

    def __init__(self, code: str, sentence: str, *, field: str, rule: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.rule = rule
        self._sentence = f"{sentence} ({rule})" if rule else sentence

    def __str__(self) -> str:
        return self._sentence


class UnknownSupport(Refusal):
    """There is no such record of a person you look after."""

    code = "not-found"


class ProgrammeClosed(Refusal):
    """The programme is closed; start another one."""

    code = "programme-closed"


class ClosingPending(Refusal):
    """A supervisor has to decide about the closing first."""

    code = "closing-pending"


class NoClosingPending(Refusal):
    """Nobody asked to close this programme."""

    code = "no-closing-pending"


class SecondPersonNeeded(Refusal):
    """Somebody else than the one who asked has to confirm an early closing (R-31)."""

    code = "second-person-needed"


class SignatureMismatch(Refusal):
    """The signature does not fit what was sent: look again, then sign again."""

    code = "signature-mismatch"
    field = "signature"

    def __init__(self, rule: str = "") -> None:
        super().__init__()
        self._rule = rule

    def __str__(self) -> str:
        """With the rule that asks for the signature, where one does."""
        return f"{super().__str__()} ({self._rule})" if self._rule else super().__str__()


class AlreadyDone(Refusal):
    """This was recorded already."""

    code = "already-recorded"
