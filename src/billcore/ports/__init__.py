"""What billcore needs from outside, as Protocols: gateways, a store, a clock, ids."""
