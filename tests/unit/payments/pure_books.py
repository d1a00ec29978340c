"""A client's invoices and payments in the pure core, moved by the verbs alone, for the tests of the payment verbs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import define, evolve, field

from billcore.clients import Client, Firm
from billcore.events import Event, RefundSucceeded
from billcore.ids import InvoiceId, OperationId, PaymentId, RefundId
from billcore.invoices.invoice import Invoice
from billcore.invoices.settling import settle
from billcore.methods import Method
from billcore.money import Money
from billcore.payments import disputing, paying, refunding
from billcore.payments.payment import Payment, PaymentState, Refund
from billcore.policy import STANDARD, Policy
from billcore.reasons import Failure, Initiator, RefundReason
from billcore.testing.builders import BY, a_client, a_firm, a_ref, an_issued_invoice
from billcore.testing.clock import START

DISPUTE = a_ref("dispute-1")
DECLINED = Failure(code="card_declined")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@define
class PureBooks:
    """Invoices of 100.00 each; ``book`` settles them by an event, as a desk does."""

    policy: Policy = STANDARD
    firm: Firm = field(init=False)
    client: Client = field(init=False)
    invoices: dict[InvoiceId, Invoice] = field(init=False, factory=dict)
    happened: list[Event] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self.firm = a_firm(policy=self.policy)
        self.client = a_client(self.firm)

    def invoice(self, invoice_id: str = "invoice-1") -> Invoice:
        """That invoice; issued at first mention."""
        known = InvoiceId(invoice_id)
        if known not in self.invoices:
            number = f"INV-{len(self.invoices) + 1:04}"
            self.invoices[known] = an_issued_invoice(self.firm, self.client, invoice_id, number=number)
        return self.invoices[known]

    def book(self, event: Event) -> None:
        self.happened.append(event)
        self.invoices = {invoice_id: settle(invoice, event) for invoice_id, invoice in self.invoices.items()}

    def record(self, minor: int, onto: Mapping[str, int] | None = None, payment_id: str = "payment-1") -> Payment:
        """Money by check, by default all of it onto the first invoice."""
        payment, event = paying.record(
            PaymentId(payment_id),
            firm=self.firm,
            client=self.client,
            amount=usd(minor),
            allocations=self.onto({"invoice-1": minor} if onto is None else onto),
            method=Method.CHECK,
            at=START,
            by=BY,
        )
        self.book(event)
        return payment

    def initiate(self, minor: int = 100_00, onto: Mapping[str, int] | None = None, at: datetime = START) -> Payment:
        payment, event = paying.initiate(
            PaymentId("payment-1"),
            firm=self.firm,
            client=self.client,
            amount=usd(minor),
            allocations=self.onto({"invoice-1": minor} if onto is None else onto),
            method=Method.CARD,
            gateway="fake",
            initiator=Initiator.CLIENT,
            operation_id=OperationId("operation-1"),
            at=at,
            by=BY,
        )
        self.book(event)
        return payment

    def onto(self, onto: Mapping[str, int]) -> Sequence[tuple[Invoice, Money]]:
        return [(self.invoice(invoice_id), usd(minor)) for invoice_id, minor in onto.items()]

    def complete(self, payment: Payment) -> Payment:
        completed, event = paying.complete(payment, self.invoices, at=START, by=BY)
        self.book(event)
        return completed

    def fail(self, payment: Payment) -> Payment:
        failed, event = paying.fail(payment, DECLINED, at=START, by=BY)
        self.book(event)
        return failed

    def charged(self, minor: int = 100_00, onto: Mapping[str, int] | None = None) -> Payment:
        return self.complete(self.initiate(minor, onto))

    def request_refund(self, payment: Payment, minor: int, refund_id: str = "refund-1") -> tuple[Refund, Payment]:
        refund, reserved, event = refunding.request(
            RefundId(refund_id),
            payment,
            usd(minor),
            self.invoices,
            reason=RefundReason.DUPLICATE,
            is_external=payment.is_manual,
            at=START,
            by=BY,
        )
        self.book(event)
        return refund, reserved

    def refund(self, payment: Payment, minor: int, refund_id: str = "refund-1") -> tuple[Refund, Payment]:
        """Given back at once."""
        refund, reserved = self.request_refund(payment, minor, refund_id)
        done, refunded, event = self.succeed(refund, reserved)
        self.book(event)
        return done, refunded

    def succeed(self, refund: Refund, payment: Payment) -> tuple[Refund, Payment, RefundSucceeded]:
        return refunding.succeed(refund, payment, self.invoices, at=START, by=BY)

    def dispute(self, payment: Payment, minor: int = 100_00) -> Payment:
        disputed, event = disputing.open_dispute(payment, DISPUTE, usd(minor), reason="fraud", at=START, by=BY)
        self.book(event)
        return disputed


def in_state(state: PaymentState) -> tuple[PureBooks, Payment]:
    """A payment of 100.00 by card for one invoice, brought into that state by the verbs."""
    books = PureBooks()
    created = books.initiate()
    match state:
        case PaymentState.CREATED:
            return books, created
        case PaymentState.REQUIRES_ACTION:
            return books, paying.require_action(created, "https://fake.example/act", at=START, by=BY)[0]
        case PaymentState.PENDING:
            return books, paying.pend(created, at=START, by=BY)[0]
        case PaymentState.FAILED:
            return books, books.fail(created)
        case PaymentState.CANCELED:
            canceled, event = paying.cancel(created, reason="changed their mind", at=START, by=BY)
            books.book(event)
            return books, canceled
        case PaymentState.COMPLETED:
            return books, books.complete(created)
        case PaymentState.DISPUTED:
            return books, books.dispute(books.complete(created))
        case PaymentState.CHARGED_BACK:
            lost, lost_event = disputing.lose_dispute(books.dispute(books.complete(created)), DISPUTE, at=START, by=BY)
            books.book(lost_event)
            return books, lost
        case PaymentState.RETURNED:
            returned, returned_event = disputing.take_back(books.complete(created), "R01", at=START, by=BY)
            books.book(returned_event)
            return books, returned


def reviewed(payment: Payment) -> Payment:
    return evolve(payment, needs_review=True)
