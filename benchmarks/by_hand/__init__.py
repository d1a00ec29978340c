"""An invoice to plain JSON types and back as one writes it by hand: a dict for each record, and its constructor again.

It is what the codec is measured against. The text is the codec's to the letter; nothing is checked but by constructors.
"""

from benchmarks.by_hand.invoices import invoice_in, invoice_out

__all__ = ["invoice_in", "invoice_out"]
