"""The methods desk: a client's saved cards and accounts, kept at the gateway, never here."""

from attrs import evolve, frozen

from billcore.errors import MethodDeclined, MethodInUse, NotFound, OutcomeUnknown
from billcore.events import MethodDetached
from billcore.ids import ClientId, MethodId, OperationId
from billcore.methods import SavedMethod
from billcore.payments.instruction import AttachCommand, DetachCommand
from billcore.payments.operation import Operation, OperationState
from billcore.permissions import Permission
from billcore.services.house import Desk, retried
from billcore.services.operations.driver import Driver
from billcore.services.operations.vault import method_id as id_made_by
from billcore.texts import text


@frozen(kw_only=True)
class MethodsDesk(Desk):
    """The saved payment methods of one firm's clients (S0.5)."""

    def attach(self, client_id: ClientId, *, gateway: str, token: str, account: str | None = None) -> SavedMethod:
        """Keep a method that the client entered on the gateway's own form.

        *token* is the gateway's handle (S1.21, S4.7).

        MethodDeclined if the gateway will not keep it. OutcomeUnknown if it does not answer: ``billing.recover()``
        finishes it.
        """
        self.require_paying()
        operation = self._reserve_attach(client_id, gateway, account, token)
        operation = Driver(self.house).drive(self.firm_id, operation.id, by=self.by)
        match operation.state:
            case OperationState.SUCCEEDED:
                return self._made_by(client_id, operation)
            case OperationState.REJECTED:
                raise MethodDeclined(f"{gateway} will not keep this method: {operation.last_error}; ask for another")
            case _:
                raise OutcomeUnknown(f"{gateway} did not answer; billing.recover() finishes it, or try again")

    def detach(self, method_id: MethodId) -> SavedMethod:
        """Forget a method (S4.7): at once here, and at the gateway as soon as it answers.

        MethodInUse while a payment with it waits.
        """
        self.require_paying()
        method, operation_id = self._reserve_detach(method_id)
        if operation_id is not None:
            Driver(self.house).drive(self.firm_id, operation_id, by=self.by)
        return method

    def get(self, method_id: MethodId) -> SavedMethod:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.methods.get(method_id)

    def of_client(self, client_id: ClientId) -> tuple[SavedMethod, ...]:
        """The client's active methods, the oldest first."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.clients.get(client_id)
            return tuple(method for method in work.methods.of_client(client_id) if method.is_active)

    def _reserve_attach(self, client_id: ClientId, gateway: str, account: str | None, token: str) -> Operation:
        self.house.gateway(gateway, account)
        text(token, "token", longest=200, required=True)
        with self.begin() as work:
            client = work.clients.peek(client_id)
            at = self.house.now_at(work.firm())
            operation_id = OperationId(self.house.ids.new("op"))
            command = AttachCommand(
                operation_id=operation_id,
                firm_id=self.firm_id,
                client_id=client.id,
                gateway=gateway,
                account=account,
                token=token,
                client_name=client.party.name,
                client_email=client.party.email,
                created_at=at,
            )
            operation = work.operations.add(
                Operation(
                    id=operation_id,
                    firm_id=self.firm_id,
                    command=command,
                    gateway=gateway,
                    account=account,
                    created_at=at,
                )
            )
            work.commit()
        return operation

    @retried
    def _reserve_detach(self, method_id: MethodId) -> tuple[SavedMethod, OperationId | None]:
        with self.begin() as work:
            method = work.methods.get(method_id)
            if not method.is_active:
                return method, None
            for payment in work.payments.of_client(method.client_id):
                if payment.method_id == method_id and payment.is_waiting:
                    raise MethodInUse("a payment with this method is under way; wait for it, or cancel it first")
            at = self.house.now_at(work.firm())
            method = work.methods.save(evolve(method, detached_at=at))
            command = DetachCommand(
                operation_id=OperationId(self.house.ids.new("op")),
                firm_id=self.firm_id,
                method=method.ref,
                created_at=at,
            )
            work.operations.add(
                Operation(
                    id=command.operation_id,
                    firm_id=self.firm_id,
                    command=command,
                    gateway=method.ref.gateway,
                    account=method.ref.account,
                    created_at=at,
                )
            )
            detached = MethodDetached(
                firm_id=self.firm_id, client_id=method.client_id, method_id=method.id, at=at, by=self.by
            )
            work.events.append([detached])
            work.commit()
        return method, command.operation_id

    def _made_by(self, client_id: ClientId, operation: Operation) -> SavedMethod:
        with self.read() as work:
            made = id_made_by(operation)
            for method in work.methods.of_client(client_id):
                if method.id == made or (method.ref == operation.ref and method.is_active):
                    return method
        raise NotFound("the method was attached and detached again meanwhile")
