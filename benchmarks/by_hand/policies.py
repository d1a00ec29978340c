"""A policy by hand: each of a firm's choices under its name."""

from decimal import Decimal

from benchmarks.by_hand.json_types import Json

from billcore.methods import Method
from billcore.money import Money
from billcore.policy import (
    BackfillScope,
    DueBasis,
    LateFeeRule,
    Policy,
    RefundEffect,
    RetryPlan,
    Status,
    TimeRules,
    VisibleFrom,
    Vocabulary,
    VoidedLines,
    VoidWithPayments,
    Word,
)


def policy_out(policy: Policy) -> Json:
    return {
        "name": policy.name,
        "vocabulary": _vocabulary_out(policy.vocabulary),
        "manual_methods": sorted(each.value for each in policy.manual_methods),
        "reference_required_for": sorted(each.value for each in policy.reference_required_for),
        "allow_overpayment": policy.allow_overpayment,
        "staff_can_charge_saved_method": policy.staff_can_charge_saved_method,
        "voided_lines": policy.voided_lines.value,
        "void_with_payments": policy.void_with_payments.value,
        "void_reason_required": policy.void_reason_required,
        "refund_effect": policy.refund_effect.value,
        "refund_requires_paid_invoice": policy.refund_requires_paid_invoice,
        "hold_after_refund": policy.hold_after_refund,
        "due_basis": policy.due_basis.value,
        "grace_days": policy.grace_days,
        "overdue_while_processing": policy.overdue_while_processing,
        "visible_from": policy.visible_from.value,
        "void_visible_to_client": policy.void_visible_to_client,
        "viewed_survives_refund": policy.viewed_survives_refund,
        "impersonated_views_count": policy.impersonated_views_count,
        "time": _time_rules_out(policy.time),
        "late_fee": None if policy.late_fee is None else _late_fee_rule_out(policy.late_fee),
        "retry_plan": _retry_plan_out(policy.retry_plan),
        "backfill_days": policy.backfill_days,
        "backfill_scope": policy.backfill_scope.value,
    }


def _vocabulary_out(vocabulary: Vocabulary) -> Json:
    return {"words": [_word_out(each) for each in vocabulary.words]}


def _word_out(word: Word) -> Json:
    return {"status": word.status.value, "label": word.label}


def _time_rules_out(time_rules: TimeRules) -> Json:
    return {"increment": time_rules.increment, "minimum": time_rules.minimum}


def _late_fee_rule_out(late_fee_rule: LateFeeRule) -> Json:
    return {
        "percent": None if late_fee_rule.percent is None else str(late_fee_rule.percent),
        "amount": None if late_fee_rule.amount is None else str(late_fee_rule.amount),
        "days_past_due": late_fee_rule.days_past_due,
        "every_days": late_fee_rule.every_days,
        "cap": None if late_fee_rule.cap is None else str(late_fee_rule.cap),
        "name": late_fee_rule.name,
        "reason": late_fee_rule.reason,
    }


def _retry_plan_out(retry_plan: RetryPlan) -> Json:
    return {"days": list(retry_plan.days)}


def policy_in(data: Json) -> Policy:
    return Policy(
        name=data["name"],
        vocabulary=_vocabulary_in(data["vocabulary"]),
        manual_methods=frozenset([Method(each) for each in data["manual_methods"]]),
        reference_required_for=frozenset([Method(each) for each in data["reference_required_for"]]),
        allow_overpayment=data["allow_overpayment"],
        staff_can_charge_saved_method=data["staff_can_charge_saved_method"],
        voided_lines=VoidedLines(data["voided_lines"]),
        void_with_payments=VoidWithPayments(data["void_with_payments"]),
        void_reason_required=data["void_reason_required"],
        refund_effect=RefundEffect(data["refund_effect"]),
        refund_requires_paid_invoice=data["refund_requires_paid_invoice"],
        hold_after_refund=data["hold_after_refund"],
        due_basis=DueBasis(data["due_basis"]),
        grace_days=data["grace_days"],
        overdue_while_processing=data["overdue_while_processing"],
        visible_from=VisibleFrom(data["visible_from"]),
        void_visible_to_client=data["void_visible_to_client"],
        viewed_survives_refund=data["viewed_survives_refund"],
        impersonated_views_count=data["impersonated_views_count"],
        time=_time_rules_in(data["time"]),
        late_fee=None if data["late_fee"] is None else _late_fee_rule_in(data["late_fee"]),
        retry_plan=_retry_plan_in(data["retry_plan"]),
        backfill_days=data["backfill_days"],
        backfill_scope=BackfillScope(data["backfill_scope"]),
    )


def _vocabulary_in(data: Json) -> Vocabulary:
    return Vocabulary(words=tuple([_word_in(each) for each in data["words"]]))


def _word_in(data: Json) -> Word:
    return Word(status=Status(data["status"]), label=data["label"])


def _time_rules_in(data: Json) -> TimeRules:
    return TimeRules(increment=data["increment"], minimum=data["minimum"])


def _late_fee_rule_in(data: Json) -> LateFeeRule:
    return LateFeeRule(
        percent=None if data["percent"] is None else Decimal(data["percent"]),
        amount=None if data["amount"] is None else Money.parse(data["amount"]),
        days_past_due=data["days_past_due"],
        every_days=data["every_days"],
        cap=None if data["cap"] is None else Money.parse(data["cap"]),
        name=data["name"],
        reason=data["reason"],
    )


def _retry_plan_in(data: Json) -> RetryPlan:
    return RetryPlan(days=tuple(data["days"]))
