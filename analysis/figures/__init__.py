"""Answers in pictures: each is a sweep → a table of what is drawn → a Figure."""
