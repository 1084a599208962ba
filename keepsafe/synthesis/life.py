"""Ages and pregnancies, drawn last so that each person's record hangs together in time."""

import numpy as np

from keepsafe.printed import possible_counts
from keepsafe.synthesis.counts import FREE, HEAT, STEPS, bounds, limits
from keepsafe.synthesis.margins import Dropped
from keepsafe.synthesis.moments import settle
from keepsafe.synthesis.people import People

YEARS_LATER = (10, 11)  # from the exercise to the research
OLDEST_AT_FIRST = 21  # pregnancies are recorded while social services are involved


def live(people: People) -> None:
    """Add ages, pregnancies and what followed them, where the codebook asks for them."""
    if "age_2006" in people.codes:
        _ages(people)
    if {"pregnancy_ever", "pregnancy_p1"} <= set(people.codes):
        _concern_and_first_pregnancy(people)
        _pregnancies(people)


def _ages(people: People) -> None:
    rng, n = people.rng, len(people)
    age = people.codes["age_2006"].astype(int)
    floor, ceiling = limits(people, "age_at_research", np.arange(n))
    later = age + rng.choice(YEARS_LATER, n)
    youngest, oldest = (
        people.plan.study.codebook["age_at_research"].low,
        people.plan.study.codebook["age_at_research"].high,
    )
    pinned = {youngest: YEARS_LATER[0], oldest: YEARS_LATER[1]}
    for end, gap in pinned.items():
        one = rng.choice(np.flatnonzero(age + gap == end))
        later[one] = end
    people.codes["age_at_research"] = later.astype(str).astype(object)


def draw_age(people: People) -> None:
    """Ages at the exercise: more of the older ones, with both ends of the printed range met."""
    n, variable = len(people), people.plan.study.codebook["age_2006"]
    floor, ceiling = limits(people, "age_2006", np.arange(n))
    years = np.arange(variable.low, variable.high + 1)
    weight = np.minimum(years - variable.low + 1, 2 * (variable.high - years + 2)).astype(float)
    drawn = people.rng.choice(years, n, p=weight / weight.sum())
    people.codes["age_2006"] = np.clip(drawn, floor, ceiling).astype(str).astype(object)


def _concern_and_first_pregnancy(people: People) -> None:
    """Age when concerns arose, and age at first pregnancy: before it where phase 1 had one, not before it
    elsewhere."""
    rng, n = people.rng, len(people)
    cse, ever, early = (people.ones((name,)) for name in ("cse", "pregnancy_ever", "pregnancy_p1"))
    codebook = people.plan.study.codebook
    low, high = codebook["age_cse_concern"].low, codebook["age_cse_concern"].high
    concern_low, concern_high = np.full(n, low), np.full(n, high)
    floor, ceiling = limits(people, "age_first_pregnancy", np.arange(n))
    grown = np.minimum(people.codes["age_at_research"].astype(int), OLDEST_AT_FIRST)
    ends = {
        row.group: int(float(row.value))
        for row in people.plan.numbers_of("age_first_pregnancy")
        if row.statistic == "min"
    }
    floor = np.maximum(floor.min(), np.zeros(n, np.int64))
    for group, youngest in ends.items():
        floor[people.inside(group)] = youngest
    ceiling = np.minimum(codebook["age_first_pregnancy"].high, grown)
    for group, youngest in ends.items():
        able = np.flatnonzero(people.inside(group) & ever & (~early if group == "cse" else ever))
        one = rng.choice(able)
        ceiling[one] = floor[one] = youngest
        concern_high[one] = min(concern_high[one], youngest)
    concern_low[cse & early] = rng.integers(14, 18, int((cse & early).sum()))
    persons = np.flatnonzero(cse)
    concern = np.clip(rng.normal(14, 1.8, n).round().astype(int), concern_low, concern_high)
    _settle(people, "age_cse_concern", persons, concern, concern_low, concern_high)
    floor = np.where(cse & ever & ~early, np.maximum(floor, concern), floor)
    ceiling = np.where(cse & early, np.minimum(ceiling, concern), ceiling)
    persons = np.flatnonzero(ever)
    first = np.clip(rng.normal(16.9, 1.6, n).round().astype(int), floor, np.maximum(ceiling, floor))
    _settle(people, "age_first_pregnancy", persons, first, floor, np.maximum(ceiling, floor))
    people.codes["age_cse_concern"] = np.where(cse, concern.astype(str), "-8").astype(object)
    people.codes["age_first_pregnancy"] = np.where(ever, first.astype(str), "-8").astype(object)


