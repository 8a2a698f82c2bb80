"""What to do within so many hours: the jobs that settle most claims for the time they take."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Set
from typing import TypeVar

T = TypeVar("T", bound=Hashable)
LEAST = 1e-6  # hours of what costs nothing


def chosen(hours: Mapping[T, float | None], needs: Iterable[Set[T]], budget: float) -> list[T]:
    """The jobs in the order in which they settle most claims per hour, until the budget of hours is spent.

    hours: of every job that is left to do, None where not known; needs: of every open claim the jobs that it waits for.
    Greedy: the claim whose missing jobs cost least for what they settle comes next, and of equals the cheaper one;
    jobs of unknown length are left out.
    """
    place = {job: number for number, job in enumerate(hours)}
    missing = [tuple(sorted(place.keys() & needed, key=place.__getitem__)) for needed in needs]
    known = Counter(jobs for jobs in missing if jobs and None not in map(hours.get, jobs))
    done: dict[T, None] = {}
    left = budget
    while known:
        best = _best(hours, known, done, left)
        if not best:
            break
        left -= _cost(hours, best)
        done |= dict.fromkeys(best)
        known = Counter({jobs: n for jobs, n in known.items() if not set(jobs) <= done.keys()})
    return list(done)


def _best(
    hours: Mapping[T, float | None],
    known: Counter[tuple[T, ...]],
    done: Mapping[T, None],
    left: float,
) -> tuple[T, ...]:
    """The jobs to do next; none if nothing fits."""
    best: tuple[T, ...] = ()
    rate = (0.0, 0.0)  # claims per hour; of equals the cheaper
    waiting: dict[T, list[tuple[T, ...]]] = {}
    for jobs in known:
        for job in jobs:
            waiting.setdefault(job, []).append(jobs)
    for jobs in known:
        more = tuple(job for job in jobs if job not in done)
        cost = _cost(hours, more)
        if cost > left:
            continue
        then = done.keys() | set(more)
        touched = {
            other for job in more for other in waiting[job]
        }  # all others wait for something else
        settled = sum(known[other] for other in touched if set(other) <= then)
        this = settled / max(cost, LEAST), -cost
        if this > rate:
            best, rate = more, this
    return best


def _cost(hours: Mapping[T, float | None], jobs: Iterable[T]) -> float:
    return sum(hours[job] or 0.0 for job in jobs)
