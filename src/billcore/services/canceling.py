"""Cancel a payment that is not completed: the wish is committed, and then the gateway is asked, which decides."""

from billcore.actors import Actor
from billcore.ids import FirmId, PaymentId
from billcore.services.house import House
from billcore.services.operations.driver import Driver
from billcore.services.reserving import Reserving


def cancel_payment(house: House, firm_id: FirmId, payment_id: PaymentId, *, reason: str, by: Actor) -> None:
    """Cancel it here, and at its gateway if it was sent there; it may turn out to be too late.

    InvalidTransition for a payment that is over, or of which it is in doubt whether the gateway has it.
    """
    operation_id = Reserving(house=house, firm_id=firm_id, by=by).cancel(payment_id, reason)
    if operation_id is not None:
        Driver(house).drive(firm_id, operation_id)
