"""Support in the demo cohort: who has which programme, and what happened to them.

Meetings follow the rhythm of their kind up to yesterday. ``missed`` is how many of the last ones
the person did not come to; ``ruler`` are readings by how many days ago, importance and confidence;
``lonely`` are the answers to the three questions of loneliness on the days of ``LONELY_DAYS``.
"""

from dataclasses import dataclass

from shared.demo.cohort import COURSE_DAY, PATIENTS, DemoPatient

RULER, LONELINESS = "readiness-ruler", "ucla-3"
LONELY_DAYS = (0, 31, 87, 200, 290)
LESS_LONELY = ((3, 3, 3), (3, 3, 2), (2, 3, 2), (2, 2, 1), (1, 2, 1))
AS_LONELY = ((3, 3, 2), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCarer:
    """Somebody near to a person; without a scope they are told nothing."""

    name: str
    relationship: str
    scopes: tuple[str, ...] = ()
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSupport:
    """One person's programme."""

    person: str
    kind: str
    facilitator: str
    deputy: str | None = None
    activity: str = ""
    rungs: tuple[str, ...] = ()
    minutes: int = 60
    every_days: int | None = None
    """How often sessions really took place, where that is not the rhythm."""
    later_mode: str = "telephone"
    missed: int = 0
    ruler: tuple[tuple[int, int, int], ...] = ()
    lonely: tuple[tuple[int, int, int], ...] = LESS_LONELY
    carers: tuple[DemoCarer, ...] = ()
    life_event: str = ""
    interests: tuple[str, ...] = ()
    serves_course: bool = False

    @property
    def patient(self) -> DemoPatient:
        """The person of the cohort."""
        return next(p for p in PATIENTS if f"{p.given_name} {p.family_name}" == self.person)

    @property
    def starts_on_day(self) -> int:
        """The day of the person's path on which the programme starts."""
        return COURSE_DAY


_LADDER = ("Walk past together", "Listen from the door", "Stay for half", "Stay to the end")

SUPPORTED: tuple[DemoSupport, ...] = (
    DemoSupport(
        person="Lia Frost",
        kind="facilitated-participation",
        facilitator="femi",
        deputy="nell",
        activity="Singing in the harbour choir",
        rungs=_LADDER,
        carers=(DemoCarer(name="Mae Frost", relationship="mother", scopes=("support",)),),
    ),
    DemoSupport(
        person="Otis Reed",
        kind="facilitated-participation",
        facilitator="femi",
        deputy="tomas",
        activity="Walking with the Sunday group",
        rungs=("Meet the leader", "Walk the short round", "Walk the long round"),
        carers=(DemoCarer(name="Finn Reed", relationship="brother"),),
        serves_course=True,
    ),
    DemoSupport(
        person="Quin Hale",
        kind="facilitated-participation",
        facilitator="femi",
        deputy="nell",
        activity="Chess at the library",
        rungs=("Visit the library", "Watch a game", "Play one game"),
        missed=2,
        ruler=((34, 7, 8), (3, 5, 4)),
        lonely=AS_LONELY,
        interests=("games", "reading"),
    ),
    DemoSupport(
        person="Yann Ashe",
        kind="facilitated-participation",
        facilitator="femi",
        deputy="tomas",
        activity="Gardening at the allotments",
        rungs=_LADDER,
        life_event="move",
        carers=(
            DemoCarer(
                name="Ida Ashe",
                relationship="wife",
                scopes=("support", "urgent"),
                phone="+44 20 7946 0111",
            ),
            DemoCarer(name="Bo Ashe", relationship="neighbour"),
        ),
        interests=("gardens",),
        serves_course=True,
    ),
    DemoSupport(
        person="Bea Heath",
        kind="facilitated-participation",
        facilitator="tomas",
        deputy="femi",
        activity="Helping at the boat shed",
        rungs=_LADDER,
        carers=(
            DemoCarer(
                name="Ruth Heath",
                relationship="sister",
                scopes=("urgent",),
                phone="+44 20 7946 0112",
            ),
        ),
    ),
    DemoSupport(person="Nina Wells", kind="cbt", facilitator="nell", minutes=75),
    DemoSupport(person="Uma Grey", kind="cbt", facilitator="nell", minutes=75, every_days=14),
    DemoSupport(person="Sam Birch", kind="self-help", facilitator="tomas", minutes=20),
)

DIRECTORY = """id,name,organization,interests,cost,distance_km,access,when,phone
d1,Harbour choir,Harbour Arts,singing;music,0,1.2,step-free,Tuesday 18:30,+44 20 7946 0101
d2,Chess evening,Library,games;reading,0,0.8,step-free;hearing loop,Thursday 17:00,+44 20 7946 0102
d3,Sunday walkers,Ramble On,walking;nature,0,3.5,,Sunday 10:00,+44 20 7946 0103
d4,Allotment mornings,Green Hands,gardens;nature,2,2.1,step-free,Saturday 09:00,+44 20 7946 0104
d5,Boat shed repairs,Old Quay,boats;crafts,0,1.9,,Wednesday 14:00,+44 20 7946 0105
d6,Pottery for beginners,Clay Works,crafts,12,6.0,step-free,Monday 19:00,+44 20 7946 0106
"""
"""A directory as an Open Referral file brings it."""
