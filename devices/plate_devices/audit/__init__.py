"""The audit log: what was decided and changed, by whom and why."""
