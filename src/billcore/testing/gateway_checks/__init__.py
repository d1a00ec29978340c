"""The checks of ``GatewayContract``, one module for each thing a gateway does."""
