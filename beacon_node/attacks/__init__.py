"""Published re-identification attacks on Beacons, as a library: for tests and privacy reports.

An attack knows a victim's genome and public facts, asks, and scores: the higher, the surer that she
is in the data. `power.power_of` says how well scores tell members from others.
"""
