"""How the rules of the pathway do: followed or overridden, and where a candidate differs."""

from dataclasses import dataclass

from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import ngettext
from shared.api.assessment import PathwayContent, RuleReport, ShadowReport


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: how often it was decided on, how often overridden, and why."""

    rule: str
    title: str
    part: str
    decided: int
    overridden: str
    reasons: str
    source: str
    review: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """A candidate version beside the active one."""

    title: str
    summary: str
    disagreements: tuple[tuple[str, str, int], ...]
    rules: str


def rows(report: RuleReport) -> tuple[Row, ...]:
    """Every rule that was decided on, in the order of the rules."""
    return tuple(
        Row(
            rule=one.rule,
            title=one.title,
            part=_("guards a plan") if one.part == "guard" else _("offers help"),
            decided=one.decided,
            overridden=f"{one.overridden} ({one.override_percent} %)",
            reasons="; ".join(f"{reason.label} ({reason.count})" for reason in one.reasons),
            source=f"{one.source}; {one.grade}",
            review=one.review,
        )
        for one in report.rules
    )


def shadows(report: RuleReport, content: PathwayContent) -> tuple[Shadow, ...]:
    """Every candidate version that was compared."""
    labels = {arm.code: arm.label for arm in content.arms}
    return tuple(_shadow(one, labels) for one in report.shadow)


def _shadow(one: ShadowReport, labels: dict[str, str]) -> Shadow:
    def said(arms: tuple[str, ...]) -> str:
        return ", ".join(labels.get(arm, arm) for arm in arms) or _("nothing yet")

    return Shadow(
        title=_(
            "%(shadow)s beside %(active)s", shadow=one.shadow_version, active=one.active_version
        ),
        summary=ngettext(
            "%(num)s proposal compared, %(disagreed)s differ.",
            "%(num)s proposals compared, %(disagreed)s differ.",
            one.compared,
            disagreed=one.disagreed,
        ),
        disagreements=tuple(
            (said(each.active_arms), said(each.shadow_arms), each.count)
            for each in one.disagreements
        ),
        rules=", ".join(f"{rule.rule} ({rule.count})" for rule in one.rules),
    )
