"""Things that count once: a host's request, a gateway's event, a gateway's payment."""

from contextlib import suppress
from typing import Final

import pytest
from attrs import evolve

from billcore.errors import AlreadyExists
from billcore.ids import GatewayRef, PaymentId
from billcore.money import Money
from billcore.payments.payment import Payment
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import Request, Store
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.shape import THREADS, Opened, StoreChecks, at_once, opened

# Each differs from the first in one thing only, and is another event or object.
ALIKE: Final = (
    builders.a_gateway_event("evt_1a"),
    builders.a_gateway_event("evt_1A"),
    builders.a_gateway_event("evt_2"),
    builders.a_gateway_event("evt_1a", account="acct_1"),
    builders.a_gateway_event("evt_1a", account="acct_2"),
    builders.a_gateway_event("evt_1a", gateway="other"),
)
DISTINCT: Final = (
    builders.a_gateway_event("evt_a"),
    builders.a_gateway_event("evt_b", account="acct_1"),
    builders.a_gateway_event("evt_c", gateway="other"),
    builders.a_gateway_event("evt_d"),
)
"""Events that no key takes for one."""

REFS: Final = (
    builders.a_ref("pi_1a"),
    builders.a_ref("pi_1A"),
    builders.a_ref("pi_1a", account="acct_1"),
    builders.a_ref("pi_1a", gateway="other"),
)


class RequestChecks(StoreChecks):
    """The host's idempotency keys."""

    @check
    def test_a_request_is_found_again_by_its_id(self, store: Store) -> None:
        """Keep the id, the fingerprint and the result in the transaction of the command; find() of another is None."""
        books = opened(store)
        request = Request(request_id="Żądanie 🧾 1", fingerprint="f" * 64, result_id="payment-1")
        with store.begin(books.id) as work:
            work.requests.add(request)
            work.commit()

        with store.read(books.id) as work:
            assert work.requests.find(request.request_id) == request
            assert work.requests.find(request.request_id.upper()) is None
            assert work.requests.find("unknown") is None

    @check
    def test_a_request_id_is_used_once_in_a_firm(self, store: Store) -> None:
        """Make (firm, request id) unique, and raise AlreadyExists for the second; other firms have ids of their own."""
        acme, other = opened(store), opened(store, "other")
        for books in (acme, other):
            _request(store, books)

        with pytest.raises(AlreadyExists):
            _request(store, acme)

    @check
    def test_a_request_that_was_not_committed_is_free_again(self, store: Store) -> None:
        """Insert the request in the transaction of the command, so that a refused command can be repeated."""
        books = opened(store)
        with store.begin(books.id) as work:
            work.requests.add(Request(request_id="request-1", fingerprint="f", result_id="r"))

        with store.begin(books.id) as work:
            assert work.requests.find("request-1") is None
        _request(store, books)

    @check
    def test_one_of_eight_equal_requests_is_the_first(self, store: Store) -> None:
        """Let the unique index decide, not a look before the insert: a double click arrives twice at once."""
        self.needs_threads()
        books = opened(store)

        def request(number: int) -> bool:
            try:
                _request(store, books, f"result-{number}")
            except AlreadyExists:
                return False
            return True

        assert at_once(request).count(True) == 1


class HearingChecks(StoreChecks):
    """Gateways' events: heard once, or parked until they can be."""

    @check
    def test_an_event_is_heard_once_by_whatever_firm(self, store: Store) -> None:
        """Make (gateway, account, event id) unique over all firms, the default account a value in it and not NULL."""
        acme, other = opened(store), opened(store, "other")

        heard = [_hear(store, books, event) for event in DISTINCT for books in (acme, acme, other)]

        assert heard == [True, False, False] * len(DISTINCT)
        assert all(store.was_heard(event) for event in DISTINCT)

    @check
    def test_events_of_another_gateway_account_or_id_are_others(self, store: Store) -> None:
        """Put all three into the key, in a binary collation: an id means nothing without gateway and account."""
        books = opened(store)

        assert [_hear(store, books, event) for event in ALIKE] == [True] * len(ALIKE)

    @check
    def test_an_event_whose_effect_was_not_committed_was_not_heard(self, store: Store) -> None:
        """Note the event in the transaction of its effect: marked first and applied later, a crash would lose it."""
        books = opened(store)
        with store.begin(books.id) as work:
            first = work.hear(DISTINCT[0])

        assert not store.was_heard(DISTINCT[0])
        assert (first, _hear(store, books, DISTINCT[0])) == (True, True)

    @check
    def test_one_of_eight_deliveries_is_heard(self, store: Store) -> None:
        """Insert first and let the unique index decide: eight deliveries that look first all find nothing."""
        self.needs_threads()
        firms = (opened(store), opened(store, "other"))
        if [_hear(store, books, DISTINCT[1]) for books in firms] != [True, False]:
            not_judged("every firm hears for itself")

        heard = at_once(lambda number: _hear(store, firms[number % 2], DISTINCT[0]))

        assert sorted(heard) == [False] * (THREADS - 1) + [True]

    @check
    def test_an_event_is_parked_once_and_not_after_it_was_heard(self, store: Store) -> None:
        """Answer False from park() where the event is kept or was heard, by the same key as hear()."""
        books = opened(store)
        _hear(store, books, DISTINCT[1])

        parked = [store.park(event, at=later(0)) for event in (DISTINCT[0], DISTINCT[0], DISTINCT[1], DISTINCT[2])]

        assert parked == [True, False, False, True]
        assert {kept.event for kept in store.parked(limit=10)} == {DISTINCT[0], DISTINCT[2]}

    @check
    def test_a_parked_event_comes_back_whole_and_was_not_heard(self, store: Store) -> None:
        """Keep every field of the event, and let parking be no hearing: the event must still have its effect."""
        books = opened(store)
        event = evolve(DISTINCT[1], subject=None, is_live=False, firm_id=books.id, operation_id=books.operation.id)
        store.park(event, at=later(5))

        (kept,) = store.parked(limit=10)

        assert (kept.event, kept.heard_at, kept.tries) == (event, later(5), 0)
        assert not store.was_heard(event)
        assert _hear(store, books, event)

    @check
    def test_an_event_that_is_heard_is_parked_no_longer(self, store: Store) -> None:
        """End the parking in the transaction of hear(), and not when that is rolled back."""
        books = opened(store)
        store.park(DISTINCT[0], at=later(0))

        with store.begin(books.id) as work:
            work.hear(DISTINCT[0])
        after_rollback = [kept.event for kept in store.parked(limit=10)]
        if not _hear(store, books, DISTINCT[0]):
            not_judged("what was not committed counts as heard")

        assert (after_rollback, list(store.parked(limit=10))) == ([DISTINCT[0]], [])

    @check
    def test_parked_events_with_the_fewest_tries_come_first(self, store: Store) -> None:
        """Order by tries, so that one event that never succeeds does not keep the others waiting."""
        for minute, event in enumerate(DISTINCT[:3]):
            store.park(event, at=later(minute))
        for minute, count in ((0, 1), (1, 2)):
            store.claim_parked(at=later(minute), until=later(minute + 1), limit=count)

        found = [(kept.event, kept.tries) for kept in store.parked(limit=2)]

        assert found == [(DISTINCT[2], 0), (DISTINCT[1], 1)]


