"""What a firm sets up is refused when it is set up, not when the money has moved already."""

from collections.abc import Callable

import pytest

from billcore.clients import NumberSeries, Terms, TermsKind
from billcore.errors import BadDate, BadMoney, BadPolicy, BadText, InvalidInput
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine, FeeRate, FeeSchedule
from billcore.methods import Method
from billcore.money import Money
from billcore.policy import Policy, Status, Vocabulary, Word

Settings = Callable[[], object]


def made(kind: Callable[..., object], *values: object, **named: object) -> Settings:
    return lambda: kind(*values, **named)


CARD = FeeRate("2.9", Money(30, "USD"))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (made(Policy, refund_effect="close"), BadPolicy),
        (made(Policy, hold_after_refund="no"), BadPolicy),
        (made(Policy, allow_overpayment=1), BadPolicy),
        (made(Policy, grace_days=True), BadPolicy),
        (made(Policy, vocabulary=None), BadPolicy),
        (made(Policy, time=None), BadPolicy),
        (made(Policy, late_fee="2 %"), BadPolicy),
        (made(Policy, manual_methods=[Method.CASH]), BadPolicy),
        (made(Policy, manual_methods=frozenset({"cash"})), BadPolicy),
        (made(Policy, name=None), BadPolicy),
        (made(Vocabulary, (1,)), BadPolicy),
        (made(Vocabulary, [Word(Status.SENT, "Sent")]), BadPolicy),
        (made(Word, "sent", "Sent"), BadPolicy),
        (made(Word, Status.SENT, 3), BadText),
        (made(Terms, "net", 30), BadDate),
        (made(NumberSeries, "2026"), BadText),
        (made(NumberSeries, "A1", 1), BadText),
        (made(FeeLine, "processing", Money(1, "USD")), InvalidInput),
        (made(FeeLine, FeeKind.OTHER, 1), BadMoney),
        (made(Fee, lines=[FeeLine(FeeKind.OTHER, Money(1, "USD"))], basis=FeeBasis.ACTUAL), InvalidInput),
        (made(Fee, lines=(1,), basis=FeeBasis.ACTUAL), InvalidInput),
        (made(Fee, lines=(FeeLine(FeeKind.OTHER, Money(1, "USD")),), basis="actual"), InvalidInput),
        (made(FeeRate, "2.9", "0.30"), BadMoney),
        (made(FeeRate, "2.9", Money(-30, "USD")), BadMoney),
        (made(FeeRate, "-2.9", Money(30, "USD")), BadMoney),
        (made(FeeSchedule.of, None), InvalidInput),
        (made(FeeSchedule.of, {"card": CARD}), InvalidInput),
        (made(FeeSchedule.of, {Method.CARD: "2.9"}), InvalidInput),
        (made(FeeSchedule, ((Method.CARD, CARD, CARD),)), InvalidInput),
        (made(FeeSchedule, [(Method.CARD, CARD)]), InvalidInput),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(wrong: Settings, error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        wrong()


def test_settings_of_the_right_kind_are_taken() -> None:
    assert Terms(TermsKind.NET, 30) == Terms.net(30)
    assert NumberSeries("2026-", 4).number(7) == "2026-0007"
    assert FeeSchedule(((Method.CARD, CARD),)) == FeeSchedule.of({Method.CARD: CARD})
