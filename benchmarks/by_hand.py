"""An invoice to plain JSON types and back as one writes it by hand: a dict for each record, and its constructor again.

It is what the codec is measured against. The text is the codec's to the letter; nothing is checked but by constructors.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billcore.clients import Terms, TermsKind
from billcore.dates import Period
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId, LineId, RefundId, ScheduleId
from billcore.invoices.invoice import Content, Hold, Invoice, Issue, LateFee, Origin, Sums, Voiding
from billcore.invoices.totals import TaxLine, Totals
from billcore.lines import Allowance, Codes, LineItem, Surcharge, TaxRate, Timekeeper
from billcore.methods import Method
from billcore.money import Money
from billcore.parties import Address, Party
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

Json = dict[str, Any]


def invoice_out(invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "firm_id": invoice.firm_id,
        "client_id": invoice.client_id,
        "currency": invoice.currency,
        "content": _content_out(invoice.content),
        "totals": _totals_out(invoice.totals),
        "policy": _policy_out(invoice.policy),
        "terms": _terms_out(invoice.terms),
        "origin": invoice.origin.value,
        "sums": _sums_out(invoice.sums),
        "drafted_at": invoice.drafted_at.astimezone(UTC).isoformat(),
        "drafted_on": invoice.drafted_on.isoformat(),
        "issue": None if invoice.issue is None else _issue_out(invoice.issue),
        "delivered_at": None if invoice.delivered_at is None else invoice.delivered_at.astimezone(UTC).isoformat(),
        "first_viewed_at": None
        if invoice.first_viewed_at is None
        else invoice.first_viewed_at.astimezone(UTC).isoformat(),
        "voiding": None if invoice.voiding is None else _voiding_out(invoice.voiding),
        "hold": None if invoice.hold is None else _hold_out(invoice.hold),
        "held_until": None if invoice.held_until is None else invoice.held_until.isoformat(),
        "late_fees": [_late_fee_out(each) for each in invoice.late_fees],
        "autopay_on": None if invoice.autopay_on is None else invoice.autopay_on.isoformat(),
        "autopay_failed_at": None
        if invoice.autopay_failed_at is None
        else invoice.autopay_failed_at.astimezone(UTC).isoformat(),
        "overdue_noted_on": None if invoice.overdue_noted_on is None else invoice.overdue_noted_on.isoformat(),
        "schedule_id": invoice.schedule_id,
        "replaces": invoice.replaces,
        "line_count": invoice.line_count,
        "version": invoice.version,
    }


def _content_out(content: Content) -> Json:
    return {
        "lines": [_line_item_out(each) for each in content.lines],
        "allowances": [_allowance_out(each) for each in content.allowances],
        "surcharges": [_surcharge_out(each) for each in content.surcharges],
        "notes": content.notes,
        "memo": content.memo,
        "reference": content.reference,
        "matter": content.matter,
        "service_period": None if content.service_period is None else _period_out(content.service_period),
        "due_on": None if content.due_on is None else content.due_on.isoformat(),
    }


def _line_item_out(line_item: LineItem) -> Json:
    return {
        "description": line_item.description,
        "quantity": str(line_item.quantity),
        "unit_price": str(line_item.unit_price),
        "unit": line_item.unit,
        "unit_code": line_item.unit_code,
        "allowances": [_allowance_out(each) for each in line_item.allowances],
        "surcharges": [_surcharge_out(each) for each in line_item.surcharges],
        "taxes": [_tax_rate_out(each) for each in line_item.taxes],
        "served_on": None if line_item.served_on is None else line_item.served_on.isoformat(),
        "service_period": None if line_item.service_period is None else _period_out(line_item.service_period),
        "codes": _codes_out(line_item.codes),
        "timekeeper": None if line_item.timekeeper is None else _timekeeper_out(line_item.timekeeper),
        "matter": line_item.matter,
        "charge_ids": list(line_item.charge_ids),
        "original_unit_price": None if line_item.original_unit_price is None else str(line_item.original_unit_price),
        "id": line_item.id,
    }


def _allowance_out(allowance: Allowance) -> Json:
    return {
        "percent": None if allowance.percent is None else str(allowance.percent),
        "amount": None if allowance.amount is None else str(allowance.amount),
        "reason": allowance.reason,
    }


def _surcharge_out(surcharge: Surcharge) -> Json:
    return {
        "percent": None if surcharge.percent is None else str(surcharge.percent),
        "amount": None if surcharge.amount is None else str(surcharge.amount),
        "reason": surcharge.reason,
    }


def _tax_rate_out(tax_rate: TaxRate) -> Json:
    return {
        "name": tax_rate.name,
        "percent": str(tax_rate.percent),
        "category": tax_rate.category,
        "exemption_reason": tax_rate.exemption_reason,
    }


def _period_out(period: Period) -> Json:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def _codes_out(codes: Codes) -> Json:
    return {"service": codes.service, "task": codes.task, "activity": codes.activity, "expense": codes.expense}


def _timekeeper_out(timekeeper: Timekeeper) -> Json:
    return {"id": timekeeper.id, "name": timekeeper.name, "classification": timekeeper.classification}


def _totals_out(totals: Totals) -> Json:
    return {
        "line_nets": [str(each) for each in totals.line_nets],
        "subtotal": str(totals.subtotal),
        "allowances": str(totals.allowances),
        "surcharges": str(totals.surcharges),
        "net": str(totals.net),
        "taxes": [_tax_line_out(each) for each in totals.taxes],
        "tax": str(totals.tax),
        "gross": str(totals.gross),
    }


def _tax_line_out(tax_line: TaxLine) -> Json:
    return {"rate": _tax_rate_out(tax_line.rate), "base": str(tax_line.base), "amount": str(tax_line.amount)}


def _policy_out(policy: Policy) -> Json:
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


def _terms_out(terms: Terms) -> Json:
    return {"kind": terms.kind.value, "days": terms.days}


def _sums_out(sums: Sums) -> Json:
    return {
        "paid": str(sums.paid),
        "in_flight": str(sums.in_flight),
        "refunded": str(sums.refunded),
        "credited": str(sums.credited),
        "credited_tax": str(sums.credited_tax),
        "credited_for_refunds": str(sums.credited_for_refunds),
        "written_off": str(sums.written_off),
        "late_fees": str(sums.late_fees),
    }


def _issue_out(issue: Issue) -> Json:
    return {
        "number": issue.number,
        "at": issue.at.astimezone(UTC).isoformat(),
        "on": issue.on.isoformat(),
        "due_on": issue.due_on.isoformat(),
        "issuer": _party_out(issue.issuer),
        "recipient": _party_out(issue.recipient),
    }


def _party_out(party: Party) -> Json:
    return {
        "name": party.name,
        "address": _address_out(party.address),
        "email": party.email,
        "vat_id": party.vat_id,
        "tax_id": party.tax_id,
    }


def _address_out(address: Address) -> Json:
    return {
        "lines": list(address.lines),
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def _voiding_out(voiding: Voiding) -> Json:
    return {"reason": voiding.reason, "at": voiding.at.astimezone(UTC).isoformat()}


def _hold_out(hold: Hold) -> Json:
    return {"reason": hold.reason, "at": hold.at.astimezone(UTC).isoformat(), "refund_id": hold.refund_id}


def _late_fee_out(late_fee: LateFee) -> Json:
    return {
        "rule": late_fee.rule,
        "step": late_fee.step,
        "amount": str(late_fee.amount),
        "on": late_fee.on.isoformat(),
        "waived_at": None if late_fee.waived_at is None else late_fee.waived_at.astimezone(UTC).isoformat(),
    }


def invoice_in(data: Json) -> Invoice:
    return Invoice(
        id=InvoiceId(data["id"]),
        firm_id=FirmId(data["firm_id"]),
        client_id=ClientId(data["client_id"]),
        currency=data["currency"],
        content=_content_in(data["content"]),
        totals=_totals_in(data["totals"]),
        policy=_policy_in(data["policy"]),
        terms=_terms_in(data["terms"]),
        origin=Origin(data["origin"]),
        sums=_sums_in(data["sums"]),
        drafted_at=datetime.fromisoformat(data["drafted_at"]),
        drafted_on=date.fromisoformat(data["drafted_on"]),
        issue=None if data["issue"] is None else _issue_in(data["issue"]),
        delivered_at=None if data["delivered_at"] is None else datetime.fromisoformat(data["delivered_at"]),
        first_viewed_at=None if data["first_viewed_at"] is None else datetime.fromisoformat(data["first_viewed_at"]),
        voiding=None if data["voiding"] is None else _voiding_in(data["voiding"]),
        hold=None if data["hold"] is None else _hold_in(data["hold"]),
        held_until=None if data["held_until"] is None else date.fromisoformat(data["held_until"]),
        late_fees=tuple([_late_fee_in(each) for each in data["late_fees"]]),
        autopay_on=None if data["autopay_on"] is None else date.fromisoformat(data["autopay_on"]),
        autopay_failed_at=None
        if data["autopay_failed_at"] is None
        else datetime.fromisoformat(data["autopay_failed_at"]),
        overdue_noted_on=None if data["overdue_noted_on"] is None else date.fromisoformat(data["overdue_noted_on"]),
        schedule_id=None if data["schedule_id"] is None else ScheduleId(data["schedule_id"]),
        replaces=None if data["replaces"] is None else InvoiceId(data["replaces"]),
        line_count=data["line_count"],
        version=data["version"],
    )


def _content_in(data: Json) -> Content:
    return Content(
        lines=tuple([_line_item_in(each) for each in data["lines"]]),
        allowances=tuple([_allowance_in(each) for each in data["allowances"]]),
        surcharges=tuple([_surcharge_in(each) for each in data["surcharges"]]),
        notes=data["notes"],
        memo=data["memo"],
        reference=data["reference"],
        matter=data["matter"],
        service_period=None if data["service_period"] is None else _period_in(data["service_period"]),
        due_on=None if data["due_on"] is None else date.fromisoformat(data["due_on"]),
    )


def _line_item_in(data: Json) -> LineItem:
    return LineItem(
        description=data["description"],
        quantity=Decimal(data["quantity"]),
        unit_price=Decimal(data["unit_price"]),
        unit=data["unit"],
        unit_code=data["unit_code"],
        allowances=tuple([_allowance_in(each) for each in data["allowances"]]),
        surcharges=tuple([_surcharge_in(each) for each in data["surcharges"]]),
        taxes=tuple([_tax_rate_in(each) for each in data["taxes"]]),
        served_on=None if data["served_on"] is None else date.fromisoformat(data["served_on"]),
        service_period=None if data["service_period"] is None else _period_in(data["service_period"]),
        codes=_codes_in(data["codes"]),
        timekeeper=None if data["timekeeper"] is None else _timekeeper_in(data["timekeeper"]),
        matter=data["matter"],
        charge_ids=tuple([ChargeId(each) for each in data["charge_ids"]]),
        original_unit_price=None if data["original_unit_price"] is None else Decimal(data["original_unit_price"]),
        id=LineId(data["id"]),
    )


def _allowance_in(data: Json) -> Allowance:
    return Allowance(
        percent=None if data["percent"] is None else Decimal(data["percent"]),
        amount=None if data["amount"] is None else Money.parse(data["amount"]),
        reason=data["reason"],
    )


def _surcharge_in(data: Json) -> Surcharge:
    return Surcharge(
        percent=None if data["percent"] is None else Decimal(data["percent"]),
        amount=None if data["amount"] is None else Money.parse(data["amount"]),
        reason=data["reason"],
    )


def _tax_rate_in(data: Json) -> TaxRate:
    return TaxRate(
        name=data["name"],
        percent=Decimal(data["percent"]),
        category=data["category"],
        exemption_reason=data["exemption_reason"],
    )


def _period_in(data: Json) -> Period:
    return Period(start=date.fromisoformat(data["start"]), end=date.fromisoformat(data["end"]))


def _codes_in(data: Json) -> Codes:
    return Codes(service=data["service"], task=data["task"], activity=data["activity"], expense=data["expense"])


def _timekeeper_in(data: Json) -> Timekeeper:
    return Timekeeper(id=data["id"], name=data["name"], classification=data["classification"])


def _totals_in(data: Json) -> Totals:
    return Totals(
        line_nets=tuple([Money.parse(each) for each in data["line_nets"]]),
        subtotal=Money.parse(data["subtotal"]),
        allowances=Money.parse(data["allowances"]),
        surcharges=Money.parse(data["surcharges"]),
        net=Money.parse(data["net"]),
        taxes=tuple([_tax_line_in(each) for each in data["taxes"]]),
        tax=Money.parse(data["tax"]),
        gross=Money.parse(data["gross"]),
    )


def _tax_line_in(data: Json) -> TaxLine:
    return TaxLine(rate=_tax_rate_in(data["rate"]), base=Money.parse(data["base"]), amount=Money.parse(data["amount"]))


def _policy_in(data: Json) -> Policy:
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


def _terms_in(data: Json) -> Terms:
    return Terms(kind=TermsKind(data["kind"]), days=data["days"])


def _sums_in(data: Json) -> Sums:
    return Sums(
        paid=Money.parse(data["paid"]),
        in_flight=Money.parse(data["in_flight"]),
        refunded=Money.parse(data["refunded"]),
        credited=Money.parse(data["credited"]),
        credited_tax=Money.parse(data["credited_tax"]),
        credited_for_refunds=Money.parse(data["credited_for_refunds"]),
        written_off=Money.parse(data["written_off"]),
        late_fees=Money.parse(data["late_fees"]),
    )


def _issue_in(data: Json) -> Issue:
    return Issue(
        number=data["number"],
        at=datetime.fromisoformat(data["at"]),
        on=date.fromisoformat(data["on"]),
        due_on=date.fromisoformat(data["due_on"]),
        issuer=_party_in(data["issuer"]),
        recipient=_party_in(data["recipient"]),
    )


def _party_in(data: Json) -> Party:
    return Party(
        name=data["name"],
        address=_address_in(data["address"]),
        email=data["email"],
        vat_id=data["vat_id"],
        tax_id=data["tax_id"],
    )


def _address_in(data: Json) -> Address:
    return Address(
        lines=tuple(data["lines"]),
        city=data["city"],
        region=data["region"],
        postal_code=data["postal_code"],
        country=data["country"],
    )


def _voiding_in(data: Json) -> Voiding:
    return Voiding(reason=data["reason"], at=datetime.fromisoformat(data["at"]))


def _hold_in(data: Json) -> Hold:
    return Hold(
        reason=data["reason"],
        at=datetime.fromisoformat(data["at"]),
        refund_id=None if data["refund_id"] is None else RefundId(data["refund_id"]),
    )


def _late_fee_in(data: Json) -> LateFee:
    return LateFee(
        rule=data["rule"],
        step=data["step"],
        amount=Money.parse(data["amount"]),
        on=date.fromisoformat(data["on"]),
        waived_at=None if data["waived_at"] is None else datetime.fromisoformat(data["waived_at"]),
    )
