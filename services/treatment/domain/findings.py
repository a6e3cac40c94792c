"""What a rule reports, and how a request that no rule allows is refused."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How hard a finding stands in the way; a strong warning needs a signed reason."""

    BLOCK = "block"
    STRONG_WARN = "strong-warn"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's report in one sentence for staff."""

    rule: str
    level: Level
    detail: str


class RuleRefusal(Exception):
    """The rules do not allow this; the sentence says what would make it acceptable."""

    def __init__(self, rule: str, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.field = field
        self.code = rule
        self.sentence = sentence
