"""The gateway's own books: complete, and every line adds up."""

from collections.abc import Sequence
from datetime import timedelta

from billcore.money import Money
from billcore.payments.observation import PaymentSnapshot
from billcore.ports.gateway import SettlementLine
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till


class SettlingChecks(GatewayChecks):
    """Settlement lines and events, read from the gateway."""

    @check
    def test_a_settled_payment_has_its_line(self, till: Till) -> None:
        """List every page, from `since` itself to before `until`, and name the payment of each line."""
        payment, lines = _settled(till)

        assert [line.gross for line in lines if line.payment == payment.ref] == [payment.amount]

    @check
    def test_every_line_adds_up(self, till: Till) -> None:
        """Take gross, fees and net from the provider's entry: gross less the fees is net, or it is not that entry."""
        _, lines = _settled(till)

        for line in lines:
            assert line.gross - Money.sum((fee.amount for fee in line.fees), line.gross.currency) == line.net, line

    @check
    def test_what_webhooks_tell_can_be_read_later(self, till: Till) -> None:
        """List the provider's events since that moment: a webhook that never came is caught up on from here."""
        since, settling = till.harness.now(), till.settling
        payment = till.paid()

        subjects = [event.subject for event in settling.iter_events(since=since)]

        assert payment.ref in subjects


def _settled(till: Till) -> tuple[PaymentSnapshot, Sequence[SettlementLine]]:
    since, settling = till.harness.now(), till.settling
    payment = till.paid()
    if payment.settlement is None:
        not_judged("the payment is not settled at once")
    with on_the_way():
        until = till.harness.now() + timedelta(minutes=1)
        return payment, tuple(settling.iter_settlements(since=since, until=until))
