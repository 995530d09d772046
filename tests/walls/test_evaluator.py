"""The evaluator against cases written from the IAM User Guide, page by page, before it may judge our policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.walls.evaluator import Ask, NotUnderstood, Verdict, decide

TABLE = "arn:aws:dynamodb:us-east-1:1:table/guests"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about everything, but for what is given."""
    return {"Effect": effect, "Action": "*", "Resource": "*", **elements}


def ask(action: str = "dynamodb:GetItem", resource: str = TABLE, **context: str | tuple[str, ...]) -> Ask:
    """A request; in names of context keys `__` stands for a colon and `___` for a slash."""
    named = {name.replace("___", "/").replace("__", ":"): one for name, one in context.items()}
    return Ask(action, resource, {name: (one,) if isinstance(one, str) else one for name, one in named.items()})


def holds(condition: dict[str, Any], **context: str | tuple[str, ...]) -> bool:
    """Whether a condition is true in a context."""
    return decide([statement(Condition=condition)], ask(**context)) == "allowed"


class TestEvaluationLogic:
    """ "Policy evaluation logic": all is denied by default, an allow overrides that, an explicit deny overrides all."""

    ALLOW, DENY = statement(), statement("Deny")
    ELSEWHERE = statement("Deny", Resource="arn:aws:dynamodb:us-east-1:1:table/other")

    @pytest.mark.parametrize(
        ("statements", "verdict"),
        [
            ([], "not allowed"),
            ([ALLOW], "allowed"),
            ([DENY], "denied"),
            ([ALLOW, DENY], "denied"),
            ([DENY, ALLOW], "denied"),
            ([ALLOW, ELSEWHERE], "allowed"),
        ],
    )
    def test_deny_wins(self, statements: list[Any], verdict: Verdict) -> None:
        assert decide(statements, ask()) == verdict

    def test_an_unknown_element_is_no_guess(self) -> None:
        with pytest.raises(NotUnderstood):
            decide([statement(NotPrincipal="*")], ask())
        with pytest.raises(NotUnderstood):
            holds({"NumericLessThan": {"s3:max-keys": "10"}}, s3__max_keys="5")
        with pytest.raises(NotUnderstood):
            decide([{**statement(), "Effect": "allow"}], ask())


class TestActions:
    """ "IAM JSON policy elements: Action" and "NotAction": not sensitive to case, wildcards anywhere."""

    @pytest.mark.parametrize(
        ("wanted", "action", "speaks"),
        [
            ("dynamodb:GetItem", "dynamodb:GetItem", True),
            ("dynamodb:getitem", "DynamoDB:GetItem", True),
            ("dynamodb:*Item", "dynamodb:BatchGetItem", True),
            ("dynamodb:*Item", "dynamodb:Query", False),
            ("dynamodb:PartiQL*", "dynamodb:PartiQLSelect", True),
            ("dynamodb:Get?tem", "dynamodb:GetItem", True),
            ("dynamodb:GetItem", "dynamodb:BatchGetItem", False),
            (["s3:GetObject", "dynamodb:Query"], "dynamodb:Query", True),
            ("*", "sqs:SendMessage", True),
        ],
    )
    def test_action(self, wanted: Any, action: str, speaks: bool) -> None:
        assert (decide([statement(Action=wanted)], ask(action)) == "allowed") is speaks
        negated = {"Effect": "Allow", "NotAction": wanted, "Resource": "*"}
        assert (decide([negated], ask(action)) == "allowed") is not speaks


class TestResources:
    """ "IAM JSON policy elements: Resource": `*` reaches over slashes; `NotResource` is everything else."""

    @pytest.mark.parametrize(
        ("wanted", "resource", "speaks"),
        [
            (TABLE, TABLE, True),
            (TABLE, f"{TABLE}/index/names", False),
            (f"{TABLE}/index/*", f"{TABLE}/index/names", True),
            (f"{TABLE}*", f"{TABLE}-archive", True),
            ("arn:aws:dynamodb:*:*:table/*", f"{TABLE}/index/names", True),
            (TABLE, TABLE.replace("guests", "Guests"), False),
            ("arn:aws:s3:::files/${aws:PrincipalTag/chain}/*", "arn:aws:s3:::files/chn_1/a.csv", True),
            ("arn:aws:s3:::files/${aws:PrincipalTag/chain}/*", "arn:aws:s3:::files/chn_10/a.csv", False),
        ],
    )
    def test_resource(self, wanted: str, resource: str, speaks: bool) -> None:
        sent = Ask("s3:GetObject", resource, {"aws:PrincipalTag/chain": ("chn_1",)})
        assert (decide([statement(Resource=wanted)], sent) == "allowed") is speaks
        negated = {"Effect": "Allow", "Action": "*", "NotResource": wanted}
        assert (decide([negated], sent) == "allowed") is not speaks


