"""An invoice by hand: its own facts, and what the other modules of this folder make of its parts."""

from datetime import UTC, date, datetime

from benchmarks.by_hand.json_types import Json
from benchmarks.by_hand.lines import (
    allowance_in,
    allowance_out,
    line_item_in,
    line_item_out,
    period_in,
    period_out,
    surcharge_in,
    surcharge_out,
    totals_in,
    totals_out,
)
from benchmarks.by_hand.parties import party_in, party_out, terms_in, terms_out
from benchmarks.by_hand.policies import policy_in, policy_out

from billcore.ids import ClientId, FirmId, InvoiceId, RefundId, ScheduleId
from billcore.invoices.invoice import Content, Hold, Invoice, Issue, LateFee, Origin, Sums, Voiding
from billcore.money import Money


def invoice_out(invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "firm_id": invoice.firm_id,
        "client_id": invoice.client_id,
        "currency": invoice.currency,
        "content": _content_out(invoice.content),
        "totals": totals_out(invoice.totals),
        "policy": policy_out(invoice.policy),
        "terms": terms_out(invoice.terms),
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
        "lines": [line_item_out(each) for each in content.lines],
        "allowances": [allowance_out(each) for each in content.allowances],
        "surcharges": [surcharge_out(each) for each in content.surcharges],
        "notes": content.notes,
        "memo": content.memo,
        "reference": content.reference,
        "matter": content.matter,
        "service_period": None if content.service_period is None else period_out(content.service_period),
        "due_on": None if content.due_on is None else content.due_on.isoformat(),
    }


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
        "issuer": party_out(issue.issuer),
        "recipient": party_out(issue.recipient),
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
        totals=totals_in(data["totals"]),
        policy=policy_in(data["policy"]),
        terms=terms_in(data["terms"]),
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
        lines=tuple([line_item_in(each) for each in data["lines"]]),
        allowances=tuple([allowance_in(each) for each in data["allowances"]]),
        surcharges=tuple([surcharge_in(each) for each in data["surcharges"]]),
        notes=data["notes"],
        memo=data["memo"],
        reference=data["reference"],
        matter=data["matter"],
        service_period=None if data["service_period"] is None else period_in(data["service_period"]),
        due_on=None if data["due_on"] is None else date.fromisoformat(data["due_on"]),
    )


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
        issuer=party_in(data["issuer"]),
        recipient=party_in(data["recipient"]),
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
