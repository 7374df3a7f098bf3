"""Drives the real programs in throw-away namespaces. docs: tests/integration/README.md."""
