"""The hands on the other side of the fake gateway: the network, the client, the bank, the firm's own dashboard."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import RLock

from billcore.errors import BadText, GatewayUnavailable, InvalidTransition
from billcore.fees import FeeRate
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
)
from billcore.ports.clock import Clock
from billcore.ports.gateway import Capabilities, GatewayEvent, SetupSession
from billcore.ports.ids import Ids
from billcore.testing.fake.books import Books
from billcore.testing.fake.line import FakeLine
from billcore.testing.fake.log import FakeLog
from billcore.testing.fake.outcomes import CallOutcome, ChargeAct, ChargeOutcome, Decline, RefundOutcome, Succeed
from billcore.testing.fake.pages import FakePages
from billcore.testing.fake.payments import FakePayments
from billcore.testing.fake.refunds import FakeDisputes, FakeRefunds, unrefunded
from billcore.testing.fake.vault import FakeVault
from billcore.testing.fake.webhooks import Webhook, sign, write

Hear = Callable[[str, bytes, Mapping[str, str]], object]
"""Where a host takes webhooks: ``hear(name, body, headers)``."""


class FakeHands:
    """What a test does to the gateway from outside; ``FakeGateway`` adds what billcore calls."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        *,
        name: str,
        account: str | None,
        webhook_secret: str,
        fee: FeeRate,
        fee_after: timedelta | None,
        capabilities: Capabilities,
    ) -> None:
        if not name or not webhook_secret:
            raise BadText("a gateway needs a name and a webhook secret; nothing is accepted unsigned")
        self._name = name
        self._account = account
        self._capabilities = capabilities
        self._clock = clock
        self._secret = webhook_secret
        self._lock = RLock()
        self._line = FakeLine()
        self._log = FakeLog(gateway=name, account=account, ids=ids)
        self._payments = FakePayments(self._log, fee=fee, fee_after=fee_after)
        self._refunds = FakeRefunds(self._log, self._payments)
        self._disputes = FakeDisputes(self._log, self._payments)
        self._vault = FakeVault(self._log)
        self._pages = FakePages(self._log, self._payments, self._vault)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, account={self._account!r})"

    # ── The network ──────────────────────────────────────────────────────────────────────────────────────────────────

    def script(
        self,
        *,
        charge: Sequence[ChargeOutcome] = (),
        refund: Sequence[RefundOutcome] = (),
        prepare: Sequence[CallOutcome] = (),
        attach: Sequence[CallOutcome] = (),
        detach: Sequence[CallOutcome] = (),
        setup: Sequence[CallOutcome] = (),
        checkout: Sequence[CallOutcome] = (),
    ) -> None:
        """Decide what the next requests meet, in order; ``charge`` holds for ``confirm`` too.

        A repeated request that arrives gets its first answer again, whatever is scripted for it.
        """
        with self._lock:
            self._line.script("charge", charge)
            self._line.script("refund", refund)
            self._line.script("prepare", prepare)
            self._line.script("attach", attach)
            self._line.script("detach", detach)
            self._line.script("setup", setup)
            self._line.script("checkout", checkout)

    @contextmanager
    def down(self) -> Iterator[None]:
        """For as long as this lasts every call is refused with ``GatewayUnavailable``, readings too."""
        self._line.is_down = True
        try:
            yield
        finally:
            self._line.is_down = False

    def webhook(self, *events: GatewayEvent) -> Webhook:
        """A signed request with these events: to repeat, reorder or bundle them."""
        body = write(events)
        return Webhook(body, sign(body, self._secret, self._clock.now()))

    def webhooks(self) -> tuple[Webhook, ...]:
        """A signed request for each event that was not taken yet, in order."""
        with self._turn():
            events, self._log.unsent[:] = tuple(self._log.unsent), ()
        return tuple(self.webhook(event) for event in events)

    def deliver_webhooks(self, hear: Hear) -> int:
        """Hand each event to the host until none is left, and count them; one that ``hear`` raises at stays queued."""
        delivered = 0
        while (event := self._next_unsent()) is not None:
            # Without the lock: the host reads the gateway again before it believes an event.
            body, headers = self.webhook(event)
            hear(self._name, body, headers)
            with self._lock:
                self._log.unsent = [each for each in self._log.unsent if each.id != event.id]
            delivered += 1
        return delivered

    def _next_unsent(self) -> GatewayEvent | None:
        with self._turn():
            return self._log.unsent[0] if self._log.unsent else None

    # ── The bank ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def settle(self, ref: GatewayRef) -> None:
        """A pending payment or refund succeeds now."""
        self._decide(ref, Succeed())

    def fail(self, ref: GatewayRef, code: str = "declined_by_bank") -> None:
        """A pending payment or refund fails now; a refund may also fail after it succeeded."""
        self._decide(ref, Decline(code))

    def delay_fees(self, after: timedelta | None = None) -> None:
        """From now on a fee is known only so long after its payment, or with None when ``tell_fee`` is called."""
        with self._lock:
            self._payments.fee_after = after

    def tell_fee(self, ref: GatewayRef) -> None:
        """The fee of a completed payment becomes known."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            if payment.now.status is not PaymentStatus.SUCCEEDED:
                raise InvalidTransition(f"only a completed payment has a fee, this one is {payment.now.status.value}")
            self._payments.tell_fee(payment, now)

    def bank_return(self, ref: GatewayRef, code: str = "R01", fee: Money | None = None) -> PaymentSnapshot:
        """The bank takes a completed payment back; ``fee`` is the gateway's for that, None if it does not say."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            self._payments.bank_return(payment, code, fee, now)
            return payment.now

    def open_dispute(
        self,
        ref: GatewayRef,
        amount: Money | None = None,
        *,
        reason: str = "fraudulent",
        fee: Money | None = None,
    ) -> DisputeSnapshot:
        """The client contests a completed payment, by default what is not refunded of it."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            contested = unrefunded(payment) if amount is None else amount
            return self._disputes.open(payment, amount=contested, reason=reason, fee=fee, at=now)

    def open_inquiry(
        self, ref: GatewayRef, amount: Money | None = None, *, reason: str = "unrecognized"
    ) -> DisputeSnapshot:
        """The client's bank asks about a completed payment, by default about what is not refunded; no money moves."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            asked = unrefunded(payment) if amount is None else amount
            return self._disputes.inquire(payment, amount=asked, reason=reason, at=now)

    def close_inquiry(self, ref: GatewayRef) -> DisputeSnapshot:
        """The bank asks no longer."""
        with self._turn() as now:
            return self._disputes.close(ref, now)

    def escalate_inquiry(self, ref: GatewayRef) -> DisputeSnapshot:
        """The bank was not satisfied: the inquiry becomes a dispute."""
        with self._turn() as now:
            return self._disputes.escalate(ref, now)

    def win_dispute(self, ref: GatewayRef) -> DisputeSnapshot:
        """The firm wins: the money comes back, the fee does not."""
        with self._turn() as now:
            return self._disputes.decide(ref, DisputeStatus.WON, now)

    def lose_dispute(self, ref: GatewayRef) -> DisputeSnapshot:
        """The client wins."""
        with self._turn() as now:
            return self._disputes.decide(ref, DisputeStatus.LOST, now)

    # ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────

    def client_acts(self, ref: GatewayRef, act: ChargeAct | None = None) -> PaymentSnapshot:
        """The client answers the challenge, or pays a declined payment after all; by default what was scripted."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            if payment.now.status not in (PaymentStatus.OPEN, PaymentStatus.REQUIRES_ACTION):
                raise InvalidTransition(f"the client can do nothing for a payment that is {payment.now.status.value}")
            self._payments.play(payment, payment.then if act is None else act, now)
            self._pages.follow(payment, now)
            return payment.now

    def client_pays(self, ref: GatewayRef, token: str = "card_ok") -> PaymentSnapshot:  # noqa: S107 a token of the fake's
        """The client enters this method on a hosted page and presses *Pay*."""
        with self._turn() as now:
            return self._pages.pay(self._pages.get(ref), token, now)

    def client_enters(self, ref: GatewayRef, token: str = "card_ok") -> SetupSession:  # noqa: S107 a token of the fake's
        """The client enters this method on the form of ``begin_setup``."""
        with self._turn() as now:
            return self._vault.enter(ref, token, now)

    # ── The dashboard ────────────────────────────────────────────────────────────────────────────────────────────────

    def refund_in_dashboard(
        self, ref: GatewayRef, amount: Money | None = None, *, is_pending: bool = False
    ) -> RefundSnapshot:
        """Somebody refunds in the gateway's own dashboard, by default all that is left."""
        with self._turn() as now:
            payment = self._payments.get(ref)
            given = unrefunded(payment) if amount is None else amount
            if payment.now.status is not PaymentStatus.SUCCEEDED or not given.is_positive:
                raise InvalidTransition("only a completed payment that is not refunded yet can be refunded")
            if given > unrefunded(payment):
                raise InvalidTransition(f"asked to refund {given}, only {unrefunded(payment)} is left")
            refund = self._refunds.open(payment, None, given, now)
            return self._refunds.get(refund)[1] if is_pending else self._refunds.play(refund, Succeed(), now)

    def books(self) -> Books:
        """Every payment and settlement line, as the gateway has them."""
        with self._turn():
            return Books(tuple(payment.now for payment in self._payments.all()), tuple(self._log.lines))

    # ── Turns ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _turn(self) -> Iterator[datetime]:
        """Alone at the books, after everything that was due; gives the present moment."""
        with self._lock:
            now = self._clock.now()
            self._log.catch_up(now)
            yield now

    @contextmanager
    def _call(self) -> Iterator[datetime]:
        """A turn of a request, which a gateway that is down refuses."""
        with self._turn() as now:
            if self._line.is_down:
                raise GatewayUnavailable("the fake gateway is down")
            yield now

    def _decide(self, ref: GatewayRef, act: Succeed | Decline) -> None:
        with self._turn() as now:
            if any(payment.now.ref == ref for payment in self._payments.all()):
                payment = self._payments.get(ref)
                if payment.now.status is not PaymentStatus.PENDING:
                    raise InvalidTransition(f"the payment is {payment.now.status.value}, only a pending one is decided")
                self._payments.play(payment, act, now)
                return
            _, refund = self._refunds.get(ref)
            bounces = refund.status is RefundStatus.SUCCEEDED and isinstance(act, Decline)
            if refund.status is not RefundStatus.PENDING and not bounces:
                raise InvalidTransition(f"the refund is {refund.status.value}, only a pending one is decided")
            self._refunds.play(ref, act, now)
