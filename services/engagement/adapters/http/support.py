"""One person's support: what there is, contacts, life events, motivation, plan and profile."""

from datetime import datetime
from uuid import UUID

from services.engagement.adapters.access import visible_patient
from services.engagement.adapters.http.support_desk import SupportDesk
from services.engagement.adapters.support_bodies import preview_body, support_form
from services.engagement.application.decide_outreach import decide_outreach
from services.engagement.application.preview_message import Wish, preview_message
from services.engagement.application.record_contact import record_contact
from services.engagement.application.record_life_event import (
    record_life_event,
    withdraw_life_event,
)
from services.engagement.application.refer import answer_referral, refer
from services.engagement.application.save_profile import save_profile
from services.engagement.application.work_on_motivation import dismiss_drop, work_on_motivation
from services.engagement.application.write_relapse_plan import Words, write_relapse_plan
from services.engagement.domain.support.contact import Contact, Outcome, Purpose
from services.engagement.domain.support.lost import Course
from services.engagement.domain.support.motivation import Talk
from services.engagement.domain.support.profile import (
    Adaptation,
    Agency,
    Barrier,
    Privacy,
    Profile,
)
from services.engagement.domain.support.referral import Answer
from services.engagement.domain.support.refusals import UnknownSupport
from shared.api import support as api
from shared.runtime.http import Api, Call, Mode


def add_support(api_: Api, desk: SupportDesk) -> None:
    """Add this file's routes."""
    _add_reading(api_, desk)
    _add_contacts(api_, desk)
    _add_outreach(api_, desk)
    _add_motivation(api_, desk)
    _add_plans(api_, desk)


def _add_reading(api_: Api, desk: SupportDesk) -> None:
    @api_.get("/api/v1/support-form")
    async def read_support_form(call: Call) -> api.SupportForm:
        """What may be recorded about support, with rules and sources."""
        del call
        return support_form(desk.rules.support)

    @api_.get("/api/v1/patients/{patient_id}/support", raises=(404,))
    async def read_support(call: Call, patient_id: UUID) -> api.SupportBody:
        """Programmes, contacts and everything around them of one person."""
        work = await desk.admit(call, patient_id)
        call.tx.audit("support.read", object=f"patient:{patient_id}", subject=patient_id)
        return await desk.answer(work, call, patient_id)


