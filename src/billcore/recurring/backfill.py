"""Back-fill: which open invoices a client's new method is offered to pay at once (S1.48, S1.49)."""

from datetime import date
from typing import assert_never

from billcore.clients import Client
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import is_visible_to_client
from billcore.policy import BackfillScope, Policy
from billcore.recurring.schedule import Schedule


def is_offered(invoice: Invoice, client: Client, schedule: Schedule | None, policy: Policy, *, on: date) -> bool:
    """Whether the back-fill of *client* takes the invoice on the firm's day *on*; *schedule* is the one that made it.

    It was issued within the policy's days, the client sees it, something is left to pay, and collection is not on hold.
    It is of a schedule with auto-pay on, unless the policy's scope is all. One currency is offered, the client's.
    """
    if invoice.issue is None or not invoice.is_open or not invoice.balance.is_positive or invoice.hold is not None:
        return False
    if (on - invoice.issue.on).days > policy.backfill_days or invoice.currency != client.currency:
        return False
    if not is_visible_to_client(invoice, policy):
        return False
    match policy.backfill_scope:
        case BackfillScope.ALL:
            return True
        case BackfillScope.AUTOPAY:
            return schedule is not None and schedule.autopay and schedule.canceled_at is None
        case _:
            assert_never(policy.backfill_scope)
