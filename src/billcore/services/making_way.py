"""Make way: what waits for its client is given up where a person needs the amount otherwise.

A client who looked at a page and left, or who never confirmed a charge at their bank, keeps nobody from paying, and
themselves least of all. Only what waits for its client makes way, never a charge whose money is moving, and only for
people: a job such as auto-pay lets a client be who may be paying at this moment.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from billcore.actors import System
from billcore.errors import GatewayProblem, InvalidTransition, PaymentInFlight, UnknownGateway
from billcore.ids import InvoiceId, PaymentId
from billcore.payments.applying import on_invoice
from billcore.services.canceling import cancel_payment
from billcore.services.house import TRIES, Desk

REASON: Final = "the amount is needed otherwise"

P = ParamSpec("P")
T = TypeVar("T")
SomeDesk = TypeVar("SomeDesk", bound=Desk)


def makes_way(command: Callable[Concatenate[SomeDesk, P], T]) -> Callable[Concatenate[SomeDesk, P], T]:
    """A desk's command that has what waits for its client given up, where nothing else keeps it from its amount."""

    @wraps(command)
    def made(self: SomeDesk, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return making_way(self, lambda: command(self, *args, **kwargs))

    return made


def making_way(desk: Desk, command: Callable[[], T]) -> T:
    """Run a command of one transaction; refused for what waits for its client, it is run again once that is given up.

    It was refused and left nothing behind, so no transaction is open while the gateway is asked. Then it is decided on
    the books as they are: the client may turn out to have paid. A payment of which the gateway does not say that it is
    canceled keeps what it reserves, and the command stays refused.
    """
    for _ in range(TRIES - 1):
        try:
            return command()
        except PaymentInFlight as refused:
            if isinstance(desk.by, System):
                raise
            try:
                has_changed = _give_up(desk, InvoiceId(refused.invoice_id), refused.lacking)
            except (GatewayProblem, UnknownGateway) as problem:
                raise refused from problem
            if not has_changed:
                raise
    return command()


def _give_up(desk: Desk, invoice_id: InvoiceId, lacking: int) -> bool:
    """Whether something that kept the amount is over; nothing is given up where all of it would not free enough."""
    with desk.read() as work:
        invoice = work.invoices.peek(invoice_id)
        payments = work.payments.of_invoice(invoice_id)
    if invoice.in_flight.minor < lacking:
        # Somebody else had it closed, or it was paid, since the command was refused.
        return True
    reserved = {
        payment.id: on_invoice(payment.applications, invoice_id, invoice.currency).minor
        for payment in payments
        if payment.may_be_given_up
    }
    if not 0 < lacking <= sum(reserved.values()):
        return False
    has_changed = False
    for payment_id, amount in reserved.items():
        if lacking > 0 and _is_over(desk, payment_id):
            has_changed = True
            lacking -= amount
    return has_changed


def _is_over(desk: Desk, payment_id: PaymentId) -> bool:
    """Whether it is, after it was tried."""
    # It may be over meanwhile, or it is in doubt whether the gateway has it.
    with suppress(InvalidTransition):
        cancel_payment(desk.house, desk.firm_id, payment_id, reason=REASON, by=desk.by)
    with desk.read() as work:
        return not work.payments.peek(payment_id).awaits_its_client
