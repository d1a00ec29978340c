"""The charges desk: work that is not on an invoice yet."""

from datetime import date
from decimal import Decimal

from attrs import evolve, frozen

from billcore.charges import charging
from billcore.charges.charge import Charge
from billcore.dates import Period
from billcore.ids import ChargeId, ClientId
from billcore.lines import Codes, LineItem, TaxRate, Timekeeper
from billcore.permissions import Permission
from billcore.services.house import Desk, retried


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
    ) -> Charge:
        """Note work for a client (S3.3, S3.8); the arguments are those of ``LineItem``."""
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
                at=self.house.now_at(work.firm()),
                by=self.by,
            )
            charge = work.charges.add(charge)
            work.events.append([event])
            work.commit()
        return charge

    @retried
    def change(
        self, charge_id: ChargeId, *, unit_price: Decimal | str | None = None, quantity: Decimal | str | None = None
    ) -> Charge:
        """Correct the price or quantity of an open charge; ChargeNotOpen once it is on an invoice."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            charge = work.charges.get(charge_id)
            line = charge.line
            if unit_price is not None:
                line = evolve(line, unit_price=unit_price)
            if quantity is not None:
                line = evolve(line, quantity=quantity)
            charge, event = charging.change(charge, line, at=self.house.now_at(work.firm()), by=self.by)
            charge = work.charges.save(charge)
            work.events.append([event])
            work.commit()
        return charge

    @retried
    def discard(self, charge_id: ChargeId, *, reason: str = "") -> Charge:
        """Decide never to bill an open charge."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            charge, event = charging.discard(
                work.charges.get(charge_id), reason=reason, at=self.house.now_at(work.firm()), by=self.by
            )
            charge = work.charges.save(charge)
            work.events.append([event])
            work.commit()
        return charge

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
            return tuple(work.charges.unbilled(client_id))
