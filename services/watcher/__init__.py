"""The outside eye: reads a few rows every half minute and tells a person when something is wrong.

It shares nothing with what it watches but the database server: no broker, no service's code.
What it writes holds counts and names of parts, never a person.
"""
