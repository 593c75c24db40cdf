"""Digits: IDX files, the embedded set, subsets and orders."""
