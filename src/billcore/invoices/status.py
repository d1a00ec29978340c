"""What an invoice is, asked of its facts and a day: settlement, overdue, badge, queues, and whether the client sees it.

Nothing here is stored. The same predicates are written a second time as SQL by the stores, and tests hold the two
together.
"""

from datetime import date
from enum import Enum
from typing import assert_never

from billcore.invoices.invoice import Invoice
from billcore.policy import Policy, Status, VisibleFrom


class Settlement(Enum):
    """How far an issued invoice is paid."""

    UNPAID = "unpaid"
    PROCESSING = "processing"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    REFUNDED = "refunded"
    WRITTEN_OFF = "written_off"


class Queue(Enum):
    """The four piles a firm works through (S0.7-S0.10). FAILED overlaps the others."""

    DRAFTS = "drafts"
    AWAITING = "awaiting"
    OVERDUE = "overdue"
    FAILED = "failed"


def settlement(invoice: Invoice) -> Settlement:
    """How far the invoice is paid, most telling first; meaningful for issued invoices."""
    if not invoice.owed.is_positive:
        if invoice.sums.written_off.is_positive:
            return Settlement.WRITTEN_OFF
        if invoice.sums.refunded.is_positive and invoice.paid.is_zero:
            return Settlement.REFUNDED
        return Settlement.PAID
    if invoice.in_flight.is_positive and not invoice.balance.is_positive:
        return Settlement.PROCESSING
    return Settlement.PARTIALLY_PAID if invoice.paid.is_positive else Settlement.UNPAID


def is_overdue(invoice: Invoice, on: date) -> bool:
    """Past the due date and its grace days, and still unpaid on the firm's day *on* (S0.9, S3.27).

    Money in flight that covers the rest keeps an invoice from being overdue, unless the policy says otherwise (C10).
    """
    if invoice.issue is None or invoice.is_void:
        return False
    if (on - invoice.issue.due_on).days <= invoice.policy.grace_days:
        return False
    open_amount = invoice.owed if invoice.policy.overdue_while_processing else invoice.balance
    return open_amount.is_positive


def is_viewed(invoice: Invoice) -> bool:
    """Seen by the client; a full refund makes it unseen again unless the policy keeps it (C26)."""
    if invoice.first_viewed_at is None:
        return False
    was_refunded_whole = invoice.sums.refunded.is_positive and invoice.paid.is_zero
    return invoice.policy.viewed_survives_refund or not was_refunded_whole


def has(invoice: Invoice, status: Status, on: date) -> bool:
    """Whether that status is true of the invoice.

    Several can be at once, the badge shows the first of the vocabulary.
    """
    if status is Status.DRAFT:
        return invoice.is_draft
    if status is Status.VOID:
        return invoice.is_void
    if not invoice.is_open:
        return False
    match status:
        case Status.WRITTEN_OFF:
            return settlement(invoice) is Settlement.WRITTEN_OFF
        case Status.PAID:
            return not invoice.owed.is_positive
        case Status.PROCESSING:
            return settlement(invoice) is Settlement.PROCESSING
        case Status.PARTIALLY_PAID:
            return invoice.owed.is_positive and invoice.paid.is_positive
        case Status.OVERDUE:
            return is_overdue(invoice, on)
        case Status.VIEWED:
            return is_viewed(invoice)
        case Status.SENT:
            return True
        case _:
            assert_never(status)


def status(invoice: Invoice, on: date) -> Status:
    """The badge of the invoice on that day: the first true status of its vocabulary (S0.14-S0.20, S3.25)."""
    for word in invoice.policy.vocabulary.words:
        if has(invoice, word.status, on):
            return word.status
    raise AssertionError("a vocabulary ends with 'sent', which is true of every issued invoice")


def label(invoice: Invoice, on: date) -> str:
    """The badge in the firm's own words: Cancelled for PRO_FIRM is Voided for PRACTICE."""
    badge = status(invoice, on)
    return next(word.label for word in invoice.policy.vocabulary.words if word.status is badge)


def queues(invoice: Invoice, on: date) -> frozenset[Queue]:
    """The piles in which the invoice lies on that day (S0.7-S0.10, S1.27, S1.28)."""
    if invoice.is_draft:
        return frozenset({Queue.DRAFTS})
    if invoice.is_void or not invoice.balance.is_positive:
        return frozenset()
    pile = Queue.OVERDUE if is_overdue(invoice, on) else Queue.AWAITING
    if invoice.autopay_failed_at is not None and invoice.hold is None:
        return frozenset({pile, Queue.FAILED})
    return frozenset({pile})


def is_visible_to_client(invoice: Invoice, policy: Policy) -> bool:
    """Whether the portal shows it (S0.14-S0.22, S2.3, S2.7): never a draft; a void one as the policy says (C17)."""
    if invoice.is_draft:
        return False
    if policy.visible_from is VisibleFrom.DELIVERED and invoice.delivered_at is None:
        return False
    return not invoice.is_void or policy.void_visible_to_client


def can_pay_now(invoice: Invoice) -> bool:
    """Whether a Pay-now button makes sense: something is left to pay (S3.22, S3.31)."""
    return invoice.is_open and invoice.balance.is_positive
