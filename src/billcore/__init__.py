"""Billing that an application embeds: correct money, invoices, payments and refunds, in its own database."""

from billcore.actors import Actor, Contact, Importer, Processor, Staff, System
from billcore.billing import Billing, FrontDesk
from billcore.charges.charge import Charge, ChargeState
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
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy, Status
from billcore.reasons import Failure, Initiator, RefundReason, Retry

__all__ = [
    "PRACTICE",
    "PRO_FIRM",
    "STANDARD",
    "Actor",
    "Address",
    "AllowAll",
    "AllowListed",
    "Allowance",
    "Authorizer",
    "BillcoreError",
    "Billing",
    "Charge",
    "ChargeState",
    "Client",
    "Codes",
    "Contact",
    "CreditNote",
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
    "LineItem",
    "MemoryStore",
    "Method",
    "Money",
    "NumberSeries",
    "Origin",
    "Party",
    "Payment",
    "PaymentState",
    "Period",
    "Permission",
    "Policy",
    "Processor",
    "Queue",
    "Refund",
    "RefundReason",
    "RefundStanding",
    "RefundState",
    "Retry",
    "Rounding",
    "SavedMethod",
    "Settlement",
    "Staff",
    "Status",
    "Surcharge",
    "System",
    "TaxRate",
    "Terms",
    "Timekeeper",
    "can_pay_now",
    "is_overdue",
    "is_visible_to_client",
    "label",
    "queues",
    "settlement",
    "status",
]
