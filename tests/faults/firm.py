"""A firm that eight processes work for at the same moment."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen
from tests.faults.bank import Hooks
from tests.faults.counterparty import Counterparty, counterparty
from tests.faults.deeds import JANE, Job
from tests.faults.sums import sums_of
from tests.faults.trial import Place

from billcore import LineItem
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.ids import InvoiceId, MethodId
from billcore.invoices.invoice import Invoice
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundStatus
from billcore.payments.payment import Payment, RefundState

AT_ONCE: Final = 8


@frozen(kw_only=True)
class Firm:
    """A firm with one client, whose card is saved, and as many sent invoices of 100.00 as are asked for."""

    place: Place
    gateway: Counterparty
    id: str
    client: Client
    method_ids: tuple[MethodId, ...]

    @classmethod
    def open(cls, place: Place, gateway_name: str = "twostep", tokens: Sequence[str] = ("ok",)) -> "Firm":
        gateway = counterparty(place.bank, gateway_name)
        gateway.restart()
        billing, firm = place.billing(gateway), f"firm-{secrets.token_hex(6)}"
        billing.firms.open(firm, "Acme Law", by=JANE)
        desk = billing.at(firm, by=JANE)
        client = desk.clients.add("Patel Family")
        methods = [
            desk.methods.attach(client.id, gateway=gateway_name, token=gateway.token(token)).id for token in tokens
        ]
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

    def payments(self, invoices: Sequence[InvoiceId]) -> list[Payment]:
        return [payment for each in invoices for payment in self.desk.payments.of_invoice(each)]

    def settle_down(self) -> None:
        """The bank decides all that it can, tells everything, and recovery looks again when leases and rests are over.

        What waits for a client is given up. A gateway that keeps an error for an answer keeps it for a day.
        """
        self.gateway.calm()
        for minutes in (10, 30, 120, 240, 480, 25 * 60, 26 * 60):
            # What recovery carries out late may be pending once more.
            while self._is_pending_there():
                self.gateway.decide(self.id, True)
            billing = self.place.billing(self.gateway)
            for body, headers in self.gateway.hooks(self.id):
                billing.hear(self.gateway.name, body.encode(), headers)
            self.gateway.be_later(minutes)
            self.place.billing(self.gateway, minutes_later=minutes).recover(min_age=timedelta(0))

    def _is_pending_there(self) -> bool:
        return any(
            seen.status is PaymentStatus.PENDING
            or any(refund.status is RefundStatus.PENDING for refund in seen.refunds)
            for seen in self.gateway.payments_of(self.id)
        )

    def difference_with_the_bank(self, invoices: Sequence[InvoiceId]) -> list[str]:
        """Payment by payment, refund by refund, and in sum."""
        desk = self.desk
        ours, (theirs, found) = sums_of(desk, invoices), self.gateway.audit(self.id)
        if ours != theirs:
            found.append(f"our sums are {ours}, the bank's {theirs}")
        unknown = {seen.ref: seen for seen in self.gateway.payments_of(self.id)}
        known = {payment.id: payment for each in invoices for payment in desk.payments.of_invoice(each)}
        for payment in known.values():
            if not payment.is_manual:
                found += self._difference(payment, unknown.pop(payment.ref, None) if payment.ref else None)
        # What was prepared and never confirmed moved no money.
        return found + [
            f"unknown to us: {seen.status}" for seen in unknown.values() if seen.status is PaymentStatus.SUCCEEDED
        ]

    def negative(self, invoices: Sequence[InvoiceId]) -> list[Invoice]:
        """Invoices on which more was paid, or is under way, than can be."""
        found = [self.desk.invoices.get(each) for each in invoices]
        sums = [(each, (each.balance, each.paid, each.in_flight)) for each in found]
        return [each for each, amounts in sums if any(amount.is_negative for amount in amounts)]

    def _difference(self, payment: Payment, seen: PaymentSnapshot | None) -> list[str]:
        found = []
        is_taken = seen is not None and seen.status is PaymentStatus.SUCCEEDED
        if is_taken is not (payment.completed_at is not None):
            found.append(f"we say {payment.state}, the bank {seen and seen.status}")
        refunds = self.desk.refunds.of_payment(payment.id)
        by_us = [refund for refund in refunds if refund.state is RefundState.SUCCEEDED and not refund.is_external]
        given = sorted(refund.amount.minor for refund in by_us)
        there = seen.refunds if seen else ()
        back = sorted(refund.amount.minor for refund in there if refund.status is RefundStatus.SUCCEEDED)
        if given != back:
            found.append(f"we gave back {given}, the bank {back}")
        return found
