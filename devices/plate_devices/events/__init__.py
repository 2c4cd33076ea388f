"""When events happened, also on a machine without a clock chip."""
