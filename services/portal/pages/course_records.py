"""What can be recorded about a course: the fields of each form and the request they become.

A form is offered when the service names its act among the course's actions, and never otherwise.
"""

from dataclasses import dataclass, field

from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import mark
from shared.api import treatment
from shared.api.body import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One act on a course. ``act`` is the last part of its route; ``versioned`` acts name
    the version the person was looking at."""

    act: str
    title: str
    explanation: str
    button: str
    body: type[Body]
    fields: tuple[str, ...]
    lists: tuple[str, ...] = ()
    versioned: bool = True
    notice: str = field(default="decision")

    def body_from(self, draft: Draft) -> Body:
        """The request behind the form.

        Raises:
            ValidationError: what was typed is no valid request.
        """
        typed = {name: draft.value(name) for name in self.fields if draft.value(name)}
        ticked = {name: draft.all(name) for name in self.lists if draft.all(name)}
        return self.body.model_validate(typed | ticked)


_ALL = (
    Record(
        act="remission",
        title=mark("Record remission"),
        explanation=mark(
            "The clock of the course starts at remission: the second, confirming reading."
        ),
        button=mark("Record remission"),
        body=treatment.RemissionRecord,
        fields=("remission_on", "episodes", "months", "reason"),
        lists=("risk_factors",),
        notice="remission",
    ),
    Record(
        act="decision",
        title=mark("Record the decision"),
        explanation=mark("Nothing stops by itself: going on is as much a decision as tapering."),
        button=mark("Record the decision"),
        body=treatment.DecisionRecord,
        fields=("decision", "reason"),
    ),
    Record(
        act="hold",
        title=mark("Hold the dose"),
        explanation=mark("The dose stays as it is and every later date moves by as many days."),
        button=mark("Hold the dose"),
        body=treatment.Hold,
        fields=("plan_version", "days", "reason"),
        versioned=False,
        notice="hold",
    ),
    Record(
        act="adherence-gaps",
        title=mark("Record a gap in taking it"),
        explanation=mark("A long gap pauses the clock of the course."),
        button=mark("Record the gap"),
        body=treatment.AdherenceGap,
        fields=("first_missed_on", "resumed_on"),
        versioned=False,
        notice="gap",
    ),
    Record(
        act="relapse",
        title=mark("Record a relapse"),
        explanation=mark("The clock stops. What was recorded before is kept."),
        button=mark("Record the relapse"),
        body=treatment.RelapseRecord,
        fields=("relapse_on", "reason"),
        notice="relapse",
    ),
    Record(
        act="withdraw",
        title=mark("Withdraw the proposal"),
        explanation=mark("It was never signed, so nothing has started."),
        button=mark("Withdraw the proposal"),
        body=treatment.Withdrawal,
        fields=("reason",),
        notice="withdrawn",
    ),
    Record(
        act="close",
        title=mark("Close the course"),
        explanation=mark(
            "After the watch that follows the last dose, or earlier with a good reason."
        ),
        button=mark("Close the course"),
        body=treatment.Closure,
        fields=("reason",),
        notice="closed",
    ),
)

RECORDS = {record.act: record for record in _ALL}
