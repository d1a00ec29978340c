"""Who bills and who is billed: the firm with its settings, its clients, and when their invoices fall due."""

import calendar
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from attrs import field, frozen

from billcore.currencies import exponent
from billcore.errors import BadDate, BadText
from billcore.fees import FeeSchedule
from billcore.ids import ClientId, FirmId
from billcore.kinds import of_kind
from billcore.parties import Party
from billcore.policy import STANDARD, Policy
from billcore.texts import optional_text, text


class TermsKind(Enum):
    """How a due date follows from the day of issue."""

    NET = "net"
    END_OF_MONTH = "end_of_month"
    DAY_OF_MONTH = "day_of_month"


@frozen
class Terms:
    """Payment terms (S3.10). Built by name: ``Terms.net(30)``, ``Terms.on_receipt()``, ``Terms.end_of_month(10)``."""

    kind: TermsKind
    days: int

    def __attrs_post_init__(self) -> None:
        of_kind(self.kind, TermsKind, "terms", BadDate)
        lowest, highest = (1, 31) if self.kind is TermsKind.DAY_OF_MONTH else (0, 3650)
        if type(self.days) is not int or not lowest <= self.days <= highest:
            raise BadDate(f"terms take a whole number of days from {lowest} to {highest}, asked for {self.days!r}")

    @classmethod
    def net(cls, days: int) -> "Terms":
        """Due so many days after the day of issue."""
        return cls(TermsKind.NET, days)

    @classmethod
    def on_receipt(cls) -> "Terms":
        """Due on the day of issue."""
        return cls(TermsKind.NET, 0)

    @classmethod
    def end_of_month(cls, days: int = 0) -> "Terms":
        """Due so many days after the end of the month of issue."""
        return cls(TermsKind.END_OF_MONTH, days)

    @classmethod
    def day_of_month(cls, number: int) -> "Terms":
        """Due on the next such day of a month, on its last day where the month is shorter."""
        return cls(TermsKind.DAY_OF_MONTH, number)

    def due_on(self, issued_on: date) -> date:
        """The due date of a document issued on that day.

        >>> Terms.net(30).due_on(date(2026, 1, 31))
        datetime.date(2026, 3, 2)
        >>> Terms.day_of_month(31).due_on(date(2026, 1, 31))
        datetime.date(2026, 2, 28)

        BadDate where the calendar, which ends with the year 9999, has no such day.
        """
        try:
            return self._due_on(issued_on)
        except (OverflowError, ValueError):
            raise BadDate(f"what is issued on {issued_on} would fall due after the year 9999") from None

    def _due_on(self, issued_on: date) -> date:
        match self.kind:
            case TermsKind.NET:
                return issued_on + timedelta(days=self.days)
            case TermsKind.END_OF_MONTH:
                return _in_month(issued_on.year, issued_on.month, 31) + timedelta(days=self.days)
            case TermsKind.DAY_OF_MONTH:
                this_month = _in_month(issued_on.year, issued_on.month, self.days)
                if this_month > issued_on:
                    return this_month
                return _in_month(issued_on.year + issued_on.month // 12, issued_on.month % 12 + 1, self.days)


def _in_month(year: int, month: int, number: int) -> date:
    return date(year, month, min(number, calendar.monthrange(year, month)[1]))


@frozen
class NumberSeries:
    """How documents are numbered: ``NumberSeries("INV-", 4)`` gives INV-0001, INV-0002 … without gaps.

    The prefix must not end in a digit, or BadText is raised: nobody could tell where the count begins.
    """

    prefix: str
    digits: int = 4

    def __attrs_post_init__(self) -> None:
        text(self.prefix, "number prefix", longest=20, required=True)
        if self.prefix[-1].isdecimal():
            raise BadText("a number prefix must not end in a digit: write '2026-', not '2026'")
        if type(self.digits) is not int or not 1 <= self.digits <= 12:
            raise BadText(f"a number has 1 to 12 digits, asked for {self.digits!r}")

    def number(self, count: int) -> str:
        """The *count*-th number of the series, from 1."""
        return f"{self.prefix}{count:0{self.digits}d}"


@frozen(kw_only=True)
class Firm:
    """The issuer: its currency, timezone, policy, numbering and fee estimates. Business dates are the firm's own."""

    id: FirmId
    party: Party
    currency: str
    timezone: str = "UTC"
    policy: Policy = STANDARD
    terms: Terms = Terms.net(30)
    fee_schedule: FeeSchedule = FeeSchedule()
    invoice_series: NumberSeries = NumberSeries("INV-")
    credit_note_series: NumberSeries = NumberSeries("CN-")
    version: int = 0

    def __attrs_post_init__(self) -> None:
        text(self.id, "firm id", longest=100, required=True)
        of_kind(self.party, Party, "party")
        of_kind(self.policy, Policy, "policy")
        of_kind(self.terms, Terms, "terms")
        of_kind(self.fee_schedule, FeeSchedule, "fee schedule")
        of_kind(self.invoice_series, NumberSeries, "invoice series")
        of_kind(self.credit_note_series, NumberSeries, "credit note series")
        exponent(self.currency)
        _require_timezone(self.timezone)


def _require_timezone(name: str) -> None:
    text(name, "timezone", longest=100, required=True)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadText("the timezone is not the name of an IANA timezone such as 'America/New_York'") from None


@frozen(kw_only=True)
class Client:
    """The party billed; ``terms`` of None follow the firm's, ``currency`` is what its invoices are in."""

    id: ClientId
    firm_id: FirmId
    party: Party
    currency: str
    terms: Terms | None = None
    reference: str | None = field(default=None, repr=False)
    notes: str = field(default="", repr=False)
    created_at: datetime
    version: int = 0

    def __attrs_post_init__(self) -> None:
        of_kind(self.party, Party, "party")
        exponent(self.currency)
        if self.terms is not None:
            of_kind(self.terms, Terms, "terms")
        optional_text(self.reference, "client reference", longest=100)
        text(self.notes, "notes", longest=5000)

    @property
    def name(self) -> str:
        return self.party.name
