"""Whether the books agree with themselves: everything derived a second time, and every discrepancy named."""
