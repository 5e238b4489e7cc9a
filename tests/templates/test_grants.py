"""What comes of grants: the highest of everything, in whatever order they are made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollcall.model.access import Access
from rollcall.templates.access_levels import LEVELS, ROLES, AccessLevels
from rollcall.templates.grants import Grant, recomputed, with_grants
from tests.long import examples

SCALES = AccessLevels()
AREAS = ("induction", "policies", "code")

levels = st.dictionaries(st.sampled_from(AREAS), st.sampled_from(LEVELS))
contents = st.tuples(levels, st.sampled_from(("", *ROLES)))


def made(given_: list[tuple[dict[str, str], str]]) -> list[Grant]:
    return [
        Grant(f"t{number}", 1, f"2026-01-0{number + 1}", areas, role)
        for number, (areas, role) in enumerate(given_)
    ]


@examples(200)
@given(st.lists(contents, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_grants_does_not_matter(
    given_: list[tuple[dict[str, str], str]], random: object
) -> None:
    grants = made(given_)
    shuffled = list(grants)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    together = with_grants(Access(), grants, SCALES)
    one_by_one = Access()
    for each in shuffled:
        one_by_one = with_grants(one_by_one, [each], SCALES)
    assert one_by_one == together == recomputed(Access(), shuffled, SCALES)


@examples(200)
@given(st.lists(contents, max_size=5), contents)
def test_a_further_grant_takes_nothing_away(
    given_: list[tuple[dict[str, str], str]], more: tuple[dict[str, str], str]
) -> None:
    before = with_grants(Access(), made(given_), SCALES)
    after = with_grants(before, made([*given_, more])[-1:], SCALES)

    for area, level in before.areas.items():
        assert LEVELS.index(after.areas[area]) >= LEVELS.index(level)
    ranks = ("", *ROLES)
    assert ranks.index(after.role) >= max(ranks.index(before.role), ranks.index(more[1]))
    assert set(after.areas) == {*before.areas, *more[0]}


def test_what_is_kept_of_a_grant_is_read_back() -> None:
    (grant,) = made([({"code": "edit"}, "regular")])

    assert Grant.of({**grant.content, "origin": {}, "gsi_pk": "x"}) == grant