class TestOperators:
    """ "IAM JSON policy elements: Condition operators"."""

    def test_names_of_keys_ignore_case_and_values_do_not(self) -> None:
        assert holds({"StringEquals": {"AWS:username": "ana"}}, aws__UserName="ana")
        assert not holds({"StringEquals": {"aws:username": "ana"}}, aws__username="Ana")
        assert holds({"StringEqualsIgnoreCase": {"aws:username": "ana"}}, aws__username="Ana")

    def test_several_values_are_or_several_keys_and_operators_are_and(self) -> None:
        assert holds({"StringEquals": {"a:k": ["x", "y"]}}, a__k="y")
        assert not holds({"StringEquals": {"a:k": "x", "a:l": "y"}}, a__k="x")
        assert not holds({"StringEquals": {"a:k": "x"}, "StringLike": {"a:l": "z*"}}, a__k="x", a__l="y")
        assert holds({"StringEquals": {"a:k": "x"}, "StringLike": {"a:l": "z*"}}, a__k="x", a__l="zz")

    def test_a_negated_operator_is_nor(self) -> None:
        assert holds({"StringNotEquals": {"a:k": ["x", "y"]}}, a__k="z")
        assert not holds({"StringNotEquals": {"a:k": ["x", "y"]}}, a__k="y")

    @pytest.mark.parametrize(
        ("pattern", "value", "is_like"),
        [("chn_1#*", "chn_1#gst", True), ("chn_1#*", "chn_1#", True), ("chn_1#*", "chn_10#gst", False),
         ("chn_?", "chn_1", True), ("chn_?", "chn_10", False), ("*", "", True), ("a.c", "abc", False),
         ("*a*", "line\na", True)],
    )  # fmt: skip
    def test_string_like(self, pattern: str, value: str, is_like: bool) -> None:
        assert holds({"StringLike": {"a:k": pattern}}, a__k=value) is is_like
        assert holds({"StringNotLike": {"a:k": pattern}}, a__k=value) is not is_like

    def test_wildcards_mean_nothing_to_string_equals(self) -> None:
        assert not holds({"StringEquals": {"a:k": "chn_*"}}, a__k="chn_1")

    def test_without_the_key_a_condition_is_false_and_a_negated_one_true(self) -> None:
        assert not holds({"StringEquals": {"a:k": "x"}})
        assert not holds({"StringLike": {"a:k": "*"}})
        assert not holds({"Bool": {"aws:SecureTransport": "true"}})
        assert holds({"StringNotEquals": {"a:k": "x"}})
        assert holds({"StringNotLike": {"a:k": "*"}})

    def test_if_exists_is_true_without_the_key_and_compares_with_it(self) -> None:
        assert holds({"StringEqualsIfExists": {"a:k": "x"}})
        assert holds({"StringLikeIfExists": {"a:k": "x*"}}, a__k="xy")
        assert not holds({"StringEqualsIfExists": {"a:k": "x"}}, a__k="y")

    def test_null_asks_whether_the_key_is_there(self) -> None:
        assert holds({"Null": {"a:k": "true"}})
        assert not holds({"Null": {"a:k": "true"}}, a__k="x")
        assert holds({"Null": {"a:k": "false"}}, a__k="x")
        assert not holds({"Null": {"a:k": "false"}})
        assert not holds({"Null": {"a:k": "false"}}, a__k=())

    def test_bool(self) -> None:
        assert holds({"Bool": {"aws:SecureTransport": "true"}}, aws__SecureTransport="true")
        assert not holds({"Bool": {"aws:SecureTransport": "true"}}, aws__SecureTransport="false")


