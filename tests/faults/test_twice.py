"""Everything that is said twice, or eight times at the same moment, has one effect."""

from collections import Counter

import pytest
from tests.faults.conftest import IS_LONG
from tests.faults.deeds import Job, perform
from tests.faults.firm import AT_ONCE, Firm
from tests.faults.trial import Place
from tests.faults.workers import Workers

from billcore.errors import RequestIdReused
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.testing import Silence, Succeed

ROUNDS = 20 if IS_LONG else 1


@pytest.mark.parametrize("amount", ["5.00", "100.00"] if IS_LONG else ["100.00"])
@pytest.mark.parametrize("do", ["charge", "record", "receive", "checkout", "refund"])
def test_a_command_sent_eight_times_at_once_with_one_request_id_has_one_effect(
    do: str, amount: str, place: Place, crew: Workers
) -> None:
    firm = Firm.open(place)

    for round_ in range(ROUNDS):
        invoice = firm.invoice()
        subject = str(firm.desk.payments.charge(invoice.id, method=firm.method_id).id) if do == "refund" else invoice.id
        told = crew.together(firm.job(do, subject, request_id=f"request {round_}", amount=amount))

        assert [ended.said for ended in told] == ["done"] * AT_ONCE
        assert len({str(ended.result) for ended in told}) == 1
        if do == "refund":
            assert len(firm.desk.refunds.of_payment(firm.desk.payments.of_invoice(invoice.id)[0].id)) == 1
        else:
            assert len(firm.desk.payments.of_invoice(invoice.id)) == 1

    assert firm.discrepancies() == []
    once = {"5.00": 500, "100.00": 10000}[amount]
    assert firm.taken() == ROUNDS * {"charge": once, "refund": 10000}.get(do, 0)
    assert firm.given_back() == (ROUNDS * once if do == "refund" else 0)


def test_every_payment_refunded_in_full_by_eight_at_once_is_refunded_once(place: Place, crew: Workers) -> None:
    firm = Firm.open(place)

    for _ in range(ROUNDS):
        payment = firm.desk.payments.charge(firm.invoice().id, method=firm.method_id)
        told = Counter(ended.said.partition(":")[0] for ended in crew.together(firm.job("refund", payment.id)))

        assert told == {"done": 1, "OverRefund": AT_ONCE - 1}
    assert firm.given_back() == firm.taken() == ROUNDS * 10000
    assert firm.discrepancies() == []


def test_an_invoice_charged_by_eight_at_once_is_paid_once(place: Place, crew: Workers) -> None:
    firm = Firm.open(place, "onestep")

    for _ in range(ROUNDS):
        invoice = firm.invoice()
        told = Counter(ended.said.partition(":")[0] for ended in crew.together(firm.job("charge", invoice.id)))

        assert told["done"] == 1
        assert told.keys() <= {"done", "PaymentInFlight", "NotPayable"}
    assert firm.taken() == ROUNDS * 10000
    assert firm.discrepancies() == []


def test_a_webhook_delivered_by_eight_at_once_is_applied_once(place: Place, crew: Workers) -> None:
    firm = Firm.open(place, tokens=["pending"])

    for _ in range(ROUNDS):
        payment = firm.desk.payments.charge(firm.invoice().id, method=firm.method_id)
        firm.gateway.hooks(firm.id)
        firm.gateway.decide(firm.id, True)
        hooks = firm.gateway.hooks(firm.id)[:1]
        told = crew.together(firm.job("hear", hooks=hooks))

        assert [ended.said for ended in told] == ["done"] * AT_ONCE
        timeline = [event for event in _events(firm, payment) if event == "PaymentCompleted"]
        assert len(timeline) == 1
    assert firm.discrepancies() == []


def _events(firm: Firm, payment: Payment) -> list[str]:
    with firm.place.store.read(payment.firm_id) as work:
        recorded = work.events.all()
        return [type(each.event).__name__ for each in recorded if getattr(each.event, "payment_id", "") == payment.id]


def test_a_request_id_that_comes_again_with_other_parameters_is_refused_and_nothing_changes(place: Place) -> None:
    firm = Firm.open(place)
    invoice = firm.invoice()
    payment = firm.desk.payments.charge(invoice.id, "60.00", method=firm.method_id, request_id="click")

    for do, subject, amount in (
        ("charge", invoice.id, "40.00"),
        ("charge", firm.invoice().id, "60.00"),
        ("record", invoice.id, "60.00"),
        ("receive", invoice.id, "40.00"),
        ("checkout", invoice.id, "40.00"),
        ("refund", payment.id, "60.00"),
    ):
        with pytest.raises(RequestIdReused):
            _here(firm, firm.job(do, subject, amount=amount, request_id="click"))

    assert firm.desk.payments.of_invoice(invoice.id) == (payment,)
    assert firm.desk.refunds.of_payment(payment.id) == ()
    assert firm.taken() == 6000


def test_a_double_click_while_the_first_is_in_doubt_gives_the_same_payment(place: Place) -> None:
    firm = Firm.open(place, "onestep")
    invoice = firm.invoice()
    firm.gateway.meet("charge", Silence(then=Succeed()))

    clicks = [_here(firm, firm.job("charge", invoice.id, request_id="click")) for _ in range(2)]

    [payment] = firm.desk.payments.of_invoice(invoice.id)
    assert clicks == [payment.id, payment.id]
    assert payment.state is PaymentState.COMPLETED
    assert firm.taken() == 10000
    assert firm.discrepancies() == []


def test_a_double_click_while_a_refund_is_in_doubt_gives_the_same_refund(place: Place) -> None:
    firm = Firm.open(place, "keyless")
    payment = firm.desk.payments.charge(firm.invoice().id, method=firm.method_id)
    firm.gateway.meet("refund", Silence(then=Succeed()))

    clicks = [_here(firm, firm.job("refund", payment.id, request_id="click")) for _ in range(2)]

    [refund] = firm.desk.refunds.of_payment(payment.id)
    assert clicks == [refund.id, refund.id]
    assert refund.state is RefundState.SUCCEEDED
    assert firm.given_back() == 10000
    assert firm.discrepancies() == []


def _here(firm: Firm, job: Job) -> object:
    return perform(firm.place.billing(firm.gateway), firm.gateway, job)
