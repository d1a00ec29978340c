"""Drive one operation as far as it goes now, whichever it is."""

from typing import assert_never

from billcore.actors import Actor
from billcore.ids import FirmId, OperationId
from billcore.payments.instruction import (
    AttachCommand,
    CancelCommand,
    ChargeCommand,
    CheckoutCommand,
    DetachCommand,
    RefundCommand,
)
from billcore.payments.operation import Operation
from billcore.services.house import House
from billcore.services.operations.cancels import CancelDriver
from billcore.services.operations.charges import ChargeDriver
from billcore.services.operations.checkouts import CheckoutDriver
from billcore.services.operations.claiming import Claiming
from billcore.services.operations.refunds import RefundDriver
from billcore.services.operations.vault import VaultDriver


class Driver:
    """First try, the caller's retry and recovery all come through here."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)

    def drive(self, firm_id: FirmId, operation_id: OperationId, *, by: Actor | None = None) -> Operation:
        """The operation after this worker did what could be done; at once back when another worker is on it."""
        with self._house.store.read(firm_id) as work:
            operation = work.operations.peek(operation_id)
        gateway = self._house.gateway(operation.gateway, operation.account)
        claim = self._claiming.claim(firm_id, operation_id, gateway.capabilities)
        if claim is not None:
            command = claim.operation.command
            match command:
                case ChargeCommand():
                    ChargeDriver(self._house).drive(claim, command)
                case RefundCommand():
                    RefundDriver(self._house).drive(claim, command)
                case CancelCommand():
                    CancelDriver(self._house).drive(claim, command)
                case CheckoutCommand():
                    CheckoutDriver(self._house).drive(claim, command)
                case AttachCommand():
                    VaultDriver(self._house).attach(claim, command, by=by)
                case DetachCommand():
                    VaultDriver(self._house).detach(claim, command, by=by)
                case _:
                    assert_never(command)
        with self._house.store.read(firm_id) as work:
            return work.operations.peek(operation_id)
