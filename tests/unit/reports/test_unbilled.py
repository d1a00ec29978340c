"""Unbilled work: by client and currency, only what is open, and of a posted claim only the client's part."""

from attrs import evolve

from billcore.charges import charging
from billcore.charges.charge import BillTo, Charge, Claim
from billcore.clients import Client
from billcore.ids import ChargeId, InvoiceId
from billcore.lines import Allowance, TaxRate
from billcore.money import Money
from billcore.reports.unbilled import unbilled
from billcore.testing.builders import BY, a_charge, a_client, a_firm, a_line, later

FIRM = a_firm()
PATEL = a_client(FIRM, "client-1", name="Patel")
ADAMS = a_client(FIRM, "client-2", name="adams")
KAYA = a_client(FIRM, "client-3", name="Kaya", currency="EUR")
CLIENTS = {client.id: client for client in (PATEL, ADAMS, KAYA)}


def charge(client: Client, charge_id: str, price: str = "10.00", minute: int = 0) -> Charge:
    return a_charge(client, charge_id, line=a_line(unit_price=price), at=later(minute))


def test_open_charges_are_grouped_by_client_with_count_and_total() -> None:
    report = unbilled(
        [
            charge(PATEL, "charge-2", "20.00", minute=2),
            charge(KAYA, "charge-3", "7.00"),
            charge(PATEL, "charge-1", "10.005", minute=1),
            charge(ADAMS, "charge-4", "1.00"),
        ],
        CLIENTS,
    )

    assert [(row.client.name, row.count, row.total) for row in report.clients] == [
        ("adams", 1, Money(1_00, "USD")),
        ("Kaya", 1, Money(7_00, "EUR")),
        ("Patel", 2, Money(30_01, "USD")),
    ]
    assert [each.charge.id for each in report.clients[-1].charges] == ["charge-1", "charge-2"]
    assert (report.count, report.totals) == (4, (Money(7_00, "EUR"), Money(31_01, "USD")))


def test_nothing_unbilled_is_an_answer() -> None:
    report = unbilled([], CLIENTS)

    assert (report.clients, report.count, report.totals) == ((), 0, ())


def test_what_is_not_open_is_left_out() -> None:
    drafted = charging.claim(charge(PATEL, "charge-1"), InvoiceId("invoice-1"), PATEL.id)
    discarded, _ = charging.discard(charge(PATEL, "charge-2"), reason="", at=later(0), by=BY)
    waiting = evolve(charge(PATEL, "charge-3"), bill_to=BillTo.INSURANCE, claim=Claim(amount=Money(10_00, "USD")))

    assert unbilled([drafted, discarded, waiting], CLIENTS).count == 0


def test_of_a_posted_claim_the_clients_part_counts() -> None:
    claim = Claim(amount=Money(10_00, "USD"), client_part=Money(4_00, "USD"), posted_at=later(1))
    posted = evolve(charge(PATEL, "charge-1"), bill_to=BillTo.HYBRID, claim=claim)

    assert unbilled([posted], CLIENTS).totals == (Money(4_00, "USD"),)


def test_a_price_is_before_taxes_and_after_the_lines_own_allowances() -> None:
    line = evolve(
        a_line(unit_price="10.00", taxes=(TaxRate(name="VAT", percent="20"),)), allowances=(Allowance(percent="10"),)
    )

    report = unbilled([a_charge(PATEL, ChargeId("charge-1"), line=line)], CLIENTS)

    assert report.clients[0].charges[0].price == Money(9_00, "USD")
