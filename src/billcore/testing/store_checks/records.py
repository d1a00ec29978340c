"""Records: they come back as they went in, under their own id, and nobody's change is lost."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final, cast
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from billcore.errors import AlreadyExists, NotFound, StaleWrite
from billcore.ids import ClientId, InvoiceId, PaymentId
from billcore.invoices.invoice import Content, Hold, LateFee, Voiding, with_sums
from billcore.lines import LineItem, TaxRate
from billcore.money import LARGEST_MINOR, Money
from billcore.ports.store import Store
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.kinds import CENT, KINDS
from billcore.testing.store_checks.shape import StoreChecks, opened

HOSTILE: Final = (
    "Zoë O’Brien-Łukasz",
    "🧾 👩‍⚖️ 🏳️‍🌈",
    "𠮷野家 𝒳",
    "שלום \u202eעולם\u202c مرحبا",
    "e\u0301 is not é",
    "Robert'); DROP TABLE invoices;-- \" \\ % _ {} $1 :name ?",
    "two\nlines\tand a tab\r\n",
    " spaces around ",
    "null",
    "0012",
)
"""Text that a wrong encoding, collation, escape or trim would change."""

INSTANTS: Final = (
    datetime(2026, 5, 4, 9, 0, 0, 123_456, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
    datetime(2026, 1, 1, 4, 0, tzinfo=ZoneInfo("Asia/Kathmandu")),
    datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
    datetime(2199, 1, 1, tzinfo=UTC),
)
"""Moments of which a lost offset, lost microseconds or an hour that comes twice would make others."""

AMOUNTS: Final = (
    Money(1, "USD"),
    Money(30_000_000_00, "USD"),
    Money(LARGEST_MINOR, "USD"),
    Money(LARGEST_MINOR - 1, "JPY"),
    Money(1_234, "KWD"),
    Money(100_000, "CLF"),
)
"""Amounts that a column of 32 bits, a float or two decimals for every currency would change."""

QUANTITIES: Final = (("0.1", "19.99"), ("0.000001", "0.00000001"), ("1.50", "123456789.12345678"), ("3", "-100.10"))

NOBODY: Final = ("nobody", "", "x" * 5_000, "nul\x00", "half a pair \ud800", "' OR 1=1 --")
"""Ids from a link that somebody typed."""

NO_TEXT: Final = tuple(cast(str, each) for each in (None, 7, b"nobody", ["nobody"], {"id": "nobody"}))
"""What a host hands over that reads ids from a form and does not look."""


class RecordChecks(StoreChecks):
    """Get, peek, add, save and remove, and what comes back."""

    @check
    def test_every_kind_of_record_comes_back_as_it_was_added(self, store: Store) -> None:
        """Store every field of the record, and return from add() and save() what get() will return."""
        books = opened(store)
        with store.begin(books.id) as work:
            added = [(kind, kind.add(work, books, "record-1").record) for kind in KINDS]
            work.commit()

        with store.read(books.id) as work:
            for kind, record in added:
                assert kind.get(work, "record-1").record == record, kind.name
                assert kind.peek(work, "record-1").record == record, kind.name

    @check
    def test_every_kind_of_record_comes_back_as_it_was_saved(self, store: Store) -> None:
        """Write every field that a verb can change, not the state alone."""
        books = opened(store)
        with store.begin(books.id) as work:
            saved = [(kind, kind.get(work, kind.known).save(work)) for kind in KINDS]
            firm = work.save_firm(evolve(work.firm(), timezone="Asia/Tokyo"))
            work.commit()

        with store.read(books.id) as work:
            assert work.firm() == firm
            for kind, record in saved:
                assert kind.get(work, kind.known).record == record, kind.name

    @check
    def test_all_that_happened_to_an_invoice_comes_back(self, store: Store) -> None:
        """Keep what an invoice gathers after its issue: looks, failures, late fees, who placed a hold, and its end."""
        books = opened(store)
        hold = Hold(reason="a refund reopened it", at=later(3), refund_id=books.refund.id)
        fees = tuple(
            LateFee(rule="late_fee", step=step, amount=CENT, on=later(step).date(), waived_at=waived_at)
            for step, waived_at in ((1, later(9)), (2, None))
        )
        happened = evolve(
            with_sums(books.invoice, in_flight=1, refunded=2, late_fees=1),
            delivered_at=later(1),
            first_viewed_at=later(2),
            autopay_failed_at=later(4),
            hold=hold,
            held_until=later(5).date(),
            late_fees=fees,
        )
        with store.begin(books.id) as work:
            saved = work.invoices.save(happened)
            work.commit()
        with store.read(books.id) as work:
            assert work.invoices.get(saved.id) == saved

        with store.begin(books.id) as work:
            ended = work.invoices.save(evolve(saved, hold=None, voiding=Voiding(reason="an error", at=later(6))))
            work.commit()
        with store.read(books.id) as work:
            assert work.invoices.get(saved.id) == ended

    # ── Ids and versions ─────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_an_unknown_id_is_not_found(self, store: Store) -> None:
        """Raise NotFound where the query has no row, and for an id that no database could store, or that is no text."""
        books = opened(store)

        with store.begin(books.id) as work:
            for kind in KINDS:
                for nobody in NOBODY:
                    with pytest.raises(NotFound):
                        kind.get(work, nobody)
                    with pytest.raises(NotFound):
                        kind.peek(work, nobody)
                for no_text in NO_TEXT:
                    with pytest.raises(NotFound):
                        kind.get(work, no_text)
                    with pytest.raises(NotFound):
                        kind.peek(work, no_text)
        with store.read(builders.a_firm("nobody").id) as work, pytest.raises(NotFound):
            work.firm()

    @check
    def test_what_was_never_added_cannot_be_saved(self, store: Store) -> None:
        """Let save() update and never insert: raise NotFound when no row has the id."""
        books = opened(store)

        with store.begin(books.id) as work:
            with pytest.raises(NotFound):
                work.clients.save(builders.a_client(books.firm, "nobody"))
            with pytest.raises(NotFound):
                work.invoices.remove(builders.a_draft(books.firm, books.client, "nobody"))

    @check
    def test_an_id_that_is_taken_already_exists(self, store: Store) -> None:
        """Make (firm, id) the primary key, insert and never replace, and say AlreadyExists for the database's error."""
        books = opened(store)

        for kind in KINDS:
            with store.begin(books.id) as work, pytest.raises(AlreadyExists):
                kind.add(work, books, kind.known)
        with store.begin(books.id) as work, pytest.raises(AlreadyExists):
            work.add_firm(books.firm)

    @check
    def test_ids_that_differ_in_case_or_accent_only_are_different(self, store: Store) -> None:
        """Give id columns a binary collation: MariaDB's default takes inv_1a, INV_1A and ínv_1a for one id."""
        books = opened(store)
        ids = ["inv_1a", "INV_1A", "inv_1A", "ínv_1a"]

        for kind in KINDS:
            with store.begin(books.id) as work:
                for record_id in ids:
                    kind.add(work, books, record_id)
                work.commit()
            with store.read(books.id) as work:
                assert [kind.get(work, record_id).record.id for record_id in ids] == ids, kind.name

    @check
    def test_versions_count_from_one(self, store: Store) -> None:
        """Store version 1 at add() and one more at each save(), and return the record with it."""
        books = opened(store)

        with store.begin(books.id) as work:
            for kind in KINDS:
                versions = [kind.add(work, books, "record-1").record.version]
                versions += [kind.get(work, "record-1").save(work).version for _ in range(2)]
                assert versions == [1, 2, 3], kind.name

    @check
    def test_a_record_changed_since_it_was_read_is_a_stale_write(self, store: Store, second_store: Store) -> None:
        """Update where the version is the one that was read, and raise StaleWrite when no row was changed."""
        books = opened(store)
        with store.read(books.id) as work:
            read = [kind.get(work, kind.known) for kind in KINDS]
        with second_store.begin(books.id) as work:
            saved = [held.save(work) for held in read]
            work.commit()
        if any(after.version == held.record.version for held, after in zip(read, saved, strict=True)):
            not_judged("versions do not count")

        for held in read:
            with store.begin(books.id) as work, pytest.raises(StaleWrite):
                held.save(work)

    @check
    def test_a_firm_changed_since_it_was_read_is_a_stale_write(self, store: Store) -> None:
        """Compare the firm's version in save_firm() as that of any other record."""
        books = opened(store)
        with store.begin(books.id) as work:
            if work.save_firm(evolve(books.firm, timezone="Asia/Tokyo")).version == books.firm.version:
                not_judged("versions do not count")
            work.commit()

        with store.begin(books.id) as work, pytest.raises(StaleWrite):
            work.save_firm(evolve(books.firm, timezone="Africa/Lagos"))

    @check
    def test_a_draft_changed_since_it_was_read_is_not_removed(self, store: Store) -> None:
        """Delete where the version is the one that was read, and raise StaleWrite when no row was deleted."""
        books = opened(store)
        with store.begin(books.id) as work:
            if work.invoices.save(work.invoices.get(books.draft.id)).version == books.draft.version:
                not_judged("versions do not count")
            work.commit()

        with store.begin(books.id) as work, pytest.raises(StaleWrite):
            work.invoices.remove(books.draft)

    @check
    def test_a_removed_draft_is_gone(self, store: Store) -> None:
        """Delete the row: a draft that is deleted is in no list, and its event is all that stays."""
        books = opened(store)
        with store.begin(books.id) as work:
            work.invoices.remove(work.invoices.get(books.draft.id))
            work.commit()

        with store.begin(books.id) as work:
            assert [invoice.id for invoice in work.invoices.all()] == [books.invoice.id]
            with pytest.raises(NotFound):
                work.invoices.get(books.draft.id)

    # ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_money_comes_back_to_the_last_minor_unit(self, store: Store) -> None:
        """Keep minor units in a 64-bit integer column with the currency beside it: SQLite's NUMERIC is a float."""
        books = opened(store)
        with store.begin(books.id) as work:
            for count, amount in enumerate(AMOUNTS, start=1):
                client = work.clients.add(builders.a_client(books.firm, f"client-{count}", currency=amount.currency))
                line = builders.a_line(quantity="1000", unit_price=str(amount.amount.scaleb(-3)))
                invoice = builders.an_issued_invoice(
                    books.firm, client, f"invoice-{count}", number=f"N-{count}", lines=[line]
                )
                payment, paid = builders.a_recorded_payment(books.firm, client, invoice, amount, f"payment-{count}")
                work.invoices.add(paid)
                work.payments.add(payment)
            work.commit()

        with store.read(books.id) as work:
            for count, amount in enumerate(AMOUNTS, start=1):
                invoice = work.invoices.get(InvoiceId(f"invoice-{count}"))
                payment = work.payments.get(PaymentId(f"payment-{count}"))
                assert (invoice.gross, invoice.paid, invoice.owed) == (amount, amount, amount - amount)
                assert (payment.amount, payment.applied) == (amount, amount)

    @check
    def test_decimals_come_back_digit_for_digit(self, store: Store) -> None:
        """Write a Decimal as text and read it from text: a float or a fixed number of decimals changes it."""
        books = opened(store)
        tax = TaxRate(name="VAT", percent=Decimal("7.125"))
        lines = tuple(
            LineItem(description="work", quantity=quantity, unit_price=price, taxes=(tax,))
            for quantity, price in (*QUANTITIES, ("1", "200.00"))
        )
        with store.begin(books.id) as work:
            work.invoices.add(builders.a_draft(books.firm, books.client, "invoice-1", lines=lines))
            work.commit()

        with store.read(books.id) as work:
            found = work.invoices.get(InvoiceId("invoice-1")).lines
        assert [(str(line.quantity), str(line.unit_price)) for line in found] == [
            (str(line.quantity), str(line.unit_price)) for line in lines
        ]
        assert [str(line.taxes[0].percent) for line in found] == ["7.125"] * len(lines)

    @check
    def test_a_moment_comes_back_as_the_same_moment(self, store: Store) -> None:
        """Write instants in UTC with microseconds and read them as aware: SQLite and MariaDB forget the timezone."""
        books = opened(store)
        with store.begin(books.id) as work:
            for count, moment in enumerate(INSTANTS):
                work.clients.add(builders.a_client(books.firm, f"client-{count + 1}", at=moment))
                work.invoices.add(
                    builders.an_issued_invoice(
                        books.firm, books.client, f"invoice-{count + 1}", number=f"N-{count}", at=moment
                    )
                )
                work.events.append([builders.an_event(books.firm, at=moment)])
            work.commit()

        with store.read(books.id) as work:
            clients = [work.clients.get(ClientId(f"client-{count + 1}")) for count in range(len(INSTANTS))]
            invoices = [work.invoices.get(InvoiceId(f"invoice-{count + 1}")) for count in range(len(INSTANTS))]
            recorded = sorted(work.events.all(), key=lambda each: each.position)
        _assert_same_moments([client.created_at for client in clients])
        _assert_same_moments([invoice.drafted_at for invoice in invoices])
        _assert_same_moments([invoice.issue.at for invoice in invoices if invoice.issue])
        _assert_same_moments([each.event.at for each in recorded])

    @check
    def test_a_date_comes_back_as_the_same_date(self, store: Store) -> None:
        """Store business dates as dates of their own: the day of a moment depends on where one asks."""
        books = opened(store)
        evening = datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
        with store.begin(books.id) as work:
            work.invoices.add(
                builders.an_issued_invoice(books.firm, books.client, due_on=date(2027, 1, 31), at=evening)
            )
            work.events.append([builders.an_event(books.firm, at=evening)])
            work.commit()

        with store.read(books.id) as work:
            invoice = work.invoices.get(InvoiceId("invoice-1"))
            event = next(iter(work.events.all())).event
        assert (invoice.drafted_on, invoice.due_on) == (date(2026, 12, 31), date(2027, 1, 31))
        assert event.on == date(2026, 12, 31)

    @check
    def test_every_text_comes_back_character_for_character(self, store: Store) -> None:
        """Connect in UTF-8 (utf8mb4 on MariaDB), bind every value as a parameter, and trim and normalise nothing."""
        books = opened(store)
        with store.begin(books.id) as work:
            for count, hostile in enumerate(HOSTILE):
                client = evolve(builders.a_client(books.firm, f"client-{count + 1}", name=hostile), notes=hostile)
                draft = builders.a_draft(books.firm, client, f"invoice-{count + 1}", lines=[builders.a_line(hostile)])
                work.clients.add(client)
                work.invoices.add(evolve(draft, content=_with_texts(draft.content, hostile)))
                work.events.append([builders.an_event(books.firm, reason=hostile)])
            work.commit()

        with store.read(books.id) as work:
            for count, hostile in enumerate(HOSTILE):
                client = work.clients.get(ClientId(f"client-{count + 1}"))
                content = work.invoices.get(InvoiceId(f"invoice-{count + 1}")).content
                assert (client.name, client.notes) == (hostile, hostile)
                assert content == _with_texts(content, hostile)
                assert content.lines[0].description == hostile
            events = [recorded.event for recorded in work.events.all()]
        assert events == [builders.an_event(books.firm, reason=hostile) for hostile in HOSTILE]


def _with_texts(content: Content, hostile: str) -> Content:
    return evolve(content, notes=hostile, memo=hostile, matter=hostile)


def _assert_same_moments(found: list[datetime]) -> None:
    assert all(moment.tzinfo is not None for moment in found), "a moment came back without its timezone"
    assert [moment.astimezone(UTC) for moment in found] == [moment.astimezone(UTC) for moment in INSTANTS]
