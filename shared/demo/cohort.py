"""The demo cohort: invented people on one path, each at another day of it.

Everyone is enrolled, assessed, offered treatment, responds, reaches remission, stays on the dose
for six months and then tapers. ``enrolled_days_ago`` says how far a person has come, and ``twist``
what is different about them. A service's seed plays its part of the path up to today.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from typing import Literal
from uuid import UUID

from shared.demo import demo_id
from shared.demo.staff import TEAM

Twist = Literal["none", "item-9", "no-response", "left-care", "contented", "hold", "unwell"]

# The path, in days since enrolment.
INTAKE_DAY = 0
PATHWAY_DAY = 1
DECISION_DAY = 2
COURSE_DAY = 3
REMISSION_RECORDED_DAY = 109
TAPER_SIGNED_DAY = 295
TAPER_STARTS_DAY = 302

READINGS: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = (
    (0, (2, 2, 2, 2, 1, 2, 1, 2, 0), (2, 2, 2, 1, 1, 2, 1)),
    (17, (2, 2, 1, 2, 1, 1, 1, 1, 0), (2, 1, 2, 1, 1, 1, 1)),
    (31, (1, 1, 2, 1, 1, 1, 1, 1, 0), (1, 1, 1, 1, 1, 1, 1)),
    (59, (1, 1, 1, 1, 1, 0, 1, 0, 0), (1, 1, 1, 1, 0, 1, 0)),
    (87, (0, 1, 0, 1, 1, 0, 0, 0, 0), (0, 1, 1, 0, 0, 1, 0)),
    (108, (0, 1, 0, 1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 1, 0)),
    (200, (0, 0, 1, 1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0)),
    (290, (0, 0, 0, 1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0)),
)
"""Answers by day: PHQ-9 items 1 to 9, then GAD-7 items 1 to 7, in the instruments' order."""

WORSE = (3, 2, 2, 2, 2, 2, 1, 1, 1)
"""PHQ-9 answers with a positive last item, for the twist ``item-9``."""


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One invented person."""

    given_name: str
    family_name: str
    birth_date: date
    enrolled_days_ago: int
    prescriber: str
    nurse: str
    twist: Twist = "none"
    team: str = TEAM
    time_zone: str = "Europe/London"

    @property
    def patient_id(self) -> UUID:
        return demo_id("patient", f"{self.given_name} {self.family_name}")

    @property
    def phone(self) -> str:
        """A number from the range that is kept free for fiction."""
        return f"+44 20 7946 0{self.birth_date:%j}"

    @property
    def email(self) -> str:
        """An address in a domain that exists for examples alone."""
        return f"{self.given_name}.{self.family_name}@example.org".lower()

    @property
    def course_id(self) -> UUID:
        return demo_id("course", f"{self.given_name} {self.family_name}")

    def day(self, number: int, *, today: date) -> date:
        """The calendar date of a day of this person's path."""
        return today - timedelta(days=self.enrolled_days_ago - number)

    def has_reached(self, number: int) -> bool:
        """Whether that day of the path is today or past."""
        return number <= self.enrolled_days_ago


_NAMES = (
    "Ada Marsh", "Ben Kowal", "Cleo Ward", "Dina Roth", "Eli Stone", "Faye Brook", "Gus Lamb",
    "Hana Vale", "Ivo Finch", "June Park", "Karl Moss", "Lia Frost", "Max Thorn", "Nina Wells",
    "Otis Reed", "Pia Lund", "Quin Hale", "Rosa Dean", "Sam Birch", "Tia Holm", "Uma Grey",
    "Vera Nash", "Wim Croft", "Xena Poole", "Yann Ashe", "Zoe Pike", "Abel Swann", "Bea Heath",
    "Cy Munro", "Dora Flint", "Ezra Lowe", "Fia Beck", "Gil Sharp", "Hope Carr", "Ira Cole",
    "Jade Snow", "Kit Rowan", "Luz Vance", "Milo Hart", "Noa Quill", "Oli Penn", "Pam Stead",
    "Ravi Bloom", "Suki Dale",
)  # fmt: skip

_DAYS_AND_TWISTS: tuple[tuple[int, Twist], ...] = (
    (0, "none"), (0, "item-9"), (1, "none"), (1, "none"), (2, "contented"), (3, "none"),
    (5, "none"), (9, "none"), (12, "none"), (16, "none"), (17, "item-9"), (24, "none"),
    (31, "none"), (38, "none"), (45, "none"), (52, "none"), (61, "no-response"), (66, "none"),
    (75, "no-response"), (84, "none"), (90, "none"), (101, "none"), (109, "none"), (121, "none"),
    (137, "none"), (158, "none"), (176, "none"), (199, "none"), (222, "none"), (250, "none"),
    (276, "none"), (289, "none"), (292, "none"), (296, "none"), (299, "none"), (305, "none"),
    (307, "unwell"), (320, "none"), (331, "hold"), (345, "none"), (362, "none"), (380, "none"),
    (430, "none"), (150, "left-care"),
)  # fmt: skip

PATIENTS: tuple[DemoPatient, ...] = tuple(
    DemoPatient(
        given_name=name.split()[0],
        family_name=name.split()[1],
        birth_date=date(1958 + (index * 7) % 42, 1 + (index * 5) % 12, 1 + (index * 11) % 28),
        enrolled_days_ago=days,
        prescriber=prescriber,
        nurse=nurse,
        twist=twist,
    )
    for index, (name, (days, twist), (prescriber, nurse)) in enumerate(
        zip(
            _NAMES,
            _DAYS_AND_TWISTS,
            cycle((("amara", "nell"), ("amara", "tomas"), ("jonas", "nell"))),
            strict=False,
        )
    )
)
