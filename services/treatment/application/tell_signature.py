"""Tell the others that a prescriber is asked to sign a proposed change, and what came of it."""

from services.treatment.application.ports import Work
from services.treatment.domain.course import Course
from services.treatment.domain.plan_change import ChangeState, PlanChange
from shared.events.treatment import SignatureRequested, SignatureSettled, SignatureState

_STATUS = {
    ChangeState.PROPOSED: "open",
    ChangeState.SIGNED: "signed",
    ChangeState.DECLINED: "declined",
    ChangeState.OVERTAKEN: "overtaken",
}


def tell_signature(work: Work, change: PlanChange, course: Course) -> None:
    """Say how the request stands, in the transaction that made it so."""
    state = SignatureState.model_validate(
        {
            "request_id": change.id,
            "what": "plan-change",
            "course_id": change.course_id,
            "patient_id": change.patient_id,
            "plan_id": change.plan_id,
            "plan_version": change.from_version,
            "for_staff_id": course.prescriber_id,
            "rule": change.rule,
            "asked_at": change.proposed_at,
            "status": _STATUS[change.state],
        }
    )
    fact = SignatureRequested if change.is_open else SignatureSettled
    work.publish(
        fact(signature=state),
        subject=change.patient_id,
        aggregate=f"signature:{change.id}",
        version=change.version,
    )
