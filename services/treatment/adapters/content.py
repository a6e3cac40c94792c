"""Clinical content: TOML files read, checked and turned into domain objects at start.

A bad file stops the start with the file, the key and the reason.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from services.treatment.adapters.content_file import ContentFile
from services.treatment.adapters.drug_file import DrugFile
from services.treatment.adapters.policy_file import PolicyFile
from services.treatment.adapters.taper_rules_file import TaperRulesFile
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import OWN_ROWS, Policy, slowed
from services.treatment.domain.taper_rules import TaperRules
from shared.runtime.service import Refused

SLOWED = frozenset("1234")
HERE = Path(__file__).parent.parent
TAPER_RULES = Path("content", "taper.toml")
FileModel = TypeVar("FileModel", bound=ContentFile)


class BadContent(Refused):
    """A content file cannot be used; the message names file, key and reason."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a taper needs besides the person."""

    drugs: dict[str, Drug]
    policy_files: dict[str, PolicyFile]
    taper_rules: TaperRules

    def drug(self, code: str) -> Drug:
        if code not in self.drugs:
            known = ", ".join(self.drugs)
            raise RuleRefusal("F-01", "drug", f"Not in the formulary; it has {known}.")
        return self.drugs[code]

    def policy(self, code: str) -> Policy:
        """``occupancy-5`` is ``occupancy`` with the parameter 5; ``-slowed-1`` divides the cuts.

        Raises:
            RuleRefusal: T-02, where no file has the name or the file does not allow the number.
        """
        plain_code, _, times = code.partition("-slowed-")
        if times:
            if times not in SLOWED:
                raise RuleRefusal("T-09", "policy", "A policy is slowed 1 to 4 times.")
            divisor = self.taper_rules.cut_divisor
            return slowed(self.policy(plain_code), int(times), divisor=divisor)
        if code in self.policy_files:
            return self.policy_files[code].as_policy(code, None)
        family, _, number = code.rpartition("-")
        if family not in self.policy_files:
            known = ", ".join((*self.policy_codes(), OWN_ROWS))
            raise RuleRefusal("T-02", "policy", f"No such policy; there are {known}.")
        return self.policy_files[family].as_policy(code, number)

    def policy_codes(self) -> tuple[str, ...]:
        """What is offered; other numbers within a policy's bounds may be asked for too."""
        return tuple(code for name, file in self.policy_files.items() for code in file.codes(name))


@cache
def load(folder: Path = HERE) -> Content:
    """All content of the service; read once.

    Raises:
        BadContent: naming the first file, key and reason.
    """
    drugs = [drug.as_drug() for _, drug in _all(folder / "formulary", DrugFile)]
    content = Content(
        drugs={drug.code: drug for drug in drugs},
        policy_files=dict(_all(folder / "policies", PolicyFile)),
        taper_rules=read(folder / TAPER_RULES, TaperRulesFile).as_rules(),
    )
    _check_names(content)
    return content


def read(path: Path, model: type[FileModel]) -> FileModel:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadContent(f"{path.name}: {problem}") from problem
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise BadContent(f"{path.name}: {key}: {first['msg']}") from problem


def files(folder: Path = HERE) -> Iterator[tuple[str, ContentFile]]:
    """Every taper content file by name, as it was written."""
    yield from _all(folder / "formulary", DrugFile)
    yield from _all(folder / "policies", PolicyFile)
    yield TAPER_RULES.stem, read(folder / TAPER_RULES, TaperRulesFile)


def _all(folder: Path, model: type[FileModel]) -> list[tuple[str, FileModel]]:
    return [(path.stem, read(path, model)) for path in sorted(folder.glob("*.toml"))]


def _check_names(content: Content) -> None:
    for name, file in content.policy_files.items():
        for drug in file.rows or {}:
            if drug not in content.drugs:
                raise BadContent(f"{name}.toml: rows.{drug}: not in the formulary")
    rules = content.taper_rules
    named = (*rules.default_policies.values(), *rules.without_model_policies.values())
    for code in (*named, *rules.also_compared):
        try:
            content.policy(code)
        except RuleRefusal as problem:
            raise BadContent(f"taper.toml: tiers: {code}: {problem.sentence}") from problem
