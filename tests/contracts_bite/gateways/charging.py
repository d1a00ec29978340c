"""Faults in taking money."""

from threading import Barrier, current_thread, main_thread

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.currencies import exponent
from billcore.errors import GatewayRequestInvalid
from billcore.fees import FeeKind, FeeLine
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, Settlement
from billcore.ports.gateway import ChargeResult, Declined, NeedsAction, Pending, Succeeded
from billcore.reasons import Failure
from billcore.testing import ManualClock
from billcore.testing.fake.line import Answers

# ── The amount ───────────────────────────────────────────────────────────────────────────────────────────────────────


class CountsInFloats(BrokenGateway):
    """19.99 x 100 is 1998.9999999999998, and the cent is cut off."""

    bites = "test_a_charge_takes_the_amount_it_was_asked_for"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        cut = int(float(command.amount.amount) * 10 ** exponent(command.amount.currency))
        return super().charge(evolve(command, amount=Money(cut, command.amount.currency)))


class GivesEveryCurrencyTwoDecimals(BrokenGateway):
    """5000 yen become half a million."""

    bites = "test_a_charge_takes_the_amount_it_was_asked_for"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        scale = 10 ** (2 - exponent(command.amount.currency)) if command.amount.currency == "JPY" else 1
        return super().charge(evolve(command, amount=Money(command.amount.minor * scale, command.amount.currency)))


class SendsAnyAmount(BrokenGateway):
    bites = "test_an_amount_it_cannot_take_is_refused_before_any_call"

    def check_amount(self, amount: Money) -> None:
        pass


class ForgetsWhoseChargeItWas(BrokenGateway):
    bites = "test_a_charge_carries_our_operation_id"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        return Succeeded(evolve(result.snapshot, operation_id=None)) if isinstance(result, Succeeded) else result


# ── Once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class DrawsAKeyPerCall(BrokenGateway):
    bites = "test_the_same_command_twice_takes_the_money_once"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._charged = Answers(None)


class LooksBeforeItCharges(BrokenGateway):
    """Without a key: between the look and the charge there is room for another thread."""

    bites = "test_two_threads_with_the_same_command_take_the_money_once"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._charged = Answers(None)
        self._seen: dict[str, tuple[ChargeCommand, ChargeResult]] = {}
        self._all_have_looked = Barrier(4)

    def charge(self, command: ChargeCommand) -> ChargeResult:
        if command.operation_id in self._seen:
            first, result = self._seen[command.operation_id]
            if first != command:
                raise GatewayRequestInvalid("other parameters")
            return result
        if current_thread() is not main_thread():
            self._all_have_looked.wait(timeout=60)
        result = super().charge(command)
        self._seen[command.operation_id] = command, result
        return result


class TakesLookalikesForOne(BrokenGateway):
    """A duplicate window of the provider's, by method and amount."""

    bites = "test_two_commands_that_look_alike_take_the_money_twice"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._seen: dict[tuple[GatewayRef, Money], ChargeResult] = {}

    def charge(self, command: ChargeCommand) -> ChargeResult:
        key = command.method, command.amount
        return self._seen[key] if key in self._seen else self._seen.setdefault(key, super().charge(command))


class AnswersBeforeItCompares(BrokenGateway):
    """The key is found, the first answer returned: 100.00 for a command of 50.00."""

    bites = "test_an_operation_id_is_not_taken_for_other_parameters"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._seen: dict[str, ChargeResult] = {}

    def charge(self, command: ChargeCommand) -> ChargeResult:
        key = command.operation_id
        return self._seen[key] if key in self._seen else self._seen.setdefault(key, super().charge(command))


class PutsTheAmountIntoTheKey(BrokenGateway):
    """The same operation charges again as soon as anything in it changes."""

    bites = "test_an_operation_id_is_not_taken_for_other_parameters"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        with self._call() as now:
            answer = self._charged.recall(f"{command.operation_id}:{command.amount}", command, now)
            if answer is not None:
                return answer
            result = super().charge(command)
            del self._charged._given[command.operation_id]
            return self._charged.keep(f"{command.operation_id}:{command.amount}", command, now, result)


# ── No ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class RaisesADecline(BrokenGateway):
    bites = "test_a_decline_is_an_answer_with_a_reason"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if isinstance(result, Declined):
            raise GatewayRequestInvalid("402 Payment Required")
        return result


