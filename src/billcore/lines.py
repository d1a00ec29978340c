"""What one row of a bill says: work, quantity and price, allowances, surcharges, taxes, and codes that firms need."""

from datetime import date
from decimal import Decimal
from operator import attrgetter

from attrs import Factory, field, fields, frozen

from billcore.dates import Period, day
from billcore.decimals import EXACT, exact
from billcore.errors import BadLine
from billcore.ids import ChargeId, LineId
from billcore.kinds import each_of_kind, of_kind
from billcore.money import Money
from billcore.texts import optional_text, text

QUANTITY_PLACES = 6
PRICE_PLACES = 8
PERCENT_PLACES = 6
GROSS_PLACES = QUANTITY_PLACES + PRICE_PLACES


def _quantity(value: Decimal | str) -> Decimal:
    return exact(value, "quantity", places=QUANTITY_PLACES, limit=10**9)


def _unit_price(value: Decimal | str) -> Decimal:
    return exact(value, "unit price", places=PRICE_PLACES, limit=10**12)


def _optional_unit_price(value: Decimal | str | None) -> Decimal | None:
    return None if value is None else _unit_price(value)


def _percent(value: Decimal | str | None) -> Decimal | None:
    return None if value is None else exact(value, "percent", places=PERCENT_PLACES, limit=1000)


def _tax_percent(value: Decimal | str) -> Decimal:
    return exact(value, "tax percent", places=PERCENT_PLACES, limit=1000)


@frozen(kw_only=True)
class _Change:
    """A percentage of what it stands on, or a fixed amount: exactly one of the two."""

    percent: Decimal | None = field(default=None, converter=_percent)
    amount: Money | None = None
    reason: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        what = type(self).__name__.lower()
        if (self.percent is None) == (self.amount is None):
            raise BadLine(f"{what} needs either a percent or an amount, exactly one of them")
        if self.amount is not None and not isinstance(self.amount, Money):
            raise BadLine(f"{what} amount must be Money, not {type(self.amount).__name__}")
        if (self.percent is not None and self.percent < 0) or (self.amount is not None and self.amount.is_negative):
            raise BadLine(f"{what} must not be negative; an allowance lowers the price, a surcharge raises it")
        text(self.reason, f"{what} reason", longest=200)


