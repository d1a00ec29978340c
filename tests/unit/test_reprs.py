"""What a record shows of itself may stand in a log, so no client's matter, reference or hardship is in it."""

from attrs import evolve
from tests.office import Office

from billcore import Allowance, LineItem, Surcharge
from billcore.invoices.invoice import Content
from billcore.testing.builders import a_client, a_firm

SECRET = "Smith divorce"


def test_no_record_shows_the_matter_the_reference_or_the_reason_of_a_discount() -> None:
    line = LineItem(
        description=SECRET,
        unit_price="1.00",
        matter=SECRET,
        allowances=(Allowance(percent="10", reason=SECRET),),
        surcharges=(Surcharge(percent="10", reason=SECRET),),
    )
    content = Content(lines=(line,), matter=SECRET, reference=SECRET, notes=SECRET, memo=SECRET)

    assert SECRET not in repr(content)
    assert SECRET not in repr(evolve(a_client(a_firm()), reference=SECRET))


def test_a_desk_shows_its_firm_and_its_actor_and_not_the_machinery_behind_it() -> None:
    assert repr(Office.open().desk.clients) == "ClientsDesk(firm_id='acme', by=Staff(id='jane'))"
