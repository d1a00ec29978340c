"""The inside of the fake gateway, one thing per module: a host needs only what `billcore.testing` exports."""
