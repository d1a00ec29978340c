"""Where firms differ: every choice as data, chosen once, and copied onto each invoice when it is issued.

A policy is a value: presets below are data, not subclasses. The C numbers name the questions on which real products
disagree.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from attrs import field, fields, frozen

from billcore.decimals import exact
from billcore.errors import BadPolicy
from billcore.evolving import evolve
from billcore.kinds import each_of_kind, of_kind
from billcore.methods import Method
from billcore.money import Money
from billcore.texts import text


class Status(Enum):
    """What a badge can say about an invoice. Which is said first, and in what words, is the policy's vocabulary."""

    DRAFT = "draft"
    VOID = "void"
    WRITTEN_OFF = "written_off"
    PAID = "paid"
    PROCESSING = "processing"
    PARTIALLY_PAID = "partially_paid"
    OVERDUE = "overdue"
    VIEWED = "viewed"
    SENT = "sent"


@frozen
class Word:
    """What one status is called."""

    status: Status
    label: str

    def __attrs_post_init__(self) -> None:
        of_kind(self.status, Status, "status", BadPolicy)
        text(self.label, "label", longest=50, required=True)


@frozen
class Vocabulary:
    """The statuses that a firm tells apart, the most important first: the first that is true is the badge (C2, C3)."""

    words: tuple[Word, ...]

    def __attrs_post_init__(self) -> None:
        words = each_of_kind(of_kind(self.words, tuple, "words", BadPolicy), Word, "words", BadPolicy)
        statuses = [word.status for word in words]
        if len(set(statuses)) != len(statuses):
            raise BadPolicy("a status stands twice in the vocabulary")
        missing = {Status.DRAFT, Status.VOID, Status.PAID} - set(statuses)
        if missing:
            raise BadPolicy(f"the vocabulary lacks {', '.join(sorted(status.value for status in missing))}")
        if not statuses or statuses[-1] is not Status.SENT:
            raise BadPolicy("the vocabulary must end with 'sent', which is true of every issued invoice")


class VoidedLines(Enum):
    """What becomes of the charges on a voided invoice (C1)."""

    RETURN_TO_UNBILLED = "return_to_unbilled"
    KEEP_BILLED = "keep_billed"


class RefundEffect(Enum):
    """What a refund does to what the client owes (C4): ask again, or write a credit note so that nothing is asked."""

    REOPEN = "reopen"
    REOPEN_PARTIAL_CLOSE_FULL = "reopen_partial_close_full"
    CLOSE = "close"


class VoidWithPayments(Enum):
    """What happens when an invoice with money on it is to be voided (C15)."""

    REFUSE = "refuse"
    UNAPPLY_TO_CREDIT = "unapply_to_credit"


class DueBasis(Enum):
    """From which day payment terms count (C12)."""

    ON_ISSUE = "on_issue"
    ON_DRAFT = "on_draft"


class VisibleFrom(Enum):
    """When a client sees an invoice in the portal (C17)."""

    ISSUED = "issued"
    DELIVERED = "delivered"


_STANDARD_WORDS = Vocabulary(
    (
        Word(Status.VOID, "Void"),
        Word(Status.DRAFT, "Draft"),
        Word(Status.WRITTEN_OFF, "Written off"),
        Word(Status.PAID, "Paid"),
        Word(Status.PROCESSING, "Processing"),
        Word(Status.OVERDUE, "Overdue"),
        Word(Status.PARTIALLY_PAID, "Partially paid"),
        Word(Status.VIEWED, "Viewed"),
        Word(Status.SENT, "Sent"),
    )
)


def _fee_percent(value: Decimal | str | None) -> Decimal | None:
    return None if value is None else exact(value, "late fee percent", places=6, limit=100)


