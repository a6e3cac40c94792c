"""A pathway proposal: what is proposed, why, and what a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.portal.presenters import intakes, words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.intakes import Asked
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.assessment import PathwayContent, ProposalBody, TraceLine

_DECISIONS = said(
    {
        "pending": mark("Waiting for a decision"),
        "accepted": mark("Accepted"),
        "changed": mark("Decided otherwise"),
        "declined": mark("Declined"),
    }
)
_OUTCOMES = said(
    {
        "fired": mark("applies"),
        "not-fired": mark("does not apply"),
        "unknown": mark("not known: a fact is missing"),
    }
)
_TONES = {"fired": "good", "not-fired": "", "unknown": "warn"}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule did with which facts, and where the rule comes from."""

    rule: str
    title: str
    outcome: str
    tone: str
    condition: str
    facts: tuple[tuple[str, str], ...]
    effect: str
    source: str


@dataclass(frozen=True, slots=True)
class GuardQuestion:
    """A plan like this needs a coded reason. ``name`` is its form field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal with its reasons, most telling first."""

    id: str
    when: str
    state: str
    decided: str
    arms: tuple[tuple[str, str, str], ...]
    arm_rules: tuple[str, ...]
    pending_review: bool
    needs: tuple[str, ...]
    advice: tuple[tuple[str, str], ...]
    guards: tuple[GuardQuestion, ...]
    applies: tuple[Reason, ...]
    others: tuple[Reason, ...]
    may_decide: bool
    version: int
    lines: tuple[str, ...]


def proposal(one: ProposalBody, content: PathwayContent, setting: Setting) -> Proposal:
    """A proposal in words."""
    reasons = tuple(_reason(line) for line in one.trace)
    labels = {arm.code: arm.label for arm in content.arms}
    decided = _decided(one, labels, content, setting)
    return Proposal(
        id=str(one.proposal_id),
        when=words.moment(one.proposed_at, zone=setting.zone, now=setting.now),
        state=_DECISIONS[one.decision],
        decided=decided,
        arms=tuple((arm.code, arm.label, arm.summary) for arm in one.arms),
        arm_rules=tuple(
            _("rules %(rules)s; %(review)s", rules=", ".join(arm.rules), review=arm.review)
            for arm in one.arms
        ),
        pending_review=one.pending_human_review,
        needs=tuple(choice.label for choice in one.needs),
        advice=tuple((item.text, item.rule) for item in one.advice),
        guards=tuple(GuardQuestion(f"guard.{item.code}", item.text) for item in one.guards),
        applies=tuple(reason for reason in reasons if reason.tone == "good"),
        others=tuple(reason for reason in reasons if reason.tone != "good"),
        may_decide="decide" in one.actions,
        version=one.version,
        lines=(
            words.labelled(_("State"), _DECISIONS[one.decision]),
            *([decided] if decided else []),
        ),
    )


def plan_questions(content: PathwayContent) -> tuple[Asked, ...]:
    """What a plan has to say: how long, by whom, how; each with the ways that need it."""
    return tuple(
        replace(intakes.asked(question, prefix="plan"), source=_needed_for(question.code, content))
        for question in content.plan_questions
    )


def choices(one: Proposal, content: PathwayContent) -> tuple[tuple[str, str], ...]:
    """The decisions there are. None is chosen beforehand: a person decides."""
    proposed = tuple((f"accepted:{code}", label) for code, label, _summary in one.arms)
    codes = {code for code, _label, _summary in one.arms}
    others = tuple(
        (f"changed:{arm.code}", _("Another way: %(way)s", way=arm.label))
        for arm in content.arms
        if arm.code not in codes
    )
    return (*proposed, *others, ("declined:", _("None of these now")))


def decision(choice: str) -> dict[str, str]:
    """The decision and the way behind one choice of the form."""
    verdict, _colon, arm = choice.partition(":")
    chosen = {"decision": verdict, "arm": arm}
    return {name: value for name, value in chosen.items() if value}


def at_the_form(draft: Draft) -> Draft:
    """The refused form with each fault at the field of this form that mends it."""
    named = {"signature": "password"}
    faults = (
        replace(
            fault,
            field=named.get(fault.field, fault.field.replace("guard_reasons.", "guard.", 1)),
        )
        for fault in draft.faults
    )
    return replace(draft, faults=tuple(faults))


def _needed_for(code: str, content: PathwayContent) -> str:
    ways = [arm.label for arm in content.arms if code in arm.needs]
    return _("Needed for: %(ways)s.", ways=", ".join(ways)) if ways else ""


def _reason(line: TraceLine) -> Reason:
    return Reason(
        rule=_("%(rule)s, version %(version)s", rule=line.rule, version=line.version),
        title=line.title,
        outcome=_OUTCOMES[line.outcome],
        tone=_TONES[line.outcome],
        condition=line.condition,
        facts=tuple((fact.label, fact.value or _("not known")) for fact in line.facts),
        effect=line.effect,
        source=words.graded(line.source, line.grade, line.review),
    )


def _decided(
    one: ProposalBody, labels: Mapping[str, str], content: PathwayContent, setting: Setting
) -> str:
    if one.decided_at is None:
        return ""
    by = words.who(one.decided_by, setting.staff)
    at = words.moment(one.decided_at, zone=setting.zone, now=setting.now)
    arm = f": {labels.get(one.decided_arm, one.decided_arm)}" if one.decided_arm else ""
    reasons = {choice.code: choice.label for choice in content.decision_reasons}
    why = ""
    if one.reason:
        why = " " + _("Reason: %(why)s.", why=reasons.get(one.reason, one.reason))
    return f"{_DECISIONS[one.decision]}{arm}. {by}, {at}.{why}{_past_guards(one, content)}"


def _past_guards(one: ProposalBody, content: PathwayContent) -> str:
    """Which warnings the plan goes against, why, and that it was signed."""
    if not one.guard_reasons:
        return ""
    reasons = {choice.code: choice.label for choice in content.guard_reasons}
    texts = {guard.code: guard.text for guard in one.guards}
    against = "; ".join(
        f"{texts.get(code, code).rstrip('.')}: {reasons.get(why, why)}"
        for code, why in one.guard_reasons.items()
    )
    signed = _("signed") if one.signed_at else _("not signed")
    return " " + _("Against a warning (%(signed)s): %(said)s.", signed=signed, said=against)