class PaymentRefChecks(StoreChecks):
    """A gateway's payment is in the books once."""

    @check
    def test_a_second_payment_with_the_same_ref_already_exists(self, store: Store) -> None:
        """Make (gateway, account, id) of the ref unique over all firms; an account of NULL is never equal to itself."""
        acme, other = opened(store), opened(store, "other")
        for ref in REFS[::2]:
            _pay(store, _payment(acme, f"payment-{ref.account}", ref=ref))

            for books in (acme, other):
                with pytest.raises(AlreadyExists):
                    _pay(store, _payment(books, f"second-{ref.account}", ref=ref))

    @check
    def test_a_ref_that_is_taken_cannot_be_saved_either(self, store: Store) -> None:
        """Turn the unique index's error into AlreadyExists in save() as in add(): most refs come after the payment."""
        books = opened(store)
        _pay(store, _payment(books, "payment-1", ref=REFS[0]))
        with suppress(AlreadyExists):
            _pay(store, _payment(books, "payment-a", ref=REFS[0]))
            not_judged("it can be added a second time")
        with store.begin(books.id) as work:
            second = work.payments.add(evolve(_payment(books, "payment-2", ref=REFS[0]), ref=None))
            work.commit()

        with store.begin(books.id) as work, pytest.raises(AlreadyExists):
            work.payments.save(evolve(second, ref=REFS[0]))

    @check
    def test_a_payment_is_found_by_its_ref(self, store: Store) -> None:
        """Look across firms by gateway, account and id, each exactly; what was not committed is not found."""
        firms = [opened(store, f"firm-{number}") for number in range(len(REFS))]
        payments = [
            _pay(store, _payment(books, f"payment-{number + 1}", ref=ref))
            for number, (books, ref) in enumerate(zip(firms, REFS, strict=True))
        ]

        assert [store.find_payment(ref) for ref in REFS] == [(payment.firm_id, payment.id) for payment in payments]
        assert store.find_payment(builders.a_ref("pi_unknown")) is None

    @check
    def test_one_of_eight_payments_with_the_same_ref_is_kept(self, store: Store) -> None:
        """Let the unique index decide: a webhook and the answer of the call it is about arrive at once."""
        self.needs_threads()
        books = opened(store)
        _pay(store, _payment(books, "payment-a", ref=REFS[1]))
        with suppress(AlreadyExists):
            _pay(store, _payment(books, "payment-b", ref=REFS[1]))
            not_judged("a second one is kept without any haste")

        def pay(number: int) -> PaymentId | None:
            try:
                return _pay(store, _payment(books, f"payment-{number + 1}", ref=REFS[0])).id
            except AlreadyExists:
                return None

        kept = [payment_id for payment_id in at_once(pay) if payment_id]

        assert [store.find_payment(REFS[0])] == [(books.id, payment_id) for payment_id in kept]


def _request(store: Store, books: Opened, result_id: str = "payment-1") -> None:
    with store.begin(books.id) as work:
        work.requests.add(Request(request_id="request-1", fingerprint="f", result_id=result_id))
        work.commit()


def _hear(store: Store, books: Opened, event: GatewayEvent) -> bool:
    with store.begin(books.id) as work:
        is_first = work.hear(event)
        work.commit()
    return is_first


def _payment(books: Opened, payment_id: str, *, ref: GatewayRef) -> Payment:
    payment, _ = builders.an_initiated_payment(books.firm, books.client, books.invoice, Money(1, "USD"), payment_id)
    return evolve(payment, ref=ref)


def _pay(store: Store, payment: Payment) -> Payment:
    with store.begin(payment.firm_id) as work:
        kept = work.payments.add(payment)
        work.commit()
    if kept.ref != payment.ref:
        not_judged("a payment does not come back as it was added")
    return kept
