"""The same engine at a terminal: score answers, propose a pathway. No server, no database."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.assessment.adapters.content import BadContent, load
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.pathway import Proposal, TraceLine, propose, run
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.rules import Stage
from services.assessment.domain.safety import Trigger, most_urgent, triggered
from services.assessment.domain.scoring import Score
from services.assessment.domain.scoring import score as score_answers

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_engine(app: typer.Typer) -> None:
    """Add the commands that need neither server nor database."""
    app.command()(score)
    app.command()(pathway)


def score(
    instrument: str,
    answers: Annotated[str, typer.Option(help='Answers by item, as JSON: {"mood": 2}.')],
    *,
    not_applicable: Annotated[list[str] | None, typer.Option(help="An item left out.")] = None,
    version: Annotated[
        str | None, typer.Option("--instrument-version", help="The one in use, unless given.")
    ] = None,
    intent: Annotated[bool, typer.Option(help="The person stated an intent to act.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score one questionnaire: total, subscales, band, flags, what is missing."""
    content = _content()
    try:
        used = content.usable(instrument, version)
        given = _answers(answers)
        codes = triggered(used, given, intent_stated=intent)
        flags = most_urgent(content.safety, codes)
        scored = score_answers(used, given, not_applicable=frozenset(not_applicable or ()))
    except RuleViolation as refusal:
        raise _refused(str(refusal), refusal.field) from refusal
    document = _score_document(used, scored, flags)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    _print_score(used, scored, flags)


def pathway(
    facts: Annotated[Path, typer.Argument(help="A JSON file: facts by code.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Propose from facts: what is offered, which guards apply, and the full trace."""
    content = _content()
    known = _facts(facts)
    proposal = propose(content.pathway, known)
    plan, _ = run(content.pathway, content.pathway.stage(Stage.PLAN), known)
    support, _ = run(
        content.pathway, content.pathway.stage(Stage.SUPPORT), {**proposal.facts, **known}
    )
    trace = (*proposal.trace, *plan, *support)
    if as_json:
        typer.echo(json.dumps(_proposal_document(proposal, trace), indent=2))
        return
    _print_proposal(content, proposal, trace)


def _content() -> Content:
    try:
        return load()
    except BadContent as problem:
        raise _refused(str(problem)) from problem


def _answers(text: str) -> dict[str, int]:
    found = _object(text, where="--answers")
    for code, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refused("an answer is a whole number", f"answers/{code}")
    return found


def _facts(path: Path) -> dict[str, str | int | Decimal]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise _refused(f"{path.name} cannot be read ({type(problem).__name__})") from problem
    found = _object(text, where=path.name)
    for code, value in found.items():
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise _refused("a fact is a code or a number", code)
    return found


def _object(text: str, *, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as problem:
        raise _refused("this is not JSON", where) from problem
    if not isinstance(found, dict):
        raise _refused("this is not a JSON object", where)
    return found


def _refused(sentence: str, field: str | None = None) -> typer.Exit:
    place = f"{field}: " if field else ""
    typer.echo(f"{place}{sentence}", err=True)
    return typer.Exit(2)


def _score_document(
    instrument: Instrument, scored: Score, flags: tuple[Trigger, ...]
) -> dict[str, Any]:
    return {
        "instrument": instrument.code,
        "version": instrument.version,
        "total": scored.total,
        "highest": scored.highest,
        "band": scored.band.code if scored.band else None,
        "positive": scored.positive,
        "subscales": {
            scale.code: {
                "score": None if scale.score is None else str(scale.score),
                "band": scale.band.code if scale.band else None,
            }
            for scale in scored.subscales
        },
        "missing": list(scored.missing),
        "flags": [
            {"rule": flag.rule, "kind": flag.kind, "level": flag.level, "act": flag.act}
            for flag in flags
        ],
        "findings": list(scored.findings),
    }


def _print_score(instrument: Instrument, scored: Score, flags: tuple[Trigger, ...]) -> None:
    console = Console()
    for flag in flags:
        console.print(f"[bold red]Level {flag.level}: {escape(flag.title)}[/]")
        console.print(f"  {escape(flag.act)}")
    total = "unknown" if scored.total is None else f"{scored.total} of {scored.highest}"
    band = f", {scored.band.label}" if scored.band else ""
    console.print(f"{instrument.title}: {total}{band}")
    for scale in scored.subscales:
        shown = "unknown" if scale.score is None else f"{scale.score:f}"
        console.print(f"  {scale.label}: {shown}{f', {scale.band.label}' if scale.band else ''}")
    for sentence in scored.findings:
        console.print(f"  {escape(sentence)}")
    if scored.missing:
        console.print(f"  Not answered: {', '.join(scored.missing)}")


def _proposal_document(proposal: Proposal, trace: tuple[TraceLine, ...]) -> dict[str, Any]:
    return {
        "proposal": {
            "ruleset_version": proposal.ruleset_version,
            "pending_human_review": proposal.is_pending,
            "arms": [
                {"arm": arm.arm.code, "label": arm.arm.label, "rules": [r.name for r in arm.rules]}
                for arm in proposal.arms
            ],
            "needs": list(proposal.needs),
            "advice": [{"rule": rule.name, "text": rule.advice} for rule in proposal.advice],
        },
        "guards": [_guard(line) for line in trace if line.rule.guard and line.outcome == "fired"],
        "trace": [_line(line) for line in trace],
    }


def _guard(line: TraceLine) -> dict[str, Any]:
    guard = line.rule.guard
    return {"rule": line.rule.name, "guard": guard.code if guard else None, "effect": line.effect}


def _line(line: TraceLine) -> dict[str, Any]:
    rule = line.rule
    return {
        "rule": rule.name,
        "stage": rule.stage.value,
        "title": rule.title,
        "outcome": line.outcome.value,
        "condition": line.condition,
        "facts": {fact.code: fact.value for fact in line.facts},
        "effect": line.effect,
        "source": rule.source,
        "grade": rule.grade,
        "review": rule.review,
    }


def _print_proposal(content: Content, proposal: Proposal, trace: tuple[TraceLine, ...]) -> None:
    console = Console()
    labels = content.pathway.labels
    for place, arm in enumerate(proposal.arms, start=1):
        rules = ", ".join(rule.name for rule in arm.rules)
        console.print(f"{place}. [bold]{arm.arm.label}[/] ({rules}): {escape(arm.arm.summary)}")
    for code in proposal.needs:
        console.print(f"Must be recorded first: {escape(labels[code])}")
    if proposal.is_pending:
        console.print("[yellow]Pending human review[/]")
    mapping: Mapping[str, str] = {"fired": "yes", "not-fired": "no", "unknown": "?"}
    table = Table("Rule", "Fired", "Condition", "Effect", "Source", "Grade", "Review")
    for line in trace:
        table.add_row(
            line.rule.name,
            mapping[line.outcome],
            escape(line.condition),
            escape(line.effect),
            escape(line.rule.source),
            line.rule.grade,
            line.rule.review,
        )
    console.print(table)
