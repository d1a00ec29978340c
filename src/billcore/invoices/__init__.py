"""The life of an invoice, one module per stage: drafting, sending, settling, crediting, voiding."""
