"""Sums up the lines of `lambda-rows`: how many rows hold, beside AWS's Python SDK on the same emulator."""

import json
import sys

# How many rows of each suite hold with AWS's Python SDK and the official runner, out of how many.
PYTHON = {
    "step": 14, "wait": 5, "child": 15, "callback": 13, "invoke": 0, "wait_for_condition": 7,
    "wait_for_callback": 11, "parallel": 22, "map": 20, "plugin": 15,
}
ALL = {
    "step": 20, "wait": 5, "child": 18, "callback": 19, "invoke": 16, "wait_for_condition": 13,
    "wait_for_callback": 15, "parallel": 22, "map": 20, "plugin": 23,
}

path, *wanted = sys.argv[1:]
with open(path) as lines:
    rows = [json.loads(line) for line in lines]

failures = [row for row in rows if row["shown"] is not None]
for row in failures:
    print(f"{row['row']}  {row['about']}\n{row['shown']}\n")

print(f"{'suite':<20} {'rows':>5} {'hold':>5} {'exactly':>8} {'Python SDK':>11}")
too_few = False
for suite, total in ALL.items():
    of_suite = [row for row in rows if row["suite"] == suite]
    shown = sum(row["shown"] is None for row in of_suite)
    strict = sum(row["strict"] is None for row in of_suite)
    if not wanted:
        too_few |= len(of_suite) < total or strict < PYTHON[suite]
    if of_suite:
        print(f"{suite:<20} {len(of_suite):>5} {shown:>5} {strict:>8} {PYTHON[suite]:>11}")
print("hold: but for what the emulator does not show; exactly: with all that a history of AWS shows")
sys.exit(bool(failures) or too_few)
