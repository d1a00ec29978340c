"""A firm that eight processes work for at the same moment."""

import secrets
from collections.abc import Sequence
from typing import Final

from attrs import frozen
from tests.faults.bank import Hooks, RemoteGateway
from tests.faults.deeds import JANE, Job
from tests.faults.trial import Place

from billcore import LineItem
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.ids import MethodId
from billcore.invoices.invoice import Invoice
from billcore.payments.observation import PaymentStatus, RefundStatus

AT_ONCE: Final = 8


@frozen(kw_only=True)
class Firm:
    """A firm with one client, whose card is saved, and as many sent invoices of 100.00 as are asked for."""

    place: Place
    gateway: RemoteGateway
    id: str
    client: Client
    method_ids: tuple[MethodId, ...]

    @classmethod
    def open(cls, place: Place, gateway_name: str = "twostep", tokens: Sequence[str] = ("card_ok",)) -> "Firm":
        gateway = RemoteGateway(place.bank, gateway_name)
        gateway.ask("rescript")
        billing, firm = place.billing(gateway), f"firm-{secrets.token_hex(6)}"
        billing.firms.open(firm, "Acme Law", by=JANE)
        desk = billing.at(firm, by=JANE)
        client = desk.clients.add("Patel Family")
        methods = [desk.methods.attach(client.id, gateway=gateway_name, token=token).id for token in tokens]
        return cls(place=place, gateway=gateway, id=firm, client=client, method_ids=tuple(methods))

    @property
    def method_id(self) -> MethodId:
        return self.method_ids[0]

    @property
    def desk(self) -> FrontDesk:
        return self.place.billing(self.gateway).at(self.id, by=JANE)

    def invoice(self) -> Invoice:
        lines = [LineItem(description="Advice", unit_price="100.00")]
        return self.desk.invoices.send(self.desk.invoices.draft(self.client.id, lines=lines).id)

    def job(
        self,
        do: str,
        subject: str = "",
        *,
        amount: str | None = None,
        request_id: str | None = None,
        hooks: Hooks = (),
        invoices: Sequence[str] = (),
        rounds: int = 1,
        seed: int = 0,
    ) -> Job:
        """For eight workers at once."""
        return Job(
            do=do,
            url=self.place.url,
            bank=self.place.bank,
            gateway=self.gateway.name,
            firm=self.id,
            client=self.client.id,
            method=" ".join(self.method_ids),
            subject=subject,
            amount=amount,
            request_id=request_id,
            hooks=hooks,
            invoices=tuple(invoices),
            rounds=rounds,
            seed=seed,
            copies=AT_ONCE,
        )

    def discrepancies(self) -> list[str]:
        return [f"{wrong.check} {wrong.message}" for wrong in self.place.billing(self.gateway).verify(self.id)]

    def taken(self) -> int:
        """How much the bank took, in cents."""
        seen = self.gateway.payments_of(self.id)
        return sum(payment.amount.minor for payment in seen if payment.status is PaymentStatus.SUCCEEDED)

    def given_back(self) -> int:
        """How much the bank gave back, in cents."""
        refunds = [refund for seen in self.gateway.payments_of(self.id) for refund in seen.refunds]
        return sum(refund.amount.minor for refund in refunds if refund.status is RefundStatus.SUCCEEDED)
