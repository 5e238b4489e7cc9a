from demo import people


def test_the_same_seed_makes_the_same_people() -> None:
    assert people.staff(7, 60) == people.staff(7, 60)
    assert people.staff(7, 60) != people.staff(8, 60)


def test_more_people_begin_with_the_same_ones() -> None:
    assert people.staff(7, 60)[:50] == people.staff(7, 50)


def test_names_are_unique_and_written_in_ascii() -> None:
    staff = people.staff(1, 500)
    names = [user.user_principal_name for user in staff]
    assert len(set(names)) == len({user.object_id for user in staff}) == 500
    assert all(name.isascii() and name == name.lower() for name in names)
    assert all(name.endswith("@example.com") for name in names)


def test_letters_without_decomposition_are_spelt_out() -> None:
    assert people.nickname("Łukasz", "Søndergaard-Weiß") == "lukasz.sondergaard-weiss"


def test_everyone_but_the_first_has_a_manager_who_comes_earlier() -> None:
    staff = people.staff(1, 50)
    order = {user.object_id: number for number, user in enumerate(staff)}
    assert staff[0].manager is None
    assert all(order[str(user.manager)] < order[user.object_id] for user in staff[1:])


def test_groups_hold_everyone_and_each_department() -> None:
    staff = people.staff(1, 50)
    groups = {group.display_name: group for group in people.groups(1, staff)}
    assert len(groups["All Staff"].members) == 50
    assert sum(len(groups[name].members) for name in people.DEPARTMENTS) == 49
