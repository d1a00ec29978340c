"""The fake gateway's own books as they stand, to hold against the host's."""

from collections.abc import Iterable

from attrs import frozen

from billcore.money import Money
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundStatus
from billcore.ports.gateway import SettlementLine


@frozen
class Books:
    """Every payment, and every line of the settlement; the sums are of one currency."""

    payments: tuple[PaymentSnapshot, ...]
    lines: tuple[SettlementLine, ...]

    def taken(self, currency: str) -> Money:
        """The gross of every payment that succeeded, whatever happened to it later."""
        amounts = (payment.amount for payment in self.payments if payment.status is PaymentStatus.SUCCEEDED)
        return _sum(amounts, currency)

    def refunded(self, currency: str) -> Money:
        """What refunds gave back; one that failed later gave nothing."""
        amounts = (
            refund.amount
            for payment in self.payments
            for refund in payment.refunds
            if refund.status is RefundStatus.SUCCEEDED
        )
        return _sum(amounts, currency)

    def fees(self, currency: str) -> Money:
        """What the gateway has kept, as far as it is known."""
        return _sum((fee.amount for line in self.lines for fee in line.fees), currency)

    def net(self, currency: str) -> Money:
        """What has been or will be paid out."""
        return _sum((line.net for line in self.lines), currency)


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return Money.sum((amount for amount in amounts if amount.currency == currency), currency)
