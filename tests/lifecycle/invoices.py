"""What every verb does to an invoice in every state, through the desks that people use."""

from collections.abc import Callable

from attrs import frozen
from tests.office import AUTOPAY, PRIYA, Office

from billcore.errors import BillcoreError
from billcore.ids import ClientId, InvoiceId, MethodId, PaymentId
from billcore.invoices.status import label
from billcore.methods import Method
from billcore.policy import Policy

NOTHING = "–"
"""There is no payment on the invoice that could be refunded."""


@frozen(kw_only=True)
class Case:
    """An invoice of 100.00 in some state, with the payment on it, if any.

    The client has a saved card, and 500.00 of credit from a payment of its own.
    """

    office: Office
    client_id: ClientId
    invoice_id: InvoiceId
    card: MethodId
    credit: PaymentId
    payment: PaymentId | None = None


# ── States ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _drafted(policy: Policy) -> Case:
    office = Office.open(policy)
    client = office.client()
    credit = office.desk.payments.receive(client.id, "500.00", onto={}, method=Method.CHECK)
    return Case(
        office=office,
        client_id=client.id,
        invoice_id=office.draft(client).id,
        card=office.card(client),
        credit=credit.id,
    )


def _deleted(policy: Policy) -> Case:
    case = _drafted(policy)
    case.office.desk.invoices.delete(case.invoice_id)
    return case


def _issued(policy: Policy) -> Case:
    case = _drafted(policy)
    case.office.desk.invoices.issue(case.invoice_id)
    return case


def _delivered(policy: Policy) -> Case:
    case = _issued(policy)
    case.office.desk.invoices.deliver(case.invoice_id)
    return case


def _viewed(policy: Policy) -> Case:
    case = _delivered(policy)
    case.office.by(PRIYA).invoices.view(case.invoice_id)
    return case


def _overdue(policy: Policy) -> Case:
    case = _delivered(policy)
    case.office.days_later(31)
    return case


def _held(policy: Policy) -> Case:
    case = _delivered(policy)
    case.office.desk.adjustments.hold(case.invoice_id, reason="the client asked for time")
    return case


def _paid(policy: Policy, amount: str = "100.00") -> Case:
    case = _delivered(policy)
    payment = case.office.desk.payments.record(case.invoice_id, amount, method=Method.CHECK)
    return _with_payment(case, payment.id)


def _partially_paid(policy: Policy) -> Case:
    return _paid(policy, "40.00")


def _in_flight(policy: Policy, amount: str = "100.00") -> Case:
    case = _delivered(policy)
    account = case.office.card(case.office.desk.clients.get(case.client_id), "card_pending")
    payment = case.office.by(PRIYA).payments.charge(case.invoice_id, amount, method=account)
    return _with_payment(case, payment.id)


def _part_in_flight(policy: Policy) -> Case:
    return _in_flight(policy, "40.00")


def _refunded(policy: Policy) -> Case:
    case = _paid(policy)
    assert case.payment is not None
    case.office.desk.refunds.issue(case.payment)
    return case


def _written_off(policy: Policy) -> Case:
    case = _delivered(policy)
    case.office.desk.adjustments.write_off(case.invoice_id, reason="bankrupt")
    return case


def _void(policy: Policy) -> Case:
    case = _delivered(policy)
    case.office.desk.invoices.void(case.invoice_id, reason="wrong client")
    return case


def _with_payment(case: Case, payment: PaymentId) -> Case:
    return Case(
        office=case.office,
        client_id=case.client_id,
        invoice_id=case.invoice_id,
        card=case.card,
        credit=case.credit,
        payment=payment,
    )


STATES: dict[str, Callable[[Policy], Case]] = {
    "draft": _drafted,
    "issued": _issued,
    "delivered": _delivered,
    "viewed": _viewed,
    "overdue": _overdue,
    "held": _held,
    "partially paid": _partially_paid,
    "paid": _paid,
    "part in flight": _part_in_flight,
    "whole in flight": _in_flight,
    "refunded in full": _refunded,
    "written off": _written_off,
    "void": _void,
    "deleted": _deleted,
}

# ── Verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Verb = Callable[[Case], object]


def _refund(case: Case) -> object:
    assert case.payment is not None
    return case.office.desk.refunds.issue(case.payment)


DOCUMENT: dict[str, Verb] = {
    "edit": lambda case: case.office.desk.invoices.edit(case.invoice_id, notes="Thank you"),
    "delete": lambda case: case.office.desk.invoices.delete(case.invoice_id),
    "issue": lambda case: case.office.desk.invoices.issue(case.invoice_id),
    "deliver": lambda case: case.office.desk.invoices.deliver(case.invoice_id),
    "view": lambda case: case.office.by(PRIYA).invoices.view(case.invoice_id),
    "void": lambda case: case.office.desk.invoices.void(case.invoice_id),
    "void with a reason": lambda case: case.office.desk.invoices.void(case.invoice_id, reason="duplicate"),
}
MONEY: dict[str, Verb] = {
    "record full": lambda case: case.office.desk.payments.record(case.invoice_id, method=Method.CHECK),
    "record part": lambda case: case.office.desk.payments.record(case.invoice_id, "10.00", method=Method.CHECK),
    "record 100.00": lambda case: case.office.desk.payments.record(case.invoice_id, "100.00", method=Method.CHECK),
    "charge": lambda case: case.office.desk.payments.charge(case.invoice_id, method=case.card),
    "client pays": lambda case: case.office.by(PRIYA).payments.charge(case.invoice_id, method=case.card),
    "auto-pay": lambda case: case.office.by(AUTOPAY).payments.charge(case.invoice_id, method=case.card),
    "refund": _refund,
    "apply credit": lambda case: case.office.desk.payments.apply(case.credit, case.invoice_id),
    "unapply": lambda case: case.office.desk.payments.unapply(case.payment or case.credit, case.invoice_id),
}
DECISIONS: dict[str, Verb] = {
    "write off": lambda case: case.office.desk.adjustments.write_off(case.invoice_id, reason="bankrupt"),
    "reverse write-off": lambda case: case.office.desk.adjustments.reverse_write_off(case.invoice_id),
    "credit": lambda case: case.office.desk.adjustments.credit(case.invoice_id, reason="goodwill"),
    "hold": lambda case: case.office.desk.adjustments.hold(case.invoice_id, reason="a dispute"),
    "release": lambda case: case.office.desk.adjustments.release_hold(case.invoice_id),
}
VERBS = DOCUMENT | MONEY | DECISIONS


def cell(policy: Policy, state: str, verb: str) -> str:
    """``ok`` with the badge afterwards, or the code of the refusal, after which nothing may have changed."""
    case = STATES[state](policy)
    if verb == "refund" and case.payment is None:
        return NOTHING
    before = case.office.books()
    try:
        VERBS[verb](case)
    except BillcoreError as refusal:
        assert case.office.books() == before, f"{verb} was refused in {state}, and changed the books"
        return refusal.code
    return f"ok, {_badge(case)}"


def _badge(case: Case) -> str:
    try:
        return label(case.office.desk.invoices.get(case.invoice_id), case.office.today)
    except BillcoreError:
        return "deleted"