@frozen(kw_only=True)
class LateFeeRule:
    """What is added to an invoice that is past due (S3.28): ``percent`` of what is, or a fixed ``amount``; one of them.

    The first fee falls ``days_past_due`` days after the due date, and another every ``every_days`` after it, or none.
    All together they are at most ``cap``. With an amount or a cap, the rule holds for invoices in its currency only.
    ``reason`` is for the client. Anything that is no such rule is BadPolicy, or BadNumber for the percent.
    """

    percent: Decimal | None = field(default=None, converter=_fee_percent)
    amount: Money | None = None
    days_past_due: int = 1
    every_days: int | None = None
    cap: Money | None = None
    name: str = "late_fee"
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise BadPolicy("a late fee is either a percent or an amount, exactly one of them")
        for what, money in (("late fee", self.amount), ("late fee cap", self.cap)):
            if money is not None and not (isinstance(money, Money) and money.is_positive):
                raise BadPolicy(f"the {what} must be Money above zero")
        if self.percent is not None and self.percent <= 0:
            raise BadPolicy(f"a late fee is above 0 %, asked for {self.percent} %")
        if self.amount is not None and self.cap is not None and self.amount.currency != self.cap.currency:
            raise BadPolicy(f"the late fee is in {self.amount.currency} and its cap in {self.cap.currency}")
        every_days = 1 if self.every_days is None else self.every_days
        for what, days in (("days past due", self.days_past_due), ("days between late fees", every_days)):
            if type(days) is not int or not 1 <= days <= 3650:
                raise BadPolicy(f"{what} must be a whole number from 1 to 3650, asked for {days!r:.20}")
        text(self.name, "late fee name", longest=50, required=True)
        text(self.reason, "late fee reason", longest=200)

    @property
    def currency(self) -> str | None:
        """The currency of the invoices for which it holds; None for every one."""
        money = self.amount or self.cap
        return None if money is None else money.currency

    def falls_on(self, step: int, due_on: date) -> date | None:
        """The day of the fee number *step*, from 1; None where the rule, or the calendar, has no such step."""
        if step > 1 and self.every_days is None:
            return None
        days = self.days_past_due + (step - 1) * (self.every_days or 0)
        return due_on + timedelta(days=days) if days <= (date.max - due_on).days else None

    def steps_until(self, last: date, due_on: date) -> int:
        """How many fees have fallen by that day, the day included."""
        days = (last - due_on).days - self.days_past_due
        if days < 0:
            return 0
        return 1 if self.every_days is None else 1 + days // self.every_days


@frozen(kw_only=True)
class TimeRules:
    """How minutes of work become billed time: up to a whole ``increment`` of 6 or 15 minutes, ``minimum`` at least.

    In minutes. Both increments are exact decimals of an hour; anything else, or a minimum that is no whole increments,
    is BadPolicy.
    """

    increment: int = 6
    minimum: int = 0

    def __attrs_post_init__(self) -> None:
        if type(self.increment) is not int or self.increment not in (6, 15):
            raise BadPolicy(f"time is billed in increments of 6 or 15 minutes, asked for {self.increment!r:.20}")
        if type(self.minimum) is not int or not 0 <= self.minimum <= 480 or self.minimum % self.increment:
            raise BadPolicy(
                f"the minimum is whole increments of {self.increment}, at most 480, asked for {self.minimum!r:.20}"
            )


class BackfillScope(Enum):
    """Which of a client's open invoices a new saved method is offered to pay (S1.49)."""

    AUTOPAY = "autopay"
    """Those of schedules with auto-pay on: their payment was agreed."""
    ALL = "all"


@frozen(kw_only=True)
class RetryPlan:
    """When auto-pay asks again for money that was declined: so many ``days`` after each failure, then no more.

    Only where the gateway says that later may help; a hard decline ends it at once. Up to 10 retries, each 1 to 90 days
    after the failure before it; anything else is BadPolicy.
    """

    days: tuple[int, ...] = (3, 5, 7)

    def __attrs_post_init__(self) -> None:
        if type(self.days) is not tuple or len(self.days) > 10:
            raise BadPolicy("the retries of auto-pay are a tuple of at most 10 numbers of days")
        for days in self.days:
            if type(days) is not int or not 1 <= days <= 90:
                raise BadPolicy(f"auto-pay tries again after 1 to 90 days, asked for {days!r:.20}")


