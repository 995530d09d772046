"""The product's short way of making, reading and storing records, held together with PynamoDB's long one."""

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.attributes import Attribute, AttributeContainer
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.models import Model

from chalicelib.guests.service import Guest
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.table import Record
from infra.resources import tables

STORED: dict[str, list[Any]] = {
    "UnicodeAttribute": [{"S": "Zoë 王"}, {"S": ""}],
    "NumberAttribute": [{"N": "12"}, {"N": "-3"}, {"N": "1.5"}, {"N": "1E+3"}],
    "BooleanAttribute": [{"BOOL": True}, {"BOOL": False}],
    "JSONAttribute": [{"S": '{"a": [1, "x"], "b": null}'}, {"S": '"line\\u000a\nbreak"'}],
    "ListAttribute": [{"L": [{"S": "one"}, {"S": "two"}]}, {"L": []}],
    "UnicodeSetAttribute": [{"SS": ["b", "a"]}],
    "UTCDateTimeAttribute": [{"S": "2026-03-04T05:06:07.123456+0000"}],
    "TTLAttribute": [{"N": "1793000000"}],
}


def samples(record: type[Record], variant: int) -> dict[str, Any]:
    """A stored item with every attribute of a record type."""
    return {one.attr_name: chosen(one, variant) for one in record.get_attributes().values()}


def chosen(attribute: Attribute[Any], variant: int) -> Any:
    """One of the stored values of an attribute."""
    values = STORED[type(attribute).__name__]
    return values[variant % len(values)]


def long_way(record: type[Record], item: dict[str, Any]) -> dict[str, Any]:
    """What PynamoDB reads from an item."""
    made = record.__new__(record)
    AttributeContainer.__init__(made, _user_instantiated=False)
    AttributeContainer._container_deserialize(made, item)
    return made.attribute_values


@pytest.mark.parametrize("record", tables(), ids=lambda record: record.__name__)
@pytest.mark.parametrize("variant", range(4))
def test_items_are_read_and_stored_as_pynamodb_does(record: type[Record], variant: int) -> None:
    item = {**samples(record, variant), "of another release": {"S": "left alone"}}
    read = record.from_raw_data(item)
    assert read.attribute_values == long_way(record, item)
    stored, expected = read.serialize(), AttributeContainer._container_serialize(read)
    assert ordered(stored) == ordered(expected)


@pytest.mark.parametrize("record", tables(), ids=lambda record: record.__name__)
def test_what_is_absent_or_null_gets_its_default(record: type[Record]) -> None:
    keys = {name: {"S": "x"} for name in record.key_names() if name}
    nothing = {one.attr_name: {"NULL": True} for one in record.get_attributes().values()}
    for item in (keys, {**nothing, **keys}):
        assert record.from_raw_data(item).attribute_values == long_way(record, item)


@pytest.mark.parametrize("record", tables(), ids=lambda record: record.__name__)
def test_new_records_begin_as_pynamodb_begins_them(record: type[Record]) -> None:
    values = {name: "x" for name in (record._hash_keyname, record._range_keyname) if name}
    expected = record.__new__(record)
    Model.__init__(expected, **values)
    assert record(**values).attribute_values == expected.attribute_values


def test_records_share_no_default() -> None:
    one, other = Guest(guest_key="c#a"), Guest(guest_key="c#b")
    one.emails.append("ana@guests.example")
    assert other.emails == []


def test_a_name_that_is_no_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="nickname"):
        Guest(guest_key="c#a", nickname="Ana")


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(AttributeDeserializationError):
        Guest.from_raw_data({"guest_key": {"S": "c#a"}, "version": {"S": "1"}})


def test_what_must_be_there_is_missed() -> None:
    with pytest.raises(AttributeNullError):
        AgendaRecord(subject_key="c#a", item_key="x").serialize()


def test_keys_are_made_of_the_stored_names() -> None:
    assert AgendaRecord(subject_key="c#a", item_key="x").key() == {"subject_key": {"S": "c#a"}, "item_key": {"S": "x"}}
    assert Guest.raw_key("c#a", "of no use") == {"guest_key": {"S": "c#a"}}


def ordered(item: dict[str, Any]) -> dict[str, Any]:
    """An item whose sets can be compared."""
    return {name: sorted(value["SS"]) if "SS" in value else value for name, value in item.items()}