def _add_contacts(api_: Api, desk: SupportDesk) -> None:
    @api_.post("/api/v1/patients/{patient_id}/contacts", raises=(404, 409, 422))
    async def add_contact(call: Call, patient_id: UUID, body: api.NewContact) -> api.SupportBody:
        """Record a contact, or that the person did not come."""
        work = await desk.admit(call, patient_id)
        contact = Contact(
            contact_id=work.new_id(),
            patient_id=patient_id,
            purpose=Purpose(body.purpose),
            mode=body.mode,
            outcome=Outcome(body.outcome),
            at=body.at,
            on=body.at.date(),
            minutes=body.minutes,
            by=call.principal.staff_id,
            recorded_at=call.tx.now,
            programme_id=body.programme_id,
            next_on=body.next_on,
            group=body.group,
            together=body.together,
            step=body.step,
            anxiety_before=body.anxiety_before,
            anxiety_after=body.anxiety_after,
            cbt_content=body.cbt_content,
            mode_reason=body.mode_reason or None,
            subject_id=body.life_event_id,
            carer_id=body.carer_id,
            carer_support=body.carer_support,
            note=body.note,
        )
        await record_contact(work, contact=contact, rules=desk.rules, now=call.tx.now)
        return await desk.answer(work, call, patient_id)

    @api_.post("/api/v1/patients/{patient_id}/life-events", raises=(404, 422))
    async def add_life_event(
        call: Call, patient_id: UUID, body: api.NewLifeEvent
    ) -> api.SupportBody:
        """Record a life event: somebody speaks with the person, and no new step is taken."""
        work = await desk.admit(call, patient_id)
        await record_life_event(
            work,
            patient_id=patient_id,
            kind=body.kind,
            happened_on=body.happened_on,
            note=body.note,
            by=call.principal.staff_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.post(
        "/api/v1/life-events/{life_event_id}/withdraw", raises=(404, 409, 412), if_match=True
    )
    async def withdraw_event(call: Call, life_event_id: UUID, body: api.Nothing) -> api.SupportBody:
        """It was recorded by mistake; it holds nothing back."""
        del body
        work = desk.work(call)
        event = await work.support.life_events.get(life_event_id)
        if event is None:
            raise UnknownSupport
        await visible_patient(work, call, event.patient_id)
        await withdraw_life_event(
            work,
            life_event_id=life_event_id,
            seen_version=call.if_match,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, event.patient_id)


def _add_outreach(api_: Api, desk: SupportDesk) -> None:
    @api_.post("/api/v1/patients/{patient_id}/outreach-decisions", raises=(404, 422))
    async def decide_about_outreach(
        call: Call, patient_id: UUID, body: api.OutreachDecision
    ) -> api.SupportBody:
        """Go on trying, or lost to follow-up for now; care never ends by this."""
        work = await desk.admit(call, patient_id)
        await decide_outreach(
            work,
            patient_id=patient_id,
            course=Course(body.decision),
            note=body.note,
            by=call.principal.staff_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.post("/api/v1/patients/{patient_id}/referrals", raises=(404, 422))
    async def refer_somewhere(
        call: Call, patient_id: UUID, body: api.NewReferral
    ) -> api.SupportBody:
        """Put the person in touch with an activity."""
        work = await desk.admit(call, patient_id)
        await refer(
            work,
            patient_id=patient_id,
            activity_id=body.activity_id,
            note=body.note,
            by=call.principal.staff_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.post("/api/v1/referrals/{referral_id}/answer", raises=(404, 409, 412, 422), if_match=True)
    async def record_referral_answer(
        call: Call, referral_id: UUID, body: api.ReferralAnswer
    ) -> api.SupportBody:
        """The other side accepts or declines, or it is taken back."""
        work = desk.work(call)
        found = await work.support.referrals.get(referral_id)
        if found is None:
            raise UnknownSupport
        await visible_patient(work, call, found.patient_id)
        await answer_referral(
            work,
            referral_id=referral_id,
            seen_version=call.if_match,
            status=Answer(body.answer),
            note=body.note,
            by=call.principal.staff_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, found.patient_id)


def _add_motivation(api_: Api, desk: SupportDesk) -> None:
    async def whose(call: Call, reading_id: UUID) -> UUID:
        work = desk.work(call)
        drop = await work.support.drops.get(reading_id)
        if drop is None:
            raise UnknownSupport
        await visible_patient(work, call, drop.patient_id)
        return drop.patient_id

    @api_.post("/api/v1/motivation/{reading_id}/talk", raises=(404, 409, 412, 422), if_match=True)
    async def talk_about_motivation(
        call: Call, reading_id: UUID, body: api.NewTalk
    ) -> api.SupportBody:
        """Why not lower, what would raise it, and the smaller step that was agreed."""
        patient_id = await whose(call, reading_id)
        work = desk.work(call)
        by = call.principal.staff_id
        await work_on_motivation(
            work,
            reading_id=reading_id,
            seen_version=call.if_match,
            talk=Talk(
                at=body.at,
                by=by,
                why_not_lower=body.why_not_lower,
                what_would_raise=body.what_would_raise,
                smaller_step=body.smaller_step,
            ),
            contact=_talk_contact(work.new_id(), patient_id, reading_id, body, by, call.tx.now),
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.post("/api/v1/motivation/{reading_id}/dismiss", raises=(404, 409, 412), if_match=True)
    async def dismiss_motivation(
        call: Call, reading_id: UUID, body: api.Dismissal
    ) -> api.SupportBody:
        """No talk is needed, and why."""
        patient_id = await whose(call, reading_id)
        work = desk.work(call)
        await dismiss_drop(
            work,
            reading_id=reading_id,
            seen_version=call.if_match,
            reason=body.reason,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)


def _talk_contact(  # noqa: PLR0917 - one value of a contact each
    contact_id: UUID,
    patient_id: UUID,
    reading_id: UUID,
    body: api.NewTalk,
    by: UUID,
    now: datetime,
) -> Contact:
    return Contact(
        contact_id=contact_id,
        patient_id=patient_id,
        purpose=Purpose.MOTIVATION,
        mode=body.mode,
        outcome=Outcome.TOOK_PLACE,
        at=body.at,
        on=body.at.date(),
        minutes=body.minutes,
        by=by,
        recorded_at=now,
        subject_id=reading_id,
    )


def _add_plans(api_: Api, desk: SupportDesk) -> None:
    @api_.put("/api/v1/patients/{patient_id}/relapse-plan", raises=(404, 412, 422), if_match=True)
    async def write_plan(
        call: Call, patient_id: UUID, body: api.RelapsePlanWords
    ) -> api.SupportBody:
        """Write the relapse-prevention plan with the person."""
        work = await desk.admit(call, patient_id)
        await write_relapse_plan(
            work,
            patient_id=patient_id,
            seen_version=call.if_match,
            words=Words(**body.model_dump()),
            by=call.principal.staff_id,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.put(
        "/api/v1/patients/{patient_id}/support-profile", raises=(404, 412, 422), if_match=True
    )
    async def write_profile(
        call: Call, patient_id: UUID, body: api.ProfileWords
    ) -> api.SupportBody:
        """Record interests, needs, privacy and agencies."""
        work = await desk.admit(call, patient_id)
        await save_profile(
            work,
            profile=_profile(patient_id, body),
            seen_version=call.if_match,
            rules=desk.rules,
            now=call.tx.now,
        )
        return await desk.answer(work, call, patient_id)

    @api_.post("/api/v1/patients/{patient_id}/message-preview", raises=(404, 422), mode=Mode.READS)
    async def show_message_preview(
        call: Call, patient_id: UUID, body: api.MessageWords
    ) -> api.PreviewBody:
        """What others could see with this choice, before anything is stored."""
        work = await desk.admit(call, patient_id)
        wish = Wish(
            stigma_concern=body.stigma_concern,
            privacy=[Privacy(one) for one in body.privacy],
            sender=body.sender,
            subject=body.subject,
        )
        seen = await preview_message(
            work, patient_id=patient_id, wish=wish, letterhead=desk.rules.letterhead
        )
        return preview_body(seen)


def _profile(patient_id: UUID, body: api.ProfileWords) -> Profile:
    return Profile(
        patient_id=patient_id,
        interests=body.interests,
        within_km=body.within_km,
        most_cost=body.most_cost,
        access_needs=body.access_needs,
        adaptations=tuple(
            Adaptation(barrier=Barrier(one.barrier), answer=one.answer) for one in body.adaptations
        ),
        stigma_concern=body.stigma_concern,
        privacy=tuple(Privacy(one) for one in body.privacy),
        sender=body.sender,
        subject=body.subject,
        agencies=tuple(
            Agency(name=one.name, does=one.does, contact=one.contact) for one in body.agencies
        ),
        coordinator_id=body.coordinator_id,
        shared_plan=body.shared_plan,
    )
