"""The golden cases of docs/oracle.md, computed a second time by other programs; check_kit.py runs it."""
