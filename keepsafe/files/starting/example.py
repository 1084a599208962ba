"""The example of a new compendium: made-up people on a made-up evening course, the same on every machine."""

import csv
import io
import math
import random

PERSONS = 180
SEED = 2019
COLUMNS = ("person_id", "synthetic", "route", "age", "paid_work", "earlier_course", "study_place", "hours", "finished")


def example() -> str:
    """The example as CSV: one row a person, each labelled synthetic.

    As extracts are, it is a little untidy: some entries are not recorded (-9), some have a label in place of a code.

    Returns
    -------
    Text with the columns of `COLUMNS`.

    Examples
    --------
    >>> header, first, *_ = example().splitlines()
    >>> first.split(",")[:2]
    ['example-001', '1']
    """
    draw = random.Random(SEED)  # the standard library promises the same numbers from the same seed
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for number in range(1, PERSONS + 1):
        table.writerow([f"example-{number:03d}", 1, *_person(draw)])
    return text.getvalue()


def _person(draw: random.Random) -> list:
    """A made-up person; whether the course was finished leans on paid work, an earlier course and hours."""
    online = draw.random() < 0.45
    age = round(min(max(draw.gauss(37, 11), 18), 70))
    paid_work = int(draw.random() < (0.7 if online else 0.5))
    earlier_course = int(draw.random() < 0.4)
    place = draw.choices(["home", "library", "work"], [5, 3, 2])[0]
    hours = round(min(max(draw.gauss(6 - 1.5 * paid_work, 2), 0), 15))
    leaning = -0.4 - 0.8 * paid_work + 1.1 * earlier_course + 0.25 * (hours - 5) + 0.01 * (age - 37) + 0.6
    finished = int(draw.random() < 1 / (1 + math.exp(-leaning)))
    unknown = [name for name in ("study_place", "hours") if draw.random() < 0.02]
    ways = ["Online", "In the classroom"] if draw.random() < 0.03 else ["online", "classroom"]
    return [ways[0 if online else 1], age, paid_work, earlier_course,
            -9 if "study_place" in unknown else place, -9 if "hours" in unknown else hours, finished]  # fmt: skip