class DeclinesWithoutReason(BrokenGateway):
    bites = "test_a_decline_is_an_answer_with_a_reason"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        return evolve(result, failure=Failure(code="")) if isinstance(result, Declined) else result


class LeavesDeclinedPaymentsOpen(BrokenGateway):
    """A client with the page still open can pay what our books call failed."""

    bites = "test_a_declined_payment_can_be_made_final"

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = self.get_payment(ref)
        return payment if payment.failure else super().cancel_payment(ref)


class CallsPendingPaid(BrokenGateway):
    bites = "test_money_on_its_way_is_pending"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        match super().charge(command):
            case Pending(snapshot):
                return Succeeded(evolve(snapshot, status=PaymentStatus.SUCCEEDED))
            case result:
                return result


class NeverSeesASettlement(BrokenGateway):
    """What the provider calls settled is not in its table, and taken for pending."""

    bites = "test_a_pending_payment_is_seen_to_succeed"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._were_pending: set[GatewayRef] = set()

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if isinstance(result, Pending):
            self._were_pending.add(result.snapshot.ref)
        return result

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = super().get_payment(ref)
        is_missed = ref in self._were_pending and payment.status is PaymentStatus.SUCCEEDED
        return evolve(payment, status=PaymentStatus.PENDING) if is_missed else payment


class TakesFailedForPending(BrokenGateway):
    bites = "test_a_pending_payment_is_seen_to_fail"

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = super().get_payment(ref)
        is_failed = payment.status is PaymentStatus.FAILED
        return evolve(payment, status=PaymentStatus.PENDING) if is_failed else payment


class FailsWithoutReason(BrokenGateway):
    bites = "test_a_pending_payment_is_seen_to_fail"

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return evolve(super().get_payment(ref), failure=None)


class TakesAChallengeForPending(BrokenGateway):
    bites = "test_a_payment_that_waits_for_the_client_says_so"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        match super().charge(command):
            case NeedsAction(snapshot):
                return Pending(evolve(snapshot, status=PaymentStatus.PENDING))
            case result:
                return result


# ── Giving up ────────────────────────────────────────────────────────────────────────────────────────────────────────


class CancelsWhatIsPaid(BrokenGateway):
    bites = "test_canceling_a_completed_payment_answers_that_it_is_completed"

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return evolve(super().cancel_payment(ref), status=PaymentStatus.CANCELED)


class RefusesToCancelTwice(BrokenGateway):
    bites = "test_canceling_twice_is_no_error"

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        if self.get_payment(ref).status is PaymentStatus.CANCELED:
            raise GatewayRequestInvalid("the payment is cancelled already")
        return super().cancel_payment(ref)


# ── What was kept ────────────────────────────────────────────────────────────────────────────────────────────────────


class TakesAnUnknownFeeForNone(BrokenGateway):
    """None in the provider's answer becomes a fee of zero."""

    bites = "test_a_fee_that_is_not_known_yet_is_none"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if not isinstance(result, Succeeded) or result.snapshot.settlement is not None:
            return result
        gross = result.snapshot.amount
        free = FeeLine(FeeKind.PROCESSING, Money.zero(gross.currency))
        return Succeeded(evolve(result.snapshot, settlement=Settlement(gross=gross, fees=(free,), net=gross)))


class TakesNetForGross(BrokenGateway):
    bites = "test_a_settlement_is_of_the_whole_payment_less_what_was_kept"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if not isinstance(result, Succeeded) or result.snapshot.settlement is None:
            return result
        net = result.snapshot.settlement.net
        return Succeeded(evolve(result.snapshot, settlement=Settlement(gross=net, fees=(), net=net)))


class CountsFeesBelowZero(BrokenGateway):
    """The provider's books show a fee as −3.20."""

    bites = "test_a_settlement_is_of_the_whole_payment_less_what_was_kept"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if not isinstance(result, Succeeded) or result.snapshot.settlement is None:
            return result
        known = result.snapshot.settlement
        fees = tuple(FeeLine(fee.kind, -fee.amount) for fee in known.fees)
        net = known.gross + known.gross - known.net
        return Succeeded(evolve(result.snapshot, settlement=evolve(known, fees=fees, net=net)))
