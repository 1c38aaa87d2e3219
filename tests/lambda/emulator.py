"""Sums up the lines of `lambda-rows`: which rows hold, beside AWS's Python SDK on the same emulator."""

import json
import sys

# The rows that don't hold with AWS's Python SDK, its own handlers and AWS's conformance runner on this emulator. All others
# do, and so they have to hold exactly here.
PYTHON_FAILS = {
    # The emulator does not say which attempt of a step succeeded.
    "1-11", "1-13", "1-14", "1-15", "3-7", "10-3", "10-13",
    # It does not show that an invocation ended with its process.
    "1-17", "1-18", "3-12",
    # It does not show the state of a condition that is checked again.
    "6-1", "6-3", "6-4", "6-5", "6-12", "6-13",
    # It does not show the timeouts of a callback.
    "4-3", "4-4", "4-5", "4-8", "4-11", "4-14", "7-5", "7-12", "7-13", "7-14",
    # It had no invokes when the SDK was tried on it.
    *(f"5-{number}" for number in range(1, 17)),
    # The Python SDK's: a first run gets what went into a serdes, a wait's end is told twice, and five rows have no handler.
    "3-14", "10-18", "10-19", "10-20", "10-21", "10-22", "10-23",
}  # fmt: skip
# Rows that ask for more than the requirements of AWS do: for the state of a condition that is checked again.
ASK_MORE = {"6-9", "6-11"}
ROWS = {
    "step": 20, "wait": 5, "child": 18, "callback": 19, "invoke": 16, "wait_for_condition": 13,
    "wait_for_callback": 15, "parallel": 22, "map": 20, "plugin": 23,
}  # fmt: skip

path, *wanted = sys.argv[1:]
with open(path) as lines:
    rows = [json.loads(line) for line in lines]

missing = {f"{number}-{row}" for number, total in enumerate(ROWS.values(), 1) for row in range(1, total + 1)}
missing = set() if wanted else missing - {row["row"] for row in rows}
failures = 0
for row in rows:
    problem = row["shown"] or (None if row["row"] in PYTHON_FAILS | ASK_MORE else row["strict"])
    if problem is not None:
        failures += 1
        print(f"{row['row']}  {row['about']}\n{problem}\n")

print(f"{'suite':<20} {'rows':>5} {'hold':>5} {'exactly':>8} {'Python SDK':>11}")
for number, (suite, total) in enumerate(ROWS.items(), 1):
    of_suite = [row for row in rows if row["suite"] == suite]
    shown = sum(row["shown"] is None for row in of_suite)
    strict = sum(row["strict"] is None for row in of_suite)
    python = sum(f"{number}-{row}" not in PYTHON_FAILS for row in range(1, total + 1))
    if of_suite:
        print(f"{suite:<20} {len(of_suite):>5} {shown:>5} {strict:>8} {python:>11}")
print("hold: but for what the emulator does not show; exactly: with all that a history of AWS shows")
if missing:
    print(f"not carried out: {' '.join(sorted(missing))}")
sys.exit(bool(failures or missing))
