"""Answers in numbers: each verb is a sweep → a tidy frame that knows how to show itself."""