@frozen(kw_only=True)
class Allowance(_Change):
    """A discount, on a line or on the whole document (S3.17); at most 100 %."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.percent is not None and self.percent > 100:
            raise BadLine(f"an allowance is at most 100 %, asked for {self.percent} %")


@frozen(kw_only=True)
class Surcharge(_Change):
    """An extra, on a line or on the whole document (S3.17)."""


# Tax bases are summed by rate: the hash is asked for on every line of every invoice.
@frozen(kw_only=True, cache_hash=True)
class TaxRate:
    """One tax on a line: 20 means 20 %. ``category`` is the UNCL 5305 code that e-invoices use (S, Z, E, AE, O …)."""

    name: str
    percent: Decimal = field(converter=_tax_percent)
    category: str = "S"
    exemption_reason: str | None = None

    def __attrs_post_init__(self) -> None:
        text(self.name, "tax name", longest=50, required=True)
        text(self.category, "tax category", longest=4, required=True)
        optional_text(self.exemption_reason, "exemption reason", longest=200)
        if self.percent < 0:
            raise BadLine(f"a tax must not be negative, asked for {self.percent} %")


@frozen(kw_only=True)
class Timekeeper:
    """Who did the work, as legal e-billing (LEDES) names them; ``classification`` is PT, AS, PL …"""

    id: str
    name: str = field(repr=False)
    classification: str | None = None

    def __attrs_post_init__(self) -> None:
        text(self.id, "timekeeper id", longest=50, required=True)
        text(self.name, "timekeeper name", longest=200, required=True)
        optional_text(self.classification, "timekeeper classification", longest=10)


@frozen(kw_only=True)
class Codes:
    """How others classify the row: ``service`` (a procedure code), and the UTBMS task, activity and expense codes."""

    service: str | None = field(default=None, repr=False)
    task: str | None = None
    activity: str | None = None
    expense: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("service", "task", "activity", "expense"):
            optional_text(getattr(self, name), f"{name} code", longest=20)


def _exact_gross(line: "LineItem") -> int:
    return int(EXACT.scaleb(EXACT.multiply(line.quantity, line.unit_price), GROSS_PLACES))


@frozen(kw_only=True)
class LineItem:
    """One row: quantity times unit price, less allowances, plus surcharges.

    Taxes are summed per rate over the document.

    ``quantity`` (up to 6 decimals, above 0) and ``unit_price`` (up to 8 decimals, major units, may be negative for a
    deduction) take a Decimal or a plain string. ``unit_code`` is UN/ECE Recommendation 20 (HUR hours, C62 piece).
    ``charge_ids`` are the charges that the row bills. ``original_unit_price`` keeps the price before an override
    (S3.15). ``id`` is given by the invoice. ``exact_gross`` is quantity times unit price, not rounded: a whole number
    of 10 ** -14 of a major unit, from which totals are priced.

    Refuses with BadLine, BadNumber, BadText or BadDate.
    """

    description: str = field(repr=False)
    quantity: Decimal = field(default=Decimal(1), converter=_quantity)
    unit_price: Decimal = field(converter=_unit_price)
    unit: str | None = None
    unit_code: str | None = None
    allowances: tuple[Allowance, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    taxes: tuple[TaxRate, ...] = ()
    served_on: date | None = None
    service_period: Period | None = None
    codes: Codes = Codes()
    timekeeper: Timekeeper | None = None
    matter: str | None = field(default=None, repr=False)
    charge_ids: tuple[ChargeId, ...] = ()
    original_unit_price: Decimal | None = field(default=None, converter=_optional_unit_price)
    id: LineId = LineId("")
    exact_gross: int = field(init=False, repr=False, eq=False, default=Factory(_exact_gross, takes_self=True))

    def __attrs_post_init__(self) -> None:
        text(self.description, "line description", longest=2000, required=True)
        if self.quantity <= 0:
            raise BadLine(f"quantity must be above 0, asked for {self.quantity}; a deduction has a negative unit price")
        optional_text(self.unit, "unit", longest=30)
        optional_text(self.unit_code, "unit code", longest=3)
        optional_text(self.matter, "matter", longest=100)
        if self.served_on is not None:
            day(self.served_on, "service date")
        if self.service_period is not None:
            of_kind(self.service_period, Period, "service period", BadLine)
        of_kind(self.codes, Codes, "codes", BadLine)
        if self.timekeeper is not None:
            of_kind(self.timekeeper, Timekeeper, "timekeeper", BadLine)
        for name, kind in _LISTS:
            values = getattr(self, name)
            if type(values) is not tuple:
                raise BadLine(f"{name.replace('_', ' ')} must be a tuple, not {type(values).__name__}")
            if values:
                each_of_kind(values, kind, name.replace("_", " "), BadLine)
        if len(self.taxes) > 1 and len(set(self.taxes)) != len(self.taxes):
            raise BadLine("the same tax stands twice on one line")


def numbered(line: LineItem, line_id: LineId) -> LineItem:
    """The line under that id. All else was checked when the line was made, and is not checked again."""
    line_of_invoice = object.__new__(LineItem)
    for name, value in zip(_CONTENT, _content_of(line), strict=True):
        object.__setattr__(line_of_invoice, name, value)
    object.__setattr__(line_of_invoice, "id", line_id)
    return line_of_invoice


_CONTENT = tuple(each.name for each in fields(LineItem) if each.name != "id")
_content_of = attrgetter(*_CONTENT)
_LISTS = (("allowances", Allowance), ("surcharges", Surcharge), ("taxes", TaxRate), ("charge_ids", str))
