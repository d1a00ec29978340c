"""Everything that is said twice, or eight times at the same moment, has one effect."""

import secrets
from collections import Counter

import pytest
from attrs import evolve, frozen

from billcore import LineItem
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.errors import RequestIdReused
from billcore.ids import InvoiceId, MethodId
from billcore.invoices.invoice import Invoice
from billcore.payments.observation import PaymentStatus
from billcore.payments.payment import Payment
from billcore.testing import Silence, Succeed
from tests.faults.bank import RemoteGateway
from tests.faults.deeds import JANE, Job, perform
from tests.faults.trial import Place
from tests.faults.workers import Workers

AT_ONCE = 8


@frozen(kw_only=True)
class Firm:
    """A firm with one client, whose card is saved, and as many sent invoices of 100.00 as are asked for."""

    place: Place
    gateway: RemoteGateway
    id: str
    client: Client
    method_id: MethodId

    @classmethod
    def open(cls, place: Place, gateway_name: str = "twostep", token: str = "card_ok") -> "Firm":
        gateway = RemoteGateway(place.bank, gateway_name)
        gateway.ask("rescript")
        billing, firm = place.billing(gateway), f"firm-{secrets.token_hex(6)}"
        billing.firms.open(firm, "Acme Law", by=JANE)
        desk = billing.at(firm, by=JANE)
        client = desk.clients.add("Patel Family")
        method = desk.methods.attach(client.id, gateway=gateway_name, token=token)
        return cls(place=place, gateway=gateway, id=firm, client=client, method_id=method.id)

    @property
    def desk(self) -> FrontDesk:
        return self.place.billing(self.gateway).at(self.id, by=JANE)

    def invoice(self) -> Invoice:
        lines = [LineItem(description="Advice", unit_price="100.00")]
        return self.desk.invoices.send(self.desk.invoices.draft(self.client.id, lines=lines).id)

    def job(self, do: str, subject: str = "", **more: object) -> Job:
        job = Job(
            do=do,
            url=self.place.url,
            bank=self.place.bank,
            gateway=self.gateway.name,
            firm=self.id,
            client=self.client.id,
            method=self.method_id,
            subject=subject,
            copies=AT_ONCE,
        )
        return evolve(job, **more)

    def discrepancies(self) -> list[str]:
        return [f"{wrong.check} {wrong.message}" for wrong in self.place.billing(self.gateway).verify(self.id)]

    def taken(self) -> int:
        """How much the bank took, in cents."""
        seen = self.gateway.payments_of(self.id)
        return sum(payment.amount.minor for payment in seen if payment.status is PaymentStatus.SUCCEEDED)

    def given_back(self) -> int:
        """How much the bank gave back, in cents."""
        return sum(refund.amount.minor for seen in self.gateway.payments_of(self.id) for refund in seen.refunds)


@pytest.mark.parametrize("amount", ["5.00", "100.00"])
@pytest.mark.parametrize("do", ["charge", "record", "receive", "checkout", "refund"])
def test_a_command_sent_eight_times_at_once_with_one_request_id_has_one_effect(
    do: str, amount: str, place: Place, crew: Workers
) -> None:
    firm = Firm.open(place)

    for round_ in range(2):
        invoice = firm.invoice()
        subject = str(firm.desk.payments.charge(invoice.id, method=firm.method_id).id) if do == "refund" else invoice.id
        told = crew.together(firm.job(do, subject, request_id=f"request {round_}", amount=amount))

        assert [ended.said for ended in told] == ["done"] * AT_ONCE
        assert len({str(ended.result) for ended in told}) == 1
        if do == "refund":
            assert len(firm.desk.refunds.of_payment(firm.desk.payments.of_invoice(invoice.id)[0].id)) == 1
        else:
            assert len(firm.desk.payments.of_invoice(invoice.id)) == 1

    assert firm.discrepancies() == []
    twice = 2 * round(float(amount) * 100)
    assert firm.taken() == {"charge": twice, "refund": 20000}.get(do, 0)
    assert firm.given_back() == (twice if do == "refund" else 0)
