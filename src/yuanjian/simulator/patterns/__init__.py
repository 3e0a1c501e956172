"""Ways to cheat or break, laid over a year of real hours, and what the models say of it.

`bases` makes outlets out of real series, `library` holds the patterns as data, the modules `of_…` what each
of them does, `draws` draws them by seed, `readings` shows the result to the engine, `judge` compares.
"""
