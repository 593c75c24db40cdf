"""Analysis plans judged: statements, contrasts, evidence, verdicts."""
