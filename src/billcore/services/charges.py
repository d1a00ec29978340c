"""The charges desk: work that is not on an invoice yet."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from billcore.charges import charging
from billcore.charges.charge import BillTo, Charge, Claim
from billcore.charges.time import TimeWorked
from billcore.clients import Client
from billcore.dates import Period
from billcore.events import Event
from billcore.evolving import evolve
from billcore.ids import ChargeId, ClientId
from billcore.invoices.pricing import line_net
from billcore.lines import Codes, LineItem, TaxRate, Timekeeper
from billcore.money import Money
from billcore.permissions import Permission
from billcore.policy import TimeRules
from billcore.ports.store import UnitOfWork
from billcore.services.amounts import Amount, amount_in
from billcore.services.house import Desk, listed, retried


@frozen(kw_only=True)
class ChargesDesk(Desk):
    """The unbilled work of one firm."""

    def add(
        self,
        client_id: ClientId,
        description: str,
        *,
        unit_price: Decimal | str,
        quantity: Decimal | str = "1",
        unit: str | None = None,
        unit_code: str | None = None,
        served_on: date | None = None,
        service_period: Period | None = None,
        taxes: tuple[TaxRate, ...] = (),
        codes: Codes | None = None,
        timekeeper: Timekeeper | None = None,
        matter: str | None = None,
        is_billable: bool = True,
        bill_to: BillTo = BillTo.CLIENT,
        claim_reference: str | None = None,
    ) -> Charge:
        """Note work for a client (S3.3, S3.8); the arguments are those of ``LineItem``.

        Billed to an insurer, alone or first, it waits until its claim posts (S3.2, S3.4).
        """
        line = LineItem(
            description=description,
            quantity=quantity,
            unit_price=unit_price,
            unit=unit,
            unit_code=unit_code,
            served_on=served_on,
            service_period=service_period,
            taxes=taxes,
            codes=Codes() if codes is None else codes,
            timekeeper=timekeeper,
            matter=matter,
        )
        self.require(Permission.CREATE)
        with self.begin() as work:
            client = work.clients.peek(client_id)
            charge, event = charging.add(
                ChargeId(self.house.ids.new("chg")),
                firm_id=self.firm_id,
                client_id=client.id,
                line=line,
                is_billable=is_billable,
                bill_to=bill_to,
                claim=_claim(line, client, bill_to, claim_reference),
                at=self.house.now_at(work.firm()),
                by=self.by,
            )
            return self._added(work, charge, event)

    def log_time(
        self,
        client_id: ClientId,
        description: str,
        *,
        minutes: int,
        rate: Decimal | str,
        timekeeper: Timekeeper | None = None,
        worked_on: date | None = None,
        rules: TimeRules | None = None,
        written_down: int = 0,
        taxes: tuple[TaxRate, ...] = (),
        codes: Codes | None = None,
        matter: str | None = None,
        is_billable: bool = True,
        bill_to: BillTo = BillTo.CLIENT,
        claim_reference: str | None = None,
    ) -> Charge:
        """Note time at *rate* an hour, on *worked_on*, by default today (S0.34).

        The minutes are billed by *rules*, by default those of the firm's policy, less what is *written_down*.
        """
        self.require(Permission.CREATE)
        with self.begin() as work:
            client, firm = work.clients.peek(client_id), work.firm()
            at = self.house.now_at(firm)
            time = TimeWorked(
                minutes=minutes, rules=firm.policy.time if rules is None else rules, written_down=written_down
            )
            line = LineItem(
                description=description,
                quantity=time.hours,
                unit_price=rate,
                unit="hour",
                unit_code="HUR",
                served_on=at.date() if worked_on is None else worked_on,
                taxes=taxes,
                codes=Codes() if codes is None else codes,
                timekeeper=timekeeper,
                matter=matter,
            )
            charge, event = charging.add(
                ChargeId(self.house.ids.new("chg")),
                firm_id=self.firm_id,
                client_id=client.id,
                line=line,
                time=time,
                is_billable=is_billable,
                bill_to=bill_to,
                claim=_claim(line, client, bill_to, claim_reference),
                at=at,
                by=self.by,
            )
            return self._added(work, charge, event)

    @retried
    def change(
        self,
        charge_id: ChargeId,
        *,
        unit_price: Decimal | str | None = None,
        quantity: Decimal | str | None = None,
        is_billable: bool | None = None,
    ) -> Charge:
        """Correct a charge that is open or not billable; ChargeNotOpen once it is on an invoice.

        The quantity of logged time follows from its minutes, so it is written down instead.
        """

        def changed(charge: Charge, at: datetime) -> tuple[Charge, Event]:
            line = charge.line
            if unit_price is not None:
                line = evolve(line, unit_price=unit_price)
            if quantity is not None:
                line = evolve(line, quantity=quantity)
            return charging.change(charge, line, is_billable=is_billable, at=at, by=self.by)

        return self._changed(charge_id, Permission.EDIT, changed)

    @retried
    def write_down(self, charge_id: ChargeId, minutes: int) -> Charge:
        """Bill *minutes* less of open logged time than was worked; 0 bills all of it again."""
        return self._changed(
            charge_id,
            Permission.EDIT,
            lambda charge, at: charging.write_down(charge, minutes, at=at, by=self.by),
        )

    @retried
    def write_off(self, charge_id: ChargeId, *, reason: str = "") -> Charge:
        """Decide that open work will not be billed at all."""
        return self._changed(
            charge_id,
            Permission.DELETE,
            lambda charge, at: charging.write_off(charge, reason=reason, at=at, by=self.by),
        )

    @retried
    def discard(self, charge_id: ChargeId, *, reason: str = "") -> Charge:
        """Take back a charge that was noted in error."""
        return self._changed(
            charge_id,
            Permission.DELETE,
            lambda charge, at: charging.discard(charge, reason=reason, at=at, by=self.by),
        )

    @retried
    def post_claim(self, charge_id: ChargeId, client_part: Amount, *, reference: str | None = None) -> Charge:
        """The payer decided: *client_part* of the price, perhaps nothing, is left to the client (S3.2, S3.4)."""

        def posted(charge: Charge, at: datetime) -> tuple[Charge, Event]:
            part = amount_in(charging.waiting_claim(charge).amount.currency, client_part)
            return charging.post_claim(charge, part, reference=reference, at=at, by=self.by)

        return self._changed(charge_id, Permission.EDIT, posted)

    def get(self, charge_id: ChargeId) -> Charge:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.charges.get(charge_id)

    def unbilled(self, client_id: ClientId | None = None) -> tuple[Charge, ...]:
        """The open charges of one client or of all, oldest first (S3.5)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            if client_id is not None:
                work.clients.get(client_id)
            return listed(work, work.charges.unbilled(client_id))

    def _added(self, work: UnitOfWork, charge: Charge, event: Event) -> Charge:
        charge = work.charges.add(charge)
        work.events.append([event])
        work.commit()
        return charge

    def _changed(
        self, charge_id: ChargeId, permission: Permission, verb: Callable[[Charge, datetime], tuple[Charge, Event]]
    ) -> Charge:
        self.require(permission)
        with self.begin() as work:
            charge, event = verb(work.charges.get(charge_id), self.house.now_at(work.firm()))
            charge = work.charges.save(charge)
            work.events.append([event])
            work.commit()
        return charge


def _claim(line: LineItem, client: Client, bill_to: BillTo, reference: str | None) -> Claim | None:
    """A claim for all of the line, where an insurer is asked first."""
    if bill_to is BillTo.CLIENT and reference is None:
        return None
    return Claim(amount=Money(line_net(line, client.currency), client.currency), reference=reference)
