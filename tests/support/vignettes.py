"""People, and what the pathway should say of them: for clinicians to read, for tests to hold.

Each differs from ``ORDINARY`` only in what is named; None means that it is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ORDINARY: dict[str, str | int] = {
    "phq-9.total": 12,
    "gad-7.total": 8,
    "distress-blocks": "yes",
    "suicidal-thoughts": "no",
    "preference": "undecided",
    "severe-mental-disorder": "no",
    "psychosis": "no",
    "cognitive-impairment": "no",
    "open-flag-level": "none",
}
"""A person about whom everything needed is known, with moderate symptoms and no urgency."""

WELL: dict[str, str | int | None] = {
    "phq-9.total": 3,
    "gad-7.total": 2,
    "distress-blocks": "no",
}
CONTENT: dict[str, str | int | None] = WELL | {
    "isolation-chosen": "yes",
    "solitude": "self-determined",
    "needs-met": "yes",
}
CBT_PLAN = {"plan-format": "individual", "support-length": "prolonged", "follow-on": "yes"}
WHOLE_FACILITATION = {
    "facilitator-named": "yes",
    "support-length": "prolonged",
    "community-activity": "yes",
    "plan-content": "facilitated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette:
    """``arms`` best first. ``fires`` are rules that must fire, among others. ``guards`` are all
    that the plan trips."""

    who: str
    differs: Mapping[str, str | int | None] = field(default_factory=dict)
    arms: tuple[str, ...] = ("cbt", "medication")
    fires: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, str | int]:
        """Everything known of this person."""
        known = {**ORDINARY, **self.differs}
        return {code: value for code, value in known.items() if value is not None}


def _v(who: str, differs: Mapping[str, str | int | None] | None = None, *arms: str) -> Vignette:
    return Vignette(who=who, differs=differs or {}, arms=arms)


CHOOSING: tuple[Vignette, ...] = (
    _v("Moderate symptoms, undecided: both are offered, CBT first", {}, "cbt", "medication"),
    _v("Moderate symptoms, wants behavioural help alone", {"preference": "behavioural"}, "cbt"),
    _v(
        "Moderate symptoms, wants medication: less severe, but preferred",
        {"preference": "medication"},
        "medication",
        "cbt",
    ),
    _v(
        "Moderate symptoms, wants both",
        {"preference": "combined"},
        "combined",
        "cbt",
        "medication",
    ),
    _v(
        "Moderate symptoms, wants no treatment: the door stays open, company is offered",
        {"preference": "no-treatment"},
        "open-door",
        "facilitated-participation",
    ),
    _v("PHQ-9 of 15, undecided: medication is not first", {"phq-9.total": 15}, "cbt", "medication"),
    _v("PHQ-9 of 16, undecided: CBT first by R-14", {"phq-9.total": 16}, "cbt", "medication"),
    _v(
        "PHQ-9 of 16 and behavioural help preferred",
        {"phq-9.total": 16, "preference": "behavioural"},
        "cbt",
    ),
    _v(
        "Severe depression, wants both",
        {"phq-9.total": 24, "preference": "combined"},
        "combined",
        "cbt",
        "medication",
    ),
    _v(
        "Anxiety alone, no depression, wants medication",
        {"phq-9.total": 4, "gad-7.total": 16, "preference": "medication"},
        "medication",
        "cbt",
    ),
    _v(
        "PHQ-9 9, GAD-7 9, distress does not block: no significant symptoms",
        {"phq-9.total": 9, "gad-7.total": 9, "distress-blocks": "no"},
        "facilitated-participation",
    ),
    _v(
        "PHQ-9 10 is significant, even when the person says nothing blocks",
        {"phq-9.total": 10, "gad-7.total": 0, "distress-blocks": "no"},
        "cbt",
        "medication",
    ),
    _v(
        "GAD-7 10 is significant",
        {"phq-9.total": 0, "gad-7.total": 10, "distress-blocks": "no"},
        "cbt",
        "medication",
    ),
    _v(
        "Low scores, but distress keeps the person away",
        {"phq-9.total": 3, "gad-7.total": 3, "distress-blocks": "yes"},
        "cbt",
        "medication",
    ),
    _v(
        "Low scores and unsure about distress: treated as yes",
        {"phq-9.total": 3, "gad-7.total": 3, "distress-blocks": "unsure"},
        "cbt",
        "medication",
    ),
    _v("Well and isolated: facilitated participation", WELL, "facilitated-participation"),
    _v(
        "Well, prefers no treatment: company is still offered",
        WELL | {"preference": "no-treatment"},
        "facilitated-participation",
    ),
    _v("Contented by choice: information and an open door", CONTENT, "open-door"),
    _v(
        "Chosen solitude, but as a way to avoid something",
        CONTENT | {"solitude": "not-self-determined"},
        "facilitated-participation",
    ),
    _v(
        "Chosen solitude, mixed reasons",
        CONTENT | {"solitude": "mixed"},
        "facilitated-participation",
    ),
    _v(
        "Contented, but isolation was not chosen",
        CONTENT | {"isolation-chosen": "no"},
        "facilitated-participation",
    ),
    _v(
        "Contented, but needs are unmet: CBT is added",
        CONTENT | {"needs-met": "no"},
        "facilitated-participation",
        "cbt",
    ),
    _v(
        "Contented, but PHQ-9 is 10",
        CONTENT | {"phq-9.total": 10},
        "cbt",
        "medication",
    ),
    _v(
        "Unmet needs with symptoms, behavioural help preferred",
        {"needs-met": "no", "preference": "behavioural"},
        "cbt",
    ),
    _v(
        "CBT reachable only by telephone: supported self-help",
        {"preference": "behavioural", "cbt-access": "remote-only"},
        "supported-self-help",
        "cbt",
    ),
    _v(
        "CBT not reachable at all, undecided",
        {"cbt-access": "none"},
        "supported-self-help",
        "cbt",
        "medication",
    ),
    _v(
        "CBT declined, severe depression, undecided",
        {"phq-9.total": 20, "cbt-declined": "yes"},
        "supported-self-help",
        "medication",
        "cbt",
    ),
    _v(
        "CBT declined, wants medication",
        {"preference": "medication", "cbt-declined": "yes"},
        "medication",
        "supported-self-help",
        "cbt",
    ),
    _v(
        "CBT reachable face to face",
        {"preference": "behavioural", "cbt-access": "face-to-face", "cbt-declined": "no"},
        "cbt",
    ),
    _v(
        "CBT alone was not enough, prefers behavioural help, less severe",
        {"preference": "behavioural", "single-arm-insufficient": "yes"},
        "cbt",
        "combined",
    ),
    _v(
        "Medication alone was not enough, severe",
        {"phq-9.total": 20, "preference": "medication", "single-arm-insufficient": "yes"},
        "medication",
        "combined",
        "cbt",
    ),
    _v(
        "Social anxiety disorder, undecided",
        {"gad-7.total": 14, "social-anxiety-disorder": "yes"},
        "cbt",
        "medication",
    ),
    _v(
        "Social anxiety disorder, wants medication: CBT is offered at the same rank",
        {"social-anxiety-disorder": "yes", "preference": "medication"},
        "medication",
        "cbt",
    ),
    _v(
        "Social anxiety disorder without significant symptoms",
        WELL | {"social-anxiety-disorder": "yes"},
        "facilitated-participation",
        "cbt",
    ),
    _v(
        "Past mania, wants medication: medication is not first",
        {"bipolar-history": "yes", "preference": "medication"},
        "cbt",
        "medication",
    ),
    _v(
        "A positive mood screen, wants both",
        {"rms.positive": "yes", "preference": "combined"},
        "cbt",
        "combined",
        "medication",
    ),
    _v(
        "A negative mood screen changes nothing",
        {"rms.positive": "no", "mdq.positive": "no", "bipolar-history": "no"},
        "cbt",
        "medication",
    ),
)

SAFETY: tuple[Vignette, ...] = (
    Vignette(
        who="Suicidal thoughts without intent: the flag comes before any plan",
        differs={"suicidal-thoughts": "thoughts"},
        fires=("R-03b",),
    ),
    Vignette(
        who="Suicidal intent: specialist, nothing else",
        differs={"suicidal-thoughts": "intent"},
        arms=("specialist",),
        fires=("R-03a", "R-03b", "R-07"),
    ),
    Vignette(
        who="Intent with the means at hand",
        differs={"suicidal-thoughts": "intent-with-means"},
        arms=("specialist",),
        fires=("R-03a", "R-07"),
    ),
    Vignette(
        who="A very urgent flag is open",
        differs={"open-flag-level": "1"},
        arms=("specialist",),
        fires=("R-03a", "R-07"),
    ),
    Vignette(
        who="An urgent flag is open: safety first, the route stays",
        differs={"open-flag-level": "2"},
        fires=("R-03b",),
    ),
    Vignette(
        who="Psychosis, whatever is preferred",
        differs={"psychosis": "yes", "preference": "medication"},
        arms=("specialist",),
        fires=("R-07",),
    ),
    Vignette(
        who="Unsure about psychosis: a specialist looks first",
        differs={"psychosis": "unsure"},
        arms=("specialist",),
        fires=("R-07",),
    ),
    Vignette(
        who="Cognitive impairment in a contented person: the specialist goes first",
        differs=CONTENT | {"cognitive-impairment": "yes"},
        arms=("specialist",),
        fires=("R-05", "R-07"),
    ),
    Vignette(
        who="Severe mental disorder, nothing else known",
        differs=dict.fromkeys(ORDINARY) | {"severe-mental-disorder": "yes"},
        arms=("specialist",),
        needs=(
            "phq-9.total",
            "gad-7.total",
            "distress-blocks",
            "suicidal-thoughts",
            "preference",
            "psychosis",
            "cognitive-impairment",
        ),
    ),
    Vignette(
        who="Nobody asked about suicidal thoughts yet",
        differs={"suicidal-thoughts": None},
        arms=(),
        needs=("suicidal-thoughts",),
    ),
    Vignette(
        who="No preference recorded",
        differs={"preference": None},
        arms=(),
        needs=("preference",),
    ),
    Vignette(
        who="The PHQ-9 has a missing item, so there is no total",
        differs={"phq-9.total": None},
        arms=(),
        needs=("phq-9.total",),
    ),
    Vignette(
        who="Contented, but the question about distress was left out",
        differs=CONTENT | {"distress-blocks": None},
        arms=(),
        needs=("distress-blocks",),
    ),
)

ADVICE: tuple[Vignette, ...] = (
    Vignette(
        who="Unsure about distress: ask again in two weeks",
        differs={"distress-blocks": "unsure"},
        fires=("R-02", "R-02b"),
    ),
    Vignette(
        who="Depression and anxiety: depression is the target",
        differs={"phq-9.total": 17, "gad-7.total": 12, "anxiety-came-first": "no"},
        fires=("R-09",),
    ),
    Vignette(
        who="An anxiety disorder came first",
        differs={"phq-9.total": 17, "gad-7.total": 12, "anxiety-came-first": "yes"},
        fires=("R-09a",),
    ),
    Vignette(
        who="First-line medicines are unsuitable: the alternative needs its checks",
        differs={"first-line-unsuitable": "yes", "preference": "medication"},
        arms=("medication", "cbt"),
        fires=("R-20", "R-21", "R-22", "R-29", "R-30"),
    ),
    Vignette(
        who="Afraid to be seen, several agencies, a carer who may be told, no transport",
        differs={
            "stigma-concern": "yes",
            "agencies": "several",
            "carer": "with-consent",
            "barrier": "transport",
        },
        fires=("R-36", "R-37", "R-38", "R-40"),
    ),
    Vignette(
        who="A carer without the person's consent is told nothing",
        differs={"carer": "without-consent"},
        fires=("R-39",),
    ),
    Vignette(
        who="Everybody with symptoms hears about the dose and content of CBT",
        fires=("R-15", "R-16", "R-25"),
    ),
)

PLANS: tuple[Vignette, ...] = (
    Vignette(who="A whole CBT plan", differs={"arm": "cbt", **CBT_PLAN}),
    Vignette(
        who="Group CBT as if it were the same",
        differs={"arm": "cbt", **CBT_PLAN, "plan-format": "group"},
        guards=("group-only",),
    ),
    Vignette(
        who="CBT for one session",
        differs={"arm": "cbt", **CBT_PLAN, "support-length": "one-session"},
        guards=("brief-only",),
    ),
    Vignette(
        who="CBT with nothing afterwards",
        differs={"arm": "cbt", **CBT_PLAN, "follow-on": "no"},
        guards=("brief-only",),
    ),
    Vignette(
        who="A brief group",
        differs={"arm": "cbt", "plan-format": "group", "support-length": "brief"},
        guards=("brief-only", "group-only"),
    ),
    Vignette(
        who="A whole plan of facilitated participation",
        differs={**WELL, "arm": "facilitated-participation", **WHOLE_FACILITATION},
        arms=("facilitated-participation",),
    ),
    Vignette(
        who="A leaflet and encouragement",
        differs={
            **WELL,
            "arm": "facilitated-participation",
            **WHOLE_FACILITATION,
            "plan-content": "encouragement-only",
        },
        arms=("facilitated-participation",),
        guards=("encouragement-only",),
    ),
    Vignette(
        who="Facilitation without a named facilitator",
        differs={
            **WELL,
            "arm": "facilitated-participation",
            **WHOLE_FACILITATION,
            "facilitator-named": "no",
        },
        arms=("facilitated-participation",),
        guards=("facilitation-incomplete",),
    ),
    Vignette(
        who="Facilitation for a few weeks only",
        differs={
            **WELL,
            "arm": "facilitated-participation",
            **WHOLE_FACILITATION,
            "support-length": "brief",
        },
        arms=("facilitated-participation",),
        guards=("facilitation-incomplete", "brief-only"),
    ),
)

SUPPORT: tuple[Vignette, ...] = (
    Vignette(
        who="Four weeks without response: review before changing",
        differs={"weeks-without-response": 4},
        fires=("R-24",),
    ),
    Vignette(
        who="Video in the active phase, after meeting in person",
        differs={"support-phase": "active", "support-mode": "video", "mode-downgraded": "yes"},
        fires=("R-26", "R-28"),
    ),
    Vignette(
        who="Telephone in maintenance is good enough",
        differs={"support-phase": "maintenance", "support-mode": "telephone"},
        fires=("R-27",),
    ),
    Vignette(
        who="Closed after brief help, with nothing to follow",
        differs={"closure-reason": "completed-brief-intervention", "continuing-support": "no"},
        fires=("R-31",),
    ),
    Vignette(
        who="In a group nobody knows the person wanted",
        differs={"arm": "cbt", "plan-format": "group", "group-preference-recorded": "no"},
        fires=("R-32",),
        guards=("group-only",),
    ),
    Vignette(
        who="Two weeks without a facilitator",
        differs={"days-without-facilitator": 14},
        fires=("R-33",),
    ),
    Vignette(
        who="Motivation fell by two",
        differs={"motivation": 7, "motivation-drop": 2},
        fires=("R-34",),
    ),
    Vignette(
        who="Motivation stands at three",
        differs={"motivation": 3, "motivation-drop": 0},
        fires=("R-34",),
    ),
    Vignette(who="A bereavement", differs={"life-event": "yes"}, fires=("R-35",)),
)

CHAPTERS: dict[str, tuple[Vignette, ...]] = {
    "Choosing": CHOOSING,
    "Safety and missing facts": SAFETY,
    "Advice": ADVICE,
    "Plans and their guards": PLANS,
    "During support": SUPPORT,
}
VIGNETTES: tuple[Vignette, ...] = tuple(v for chapter in CHAPTERS.values() for v in chapter)
