"""The directory of activities, and what came of it all."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from services.engagement.adapters.directory_file import read_directory
from services.engagement.adapters.http.support_desk import SupportDesk
from services.engagement.adapters.summaries import outcomes
from services.engagement.adapters.support import visible
from services.engagement.application.import_activities import import_activities
from services.engagement.domain.local_time import local_day
from services.engagement.domain.support.directory import Activity, matches, named
from services.engagement.domain.support.equity import by_group
from services.engagement.domain.support.outcomes import Outcome, figures, row_of
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.refusals import RuleBroken
from shared.api import support as api
from shared.runtime.http import Api, Call

_MOST_MATCHES = 200


def add_outcomes(api_: Api, desk: SupportDesk) -> None:
    """Add this file's routes."""
    _add_directory(api_, desk)

    @api_.get("/api/v1/outcomes", raises=(422,))
    async def read_outcomes(call: Call, query: api.OutcomeQuery) -> api.OutcomeReport:
        """The measures with their definitions, as of a day."""
        as_of, judged = await _judged(desk, call, query)
        rules = desk.rules.support.outcomes
        words = {measure.code: measure for measure in rules.measures}
        equity = desk.rules.support.equity
        call.tx.audit("outcomes.read", object=f"outcomes:{as_of}")
        return api.OutcomeReport(
            as_of=as_of,
            people=len(judged),
            figures=tuple(
                api.FigureBody(
                    code=one.code,
                    title=words[one.code].title,
                    definition=words[one.code].definition,
                    denominator_is=words[one.code].denominator,
                    numerator=one.numerator,
                    denominator=one.denominator,
                    missing=one.missing,
                    median_days=one.median_days,
                )
                for one in figures(judged, rules)
            ),
            uptake=tuple(
                api.SliceBody(
                    group=one.group,
                    people=one.people,
                    taking_part=one.taking_part,
                    shares=tuple(
                        api.ShareBody(
                            code=share.code,
                            numerator=share.numerator,
                            denominator=share.denominator,
                        )
                        for share in one.shares
                    ),
                )
                for one in by_group(judged, rules, equity, as_of)
            ),
            smallest_group=equity.small_number,
            sources=dict(rules.sources),
        )

    @api_.get("/api/v1/outcomes/rows", raises=(422,))
    async def read_outcome_rows(call: Call, query: api.OutcomeQuery) -> api.OutcomeRows:
        """One line for each person, with the dictionary of its columns."""
        as_of, judged = await _judged(desk, call, query)
        columns = desk.rules.support.outcomes.columns
        rows = [row_of(one) for one in judged]
        call.tx.audit("outcomes.exported", object=f"outcomes:{as_of}", reason=f"rows:{len(rows)}")
        return api.OutcomeRows(
            as_of=as_of,
            columns=tuple(
                api.ColumnBody(code=code, meaning=meaning) for code, meaning in columns.items()
            ),
            rows=tuple(tuple(row[code] for code in columns) for row in rows),
        )


def _add_directory(api_: Api, desk: SupportDesk) -> None:
    @api_.get("/api/v1/patients/{patient_id}/activities", raises=(404, 422))
    async def match_activities(
        call: Call, patient_id: UUID, query: api.ActivityQuery
    ) -> api.Matches:
        """The directory, best first for this person."""
        work = await desk.admit(call, patient_id)
        profile = await work.support.profiles.get(patient_id) or Profile(patient_id=patient_id)
        wanted = named(await work.support.activities.all(), query.find or "")
        found = matches(wanted, profile, desk.rules.currency)
        call.tx.audit("activities.matched", object=f"patient:{patient_id}", subject=patient_id)
        return api.Matches(
            items=tuple(
                api.MatchBody(
                    activity=_activity(one.activity, desk.rules.currency),
                    shared=one.shared,
                    fits=one.fits,
                    unknown=one.unknown,
                    against=one.against,
                )
                for one in found[:_MOST_MATCHES]
            ),
            total=len(found),
        )

    @api_.post("/api/v1/activities/import", raises=(422,))
    async def import_directory(call: Call, body: api.Directory) -> api.ImportReport:
        """Take the good rows of an Open Referral file; name the others one by one."""
        rule = desk.rules.support.limits.directory_rule
        taken, refused = read_directory(body.text, body.format, rule)
        today = local_day(call.tx.now, desk.rules.hours.zone)
        count = await import_activities(desk.work(call), rows=taken, today=today)
        return api.ImportReport(
            taken=count,
            refused=tuple(
                api.BadRow(row=one.row, field=one.field, reason=one.reason, rule=rule)
                for one in refused
            ),
        )


def _activity(one: Activity, currency: str) -> api.ActivityBody:
    priced = replace(one, currency=one.currency or currency)
    names = api.ActivityBody.model_fields
    return api.ActivityBody(**{name: getattr(priced, name) for name in names})


async def _judged(
    desk: SupportDesk, call: Call, query: api.OutcomeQuery
) -> tuple[date, list[Outcome]]:
    """Everybody the caller looks after, judged by what was recorded by the end of that day."""
    zone = desk.rules.hours.zone
    today = local_day(call.tx.now, zone)
    as_of = query.as_of or today
    if as_of > today:
        raise RuleBroken("day-ahead", "The day has not come yet.", field="as_of")
    until = datetime.combine(as_of + timedelta(days=1), time.min, zone).astimezone(UTC)
    rules = desk.rules.support.outcomes
    seen = visible(call.reach.teams, call.reach.staff)
    return as_of, await outcomes(call.tx, seen, rules, on=as_of, until=until)
