"""The template of what must outlive every deployment: tables, files, and their backups. Nothing here is ever deleted
by a stack; whoever wants that has to do it by hand."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.settings import table_prefix
from chalicelib.kernel.table import Record
from chalicelib.kernel.tenancy import INTAKE
from infra.package.places import BUCKET, INTAKE_BUCKET, REPLY_RULE, TemplateArns, resolved
from infra.package.words import FORMAT, Json, attribute, logical, named, ref, stage_parameter, sub, tag_list, tag_map
from infra.resources import table_definition, tables, ttl_attribute

# Files come, are read and are fetched within days: uploads of imports, their rejected rows, what a recorder kept.
# The names begin with the chain, which a rule of the bucket cannot look past, so the rule is for all of them.
FILES_KEPT_DAYS = 90
REPLACED_FILES_KEPT_DAYS = 7
UNFINISHED_UPLOADS_KEPT_DAYS = 2
# Longer than a message waits in a queue: a week to mend what keeps a mail from being read. Nobody needs it after that.
RAW_MAILS_KEPT_DAYS = 7
DAILY_KEPT_DAYS = 35  # as long as point-in-time recovery reaches back
MONTHLY_KEPT_DAYS = 365
RETAINED: Json = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def short_name(record: type[Record]) -> str:
    """A table's name without the prefix of this process."""
    return str(record.Meta.table_name).removeprefix(table_prefix())


def table_id(record: type[Record]) -> str:
    """A table's logical id."""
    return logical("table", short_name(record))


def template() -> Json:
    """The data stack."""
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": "Hospes: tables, files and backups of one installation. Everything in it is retained.",
        "Parameters": {
            "Stage": stage_parameter(),
            "Backup": {
                "Type": "String",
                "Default": "yes",
                "AllowedValues": ["yes", "no"],
                "Description": "Whether this stack backs up, or the organisation's own backup plan does.",
            },
            "ReplyRuleSet": {
                "Type": "String",
                "Default": "",
                "AllowedPattern": "[A-Za-z0-9_-]{0,64}",
                "Description": "The rule set whose rule `answers` takes mails in, if it is another product's.",
            },
        },
        "Conditions": {
            "WithBackup": {"Fn::Equals": [ref("Backup"), "yes"]},
            "WithOwnRules": {"Fn::Equals": [ref("ReplyRuleSet"), ""]},
        },
        "Resources": {
            **{table_id(record): _table(record) for record in tables()},
            **_files(),
            **_intake(),
            **_backup(),
        },
        "Outputs": {
            "Bucket": {"Value": ref("Files"), "Export": {"Name": named("bucket")}},
            "IntakeBucket": {"Value": ref("Intake"), "Export": {"Name": named("intake-bucket")}},
            "TablePrefix": {"Value": named(""), "Export": {"Name": named("table-prefix")}},
        },
    }


def _table(record: type[Record]) -> Json:
    definition = table_definition(record)
    properties: Json = {
        **definition,
        "TableName": named(short_name(record)),
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
        "Tags": tag_list(),
    }
    ending = ttl_attribute(record)
    if ending:
        properties["TimeToLiveSpecification"] = {"Enabled": True, "AttributeName": ending}
    return {"Type": "AWS::DynamoDB::Table", **RETAINED, "Properties": properties}


def _files() -> Json:
    lifecycle = {
        "Id": "files-come-and-go",
        "Status": "Enabled",
        "ExpirationInDays": FILES_KEPT_DAYS,
        "NoncurrentVersionExpiration": {"NoncurrentDays": REPLACED_FILES_KEPT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_UPLOADS_KEPT_DAYS},
    }
    by_key = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    bucket = _bucket(BUCKET, by_key, lifecycle)
    bucket["VersioningConfiguration"] = {"Status": "Enabled"}
    return _kept("Files", bucket, _only_tls("Files"))


