"""The shape of ``formulary/<drug>.toml``."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from services.treatment.adapters.content_file import (
    ContentFile,
    Days,
    Jurisdictions,
    NotNegative,
    Positive,
    Section,
    Sourced,
    Text,
)
from services.treatment.domain.drug import Codes, DoseCap, DoseRange, Drug, MaoiGap, TaperTraits
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.occupancy import OccupancyModel, Region
from services.treatment.domain.products import Form, Product


class CodesTable(Sourced):
    atc: Text
    rxnorm: Text | None = None
    snomed: Text | None = None
    note: Text | None = None


class NamesTable(Sourced):
    """Brands and spellings, as a record of other medicines may name them."""

    names: frozenset[Text] = Field(min_length=1)


class HalfLifeTable(Sourced):
    hours: tuple[Positive, Positive]
    note: Text | None = None


class MaoiTable(Sourced):
    after_maoi_days: Days
    before_maoi_days: Days


class TaperTable(Sourced):
    low_dose_line_mg: Positive
    highest_start_mg: Positive
    fast_tier: bool
    withdrawal_risk: Text
    alternate_days: bool = False
    alternate_day_condition: Text | None = None
    interval_days: Days | None = None
    interval_floor_days: Days | None = None
    most_cut_mg: Positive | None = None
    most_cut_days: Days | None = None
    split_above_mg: NotNegative | None = None
    split_family: Text | None = None


class RegionRow(Section):
    name: Text
    vmax: Positive
    km_mg: Positive
    plotted_to_mg: Positive


class OccupancyTable(Sourced):
    model: Text
    regions: tuple[RegionRow, ...] = Field(min_length=1)

    def as_model(self) -> OccupancyModel:
        return OccupancyModel(
            name=self.model,
            source=self.source,
            grade=self.grade,
            regions=tuple(Region(**row.model_dump()) for row in self.regions),
        )


class DoseRow(Sourced):
    indication: Text
    jurisdictions: Jurisdictions
    start_mg: Positive
    usual_low_mg: Positive | None = None
    usual_high_mg: Positive | None = None
    maximum_mg: Positive | None = None
    step_mg: Positive | None = None
    step_after_days: Days | None = None
    family: Text | None = None
    start_for_days: Days | None = None
    then_mg: Positive | None = None
    over_age: int | None = Field(default=None, gt=0, lt=130)
    note: Text | None = None

    @model_validator(mode="after")
    def _rises(self) -> Self:
        ladder = (self.start_mg, self.then_mg, self.usual_high_mg, self.maximum_mg)
        stated = [dose for dose in ladder if dose is not None]
        if stated != sorted(stated):
            raise ValueError("start, then, usual and maximum must not fall")
        return self


class CapRow(Sourced):
    condition: Text
    jurisdictions: Jurisdictions
    maximum_mg: NotNegative
    family: Text | None = None
    over_age: int | None = Field(default=None, gt=0, lt=130)


class ProductRow(Sourced):
    code: Text
    label: Text
    form: Form
    jurisdictions: Jurisdictions
    family: Text
    unit_mg: Positive
    label_mg: Positive | None = None
    smallest_units: Positive = Decimal(1)
    countable: bool = False
    special_order: bool = False
    opened_life_days: Days | None = None
    note: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    not_with: frozenset[Text] = frozenset()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            self.as_product()
        except RuleRefusal as problem:
            raise ValueError(f"{problem.rule}: {problem.sentence}") from problem
        return self

    def as_product(self) -> Product:
        fields = self.model_dump()
        return Product(**fields | {"label_mg": self.label_mg or self.unit_mg})


class DrugFile(ContentFile):
    code: str = Field(pattern=r"^[a-z]+$")
    name: Text
    drug_class: Text
    other_names: NamesTable | None = None
    codes: CodesTable
    half_life: HalfLifeTable
    maoi: MaoiTable
    taper: TaperTable
    occupancy: dict[str, OccupancyTable] = Field(default_factory=dict)
    doses: tuple[DoseRow, ...] = Field(min_length=1)
    caps: tuple[CapRow, ...] = ()
    products: tuple[ProductRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        codes = [product.code for product in self.products]
        if len(set(codes)) < len(codes):
            raise ValueError("two products share a code")
        families = {product.family for product in self.products}
        named = {*self.occupancy, self.taper.split_family}
        named |= {row.family for row in self.doses} | {row.family for row in self.caps}
        strays = named - families - {None}
        if strays:
            raise ValueError(f"a family without products: {', '.join(map(str, strays))}")
        return self

    def as_drug(self) -> Drug:
        return Drug(
            code=self.code,
            name=self.name,
            drug_class=self.drug_class,
            codes=Codes(**self.codes.model_dump(exclude={"source", "grade"})),
            half_life_hours=self.half_life.hours,
            review_status=self.review_status,
            version=self.version,
            taper=TaperTraits(**self.taper.model_dump()),
            maoi=MaoiGap(**self.maoi.model_dump()),
            doses=tuple(DoseRange(**row.model_dump()) for row in self.doses),
            caps=tuple(DoseCap(**row.model_dump()) for row in self.caps),
            products=tuple(row.as_product() for row in self.products),
            other_names=self.other_names.names if self.other_names else frozenset(),
            occupancy={family: table.as_model() for family, table in self.occupancy.items()},
        )
