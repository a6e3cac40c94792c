"""All clinical content of the service, as one value that is read at start and never changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.assessment.domain.instrument import Instrument
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.rules import RuleSet
from services.assessment.domain.safety import SafetyRules
from services.assessment.domain.trajectory import Outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Instruments by code, the safety rules, the pathway, and how outcomes are judged.

    ``retired``: versions of instruments that nobody is asked any more, by code and version; what
    was answered to them is still read and corrected under them.
    ``shadow``: a candidate version of the pathway that runs beside it and is only compared.
    """

    instruments: dict[str, Instrument]
    safety: SafetyRules
    pathway: RuleSet
    outcomes: Outcomes
    retired: Mapping[tuple[str, str], Instrument] = field(default_factory=dict)
    shadow: RuleSet | None = None

    def __post_init__(self) -> None:
        for fault in _faults(self):
            raise ValueError(fault)

    def usable(self, code: str, version: str | None = None) -> Instrument:
        """An instrument that may be recorded with.

        Raises:
            RuleViolation: there is none of that name, that version is retired, or never was.
            Conflict: the installation has no right to use it.
        """
        instrument = self.instruments.get(code)
        if instrument is None:
            raise RuleViolation(
                "unknown-instrument", "There is no such instrument.", field="instrument"
            )
        if version is not None and version != instrument.version:
            raise self._out_of_use(instrument, version)
        if not instrument.enabled:
            raise Conflict("not-enabled", "This instrument may not be used here yet.")
        return instrument

    def taken_with(self, code: str, version: str) -> Instrument | None:
        """The version of an instrument that took some answers, in use or retired; None when its
        file is gone."""
        instrument = self.instruments.get(code)
        if instrument is not None and instrument.version == version:
            return instrument
        return self.retired.get((code, version))

    def _out_of_use(self, instrument: Instrument, version: str) -> RuleViolation:
        in_use = f"Version {instrument.version} of {instrument.title} is in use"
        if (instrument.code, version) in self.retired:
            sentence = f"{in_use}; version {version} is retired. Ask with the version in use."
            return RuleViolation("retired-version", sentence, field="instrument_version")
        sentence = f"{in_use}; there is no version {version}."
        return RuleViolation("unknown-version", sentence, field="instrument_version")


def _faults(content: Content) -> Iterator[str]:
    """What one file says of another that the other does not know."""
    for place, code in _named_triggers(content):
        if content.safety.trigger(code) is None:
            yield f"{place}: unknown trigger {code}"
    yield from _retired_faults(content)
    if content.shadow is not None and content.shadow.version == content.pathway.version:
        yield f"shadow rules: version: {content.shadow.version} is the active one"
    for rules in content.outcomes.rules:
        if rules.instrument not in content.instruments:
            yield f"outcomes: unknown instrument {rules.instrument}"


def _retired_faults(content: Content) -> Iterator[str]:
    for code, version in content.retired:
        in_use = content.instruments.get(code)
        if in_use is None:
            yield f"retired {code}: code: no version of it is in use"
        elif version == in_use.version:
            yield f"retired {code}: version: {version} is the one in use"


def _named_triggers(content: Content) -> Iterator[tuple[str, str]]:
    for instrument in (*content.instruments.values(), *content.retired.values()):
        for flag in instrument.red_flags:
            yield f"{instrument.code}: red_flags", flag.trigger
    for question in content.pathway.intake:
        for choice in question.choices:
            if choice.trigger:
                yield f"intake {question.code}", choice.trigger
