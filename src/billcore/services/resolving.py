"""What no gateway could tell, a person decides; what the client could still confirm is ended at the gateway first."""

from contextlib import suppress

from attrs import frozen

from billcore.actors import Staff
from billcore.errors import InvalidTransition, PaymentInFlight, UnknownGateway
from billcore.ids import FirmId, PaymentId
from billcore.payments.payment import Payment
from billcore.services.canceling import cancel_payment
from billcore.services.cancellation import cancellation_of
from billcore.services.house import House, retried
from billcore.services.observing import PaymentBooks


@frozen(kw_only=True)
class Resolution:
    """One decision about one payment."""

    house: House
    firm_id: FirmId
    payment_id: PaymentId
    has_arrived: bool
    evidence: str
    by: Staff

    def carry_out(self) -> Payment:
        """The payment as it was decided; PaymentInFlight while it is unknown whether its client can still pay on it."""
        if self._rehearse().awaits_its_client:
            self._end_at_the_gateway()
        return self._write()

    @retried
    def _rehearse(self) -> Payment:
        """The payment as it is, once all of it was tried on the books: nothing is canceled for what is refused."""
        with self.house.store.begin(self.firm_id) as work:
            payment = work.payments.get(self.payment_id)
            PaymentBooks(self.house, work, self.payment_id, by=self.by).resolve(
                has_arrived=self.has_arrived, evidence=self.evidence, by=self.by
            )
        return payment

    @retried
    def _write(self) -> Payment:
        with self.house.store.begin(self.firm_id) as work:
            books = PaymentBooks(self.house, work, self.payment_id, by=self.by)
            books.resolve(has_arrived=self.has_arrived, evidence=self.evidence, by=self.by)
            books.close()
            work.commit()
        return books.payment

    def _end_at_the_gateway(self) -> None:
        """Nobody is to pay a second time on what a person has decided. That it is too late for that is an answer."""
        try:
            # What the gateway never named nobody can confirm.
            with suppress(InvalidTransition):
                cancel_payment(self.house, self.firm_id, self.payment_id, reason="resolved by a person", by=self.by)
        except UnknownGateway:
            # Nor can it be heard of from a gateway that is gone: only the person is left.
            return
        with self.house.store.read(self.firm_id) as work:
            payment = work.payments.peek(self.payment_id)
            asked = None if payment.operation_id is None else work.operations.peek(payment.operation_id)
            asking = cancellation_of(work, asked)
        if asking is not None and not asking.is_done:
            raise PaymentInFlight(
                "the gateway does not say whether the client can still confirm this payment; billing.recover() asks "
                "again, resolve it then",
                invoice_id=payment.invoice_ids[0],
                lacking=payment.amount.minor,
            )
