"""How the rules do, straight from SQL: overridden or followed, and what shadow rules would say."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true

from services.assessment.adapters.tables import RULE_VERDICT, SHADOW
from services.assessment.domain.content import Content
from services.assessment.domain.rules import Rule
from shared.api import assessment as api
from shared.runtime.db import Transaction

A_DAY = timedelta(days=1)


async def rule_report(tx: Transaction, content: Content, query: api.ReportQuery) -> api.RuleReport:
    """The report over some days."""
    return api.RuleReport(
        rules=await _outcomes(tx, content, query), shadow=await _shadows(tx, query)
    )


async def _outcomes(
    tx: Transaction, content: Content, query: api.ReportQuery
) -> tuple[api.RuleOutcome, ...]:
    column = RULE_VERDICT.c
    counted = (
        select(column.rule, column.part, column.overridden, column.reason, func.count().label("n"))
        .where(_within(column.decided_at, query))
        .group_by(column.rule, column.part, column.overridden, column.reason)
    )
    rows = (await tx.session.execute(counted)).all()
    labels = {
        reason.code: reason.label
        for reason in (*content.pathway.decision_reasons, *content.pathway.guard_reasons)
    }
    known = {rule.id: rule for rule in content.pathway.rules}
    order = list(known)
    keys = sorted(
        {(row.rule, row.part) for row in rows},
        key=lambda key: (order.index(key[0]) if key[0] in known else len(order), key),
    )
    return tuple(
        _outcome(
            known.get(rule),
            rule,
            part,
            [r for r in rows if (r.rule, r.part) == (rule, part)],
            labels,
        )
        for rule, part in keys
    )


def _outcome(
    rule: Rule | None, code: str, part: str, rows: Iterable[Any], labels: dict[str, str]
) -> api.RuleOutcome:
    rows = list(rows)
    decided = sum(row.n for row in rows)
    against = [row for row in rows if row.overridden]
    overridden = sum(row.n for row in against)
    reasons = Counter[str]()
    for row in against:
        if row.reason is not None:
            reasons[row.reason] += row.n
    return api.RuleOutcome(
        rule=code,
        title=rule.title if rule else "",
        part="guard" if part == "guard" else "offer",
        decided=decided,
        overridden=overridden,
        override_percent=f"{round(Decimal(100 * overridden) / decided, 1):f}",
        reasons=tuple(
            api.ReasonCount(code=reason, label=labels.get(reason, reason), count=count)
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ),
        source=rule.source if rule else "",
        grade=rule.grade if rule else "",
        review=rule.review if rule else "",
    )


async def _shadows(tx: Transaction, query: api.ReportQuery) -> tuple[api.ShadowReport, ...]:
    column = SHADOW.c
    counted = (
        select(
            column.active_version,
            column.shadow_version,
            column.agrees,
            column.active_arms,
            column.shadow_arms,
            func.count().label("n"),
        )
        .where(_within(column.compared_at, query))
        .group_by(
            column.active_version,
            column.shadow_version,
            column.agrees,
            column.active_arms,
            column.shadow_arms,
        )
    )
    rows = (await tx.session.execute(counted)).all()
    pairs = sorted({(row.active_version, row.shadow_version) for row in rows})
    return tuple([await _shadow(tx, query, pair, rows) for pair in pairs])


async def _shadow(
    tx: Transaction, query: api.ReportQuery, pair: tuple[str, str], rows: Iterable[Any]
) -> api.ShadowReport:
    own = [row for row in rows if (row.active_version, row.shadow_version) == pair]
    against = sorted((row for row in own if not row.agrees), key=lambda row: -row.n)
    column = SHADOW.c
    differing = select(column.differences).where(
        _within(column.compared_at, query),
        column.active_version == pair[0],
        column.shadow_version == pair[1],
    )
    rules = Counter[str]()
    for differences in (await tx.session.scalars(differing)).all():
        rules.update(difference["rule"] for difference in differences)
    return api.ShadowReport(
        active_version=pair[0],
        shadow_version=pair[1],
        compared=sum(row.n for row in own),
        disagreed=sum(row.n for row in against),
        disagreements=tuple(
            api.ShadowDisagreement(
                active_arms=tuple(row.active_arms.split()),
                shadow_arms=tuple(row.shadow_arms.split()),
                count=row.n,
            )
            for row in against
        ),
        rules=tuple(
            api.ShadowRule(rule=rule, count=count)
            for rule, count in sorted(rules.items(), key=lambda item: (-item[1], item[0]))
        ),
    )


def _within(column: Any, query: api.ReportQuery) -> ColumnElement[bool]:
    """Whole days in UTC, both ends included."""
    wanted: list[ColumnElement[bool]] = [true()]
    if query.since is not None:
        wanted.append(column >= datetime.combine(query.since, time.min, tzinfo=UTC))
    if query.until is not None:
        after = datetime.combine(query.until, time.min, tzinfo=UTC) + A_DAY
        wanted.append(column < after)
    return and_(*wanted)
