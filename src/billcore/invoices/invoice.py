"""The invoice: what is billed, the facts of its life, and the sums of the money on it.

No status: that is asked, not stored.
"""

from datetime import date, datetime
from enum import Enum
from functools import cache

from attrs import field, frozen

from billcore.clients import Terms
from billcore.dates import Period, day
from billcore.errors import BadLine
from billcore.evolving import evolve
from billcore.ids import ChargeId, ClientId, CreditNoteId, FirmId, InvoiceId, RefundId, ScheduleId
from billcore.invoices.totals import Totals
from billcore.kinds import each_of_kind, of_kind
from billcore.lines import Allowance, LineItem, Surcharge
from billcore.money import Money
from billcore.parties import Party
from billcore.policy import Policy
from billcore.texts import optional_text, text


class Origin(Enum):
    """Where an invoice came from (S0.33-S0.38); all flow into the same list."""

    TYPED = "typed"
    TIME = "time"
    ENGAGEMENT = "engagement"
    SCHEDULE = "schedule"
    ADD_ON = "add_on"


@frozen(kw_only=True)
class Content:
    """What the invoice says; it can be edited in a draft and never after issue (S3.18).

    ``notes`` are shown to the client (S3.11), ``memo`` never. ``due_on`` fixes the due date instead of the terms.
    """

    lines: tuple[LineItem, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    notes: str = field(default="", repr=False)
    memo: str = field(default="", repr=False)
    reference: str | None = field(default=None, repr=False)
    matter: str | None = field(default=None, repr=False)
    service_period: Period | None = None
    due_on: date | None = None

    def __attrs_post_init__(self) -> None:
        for name, kind in (("lines", LineItem), ("allowances", Allowance), ("surcharges", Surcharge)):
            if type(values := getattr(self, name)) is not tuple:
                raise BadLine(f"{name} must be a tuple, not {type(values).__name__}")
            each_of_kind(values, kind, name, BadLine)
        if self.service_period is not None:
            of_kind(self.service_period, Period, "service period", BadLine)
        text(self.notes, "notes", longest=5000)
        text(self.memo, "memo", longest=5000)
        optional_text(self.reference, "reference", longest=100)
        optional_text(self.matter, "matter", longest=100)
        if self.due_on is not None:
            day(self.due_on, "due date")

    @property
    def charge_ids(self) -> tuple[ChargeId, ...]:
        """The charges that these lines bill."""
        return tuple(charge_id for line in self.lines for charge_id in line.charge_ids)


@frozen(kw_only=True, slots=False)
class Sums:
    """The money on an invoice, kept by ``settling`` alone. Every figure is at or above zero.

    ``paid`` is cleared and not given back; ``in_flight`` waits on a gateway; ``refunded`` is what was given back in
    all; ``credited`` (of which ``credited_tax`` is tax, and ``credited_for_refunds`` was written by refunds) and
    ``written_off`` lower what is owed, and ``late_fees``, those not waived, raise it.
    """

    paid: Money
    in_flight: Money
    refunded: Money
    credited: Money
    credited_tax: Money
    credited_for_refunds: Money
    written_off: Money
    late_fees: Money

    @classmethod
    def nothing(cls, currency: str) -> "Sums":
        return _nothing(currency)


@cache
def _nothing(currency: str) -> Sums:
    """One for each currency: every invoice begins with it."""
    zero = Money.zero(currency)
    return Sums(
        paid=zero,
        in_flight=zero,
        refunded=zero,
        credited=zero,
        credited_tax=zero,
        credited_for_refunds=zero,
        written_off=zero,
        late_fees=zero,
    )


@frozen(kw_only=True)
class Issue:
    """The facts of being issued: the number, the days, and the parties as they were."""

    number: str
    at: datetime
    on: date
    due_on: date
    issuer: Party
    recipient: Party


@frozen(kw_only=True)
class Hold:
    """Collection rests: no auto-pay, no late fee, no reminder, until staff release it (C5).

    ``refund_id`` names the refund that placed it; should that refund fail, and no other be left, the hold goes with it.
    """

    reason: str = field(repr=False)
    at: datetime
    refund_id: RefundId | None = None


@frozen(kw_only=True)
class LateFee:
    """A fee that was added after issue, known by its ``rule`` and ``step``, so that no step is asked for twice."""

    rule: str
    step: int
    amount: Money
    on: date
    waived_at: datetime | None = None


@frozen(kw_only=True)
class Voiding:
    """The invoice was taken back; it keeps its number and stays listed (S0.20, S3.33)."""

    reason: str = field(repr=False)
    at: datetime


@frozen(kw_only=True, slots=False)
class Invoice:
    """A document that states what a client owes.

    Three words, three meanings: ``paid`` is cleared and not given back; ``owed`` is total less paid, what the books
    call receivable; ``balance`` is owed less money in flight, what can still be paid. ``autopay_on`` is the first day
    on which auto-pay has something to do here, None when it has nothing.
    """

    id: InvoiceId
    firm_id: FirmId
    client_id: ClientId
    currency: str
    content: Content
    totals: Totals
    policy: Policy
    terms: Terms
    origin: Origin
    sums: Sums
    drafted_at: datetime
    drafted_on: date
    issue: Issue | None = None
    delivered_at: datetime | None = None
    first_viewed_at: datetime | None = None
    voiding: Voiding | None = None
    hold: Hold | None = None
    held_until: date | None = None
    late_fees: tuple[LateFee, ...] = ()
    autopay_on: date | None = None
    autopay_failed_at: datetime | None = None
    overdue_noted_on: date | None = None
    schedule_id: ScheduleId | None = None
    replaces: InvoiceId | None = None
    line_count: int = 0
    version: int = 0

    @property
    def number(self) -> str | None:
        return None if self.issue is None else self.issue.number

    @property
    def due_on(self) -> date | None:
        """The due date: fixed at issue; None in a draft that does not fix one (C12)."""
        return self.content.due_on if self.issue is None else self.issue.due_on

    @property
    def lines(self) -> tuple[LineItem, ...]:
        return self.content.lines

    @property
    def is_draft(self) -> bool:
        return self.issue is None

    @property
    def is_void(self) -> bool:
        return self.voiding is not None

    @property
    def is_open(self) -> bool:
        """Issued and not void: it can take money."""
        return self.issue is not None and self.voiding is None

    @property
    def gross(self) -> Money:
        """What the lines, allowances, surcharges and taxes add up to."""
        return self.totals.gross

    @property
    def total(self) -> Money:
        """What is asked for now: gross and late fees, less credit notes and write-offs; nothing once void."""
        return Money(self._total_minor, self.currency)

    @property
    def paid(self) -> Money:
        return self.sums.paid

    @property
    def in_flight(self) -> Money:
        return self.sums.in_flight

    @property
    def owed(self) -> Money:
        """What the books call receivable; a draft owes nothing."""
        return Money(self._owed_minor, self.currency)

    @property
    def balance(self) -> Money:
        """What can still be paid."""
        return Money(self._owed_minor - self.sums.in_flight.minor, self.currency)

    @property
    def _total_minor(self) -> int:
        if self.voiding is not None:
            return 0
        sums = self.sums
        return self.totals.gross.minor + sums.late_fees.minor - sums.credited.minor - sums.written_off.minor

    @property
    def _owed_minor(self) -> int:
        return 0 if self.issue is None else self._total_minor - self.sums.paid.minor


@frozen(kw_only=True)
class CreditNote:
    """A numbered document that lowers an issued invoice by ``amount``, of which ``net`` and ``tax`` are the parts."""

    id: CreditNoteId
    firm_id: FirmId
    invoice_id: InvoiceId
    number: str
    amount: Money
    net: Money
    tax: Money
    reason: str = field(repr=False)
    issued_at: datetime
    issued_on: date
    canceled_at: datetime | None = None
    version: int = 0


def with_sums(
    invoice: Invoice,
    *,
    paid: int = 0,
    in_flight: int = 0,
    refunded: int = 0,
    credited: int = 0,
    credited_tax: int = 0,
    credited_for_refunds: int = 0,
    written_off: int = 0,
    late_fees: int = 0,
) -> Invoice:
    """The invoice with its sums moved by so many minor units each."""
    sums = invoice.sums
    return evolve(
        invoice,
        sums=Sums(
            paid=_moved(sums.paid, paid),
            in_flight=_moved(sums.in_flight, in_flight),
            refunded=_moved(sums.refunded, refunded),
            credited=_moved(sums.credited, credited),
            credited_tax=_moved(sums.credited_tax, credited_tax),
            credited_for_refunds=_moved(sums.credited_for_refunds, credited_for_refunds),
            written_off=_moved(sums.written_off, written_off),
            late_fees=_moved(sums.late_fees, late_fees),
        ),
    )


def _moved(amount: Money, minor: int) -> Money:
    return Money(amount.minor + minor, amount.currency) if minor else amount
