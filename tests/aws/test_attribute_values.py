"""Attribute values and plain values."""

from __future__ import annotations

from rollcall.aws.attribute_values import decoded, encoded


def test_a_map_is_read_in_one_order_whatever_order_the_database_answers() -> None:
    areas = {"policies": "manage", "induction": "edit", "audit": "read"}
    item = encoded({"areas": areas})
    answered = {"areas": {"M": dict(reversed(item["areas"]["M"].items()))}}
    orders = [list(decoded(each)["areas"]) for each in (item, answered)]
    assert orders == [["audit", "induction", "policies"]] * 2
