"""A safety notice that reached nobody goes on, in the transaction in which it ends."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.surroundings import on_call_now
from services.engagement.domain.notice import Notice, Purpose, Reason, State, pass_on
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.rules import Rules


async def pass_on_notice(
    work: Work, ended: Notice, *, rules: Rules, now: datetime, real_now: datetime
) -> None:
    """Write to the next readers at once, unless it was sent or what it was about is answered.

    The person is held, so that of two notices which end at once the later one sees both ended.
    """
    if ended.purpose is not Purpose.SAFETY or ended.state is State.SENT:
        return
    if ended.reason is Reason.ANSWERED:
        return
    for one in await work.notices.told(ended.about):
        await work.patients.hold(one.patient_id)
        goes_to_call = one.for_role == ON_CALL
        notices = pass_on(
            one.told(rules.kinds),
            await work.notices.about(one.reminder_id),
            colleagues=await work.staff.all(),
            preferences=await work.notices.preferences(),
            on_call=await on_call_now(work, rules=rules, now=now) if goes_to_call else {},
            new_id=work.new_id,
            now=now,
            real_now=real_now,
        )
        await work.notices.add(notices)
        if notices:
            work.audit("notice.passed-on", object=f"notice:{ended.notice_id}", reason=ended.reason)