def _intake() -> Json:
    """Mails as they came, before anybody knows for which chain. SES writes, the function that hears reads: nobody else.

    Encrypted by S3's own keys: SES can use no key whose policy does not name it, and AWS's key for S3 does not. Without
    versions, so that what has ended is gone.
    """
    lifecycle = {
        "Id": "mails-are-read-and-end",
        "Status": "Enabled",
        "ExpirationInDays": RAW_MAILS_KEPT_DAYS,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_UPLOADS_KEPT_DAYS},
    }
    rules = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:receipt-rule-set/%s:receipt-rule/" + REPLY_RULE
    own, other = sub(rules % "hospes-${Stage}-replies"), sub(rules % "${ReplyRuleSet}")
    objects = sub("${Intake.Arn}/*")
    ses_writes = {
        "Sid": "OnlyOurRuleWrites",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": objects,
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": ref("AWS::AccountId"),
                # Our own rule is made in any case, and SES tries whether it may write.
                "aws:SourceArn": {"Fn::If": ["WithOwnRules", own, [own, other]]},
            }
        },
    }
    nobody_else_writes = {
        **_denied("NobodyPuts", ["s3:PutObject"], objects),
        "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
    }
    nobody_else_reads = {
        **_denied("NobodyReads", ["s3:GetObject", "s3:GetObjectVersion"], objects),
        # By name: the role is of the code stack, which comes later.
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": resolved(TemplateArns().function_role(str(INTAKE.kind)))}},
    }
    by_s3 = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    statements = [ses_writes, nobody_else_writes, nobody_else_reads]
    return _kept("Intake", _bucket(INTAKE_BUCKET, by_s3, lifecycle), *statements, _only_tls("Intake"))


def _bucket(name: str, encryption: Json, lifecycle: Json) -> Json:
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return {
        "BucketName": sub(name),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
        "PublicAccessBlockConfiguration": dict.fromkeys(blocked, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {"Rules": [lifecycle]},
        "Tags": tag_list(),
    }


def _kept(name: str, bucket: Json, *statements: Json) -> Json:
    """A bucket and its policy."""
    policy = {"Bucket": ref(name), "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    return {
        name: {"Type": "AWS::S3::Bucket", **RETAINED, "Properties": bucket},
        f"{name}Policy": {"Type": "AWS::S3::BucketPolicy", **RETAINED, "Properties": policy},
    }


def _only_tls(name: str) -> Json:
    return {
        **_denied("OnlyTls", "s3:*", [attribute(name), sub(f"${{{name}.Arn}}/*")]),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _denied(sid: str, actions: str | list[str], resource: Any) -> Json:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource}


def _backup() -> Json:
    managed = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "ManagedPolicyArns": [sub(f"{managed}Backup"), sub(f"{managed}Restores")],
        "Tags": tag_list(),
    }
    plan = {
        "BackupPlan": {"BackupPlanName": named("backup"), "BackupPlanRule": [_daily(), _monthly()]},
        "BackupPlanTags": tag_map(),
    }
    selection = {
        "BackupPlanId": ref("BackupPlan"),
        "BackupSelection": {
            "SelectionName": named("tables"),
            "IamRoleArn": attribute("BackupRole"),
            "Resources": [attribute(table_id(record)) for record in tables()],
        },
    }
    vault = {"BackupVaultName": named("vault"), "BackupVaultTags": tag_map()}
    made: dict[str, tuple[str, Json, Json]] = {
        "BackupVault": ("AWS::Backup::BackupVault", RETAINED, vault),
        "BackupRole": ("AWS::IAM::Role", RETAINED, role),
        "BackupPlan": ("AWS::Backup::BackupPlan", {}, plan),
        "BackupSelection": ("AWS::Backup::BackupSelection", {}, selection),
    }
    return {
        name: {"Type": kind, "Condition": "WithBackup", **kept, "Properties": properties}
        for name, (kind, kept, properties) in made.items()
    }


def _daily() -> dict[str, Any]:
    return {
        "RuleName": "daily",
        "TargetBackupVault": ref("BackupVault"),
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 480,
        "Lifecycle": {"DeleteAfterDays": DAILY_KEPT_DAYS},
    }


def _monthly() -> dict[str, Any]:
    return {
        "RuleName": "monthly",
        "TargetBackupVault": ref("BackupVault"),
        "ScheduleExpression": "cron(0 4 1 * ? *)",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 720,
        "Lifecycle": {"DeleteAfterDays": MONTHLY_KEPT_DAYS},
    }
