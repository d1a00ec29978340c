"""Work not yet invoiced: the charge and its life, open, drafted, billed."""
