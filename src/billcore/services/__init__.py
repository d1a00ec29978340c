"""The desks: load, decide, save, commit. They hold no rules; every rule lives in the records and verbs below."""
