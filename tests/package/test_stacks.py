"""Both templates hold what an installation must have, for everything that the wiring and the records name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kernel import settings as settings_module
from chalicelib.kernel.settings import Settings, settings
from chalicelib.wiring import FUNCTIONS, MESSAGE_KEPT_S, QUEUES, SCHEDULES
from infra.package import code_stack, data_stack, functions, gateway, messaging, roles
from infra.package.words import text_of
from infra.resources import tables, ttl_attribute

ROLE_POLICY_CHARS_MAX = 10_240  # IAM's limit of all inline policies of a role
GIVEN_POLICY_CHARS_MAX = 6_144  # and of each policy that a role is given
TEMPLATE_BYTES_MAX = 1_000_000
RESOURCES_MAX = 500
REGIONS = ("eu-west-1", "ap-southeast-1")
LENGTHS = (("AWS::Partition", 10), ("AWS::Region", 14), ("AWS::AccountId", 12), ("Stage", 16))


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The data stack."""
    return data_stack.template()


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    """The code stack."""
    return code_stack.template()


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """Properties of all resources of a type."""
    found = template["Resources"].items()
    return {name: one["Properties"] for name, one in found if one["Type"] == kind}


def statements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, and of every policy that one is given."""
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield name, statement


def written_length(policy: Any) -> int:
    """Characters of a policy once its names are filled in, as long as they get."""
    written = json.dumps(policy, separators=(",", ":"))
    for variable, length in LENGTHS:
        written = written.replace(f"${{{variable}}}", "x" * length)
    return len(written.replace('{"Fn::Sub":', "").replace('"}', '"'))


class TestBoth:
    def test_the_linter_finds_nothing(self, data: dict[str, Any], code: dict[str, Any], tmp_path: Path) -> None:
        for name, template in (("data", data), ("code", code)):
            (tmp_path / f"{name}.json").write_text(text_of(template))
        files = [str(path) for path in sorted(tmp_path.glob("*.json"))]
        command = [str(Path(sys.executable).with_name("cfn-lint")), *files, "--regions", *REGIONS]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr

    def test_they_stay_within_the_service_s_limits(self, data: dict[str, Any], code: dict[str, Any]) -> None:
        for template in (data, code):
            assert len(text_of(template)) < TEMPLATE_BYTES_MAX / 2
            assert len(template["Resources"]) < RESOURCES_MAX / 2

    def test_the_same_wiring_gives_the_same_bytes(self, data: dict[str, Any], code: dict[str, Any]) -> None:
        assert text_of(data_stack.template()) == text_of(data)
        assert text_of(code_stack.template()) == text_of(code)

    def test_no_permission_is_for_all_actions(self, data: dict[str, Any], code: dict[str, Any]) -> None:
        found = [*statements(data), *statements(code)]
        assert len(found) > len(roles.kinds())
        for name, statement in found:
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                assert not any("*" in one for one in ([actions] if isinstance(actions, str) else actions)), name

    def test_no_secret_stands_in_clear(self, code: dict[str, Any]) -> None:
        for function in of_type(code, "AWS::Serverless::Function").values():
            told = function["Environment"]["Variables"]
            for name in ("HOSPES_SECRET", "HOSPES_OPERATOR_KEY_HASH"):
                assert told[name]["Fn::Sub"].startswith("{{resolve:secretsmanager:${SecretName}:SecretString:")
        assert not any("Default" in one for name, one in code["Parameters"].items() if name.startswith("Secret"))


class TestData:
    def test_every_record_has_its_table(self, data: dict[str, Any]) -> None:
        assert set(of_type(data, "AWS::DynamoDB::Table")) == {data_stack.table_id(record) for record in tables()}

    @pytest.mark.parametrize("record", tables(), ids=lambda record: record.Meta.table_name)
    def test_a_table_is_kept_and_can_be_brought_back(self, data: dict[str, Any], record: Any) -> None:
        name = data_stack.table_id(record)
        resource = data["Resources"][name]
        table = resource["Properties"]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["DeletionProtectionEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert {one["Key"] for one in table["Tags"]} == {"product", "stage"}
        selected = data["Resources"]["BackupSelection"]["Properties"]["BackupSelection"]["Resources"]
        assert {"Fn::GetAtt": [name, "Arn"]} in selected

    @pytest.mark.parametrize("record", tables(), ids=lambda record: record.Meta.table_name)
    def test_items_end_where_their_record_says(self, data: dict[str, Any], record: Any) -> None:
        ending = ttl_attribute(record)
        wanted = {"Enabled": True, "AttributeName": ending} if ending else None
        assert data["Resources"][data_stack.table_id(record)]["Properties"].get("TimeToLiveSpecification") == wanted

    def test_names_are_those_that_the_product_asks_for(self, data: dict[str, Any]) -> None:
        prefix = "hospes-${Stage}-"
        assert functions.environment()["HOSPES_TABLE_PREFIX"] == {"Fn::Sub": prefix}
        for record in tables():
            table = data["Resources"][data_stack.table_id(record)]["Properties"]
            short = str(record.Meta.table_name).removeprefix(settings().table_prefix)
            assert table["TableName"] == {"Fn::Sub": prefix + short}

    def test_files_are_private_encrypted_and_kept_for_a_while(self, data: dict[str, Any]) -> None:
        resource = data["Resources"]["Files"]
        bucket = resource["Properties"]
        assert resource["DeletionPolicy"] == "Retain"
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        rules = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rules[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert all(rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"])
        (only,) = data["Resources"]["FilesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        assert (only["Effect"], only["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})

    def test_mails_lie_where_only_our_rule_writes_and_the_hearer_reads(self, data: dict[str, Any]) -> None:
        resource = data["Resources"]["Intake"]
        bucket = resource["Properties"]
        assert resource["DeletionPolicy"] == "Retain" and "VersioningConfiguration" not in bucket
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}  # SES cannot use AWS's key for S3
        (lifecycle,) = bucket["LifecycleConfiguration"]["Rules"]
        assert MESSAGE_KEPT_S / 86_400 < lifecycle["ExpirationInDays"] <= 7 and "Filter" not in lifecycle
        told = data["Resources"]["IntakePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        allowed = [one for one in told if one["Effect"] == "Allow"]
        denied = {one["Sid"]: one for one in told if one["Effect"] == "Deny"}
        (writes,) = allowed
        assert (writes["Principal"], writes["Action"]) == ({"Service": "ses.amazonaws.com"}, "s3:PutObject")
        where = writes["Condition"]["StringEquals"]
        assert where["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
        condition, own, both = where["aws:SourceArn"]["Fn::If"]
        assert data["Conditions"][condition] == {"Fn::Equals": [{"Ref": "ReplyRuleSet"}, ""]} and both[0] == own
        assert own["Fn::Sub"].endswith(":receipt-rule-set/hospes-${Stage}-replies:receipt-rule/answers")
        assert both[1]["Fn::Sub"].endswith(":receipt-rule-set/${ReplyRuleSet}:receipt-rule/answers")
        assert set(denied) == {"NobodyPuts", "NobodyReads", "OnlyTls"}
        assert denied["NobodyPuts"]["Condition"] == {"Bool": {"aws:PrincipalIsAWSService": "false"}}
        reader = denied["NobodyReads"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        assert reader["Fn::Sub"].endswith(":role/hospes-${Stage}-hearer-${AWS::Region}")
        assert {"s3:GetObject", "s3:GetObjectVersion"} == set(denied["NobodyReads"]["Action"])


class TestCode:
    @pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
    def test_a_function_is_as_the_wiring_says(self, code: dict[str, Any], function: Any) -> None:
        made = code["Resources"][functions.function_id(function)]["Properties"]
        assert made["Handler"] == function.handler
        assert (made["MemorySize"], made["Timeout"]) == (function.memory_mb, function.timeout_s)
        assert made["Role"] == {"Fn::GetAtt": [roles.role_id(function.kind), "Arn"]}
        assert made["Tracing"] == "Active"
        log = code["Resources"][made["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        assert log["RetentionInDays"] == {"Ref": "LogDays"}

    def test_zips_and_the_parameters_that_name_them(self, code: dict[str, Any]) -> None:
        keys = {name: one["CodeUri"]["Key"]["Ref"] for name, one in of_type(code, "AWS::Serverless::Function").items()}
        assert keys.pop("FunctionApi") == "ApiKey"
        assert set(keys.values()) == {"WorkersKey"}
        assert code["Parameters"]["Architecture"]["Default"] == "arm64"

    def test_every_function_is_told_what_the_settings_read(self, code: dict[str, Any]) -> None:
        source = Path(settings_module.__file__).read_text(encoding="utf-8")
        read = set(re.findall(r'"(HOSPES_[A-Z_]+?)"', source)) - {"HOSPES_QUEUE_", "HOSPES_LOOPBACK"}
        told = set(functions.environment())  # HOSPES_LOOPBACK is for one machine: no function is ever told it
        queues = {queue.variable for queue in QUEUES}
        assert read - told == set()
        assert told - read - queues - {"HOSPES_TENANT_ROLE_ARN"} == set()
        assert queues <= told
        for function in of_type(code, "AWS::Serverless::Function").values():
            assert set(function["Environment"]["Variables"]) == told
        assert "secret" in Settings.__dataclass_fields__

    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_a_queue_has_its_worker_and_its_dead_letters(self, code: dict[str, Any], queue: Any) -> None:
        made = code["Resources"][messaging.queue_id(queue)]["Properties"]
        dead = messaging.dead_id(queue)
        assert made["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
            "maxReceiveCount": queue.max_receives,
        }
        assert code["Resources"][dead]["Properties"]["MessageRetentionPeriod"] > made["MessageRetentionPeriod"]
        worker = next(function for function in FUNCTIONS if function.name == queue.handler)
        events = code["Resources"][functions.function_id(worker)]["Properties"]["Events"].values()
        wanted = {"Fn::GetAtt": [messaging.queue_id(queue), "Arn"]}
        (source,) = [one["Properties"] for one in events if one["Properties"].get("Queue") == wanted]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert made["VisibilityTimeout"] > worker.timeout_s

    def test_every_queue_s_dead_letters_have_an_alarm(self, code: dict[str, Any]) -> None:
        alarms = of_type(code, "AWS::CloudWatch::Alarm")
        watched = [value for alarm in alarms.values() for value in alarm["Dimensions"]]
        for queue in QUEUES:
            assert {"Name": "QueueName", "Value": {"Fn::Sub": f"hospes-${{Stage}}-{queue.dead_letter}"}} in watched

    def test_every_schedule_calls_its_worker_once(self, code: dict[str, Any]) -> None:
        made = [
            (event["Properties"]["Schedule"], function["Handler"])
            for function in of_type(code, "AWS::Serverless::Function").values()
            for event in function.get("Events", {}).values()
            if event["Type"] == "Schedule"
        ]
        assert made == [(one.rate, f"chalicelib.workers.{one.handler}") for one in SCHEDULES]

    def test_mail_events_come_back(self, code: dict[str, Any]) -> None:
        found = code["Resources"]
        told = found["MailEvents"]["Properties"]["EventDestination"]["MatchingEventTypes"]
        assert {"delivery", "deliveryDelay", "bounce", "complaint", "reject", "open", "click"} <= set(told)
        assert found["MailEvents"]["Properties"]["EventDestination"]["SnsDestination"] == {
            "TopicARN": {"Ref": "MailTopic"}
        }
        assert found["MailSubscription"]["Properties"]["Endpoint"] == {"Fn::GetAtt": ["QueueMailEvents", "Arn"]}
        publisher = found["MailTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
        assert publisher["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

    def test_answers_come_back_where_a_domain_is_given(self, code: dict[str, Any]) -> None:
        found = code["Resources"]
        assert {found[one]["Condition"] for one in ("ReplyRules", "ReplyRule")} == {"WithReplies"}
        (action,) = found["ReplyRule"]["Properties"]["Rule"]["Actions"]
        bucket = {"Fn::ImportValue": {"Fn::Sub": "hospes-${Stage}-intake-bucket"}}
        assert action == {"S3Action": {"BucketName": bucket, "TopicArn": {"Ref": "MailTopic"}}}
        assert functions.environment()["HOSPES_INTAKE_BUCKET"] == bucket
        assert found["ReplyRule"]["Properties"]["Rule"]["Name"] == "answers"  # which the bucket's policy names
        assert "FunctionMailEvents" in found["ReplyRule"]["DependsOn"]
        told = found["MailTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        assert [one["Principal"]["Service"] for one in told] == ["ses.amazonaws.com", "sms-voice.amazonaws.com"]
        assert all(one["Condition"] for one in told)

    def test_only_the_hearer_reads_mails(self, code: dict[str, Any]) -> None:
        found = [
            (name, statement["Sid"]) for name, statement in statements(code) if "-intake-" in json.dumps(statement)
        ]
        assert found == [("RoleHearer", "IntakeObjects"), ("RoleHearer", "IntakeList")]

    def test_every_method_of_both_addresses_leads_to_the_api(self, code: dict[str, Any]) -> None:
        paths = code["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
        assert set(paths) == {"/", "/{proxy+}"}
        for path in paths.values():
            assert set(path) - {"parameters"} == {"get", "put", "post", "patch", "delete", "head", "options"}

    def test_what_the_gateway_says_reads_like_our_own(self, code: dict[str, Any]) -> None:
        said = code["Resources"]["Api"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
        assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "REQUEST_TOO_LARGE"} <= set(said)
        for one in said.values():
            body = json.loads(one["responseTemplates"]["application/json"])
            assert body["status"] == one["statusCode"]
            assert set(body) == {"type", "title", "status", "instance"}
            assert one["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert said["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404

    def test_access_logs_tell_nothing_about_people(self) -> None:
        told = " ".join(gateway.ACCESS_LOG.values())
        assert not re.search(r"identity|sourceIp|userAgent|\.path|authorizer", told)

    def test_only_functions_make_sessions_of_a_chain(self, code: dict[str, Any]) -> None:
        tenant = code["Resources"]["RoleTenant"]
        (trust,) = tenant["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert set(trust["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
        named = {one["Fn::Sub"].rpartition("/")[2] for one in trust["Principal"]["AWS"]}
        made = {
            role["RoleName"]["Fn::Sub"]
            for name, role in of_type(code, "AWS::IAM::Role").items()
            if name in {roles.role_id(kind) for kind in roles.kinds()}
        }
        assert named == made
        assert set(tenant["DependsOn"]) == {roles.role_id(kind) for kind in roles.kinds()}

    def test_policy_variables_are_left_to_iam(self, code: dict[str, Any]) -> None:
        names = [one["Ref"] for one in code["Resources"]["RoleTenant"]["Properties"]["ManagedPolicyArns"]]
        assert names == list(of_type(code, "AWS::IAM::ManagedPolicy"))
        text = json.dumps([code["Resources"][name] for name in ("RoleTenant", *names)])
        assert "${!aws:PrincipalTag/chain}" in text  # within Fn::Sub
        outside = re.sub(r'"Fn::Sub": "[^"]*"', "", text)
        assert "${aws:PrincipalTag/chain}" in outside and "${!" not in outside

    def test_a_role_s_policy_fits(self, code: dict[str, Any]) -> None:
        for name, role in of_type(code, "AWS::IAM::Role").items():
            assert written_length(role.get("Policies", [])) < ROLE_POLICY_CHARS_MAX, name
        for name, given in of_type(code, "AWS::IAM::ManagedPolicy").items():
            assert written_length(given["PolicyDocument"]) < GIVEN_POLICY_CHARS_MAX, name
