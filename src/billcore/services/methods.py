"""The methods desk: a client's saved cards and accounts, kept at the gateway, never here."""

from datetime import datetime

from attrs import frozen

from billcore.errors import MethodDeclined, MethodInUse, MethodNotAllowed, NotFound, OutcomeUnknown, StaleWrite
from billcore.events import Event, MethodDetached, MethodMadeDefault
from billcore.evolving import evolve
from billcore.gateways import require_methods_kept
from billcore.ids import ClientId, MethodId, OperationId
from billcore.kinds import of_kind
from billcore.methods import SavedMethod, default_of
from billcore.payments.instruction import AttachCommand, Consent, DetachCommand
from billcore.payments.operation import Operation, OperationState
from billcore.permissions import Permission
from billcore.ports.store import UnitOfWork
from billcore.recurring import scheduling
from billcore.recurring.autopay import paid_by
from billcore.recurring.schedule import Schedule
from billcore.services.house import Desk, retried
from billcore.services.operations.driver import Driver
from billcore.services.operations.vault import method_id as id_made_by
from billcore.texts import text


@frozen(kw_only=True)
class MethodsDesk(Desk):
    """The saved payment methods of one firm's clients (S0.5)."""

    def attach(
        self,
        client_id: ClientId,
        *,
        gateway: str,
        token: str,
        account: str | None = None,
        consent: Consent | None = None,
    ) -> SavedMethod:
        """Keep a method that the client entered on the gateway's own form.

        *token* is the gateway's handle (S1.21, S4.7). *consent* is the evidence that the client agreed to later
        charges, which a bank debit wants as its mandate.

        MethodDeclined if the gateway will not keep it. OutcomeUnknown if it does not answer: ``billing.recover()``
        finishes it.
        """
        self.require_paying()
        operation = self._reserve_attach(client_id, gateway, account, token, consent)
        operation = Driver(self.house).drive(self.firm_id, operation.id, by=self.by)
        match operation.state:
            case OperationState.SUCCEEDED:
                return self._made_by(client_id, operation)
            case OperationState.REJECTED:
                raise MethodDeclined(f"{gateway} will not keep this method: {operation.last_error}; ask for another")
            case _:
                raise OutcomeUnknown(f"{gateway} did not answer; billing.recover() finishes it, or try again")

    def detach(self, method_id: MethodId, *, replacement: MethodId | None = None) -> SavedMethod:
        """Forget a method (S4.7): at once here, and at the gateway as soon as it answers.

        MethodInUse while a payment with it waits, and while it pays a schedule that is not over (S4.8), also as the
        client's default. With *replacement*, another active method of the client, those schedules move to it in the
        same transaction, and the default does.
        """
        self.require_paying()
        method, operation_id = self._reserve_detach(method_id, replacement)
        if operation_id is not None:
            Driver(self.house).drive(self.firm_id, operation_id, by=self.by)
        return method

    @retried
    def make_default(self, method_id: MethodId) -> SavedMethod:
        """Charge this one where none is named; MethodNotAllowed once it is detached."""
        self.require_paying()
        with self.begin() as work:
            method = work.methods.get(method_id)
            if not method.is_active:
                raise MethodNotAllowed("this method was detached; take one that is active")
            current = default_of(work.methods.of_client(method.client_id))
            if current is not None and current.id == method.id:
                return method
            method, event = self._chosen(method, self.house.now_at(work.firm()))
            method = work.methods.save(method)
            work.events.append([event])
            work.commit()
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

    def default(self, client_id: ClientId) -> SavedMethod | None:
        """The one that is charged where none is named: chosen last, else the oldest; None where there is none."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.clients.get(client_id)
            return default_of(work.methods.of_client(client_id))

    def _reserve_attach(
        self, client_id: ClientId, gateway: str, account: str | None, token: str, consent: Consent | None
    ) -> Operation:
        require_methods_kept(self.house.gateway(gateway, account))
        if consent is not None:
            of_kind(consent, Consent, "consent")
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
                consent=consent,
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
    def _reserve_detach(
        self, method_id: MethodId, replacement: MethodId | None
    ) -> tuple[SavedMethod, OperationId | None]:
        with self.begin() as work:
            # Schedules are locked before methods, so that two commands never wait for each other.
            schedules = self._schedules_of(work, work.methods.peek(method_id).client_id)
            method = work.methods.get(method_id)
            if not method.is_active:
                return method, None
            at = self.house.now_at(work.firm())
            self._require_no_payment(work, method)
            events = self._replaced(work, method, replacement, schedules, at)
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
            work.events.append([*events, detached])
            work.commit()
        return method, command.operation_id

    def _schedules_of(self, work: UnitOfWork, client_id: ClientId) -> tuple[Schedule, ...]:
        """Those that auto-pay may charge, locked in order of id."""
        running = (each.id for each in work.schedules.of_client(client_id) if each.autopay and not each.is_over)
        return tuple(work.schedules.get(schedule_id) for schedule_id in sorted(running))

    def _require_no_payment(self, work: UnitOfWork, method: SavedMethod) -> None:
        for payment in work.payments.of_client(method.client_id):
            if payment.method_id == method.id and payment.is_waiting:
                raise MethodInUse("a payment with this method is under way; wait for it, or cancel it first")

    def _replaced(
        self,
        work: UnitOfWork,
        method: SavedMethod,
        replacement: MethodId | None,
        locked: tuple[Schedule, ...],
        at: datetime,
    ) -> list[Event]:
        """Move what *method* pays to the replacement; MethodInUse where there is none."""
        methods = work.methods.of_client(method.client_id)
        using = paid_by(method, work.schedules.of_client(method.client_id), methods)
        if not {schedule.id for schedule in using} <= {schedule.id for schedule in locked}:
            raise StaleWrite("a schedule began to use this method meanwhile; repeat the command")
        if replacement is None:
            if using:
                raise MethodInUse(
                    f"this method pays {len(using)} of the client's schedules; name a replacement= for it, "
                    "or give them another method first"
                )
            return []
        events: list[Event] = []
        taking = self._replacement(work, method, replacement, at)
        for schedule in locked:
            if schedule.method_id == method.id:
                moved, changed = scheduling.change_method(
                    schedule, autopay=True, method_id=taking.id, at=at, by=self.by
                )
                work.schedules.save(moved)
                events.append(changed)
        current = default_of(methods)
        if current is not None and current.id == method.id:
            taking, chosen = self._chosen(taking, at)
            work.methods.save(taking)
            events.append(chosen)
        return events

    def _replacement(self, work: UnitOfWork, method: SavedMethod, replacement: MethodId, at: datetime) -> SavedMethod:
        taking = work.methods.get(replacement)
        is_fit = taking.is_active and not taking.is_expired(at.date()) and taking.id != method.id
        if taking.client_id != method.client_id or not is_fit:
            raise MethodNotAllowed(
                "the replacement is another client's, detached, expired, or the method itself; "
                "take another active one of this client"
            )
        return taking

    def _chosen(self, method: SavedMethod, at: datetime) -> tuple[SavedMethod, MethodMadeDefault]:
        return evolve(method, chosen_at=at), MethodMadeDefault(
            firm_id=self.firm_id, client_id=method.client_id, method_id=method.id, at=at, by=self.by
        )

    def _made_by(self, client_id: ClientId, operation: Operation) -> SavedMethod:
        with self.read() as work:
            made = id_made_by(operation)
            for method in work.methods.of_client(client_id):
                if method.id == made or (method.ref == operation.ref and method.is_active):
                    return method
        raise NotFound("the method was attached and detached again meanwhile")
