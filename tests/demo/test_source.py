from datetime import date, timedelta

from demo.source import Group, Source, User

ANN = "11111111-2222-4333-8444-555555555555"
BOB = "21111111-2222-4333-8444-555555555555"
TEAM = "91111111-2222-4333-8444-555555555555"
DAY = date(2026, 3, 2)


def source() -> Source:
    made = Source()
    made.add(
        User(ANN, "ann@example.com", "ann"),
        User(BOB, "bob@example.com", "bob", manager=ANN),
        Group(TEAM, "Team", members=frozenset({ANN, BOB})),
    )
    return made


def test_every_change_is_counted() -> None:
    directory = source()
    before = directory.counter
    directory.change(ANN, surname="Lee")
    assert directory.users[ANN].changed == directory.counter == before + 1


def test_setting_what_is_set_is_no_change() -> None:
    directory = source()
    before = directory.counter
    directory.change(ANN, mail_nickname="ann")
    directory.join(TEAM, [ANN])
    assert directory.counter == before


def test_soft_delete_puts_the_object_id_before_the_name_and_restore_takes_it_away() -> None:
    directory = source()
    directory.soft_delete(ANN, DAY)
    ann = directory.users[ANN]
    assert ann.current_principal_name == "11111111222243338444555555555555ann@example.com"
    assert (ann.active, ann.in_scope) == (False, False)
    directory.restore(ANN)
    assert directory.users[ANN].current_principal_name == "ann@example.com"
    assert directory.users[ANN].active


def test_an_unassigned_user_is_inactive_under_its_own_name() -> None:
    directory = source()
    directory.unassign(ANN)
    assert directory.users[ANN].current_principal_name == "ann@example.com"
    assert not directory.users[ANN].active


def test_purge_waits_thirty_days() -> None:
    directory = source()
    directory.soft_delete(ANN, DAY)
    assert directory.purge(DAY + timedelta(days=29)) == []
    assert directory.purge(DAY + timedelta(days=30)) == [ANN]


def test_purge_takes_the_user_out_of_groups_and_away_from_reports() -> None:
    directory = source()
    directory.soft_delete(ANN, DAY)
    directory.purge(DAY + timedelta(days=30))
    assert directory.groups[TEAM].members == {BOB}
    assert directory.users[BOB].manager is None
