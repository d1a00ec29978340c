"""From draft to the client: issue (number, lock, snapshot), deliver, and the client's first look."""

from datetime import date, datetime

from billcore.actors import Actor, Contact
from billcore.clients import Client, Firm
from billcore.dates import day, instant
from billcore.errors import BadDate, EmptyInvoice, InvalidTransition
from billcore.events import InvoiceDelivered, InvoiceIssued, InvoiceViewed
from billcore.evolving import evolve
from billcore.invoices.guards import require_draft, require_open
from billcore.invoices.invoice import Invoice, Issue
from billcore.invoices.status import is_visible_to_client
from billcore.policy import DueBasis
from billcore.texts import text


def issue(
    invoice: Invoice,
    *,
    firm: Firm,
    client: Client,
    number: str,
    on: date | None = None,
    at: datetime,
    by: Actor,
) -> tuple[Invoice, InvoiceIssued]:
    """Number and lock the draft (S2.7, S2.9), with the parties, the terms and the policy as they are now.

    *on* is the date of issue, by default the day of *at*. The due date follows the policy's basis (C12) unless the
    draft fixes one. Refuses with EmptyInvoice a draft without lines and with BadDate a due date before the date of
    issue. An invoice of zero is settled at once.
    """
    require_draft(invoice, "issue")
    if not invoice.lines:
        raise EmptyInvoice("cannot issue an invoice without lines; add at least one")
    issued_on = day(on, "date of issue") if on is not None else instant(at, "at").date()
    due_on = _due_on(invoice, firm, client, issued_on)
    issued = evolve(
        invoice,
        policy=firm.policy,
        terms=client.terms or firm.terms,
        issue=Issue(
            number=text(number, "number", longest=40, required=True),
            at=at,
            on=issued_on,
            due_on=due_on,
            issuer=firm.party,
            recipient=client.party,
        ),
    )
    return issued, InvoiceIssued(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        number=number,
        due_on=due_on,
        net=invoice.totals.net,
        tax=invoice.totals.tax,
        gross=invoice.totals.gross,
        billed=invoice.content.charge_ids,
        at=at,
        on=issued_on,
        by=by,
    )


def _due_on(invoice: Invoice, firm: Firm, client: Client, issued_on: date) -> date:
    if invoice.content.due_on is not None:
        if invoice.content.due_on < issued_on:
            raise BadDate(
                f"the draft is due on {invoice.content.due_on}, before its date of issue {issued_on}; edit the draft"
            )
        return invoice.content.due_on
    terms = client.terms or firm.terms
    match firm.policy.due_basis:
        case DueBasis.ON_ISSUE:
            return terms.due_on(issued_on)
        case DueBasis.ON_DRAFT:
            # A draft that lay longer than its terms would be born overdue; it is due at once instead.
            return max(terms.due_on(invoice.drafted_on), issued_on)


def deliver(invoice: Invoice, *, channel: str, at: datetime, by: Actor) -> tuple[Invoice, InvoiceDelivered]:
    """The document went to the client by *channel* (``email``, ``portal``, ``print``).

    Only the first delivery changes facts.

    Issue and delivery are separate (C11): a firm can finalise without notifying (S2.8).
    """
    require_open(invoice, "deliver")
    text(channel, "channel", longest=50, required=True)
    delivered = invoice if invoice.delivered_at is not None else evolve(invoice, delivered_at=instant(at, "at"))
    return delivered, InvoiceDelivered(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        channel=channel,
        at=at,
        by=by,
    )


def view(invoice: Invoice, *, at: datetime, by: Contact) -> tuple[Invoice, InvoiceViewed | None]:
    """The client opened it (S0.16). Only the first look is an event; staff looking as the client count by policy.

    Refuses with InvalidTransition what the client does not see (S0.22). A void invoice may be looked at (S0.20),
    and nothing is noted.
    """
    if not is_visible_to_client(invoice, invoice.policy):
        raise InvalidTransition("the client does not see this invoice; send it first")
    does_count = by.impersonated_by is None or invoice.policy.impersonated_views_count
    if invoice.is_void or invoice.first_viewed_at is not None or not does_count:
        return invoice, None
    viewed = evolve(invoice, first_viewed_at=instant(at, "at"))
    return viewed, InvoiceViewed(firm_id=invoice.firm_id, invoice_id=invoice.id, at=at, by=by)
