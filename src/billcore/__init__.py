"""Billing that an application embeds: correct money, invoices, payments and refunds, in its own database.

A name brings the module that makes it, with what that needs, when it is first asked for: ``import billcore`` alone
costs a program nothing that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from billcore.actors import Actor, Contact, Importer, Processor, Staff, System
    from billcore.billing import Billing, FrontDesk
    from billcore.catalog import CatalogItem
    from billcore.charges.charge import BillTo, Charge, ChargeState
    from billcore.clients import Client, Firm, NumberSeries, Terms
    from billcore.dates import Period
    from billcore.decimals import Rounding
    from billcore.documents.csv import Column
    from billcore.errors import BillcoreError
    from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine, FeeRate, FeeSchedule
    from billcore.invoices.invoice import CreditNote, Invoice, Origin
    from billcore.invoices.status import (
        Queue,
        Settlement,
        can_pay_now,
        is_overdue,
        is_visible_to_client,
        label,
        queues,
        settlement,
        status,
    )
    from billcore.lines import Allowance, Codes, LineItem, Surcharge, TaxRate, Timekeeper
    from billcore.memory import MemoryStore
    from billcore.methods import Method, SavedMethod
    from billcore.money import Money
    from billcore.parties import Address, Party
    from billcore.payments.instruction import Consent
    from billcore.payments.payment import Payment, PaymentState, Refund, RefundStanding, RefundState
    from billcore.permissions import AllowAll, AllowListed, Authorizer, Permission
    from billcore.policy import (
        PRACTICE,
        PRO_FIRM,
        STANDARD,
        BackfillScope,
        DueBasis,
        LateFeeRule,
        Policy,
        RefundEffect,
        RetryPlan,
        Status,
        TimeRules,
        VisibleFrom,
        Vocabulary,
        VoidedLines,
        VoidWithPayments,
        Word,
    )
    from billcore.reasons import Failure, Initiator, RefundReason, Retry
    from billcore.recorded import RecordedEvent
    from billcore.recurring.business_days import Roll
    from billcore.recurring.cadence import Cadence
    from billcore.recurring.day_rules import LAST, Weekday
    from billcore.recurring.occurrence import Occurrence, OccurrenceState
    from billcore.recurring.proration import DayCount
    from billcore.recurring.schedule import (
        AfterPause,
        CatchUp,
        Output,
        PartialPeriod,
        Plan,
        Schedule,
        ScheduleState,
        Source,
        Timing,
    )
    from billcore.reports.aging import AgingBasis, AgingBuckets

__all__ = [
    "LAST",
    "PRACTICE",
    "PRO_FIRM",
    "STANDARD",
    "Actor",
    "Address",
    "AfterPause",
    "AgingBasis",
    "AgingBuckets",
    "AllowAll",
    "AllowListed",
    "Allowance",
    "Authorizer",
    "BackfillScope",
    "BillTo",
    "BillcoreError",
    "Billing",
    "Cadence",
    "CatalogItem",
    "CatchUp",
    "Charge",
    "ChargeState",
    "Client",
    "Codes",
    "Column",
    "Consent",
    "Contact",
    "CreditNote",
    "DayCount",
    "DueBasis",
    "Failure",
    "Fee",
    "FeeBasis",
    "FeeKind",
    "FeeLine",
    "FeeRate",
    "FeeSchedule",
    "Firm",
    "FrontDesk",
    "Importer",
    "Initiator",
    "Invoice",
    "LateFeeRule",
    "LineItem",
    "MemoryStore",
    "Method",
    "Money",
    "NumberSeries",
    "Occurrence",
    "OccurrenceState",
    "Origin",
    "Output",
    "PartialPeriod",
    "Party",
    "Payment",
    "PaymentState",
    "Period",
    "Permission",
    "Plan",
    "Policy",
    "Processor",
    "Queue",
    "RecordedEvent",
    "Refund",
    "RefundEffect",
    "RefundReason",
    "RefundStanding",
    "RefundState",
    "Retry",
    "RetryPlan",
    "Roll",
    "Rounding",
    "SavedMethod",
    "Schedule",
    "ScheduleState",
    "Settlement",
    "Source",
    "Staff",
    "Status",
    "Surcharge",
    "System",
    "TaxRate",
    "Terms",
    "TimeRules",
    "Timekeeper",
    "Timing",
    "VisibleFrom",
    "Vocabulary",
    "VoidWithPayments",
    "VoidedLines",
    "Weekday",
    "Word",
    "can_pay_now",
    "is_overdue",
    "is_visible_to_client",
    "label",
    "queues",
    "settlement",
    "status",
]

_HOMES: Final = {
    "billcore.actors": ("Actor", "Contact", "Importer", "Processor", "Staff", "System"),
    "billcore.billing": ("Billing", "FrontDesk"),
    "billcore.catalog": ("CatalogItem",),
    "billcore.charges.charge": ("BillTo", "Charge", "ChargeState"),
    "billcore.clients": ("Client", "Firm", "NumberSeries", "Terms"),
    "billcore.dates": ("Period",),
    "billcore.decimals": ("Rounding",),
    "billcore.documents.csv": ("Column",),
    "billcore.errors": ("BillcoreError",),
    "billcore.fees": ("Fee", "FeeBasis", "FeeKind", "FeeLine", "FeeRate", "FeeSchedule"),
    "billcore.invoices.invoice": ("CreditNote", "Invoice", "Origin"),
    "billcore.invoices.status": (
        "Queue",
        "Settlement",
        "can_pay_now",
        "is_overdue",
        "is_visible_to_client",
        "label",
        "queues",
        "settlement",
        "status",
    ),
    "billcore.lines": ("Allowance", "Codes", "LineItem", "Surcharge", "TaxRate", "Timekeeper"),
    "billcore.memory": ("MemoryStore",),
    "billcore.methods": ("Method", "SavedMethod"),
    "billcore.money": ("Money",),
    "billcore.parties": ("Address", "Party"),
    "billcore.payments.instruction": ("Consent",),
    "billcore.payments.payment": ("Payment", "PaymentState", "Refund", "RefundStanding", "RefundState"),
    "billcore.permissions": ("AllowAll", "AllowListed", "Authorizer", "Permission"),
    "billcore.policy": (
        "PRACTICE",
        "PRO_FIRM",
        "STANDARD",
        "BackfillScope",
        "DueBasis",
        "LateFeeRule",
        "Policy",
        "RefundEffect",
        "RetryPlan",
        "Status",
        "TimeRules",
        "VisibleFrom",
        "Vocabulary",
        "VoidWithPayments",
        "VoidedLines",
        "Word",
    ),
    "billcore.reasons": ("Failure", "Initiator", "RefundReason", "Retry"),
    "billcore.recorded": ("RecordedEvent",),
    "billcore.recurring.business_days": ("Roll",),
    "billcore.recurring.cadence": ("Cadence",),
    "billcore.recurring.day_rules": ("LAST", "Weekday"),
    "billcore.recurring.occurrence": ("Occurrence", "OccurrenceState"),
    "billcore.recurring.proration": ("DayCount",),
    "billcore.recurring.schedule": (
        "AfterPause",
        "CatchUp",
        "Output",
        "PartialPeriod",
        "Plan",
        "Schedule",
        "ScheduleState",
        "Source",
        "Timing",
    ),
    "billcore.reports.aging": ("AgingBasis", "AgingBuckets"),
}
"""The modules of the names: what the imports at the top say to type checkers, said to Python."""

# A type checker must not see this, or it would take any name for one of ours.
if not TYPE_CHECKING:

    def __getattr__(name):
        for home, names in _HOMES.items():
            if name in names:
                # Kept as a plain global, so that this is asked once.
                globals()[name] = value = getattr(import_module(home), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
