"""Questions: what belongs to an invoice, a client or a payment, what is still to do, and in which order it is given."""

from collections.abc import Sequence

import pytest
from attrs import evolve

from billcore.charges import charging
from billcore.errors import NotFound
from billcore.events import Part
from billcore.ids import ChargeId, ClientId, InvoiceId, PaymentId, ScheduleId
from billcore.payments.operation import Operation, OperationState, move, submit
from billcore.ports.store import Store
from billcore.testing import builders
from billcore.testing.builders import BY, later
from billcore.testing.contract import check
from billcore.testing.store_checks.kinds import CENT
from billcore.testing.store_checks.shape import Opened, StoreChecks, opened


class AskedChecks(StoreChecks):
    """Lists of records, and what workers look for."""

    @check
    def test_all_is_in_order_of_id(self, store: Store) -> None:
        """Order by id, byte by byte, and give every record: jobs go through a firm in batches by it."""
        books = opened(store)
        ids = ["Z", "a", "b-10", "b-2", "é"]
        with store.begin(books.id) as work:
            for minute, record_id in enumerate(reversed(ids)):
                at = later(minute)
                work.clients.add(builders.a_client(books.firm, record_id, at=at))
                work.charges.add(builders.a_charge(books.client, record_id, at=at))
                work.invoices.add(builders.a_draft(books.firm, books.client, record_id, at=at))
                note, _ = builders.a_credit_note(books.invoice, CENT, record_id, number=record_id, at=at)
                work.credit_notes.add(note)
                payment, _ = builders.a_recorded_payment(
                    books.firm, books.client, books.invoice, CENT, record_id, at=at
                )
                work.payments.add(payment)
                refund, _ = builders.a_requested_refund(books.payment, books.invoice, CENT, record_id, at=at)
                work.refunds.add(refund)
                work.operations.add(builders.an_operation(books.firm, record_id, at=at))
                schedule = work.schedules.add(builders.a_schedule(books.client, record_id, at=at))
                work.occurrences.add(builders.an_occurrence(schedule, at=at))
            work.commit()

        with store.read(books.id) as work:
            occurrences = [occurrence.id for occurrence in work.occurrences.all()]
            found: dict[str, list[str]] = {
                "client-0": [record.id for record in work.clients.all()],
                "charge-0": [record.id for record in work.charges.all()],
                "note-0": [record.id for record in work.credit_notes.all()],
                "payment-0": [record.id for record in work.payments.all()],
                "refund-0": [record.id for record in work.refunds.all()],
                "operation-0": [record.id for record in work.operations.all()],
                "schedule-0": [record.id for record in work.schedules.all()],
            }
            invoices = [invoice.id for invoice in work.invoices.all()]
        assert found == {known: sorted([*ids, known]) for known in found}
        assert invoices == sorted([*ids, "draft-0", "invoice-0"])
        assert occurrences == sorted(f"{schedule_id}:0" for schedule_id in (*ids, "schedule-0"))

    @check
    def test_lists_are_oldest_first(self, store: Store) -> None:
        """Order by the moment the record began, then by id; the order of insertion is no order."""
        books = opened(store)
        ids = [("c", 1), ("a", 2), ("b", 2), ("A", 3)]
        with store.begin(books.id) as work:
            for record_id, minute in reversed(ids):
                at = later(minute)
                payment, _ = builders.a_recorded_payment(
                    books.firm, books.client, books.invoice, CENT, record_id, at=at
                )
                work.payments.add(payment)
                work.refunds.add(builders.a_requested_refund(books.payment, books.invoice, CENT, record_id, at=at)[0])
                note, _ = builders.a_credit_note(books.invoice, CENT, record_id, number=record_id, at=at)
                work.credit_notes.add(note)
                work.methods.add(builders.a_saved_method(books.client, record_id, at=at))
                work.charges.add(builders.a_charge(books.client, record_id, at=at))
                work.schedules.add(builders.a_schedule(books.client, record_id, at=at))
            work.commit()

        with store.read(books.id) as work:
            found: dict[str, list[str]] = {
                "payments of the invoice": [record.id for record in work.payments.of_invoice(books.invoice.id)],
                "payments of the client": [record.id for record in work.payments.of_client(books.client.id)],
                "refunds of the payment": [record.id for record in work.refunds.of_payment(books.payment.id)],
                "credit notes of the invoice": [record.id for record in work.credit_notes.of_invoice(books.invoice.id)],
                "methods of the client": [record.id for record in work.methods.of_client(books.client.id)],
                "schedules of the client": [record.id for record in work.schedules.of_client(books.client.id)],
                "unbilled charges": [record.id for record in work.charges.unbilled(books.client.id)],
            }
        assert {name: records[1:] for name, records in found.items()} == {name: ["c", "a", "b", "A"] for name in found}

    @check
    def test_the_payments_of_an_invoice_are_those_meant_for_it_or_on_it(self, store: Store) -> None:
        """Look in intended and in applications: a failed payment is on no invoice and was still meant for one."""
        books = opened(store)
        with store.begin(books.id) as work:
            invoices = [
                work.invoices.add(builders.an_issued_invoice(books.firm, books.client, f"invoice-{n}", number=f"N-{n}"))
                for n in range(1, 4)
            ]
            waiting, _ = builders.an_initiated_payment(books.firm, books.client, invoices[0], CENT, "payment-1")
            moved, _ = builders.a_recorded_payment(books.firm, books.client, invoices[0], CENT, "payment-2")
            work.payments.add(evolve(waiting, applications=()))
            kept = work.payments.add(moved)
            work.payments.save(evolve(kept, applications=(Part(invoices[1].id, CENT),)))
            work.commit()

        with store.read(books.id) as work:
            found = [[payment.id for payment in work.payments.of_invoice(invoice.id)] for invoice in invoices]
        assert found == [["payment-1", "payment-2"], ["payment-2"], []]

    @check
    def test_lists_of_a_record_have_nothing_of_another(self, store: Store) -> None:
        """Compare the whole id of the client, invoice or payment, as the key of its own table does."""
        books = opened(store)
        with store.begin(books.id) as work:
            work.clients.add(builders.a_client(books.firm, "CLIENT-0"))
            work.commit()

        with store.read(books.id) as work:
            client_id, invoice_id = ClientId("CLIENT-0"), InvoiceId("draft-0")
            found: list[Sequence[object]] = [
                work.payments.of_client(client_id),
                work.methods.of_client(client_id),
                work.charges.unbilled(client_id),
                work.payments.of_invoice(invoice_id),
                work.credit_notes.of_invoice(invoice_id),
                work.refunds.of_payment(PaymentId("PAYMENT-0")),
                work.schedules.of_client(client_id),
                work.occurrences.of_schedule(ScheduleId("SCHEDULE-0")),
                work.occurrences.of_invoice(invoice_id),
            ]
        assert [list(records) for records in found] == [[]] * len(found)

    # ── Charges ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_unbilled_charges_are_the_open_ones(self, store: Store) -> None:
        """Leave out what is drafted, billed or discarded, and give back what was released."""
        books = opened(store)
        other = builders.a_client(books.firm, "client-1")
        with store.begin(books.id) as work:
            work.clients.add(other)
            charges = [
                work.charges.add(builders.a_charge(books.client, f"charge-{n}", at=later(n))) for n in range(1, 5)
            ]
            work.charges.add(builders.a_charge(other, "charge-9", at=later(9)))
            drafted = work.charges.save(charging.claim(charges[0], books.draft.id, books.client.id))
            claimed = work.charges.save(charging.claim(charges[1], books.draft.id, books.client.id))
            work.charges.save(charging.bill(drafted, at=later(20)))
            work.charges.save(charging.release(claimed))
            work.charges.save(charging.discard(charges[2], reason="", at=later(20), by=BY)[0])
            work.charges.save(charging.claim(charges[3], books.draft.id, books.client.id))
            work.commit()

        with store.read(books.id) as work:
            of_all = [charge.id for charge in work.charges.unbilled()]
            of_one = [charge.id for charge in work.charges.unbilled(books.client.id)]
        assert of_all == ["charge-0", "charge-2", "charge-9"]
        assert of_one == ["charge-0", "charge-2"]

    @check
    def test_many_charges_are_got_in_order_of_id_or_not_at_all(self, store: Store) -> None:
        """Give every charge once, sorted by id, and raise NotFound when one of them is missing."""
        books = opened(store)
        with store.begin(books.id) as work:
            for charge_id in ("charge-2", "charge-1", "CHARGE-1"):
                work.charges.add(builders.a_charge(books.client, charge_id))
            work.commit()

        with store.begin(books.id) as work:
            asked = [ChargeId(charge_id) for charge_id in ("charge-2", "CHARGE-1", "charge-1", "charge-2")]
            assert [charge.id for charge in work.charges.get_all(iter(asked))] == ["CHARGE-1", "charge-1", "charge-2"]
            assert list(work.charges.get_all([])) == []
            with pytest.raises(NotFound):
                work.charges.get_all([*asked, ChargeId("nobody")])

    # ── Operations, across firms ─────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_operations_in_doubt_are_those_not_done_and_not_leased(self, store: Store) -> None:
        """Leave out what succeeded or was rejected, what is not older than `before`, and what is leased beyond it."""
        acme, other = opened(store), opened(store, "other")
        before = later(10)
        operations = {
            "reserved": _operation(acme, "reserved", 3),
            "unknown": move(_operation(other, "unknown", 2), OperationState.UNKNOWN, at=later(3)),
            "lease over": submit(_operation(acme, "lease over", 4), at=later(4), until=before),
            "pending": move(_operation(acme, "pending", 5), OperationState.PENDING, at=later(6)),
            "leased": submit(_operation(acme, "leased", 1), at=later(4), until=later(11)),
            "succeeded": move(_operation(acme, "succeeded", 1), OperationState.SUCCEEDED, at=later(3)),
            "rejected": move(_operation(other, "rejected", 1), OperationState.REJECTED, at=later(3)),
            "too young": _operation(acme, "too young", 10),
        }
        for operation in operations.values():
            _add_operation(store, operation)

        found = store.operations_in_doubt(before=before, limit=10)

        assert set(found) - {(acme.id, acme.operation.id), (other.id, other.operation.id)} == {
            (acme.id, "reserved"),
            (other.id, "unknown"),
            (acme.id, "lease over"),
            (acme.id, "pending"),
        }

    @check
    def test_the_oldest_operations_in_doubt_come_first(self, store: Store) -> None:
        """Order by creation before the limit is applied, or the oldest are never resolved."""
        acme, other = opened(store), opened(store, "other")
        for books, operation_id, minute in ((acme, "c", -1), (other, "a", -2), (acme, "b", -3), (other, "d", -4)):
            _add_operation(store, _operation(books, operation_id, minute))

        found = store.operations_in_doubt(before=later(10), limit=3)

        assert list(found) == [(other.id, "d"), (acme.id, "b"), (other.id, "a")]

    @check
    def test_an_operation_is_found_by_its_ref(self, store: Store) -> None:
        """Look across firms by gateway, account and id; a cancellation shares the ref of its charge, which is older."""
        acme, other = opened(store), opened(store, "other")
        ref = builders.a_ref("cs_1")
        for operation in (
            evolve(_operation(other, "second", 2), ref=ref),
            evolve(_operation(acme, "first", 1), ref=ref),
            evolve(_operation(other, "account", 0), ref=evolve(ref, account="acct_1")),
            evolve(_operation(other, "case", 0), ref=builders.a_ref("CS_1")),
            evolve(_operation(other, "gateway", 0), ref=evolve(ref, gateway="other")),
        ):
            _add_operation(store, operation)

        assert store.find_operation(ref) == (acme.id, "first")
        assert store.find_operation(evolve(ref, account="acct_1")) == (other.id, "account")
        assert store.find_operation(builders.a_ref("unknown")) is None


def _operation(books: Opened, operation_id: str, minute: int) -> Operation:
    return builders.an_operation(books.firm, operation_id, at=later(minute))


def _add_operation(store: Store, operation: Operation) -> None:
    with store.begin(operation.firm_id) as work:
        work.operations.add(operation)
        work.commit()
