"""Carrying out instructions to gateways: claim, call with no transaction open, take the answer into the books."""
