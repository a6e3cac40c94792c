"""The routes of assessment; shared/api/assessment.py lists them."""

from services.assessment.adapters.access import visible_patient
from services.assessment.adapters.http import (
    assessments,
    emergency,
    flags,
    instruments,
    intake,
    invitations,
    pathway,
    patients,
    retention,
    timeline,
    trajectory,
)
from services.assessment.adapters.wording import Wording
from services.assessment.domain.content import Content
from services.assessment.domain.refusals import (
    Conflict,
    FourEyes,
    Gone,
    RuleViolation,
    StaleVersion,
    Unknown,
)
from shared.runtime.auth import Keys
from shared.runtime.http import Api
from shared.runtime.http.looks import add_looks
from shared.runtime.person_keys import KeyMissing
from shared.runtime.retention_file import Kept


def build_api(
    content: Content,
    wording: Wording | None = None,
    *,
    keys: Keys | None = None,
    kept: Kept | None = None,
) -> Api:
    """Every route of the service, over this content and the wording that is installed. Signatures
    are checked with ``keys``; ``kept``: how long each class of records is."""
    api = Api(
        service="assessment",
        title="Mooring: assessment",
        problems={
            FourEyes: 403,
            Gone: 410,
            Unknown: 404,
            StaleVersion: 412,
            Conflict: 409,
            RuleViolation: 422,
            KeyMissing: 503,
        },
    )
    patients.add(api)
    instruments.add(api, content, wording or {})
    assessments.add(api, content)
    intake.add(api, content)
    invitations.add(api, content, wording or {})
    flags.add(api, content)
    pathway.add(api, content, keys)
    trajectory.add(api, content)
    timeline.add(api, content)
    emergency.add(api, keys)
    retention.add(api, kept or Kept())
    add_looks(api, visible_patient)
    return api