# Stores keep a policy once for the thousands of invoices under it: the hash is asked for by each of them.
@frozen(kw_only=True, cache_hash=True)
class Policy:
    """One firm's choices. What contradicts itself, or is of another kind than its default, is refused with BadPolicy.

    ``grace_days`` is how long after the due date an invoice is not yet overdue. ``hold_after_refund`` keeps auto-pay,
    late fees and reminders away from an invoice that a refund has reopened, until staff release it. A client's new
    method is offered to pay invoices of the last ``backfill_days``.
    """

    name: str = "standard"
    vocabulary: Vocabulary = _STANDARD_WORDS
    manual_methods: frozenset[Method] = frozenset({Method.CASH, Method.CHECK, Method.WIRE, Method.OTHER})
    reference_required_for: frozenset[Method] = frozenset()
    allow_overpayment: bool = False
    staff_can_charge_saved_method: bool = True
    voided_lines: VoidedLines = VoidedLines.RETURN_TO_UNBILLED
    void_with_payments: VoidWithPayments = VoidWithPayments.REFUSE
    void_reason_required: bool = False
    refund_effect: RefundEffect = RefundEffect.REOPEN
    refund_requires_paid_invoice: bool = False
    hold_after_refund: bool = True
    due_basis: DueBasis = DueBasis.ON_ISSUE
    grace_days: int = 0
    overdue_while_processing: bool = False
    visible_from: VisibleFrom = VisibleFrom.ISSUED
    void_visible_to_client: bool = True
    viewed_survives_refund: bool = False
    impersonated_views_count: bool = False
    time: TimeRules = TimeRules()
    late_fee: LateFeeRule | None = None
    retry_plan: RetryPlan = RetryPlan()
    backfill_days: int = 90
    backfill_scope: BackfillScope = BackfillScope.AUTOPAY

    def __attrs_post_init__(self) -> None:
        self._require_kinds()
        if not 0 <= self.grace_days <= 365:
            raise BadPolicy(f"grace days must be a whole number from 0 to 365, asked for {self.grace_days!r}")
        if type(self.backfill_days) is not int or not 1 <= self.backfill_days <= 3650:
            raise BadPolicy(f"backfill days must be a whole number from 1 to 3650, asked for {self.backfill_days!r}")
        if not self.reference_required_for <= self.manual_methods:
            raise BadPolicy("a reference is required for a method that cannot be recorded by hand")
        if self.late_fee is not None and self.late_fee.days_past_due <= self.grace_days:
            raise BadPolicy(
                f"a late fee {self.late_fee.days_past_due} days past due, within {self.grace_days} days of grace, "
                "would be on an invoice that is not overdue"
            )

    def _require_kinds(self) -> None:
        # A choice that no verb knows would be found out when the money has moved already.
        for setting in fields(Policy):
            kind = LateFeeRule | None if setting.name == "late_fee" else type(setting.default)
            of_kind(getattr(self, setting.name), kind, setting.name.replace("_", " "), BadPolicy)
        for methods in (self.manual_methods, self.reference_required_for):
            each_of_kind(tuple(methods), Method, "methods", BadPolicy)


STANDARD = Policy()

PRO_FIRM = evolve(
    STANDARD,
    name="pro_firm",
    vocabulary=Vocabulary(
        (
            Word(Status.VOID, "Cancelled"),
            Word(Status.DRAFT, "Draft"),
            Word(Status.WRITTEN_OFF, "Cancelled"),
            Word(Status.PAID, "Paid"),
            Word(Status.PARTIALLY_PAID, "Partially paid"),
            Word(Status.OVERDUE, "Overdue"),
            Word(Status.VIEWED, "Viewed"),
            Word(Status.SENT, "Sent"),
        )
    ),
    staff_can_charge_saved_method=False,
    visible_from=VisibleFrom.DELIVERED,
)
"""Accounting firms (S0, S1): partial payment shows, staff never run cards, a refund reopens."""

PRACTICE = evolve(
    STANDARD,
    name="practice",
    vocabulary=Vocabulary(
        (
            Word(Status.VOID, "Voided"),
            Word(Status.DRAFT, "Draft"),
            Word(Status.WRITTEN_OFF, "Written off"),
            Word(Status.PAID, "Paid"),
            Word(Status.OVERDUE, "Overdue"),
            Word(Status.SENT, "Sent"),
        )
    ),
    manual_methods=frozenset({Method.CHECK, Method.ACH, Method.CARD, Method.CASH, Method.OTHER}),
    void_reason_required=True,
    refund_effect=RefundEffect.REOPEN_PARTIAL_CLOSE_FULL,
    refund_requires_paid_invoice=True,
    due_basis=DueBasis.ON_DRAFT,
)
"""Therapy practices (S3): a part-paid invoice stays Sent, voiding needs a reason, a full refund re-bills nobody."""
