"""Locks: what a writing unit has got stays as it was until it ends, and nobody waits for ever."""

from typing import Final

from attrs import evolve

from billcore.ids import ChargeId
from billcore.ports.store import Store, UnitOfWork
from billcore.testing import builders
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.store_checks.kinds import KINDS
from billcore.testing.store_checks.shape import THREADS, Opened, StoreChecks, at_once, opened

ROUNDS: Final = 3
"""How often each thread reads, changes and saves the same record."""


class LockChecks(StoreChecks):
    """Read, modify, write in eight threads at once: nothing lost and nobody refused."""

    @check
    def test_a_record_that_was_got_cannot_change_before_it_is_saved(self, store: Store) -> None:
        """Lock the row in every get() before its version is read: SELECT … FOR UPDATE, BEGIN IMMEDIATE on SQLite."""
        self.needs_threads()
        books = opened(store)
        with store.read(books.id) as work:
            before = _versions(work)

        def change(_: int) -> None:
            for _ in range(ROUNDS):
                for kind in KINDS:
                    with store.begin(books.id) as work:
                        kind.get(work, kind.known).save(work)
                        work.commit()

        at_once(change)

        with store.read(books.id) as work:
            after = _versions(work)
            notes = work.clients.get(books.client.id).notes
        if after["client"] == before["client"]:
            not_judged("versions do not count")
        assert after == {name: version + THREADS * ROUNDS for name, version in before.items()}, "an update was lost"
        assert notes == "." * (THREADS * ROUNDS), "an update was lost"

    @check
    def test_what_was_peeked_is_read_again_when_it_is_locked(self, store: Store) -> None:
        """Let get() read after it has the lock: in REPEATABLE READ it would see the moment of the first query."""
        self.needs_threads()
        books = opened(store)
        with on_the_way():
            at_once(lambda _: _change(store, books, peeks=False))
        if _notes(store, books) != "." * THREADS:
            not_judged("an update was lost without any peek")

        at_once(lambda _: _change(store, books, peeks=True))

        assert _notes(store, books) == "." * THREADS * 2, "an update was lost"

    @check
    def test_charges_are_locked_in_one_order(self, store: Store) -> None:
        """Sort the ids in get_all() before locking, or two drafts that take the same charges wait for each other."""
        self.needs_threads()
        books = opened(store)
        ids = [ChargeId(f"charge-{count}") for count in range(1, 7)]
        with store.begin(books.id) as work:
            for charge_id in ids:
                work.charges.add(builders.a_charge(books.client, charge_id))
            work.commit()

        def change(number: int) -> None:
            order = ids[number % 6 :] + ids[: number % 6]
            with store.begin(books.id) as work:
                for charge in work.charges.get_all(order if number % 2 else reversed(order)):
                    work.charges.save(evolve(charge, discard_reason=f"{charge.discard_reason}."))
                work.commit()

        at_once(change)

        with store.read(books.id) as work:
            assert {charge.discard_reason for charge in work.charges.get_all(ids)} == {"." * THREADS}

    @check
    def test_firms_that_write_at_the_same_time_lose_nothing(self, store: Store) -> None:
        """Keep nothing of one firm in what another firm's commit writes."""
        self.needs_threads()

        def add(number: int) -> tuple[Opened, int]:
            books = opened(store, f"firm-{number}")
            for count in range(ROUNDS):
                with store.begin(books.id) as work:
                    work.clients.add(builders.a_client(books.firm, f"client-{count + 1}"))
                    work.commit()
            with store.read(books.id) as work:
                return books, len(list(work.clients.all()))

        for books, clients in at_once(add):
            assert clients == 1 + ROUNDS
            with store.read(books.id) as work:
                assert len(list(work.clients.all())) == 1 + ROUNDS, "another firm's commit took something away"


def _versions(work: UnitOfWork) -> dict[str, int]:
    return {kind.name: kind.get(work, kind.known).record.version for kind in KINDS}


def _change(store: Store, books: Opened, *, peeks: bool) -> None:
    with store.begin(books.id) as work:
        if peeks:
            work.clients.peek(books.client.id)
        client = work.clients.get(books.client.id)
        work.clients.save(evolve(client, notes=f"{client.notes}."))
        work.commit()


def _notes(store: Store, books: Opened) -> str:
    with store.read(books.id) as work:
        return work.clients.get(books.client.id).notes
