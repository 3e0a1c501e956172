"""Clues: findings of the models, merged, graded and judged."""
