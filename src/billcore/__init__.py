"""Billing that an application embeds: correct money, invoices, payments, refunds, fees and recurring bills."""
