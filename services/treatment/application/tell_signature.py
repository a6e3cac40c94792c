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
    publish_request(work, state, version=change.version)


def publish_request(work: Work, state: SignatureState, *, version: int) -> None:
    """A request while it is open, and its end afterwards; both say all there is to say of it."""
    fact = SignatureRequested if state.status == "open" else SignatureSettled
    work.publish(
        fact(signature=state),
        subject=state.patient_id,
        aggregate=f"signature:{state.request_id}",
        version=version,
    )
