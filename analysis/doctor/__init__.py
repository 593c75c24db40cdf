"""Is a study whole? What is damaged, and what can be done."""
