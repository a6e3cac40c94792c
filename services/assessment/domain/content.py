"""All clinical content of the service, as one value that is read at start and never changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.assessment.domain.instrument import Instrument
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.rules import RuleSet
from services.assessment.domain.safety import SafetyRules
from services.assessment.domain.trajectory import Outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Instruments by code, the safety rules, the pathway, and how outcomes are judged.

    ``shadow``: a candidate version of the pathway that runs beside it and is only compared.
    """

    instruments: dict[str, Instrument]
    safety: SafetyRules
    pathway: RuleSet
    outcomes: Outcomes
    shadow: RuleSet | None = None

    def __post_init__(self) -> None:
        for fault in _faults(self):
            raise ValueError(fault)

    def usable(self, code: str, version: str | None = None) -> Instrument:
        """An instrument that may be recorded with.

        Raises:
            RuleViolation: there is none of that name, or not in that version any more.
            Conflict: the installation has no right to use it.
        """
        instrument = self.instruments.get(code)
        if instrument is None:
            raise RuleViolation(
                "unknown-instrument", "There is no such instrument.", field="instrument"
            )
        if version is not None and version != instrument.version:
            sentence = f"Only version {instrument.version} of this instrument is in use."
            raise RuleViolation("retired-version", sentence, field="instrument_version")
        if not instrument.enabled:
            raise Conflict("not-enabled", "This instrument may not be used here yet.")
        return instrument


def _faults(content: Content) -> Iterator[str]:
    """What one file says of another that the other does not know."""
    for place, code in _named_triggers(content):
        if content.safety.trigger(code) is None:
            yield f"{place}: unknown trigger {code}"
    if content.shadow is not None and content.shadow.version == content.pathway.version:
        yield f"shadow rules: version: {content.shadow.version} is the active one"
    for rules in content.outcomes.rules:
        if rules.instrument not in content.instruments:
            yield f"outcomes: unknown instrument {rules.instrument}"


def _named_triggers(content: Content) -> Iterator[tuple[str, str]]:
    for instrument in content.instruments.values():
        for flag in instrument.red_flags:
            yield f"{instrument.code}: red_flags", flag.trigger
    for question in content.pathway.intake:
        for choice in question.choices:
            if choice.trigger:
                yield f"intake {question.code}", choice.trigger