def _settle(
    people: People,
    column: str,
    persons: np.ndarray,
    value: np.ndarray,
    floor: np.ndarray,
    ceiling: np.ndarray,
) -> None:
    """Bring the values to the printed means, and to means within half a year of it in every other group."""
    names, member, mean, sd = bounds(people, column, persons)
    same = people.plan.comparisons
    same = same[(same["column"] == column) & (same["direction"] == "same")]
    for row in same.itertuples():
        for group in people.plan.study.contrasts[row.contrast].groups:
            inside = people.inside(group)[persons]
            member = np.vstack([member, inside])
            mean = np.vstack([mean, [mean[0].mean() - 0.3, mean[0].mean() + 0.3]])
            sd = np.vstack([sd, [-FREE, FREE]])
    part = value[persons].astype(np.int64)
    seed = int(people.rng.integers(2**31))
    off = settle(
        part,
        floor[persons].astype(np.int64),
        ceiling[persons].astype(np.int64),
        member,
        mean,
        sd,
        STEPS,
        HEAT,
        seed,
    )
    if off:
        people.plan.dropped[names[0]] = Dropped(names[0], *mean[0], float(part[member[0]].mean()))
    value[persons] = part


def _pregnancies(people: People) -> None:
    n, rng = len(people), people.rng
    cse, ever, early = (people.ones((name,)) for name in ("cse", "pregnancy_ever", "pregnancy_p1"))
    most = np.where(ever, 5, 0)
    whole = np.zeros(n, np.int64)
    totals = {group: _printed(people, "n_pregnancies", group) for group in ("total", "cse")}
    whole[cse] = allocate(rng, totals["cse"], ever[cse].astype(int), most[cse])
    whole[~cse] = allocate(rng, totals["total"] - totals["cse"], ever[~cse].astype(int), most[~cse])
    late = np.where(cse, whole - early, 0)
    share = _share(people, "n_pregnancies", "2", totals["cse"])
    second = allocate(rng, min(max(share, int(0.6 * totals["cse"])), int(late.sum())), np.zeros(n, int), late)
    known = allocate(rng, _printed(people, "n_pregnancies_known_outcome", "total"), np.zeros(n, int), whole)
    births = allocate(rng, _printed(people, "n_live_births", "total"), np.zeros(n, int), known)
    removed = allocate(rng, _share(people, "n_removed_at_birth", "", int(births.sum())), np.zeros(n, int), births)
    for name, value in {
        "n_pregnancies": whole,
        "n_pregnancies_known_outcome": known,
        "n_live_births": births,
        "n_removed_at_birth": removed,
    }.items():
        people.codes[name] = value.astype(str).astype(object)
    people.codes["n_pregnancies_p2"] = np.where(cse, second.astype(str), "-8").astype(object)


def allocate(rng: np.random.Generator, total: int, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Deal out a total at random in ones, each person between a smallest and a largest number.

    Examples
    --------
    >>> dealt = allocate(np.random.default_rng(1), 5, np.array([1, 0, 0]), np.array([3, 3, 0]))
    >>> int(dealt.sum()), int(dealt[2])
    (5, 0)
    """
    dealt = np.asarray(low, np.int64).copy()
    places = np.repeat(np.arange(dealt.size), np.asarray(high) - dealt)
    np.add.at(dealt, rng.permutation(places)[: max(total - int(dealt.sum()), 0)], 1)
    return dealt


def _printed(people: People, column: str, group: str) -> int:
    rows = people.plan.figures
    rows = rows[(rows["column"] == column) & (rows["group"] == group) & (rows["statistic"] == "count")]
    return int(float(rows["value"].iloc[0]))


def _share(people: People, variable: str, phase: str, whole: int) -> int:
    """The smallest whole number that prints as the share of a total."""
    rows = people.plan.figures
    rows = rows[(rows["variable"] == variable) & (rows["phase"] == phase) & (rows["statistic"] == "percent")]
    row = rows.iloc[0]
    return int(possible_counts([float(row["value"])], [row["decimals"]], [whole], [row["qualifier"]])[0][0])
