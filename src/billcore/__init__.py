"""Billing that an application embeds: correct money, invoices, payments and refunds, in its own database."""

from billcore.actors import Actor, Contact, Importer, Processor, Staff, System
from billcore.billing import Billing, FrontDesk
from billcore.catalog import CatalogItem
from billcore.charges.charge import BillTo, Charge, ChargeState
from billcore.clients import Client, Firm, NumberSeries, Terms
from billcore.dates import Period
from billcore.decimals import Rounding
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
from billcore.payments.payment import Payment, PaymentState, Refund, RefundStanding, RefundState
from billcore.permissions import AllowAll, AllowListed, Authorizer, Permission
from billcore.policy import (
    PRACTICE,
    PRO_FIRM,
    STANDARD,
    DueBasis,
    LateFeeRule,
    Policy,
    RefundEffect,
    Status,
    TimeRules,
    VisibleFrom,
    Vocabulary,
    VoidedLines,
    VoidWithPayments,
    Word,
)
from billcore.reasons import Failure, Initiator, RefundReason, Retry
from billcore.recurring.business_days import Roll
from billcore.recurring.cadence import Cadence
from billcore.recurring.day_rules import LAST, Weekday
from billcore.recurring.occurrence import Occurrence, OccurrenceState
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

__all__ = [
    "LAST",
    "PRACTICE",
    "PRO_FIRM",
    "STANDARD",
    "Actor",
    "Address",
    "AfterPause",
    "AllowAll",
    "AllowListed",
    "Allowance",
    "Authorizer",
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
    "Contact",
    "CreditNote",
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
    "Refund",
    "RefundEffect",
    "RefundReason",
    "RefundStanding",
    "RefundState",
    "Retry",
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
