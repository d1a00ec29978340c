"""Totals as they stand in JSON: every figure as money, as on the document itself."""

from typing import cast

from attrs import frozen

from billcore.codec.values import Codec, Wrong, mistyped, remembered
from billcore.invoices.totals import TaxLine, Totals
from billcore.money import Money


@frozen(kw_only=True)
class PrintedTotals:
    """The fields of the JSON object; a currency of their own they need not have."""

    line_nets: tuple[Money, ...]
    subtotal: Money
    allowances: Money
    surcharges: Money
    net: Money
    taxes: tuple[TaxLine, ...]
    tax: Money
    gross: Money


def totals_codec(printed: Codec) -> Codec:
    """Both ways of Totals, by those of PrintedTotals."""

    def read(value: object, kind: object) -> Totals:
        return _kept(cast(PrintedTotals, printed.read(value, kind)))

    def write(value: object) -> object:
        return printed.write(_printed(value))

    def text(value: object) -> str:
        return printed.text(_printed(value))

    return Codec(read, write, remembered(text))


def _printed(totals: object) -> PrintedTotals:
    if type(totals) is not Totals:
        raise mistyped("a Totals", totals)
    return PrintedTotals(
        line_nets=totals.line_nets,
        subtotal=totals.subtotal,
        allowances=totals.allowances,
        surcharges=totals.surcharges,
        net=totals.net,
        taxes=totals.taxes,
        tax=totals.tax,
        gross=totals.gross,
    )


def _kept(printed: PrintedTotals) -> Totals:
    taxes, sums = printed.taxes, (printed.allowances, printed.surcharges, printed.net, printed.tax, printed.gross)
    currency = printed.subtotal.currency
    parts = [part for tax in taxes for part in (tax.base, tax.amount)]
    if any(figure.currency != currency for figure in (*sums, *printed.line_nets, *parts)):
        raise Wrong("expected figures of one currency, got two")
    return Totals(
        currency=currency,
        line_net_minors=tuple([net.minor for net in printed.line_nets]),
        subtotal_minor=printed.subtotal.minor,
        allowances_minor=printed.allowances.minor,
        surcharges_minor=printed.surcharges.minor,
        net_minor=printed.net.minor,
        tax_minors=tuple([(tax.rate, tax.base.minor, tax.amount.minor) for tax in taxes]),
        tax_minor=printed.tax.minor,
        gross_minor=printed.gross.minor,
    )