class TestSets:
    """ "Single-valued vs. multivalued context keys", and its page of examples."""

    ALL, ANY = "ForAllValues:StringLike", "ForAnyValue:StringLike"

    @pytest.mark.parametrize(
        ("values", "all_hold", "any_holds"),
        [(("key1:hr",), True, True), (("key1:hr", "key1:legal"), True, True), (("key1:hr", "key2:audit"), False, True),
         (("key2:audit",), False, False), ((), True, False)],
    )  # fmt: skip
    def test_all_and_any(self, values: tuple[str, ...], all_hold: bool, any_holds: bool) -> None:
        assert holds({self.ALL: {"aws:TagKeys": "key1*"}}, aws__TagKeys=values) is all_hold
        assert holds({self.ANY: {"aws:TagKeys": "key1*"}}, aws__TagKeys=values) is any_holds

    def test_for_all_values_is_true_without_the_key(self) -> None:
        assert holds({self.ALL: {"aws:TagKeys": "key1*"}})
        assert holds({"ForAllValues:StringEquals": {"aws:TagKeys": "key1"}})

    def test_null_closes_that(self) -> None:
        guarded = {self.ALL: {"aws:TagKeys": "key1*"}, "Null": {"aws:TagKeys": "false"}}
        assert not holds(guarded)
        assert not holds(guarded, aws__TagKeys=())
        assert holds(guarded, aws__TagKeys=("key1:hr",))

    def test_for_any_value_is_false_without_the_key(self) -> None:
        assert not holds({self.ANY: {"aws:TagKeys": "key1*"}})

    @pytest.mark.parametrize(
        ("values", "matches"),
        [(("key1:legal",), False), (("key1:hr", "key1:personnel"), False), (("key2:audit",), True)],
    )
    def test_the_example_of_a_deny_with_for_all_values(self, values: tuple[str, ...], matches: bool) -> None:
        """The table of "Multivalued context key examples", whose last row is a request without the key: it matches."""
        condition = {"ForAllValues:StringNotLike": {"aws:TagKeys": "key1*"}}
        assert holds(condition, aws__TagKeys=values) is matches
        assert holds(condition)

    def test_several_values_need_a_set_operator(self) -> None:
        with pytest.raises(NotUnderstood):
            holds({"StringEquals": {"a:k": "x"}}, a__k=("x", "y"))


class TestVariables:
    """ "IAM policy elements: Variables and tags"."""

    OWN = {"StringLike": {"a:k": "${aws:PrincipalTag/chain}#*"}}

    def test_a_variable_is_the_requests_value(self) -> None:
        assert holds(self.OWN, a__k="chn_1#x", aws__PrincipalTag___chain="chn_1")
        assert not holds(self.OWN, a__k="chn_2#x", aws__PrincipalTag___chain="chn_1")

    def test_without_a_value_the_statement_does_not_match(self) -> None:
        assert not holds(self.OWN, a__k="#x")
        assert not holds(self.OWN, a__k="${aws:PrincipalTag/chain}#x")
        denying = statement("Deny", Condition={"StringLike": {"a:k": "${aws:username}"}})
        assert decide([statement(), denying], ask(a__k="x")) == "allowed"

    def test_a_default_stands_in(self) -> None:
        assert holds({"StringEquals": {"a:k": "${aws:PrincipalTag/team, 'all'}"}}, a__k="all")
        given = {"a__k": "all", "aws__PrincipalTag___team": "one"}
        assert not holds({"StringEquals": {"a:k": "${aws:PrincipalTag/team, 'all'}"}}, **given)

    def test_the_characters_themselves(self) -> None:
        assert holds({"StringLike": {"a:k": "a${*}"}}, a__k="a*")
        assert not holds({"StringLike": {"a:k": "a${*}"}}, a__k="ab")
        assert holds({"StringLike": {"a:k": "a${$}"}}, a__k="a$")

    def test_a_value_is_never_a_pattern(self) -> None:
        """No tag of a session can hold these characters; the evaluator need not rest on that."""
        assert not holds(self.OWN, a__k="chn_2#x", aws__PrincipalTag___chain="*")
        assert not holds(self.OWN, a__k="chn_2#x", aws__PrincipalTag___chain="chn_?")

    def test_a_key_with_several_values_is_no_variable(self) -> None:
        assert not holds({"StringLike": {"a:k": "${aws:TagKeys}"}}, a__k="x", aws__TagKeys=("x", "y"))
