"""Attach and detach saved methods: no money moves, and both are safe to repeat until they are answered."""

from billcore.actors import Actor, Processor
from billcore.errors import GatewayConfigurationError, GatewayProblem, GatewayRequestInvalid
from billcore.events import MethodAttached
from billcore.gateways import offering
from billcore.ids import MethodId
from billcore.methods import SavedMethod
from billcore.payments.instruction import AttachCommand, DetachCommand
from billcore.payments.observation import MethodSnapshot
from billcore.payments.operation import Operation, OperationState, move
from billcore.ports.gateway import Unknown, VaultGateway
from billcore.reasons import Failure
from billcore.services.house import House, retried
from billcore.services.operations.claiming import Claim, Claiming


class VaultDriver:
    """Drives saved methods on and off."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)

    def attach(self, claim: Claim, command: AttachCommand, *, by: Actor | None = None) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), VaultGateway)
        try:
            result = gateway.attach_method(command)
        except (GatewayConfigurationError, GatewayRequestInvalid) as refusal:
            self._claiming.release(operation, OperationState.REJECTED, error=refusal.code)
            raise
        except GatewayProblem as problem:
            self._claiming.release(operation, OperationState.UNKNOWN, error=problem.code)
            return
        match result:
            case Unknown(reason=reason):
                self._claiming.release(operation, OperationState.UNKNOWN, error=reason)
            case Failure(code=code):
                self._claiming.release(operation, OperationState.REJECTED, error=code)
            case MethodSnapshot():
                self._attached(operation, command, result, by or Processor(operation.gateway))

    def detach(self, claim: Claim, command: DetachCommand, *, by: Actor | None = None) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), VaultGateway)
        try:
            result = gateway.detach_method(command)
        except (GatewayConfigurationError, GatewayRequestInvalid) as refusal:
            self._claiming.release(operation, OperationState.REJECTED, error=refusal.code)
            raise
        except GatewayProblem as problem:
            self._claiming.release(operation, OperationState.UNKNOWN, error=problem.code)
            return
        if isinstance(result, Unknown):
            self._claiming.release(operation, OperationState.UNKNOWN, error=result.reason)
        else:
            self._claiming.release(operation, OperationState.SUCCEEDED)

    @retried
    def _attached(self, operation: Operation, command: AttachCommand, seen: MethodSnapshot, by: Actor) -> None:
        """The method's record has the operation's id in it, so that attaching twice keeps one."""
        with self._house.store.begin(operation.firm_id) as work:
            found = work.operations.get(operation.id)
            if found.is_done:
                return
            at = self._house.now_at(work.firm())
            known = work.methods.of_client(command.client_id)
            if not any(method.ref == seen.ref and method.is_active for method in known):
                method = work.methods.add(
                    SavedMethod(
                        id=method_id(operation),
                        firm_id=operation.firm_id,
                        client_id=command.client_id,
                        kind=seen.kind,
                        ref=seen.ref,
                        customer=seen.customer,
                        brand=seen.brand,
                        last4=seen.last4,
                        expires_on=seen.expires_on,
                        attached_at=at,
                    )
                )
                attached = MethodAttached(
                    firm_id=operation.firm_id,
                    client_id=command.client_id,
                    method_id=method.id,
                    kind=seen.kind,
                    is_first=not any(other.is_active for other in known),
                    at=at,
                    by=by,
                )
                work.events.append([attached])
            work.operations.save(move(found, OperationState.SUCCEEDED, at=at, ref=seen.ref))
            work.commit()


def method_id(operation: Operation) -> MethodId:
    """The id of the saved method that an attach operation makes."""
    return MethodId(operation.id.replace("op_", "pm_", 1))
