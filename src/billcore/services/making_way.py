"""Make way: what an open hosted page reserves is had by closing the page, where a person needs the amount otherwise.

A client who looked at a page and left keeps nobody from paying. Only pages make way, never a charge that is on its way,
and only for people: a job such as auto-pay lets a client be who may be paying at this moment.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from billcore.actors import System
from billcore.errors import GatewayProblem, InvalidTransition, PaymentInFlight, UnknownGateway
from billcore.ids import InvoiceId, PaymentId
from billcore.payments.applying import on_open_pages
from billcore.services.house import TRIES, Desk
from billcore.services.operations.driver import Driver
from billcore.services.reserving import Reserving

REASON: Final = "the amount is needed otherwise"

P = ParamSpec("P")
T = TypeVar("T")
SomeDesk = TypeVar("SomeDesk", bound=Desk)


def makes_way(command: Callable[Concatenate[SomeDesk, P], T]) -> Callable[Concatenate[SomeDesk, P], T]:
    """A desk's command that has open pages closed where nothing else keeps it from its amount."""

    @wraps(command)
    def made(self: SomeDesk, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return making_way(self, lambda: command(self, *args, **kwargs))

    return made


def making_way(desk: Desk, command: Callable[[], T]) -> T:
    """Run a command of one transaction; refused for what pages reserve, it is run again once they are closed.

    It was refused and left nothing behind, so no transaction is open while the gateway is asked. Then it is decided on
    the books as they are: the page may turn out to be paid. A page of which the gateway does not say that it is closed
    keeps what it reserves, and the command stays refused.
    """
    for _ in range(TRIES - 1):
        try:
            return command()
        except PaymentInFlight as refused:
            if isinstance(desk.by, System):
                raise
            try:
                has_changed = _close_pages(desk, InvoiceId(refused.invoice_id), refused.lacking)
            except (GatewayProblem, UnknownGateway) as problem:
                raise refused from problem
            if not has_changed:
                raise
    return command()


def _close_pages(desk: Desk, invoice_id: InvoiceId, lacking: int) -> bool:
    """Whether something that kept the amount is over; no page is closed where all of them would not free enough."""
    with desk.read() as work:
        invoice = work.invoices.peek(invoice_id)
        payments = work.payments.of_invoice(invoice_id)
    if invoice.in_flight.minor < lacking:
        # Somebody else had it closed, or it was paid, since the command was refused.
        return True
    pages = [payment.id for payment in payments if payment.is_on_an_open_page]
    if not 0 < lacking <= on_open_pages(invoice_id, payments, invoice.currency).minor:
        return False
    are_over = [_close(desk, payment_id) for payment_id in pages]
    return any(are_over)


def _close(desk: Desk, payment_id: PaymentId) -> bool:
    try:
        operation_id = Reserving(house=desk.house, firm_id=desk.firm_id, by=desk.by).cancel(payment_id, REASON)
    except InvalidTransition:
        # It is over meanwhile, or whether it was opened at all is in doubt.
        pass
    else:
        if operation_id is not None:
            Driver(desk.house).drive(desk.firm_id, operation_id)
    with desk.read() as work:
        return not work.payments.peek(payment_id).is_on_an_open_page
