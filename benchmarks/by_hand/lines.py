"""The lines of an invoice by hand, and what they add up to."""

from datetime import date
from decimal import Decimal

from benchmarks.by_hand.json_types import Json

from billcore.dates import Period
from billcore.ids import ChargeId, LineId
from billcore.invoices.totals import TaxLine, Totals
from billcore.lines import Allowance, Codes, LineItem, Surcharge, TaxRate, Timekeeper
from billcore.money import Money


def line_item_out(line_item: LineItem) -> Json:
    return {
        "description": line_item.description,
        "quantity": str(line_item.quantity),
        "unit_price": str(line_item.unit_price),
        "unit": line_item.unit,
        "unit_code": line_item.unit_code,
        "allowances": [allowance_out(each) for each in line_item.allowances],
        "surcharges": [surcharge_out(each) for each in line_item.surcharges],
        "taxes": [_tax_rate_out(each) for each in line_item.taxes],
        "served_on": None if line_item.served_on is None else line_item.served_on.isoformat(),
        "service_period": None if line_item.service_period is None else period_out(line_item.service_period),
        "codes": _codes_out(line_item.codes),
        "timekeeper": None if line_item.timekeeper is None else _timekeeper_out(line_item.timekeeper),
        "matter": line_item.matter,
        "charge_ids": list(line_item.charge_ids),
        "original_unit_price": None if line_item.original_unit_price is None else str(line_item.original_unit_price),
        "id": line_item.id,
    }


def allowance_out(allowance: Allowance) -> Json:
    return {
        "percent": None if allowance.percent is None else str(allowance.percent),
        "amount": None if allowance.amount is None else str(allowance.amount),
        "reason": allowance.reason,
    }


def surcharge_out(surcharge: Surcharge) -> Json:
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


def period_out(period: Period) -> Json:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def _codes_out(codes: Codes) -> Json:
    return {"service": codes.service, "task": codes.task, "activity": codes.activity, "expense": codes.expense}


def _timekeeper_out(timekeeper: Timekeeper) -> Json:
    return {"id": timekeeper.id, "name": timekeeper.name, "classification": timekeeper.classification}


def totals_out(totals: Totals) -> Json:
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


def line_item_in(data: Json) -> LineItem:
    return LineItem(
        description=data["description"],
        quantity=Decimal(data["quantity"]),
        unit_price=Decimal(data["unit_price"]),
        unit=data["unit"],
        unit_code=data["unit_code"],
        allowances=tuple([allowance_in(each) for each in data["allowances"]]),
        surcharges=tuple([surcharge_in(each) for each in data["surcharges"]]),
        taxes=tuple([_tax_rate_in(each) for each in data["taxes"]]),
        served_on=None if data["served_on"] is None else date.fromisoformat(data["served_on"]),
        service_period=None if data["service_period"] is None else period_in(data["service_period"]),
        codes=_codes_in(data["codes"]),
        timekeeper=None if data["timekeeper"] is None else _timekeeper_in(data["timekeeper"]),
        matter=data["matter"],
        charge_ids=tuple([ChargeId(each) for each in data["charge_ids"]]),
        original_unit_price=None if data["original_unit_price"] is None else Decimal(data["original_unit_price"]),
        id=LineId(data["id"]),
    )


def allowance_in(data: Json) -> Allowance:
    return Allowance(
        percent=None if data["percent"] is None else Decimal(data["percent"]),
        amount=None if data["amount"] is None else Money.parse(data["amount"]),
        reason=data["reason"],
    )


def surcharge_in(data: Json) -> Surcharge:
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


def period_in(data: Json) -> Period:
    return Period(start=date.fromisoformat(data["start"]), end=date.fromisoformat(data["end"]))


def _codes_in(data: Json) -> Codes:
    return Codes(service=data["service"], task=data["task"], activity=data["activity"], expense=data["expense"])


def _timekeeper_in(data: Json) -> Timekeeper:
    return Timekeeper(id=data["id"], name=data["name"], classification=data["classification"])


def totals_in(data: Json) -> Totals:
    subtotal = Money.parse(data["subtotal"])
    return Totals(
        currency=subtotal.currency,
        line_net_minors=tuple([Money.parse(each).minor for each in data["line_nets"]]),
        subtotal_minor=subtotal.minor,
        allowances_minor=Money.parse(data["allowances"]).minor,
        surcharges_minor=Money.parse(data["surcharges"]).minor,
        net_minor=Money.parse(data["net"]).minor,
        tax_minors=tuple([_tax_line_in(each) for each in data["taxes"]]),
        tax_minor=Money.parse(data["tax"]).minor,
        gross_minor=Money.parse(data["gross"]).minor,
    )


def _tax_line_in(data: Json) -> tuple[TaxRate, int, int]:
    return _tax_rate_in(data["rate"]), Money.parse(data["base"]).minor, Money.parse(data["amount"]).minor
