"""Rules of the field as pure functions over arrays and small tables.

Validity, means and the conversion to reference oxygen are in `series.validity` and `series.aggregate`; here
is what stands on them: transmission, flow at standard state, emission amounts with substituted values, the
environmental tax, the price of electricity, exemptions at start and stop. No function reads a clock, a file
of the installation or a database. Certainty marks of sources as in `series.validity`; [C-] is weak and
contested.
"""
