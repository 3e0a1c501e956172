"""What models learn from the store: artefacts of plain arrays, and scoring with NumPy alone.

`yuanjian.screening.training` makes them (with scikit-learn); nothing here imports it.
"""
