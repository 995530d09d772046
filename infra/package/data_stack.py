"""The template of what must outlive every deployment: tables, files, and their backups. Nothing here is ever deleted
by a stack; whoever wants that has to do it by hand."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.settings import table_prefix
from chalicelib.kernel.table import Record
from infra.package.places import BUCKET
from infra.package.words import FORMAT, Json, attribute, logical, named, ref, stage_parameter, sub, tag_list, tag_map
from infra.resources import table_definition, tables, ttl_attribute

# Files come, are read and are fetched within days: uploads of imports, their rejected rows, what a recorder kept.
# The names begin with the chain, which a rule of the bucket cannot look past, so the rule is for all of them.
FILES_KEPT_DAYS = 90
REPLACED_FILES_KEPT_DAYS = 7
UNFINISHED_UPLOADS_KEPT_DAYS = 2
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
        },
        "Conditions": {"WithBackup": {"Fn::Equals": [ref("Backup"), "yes"]}},
        "Resources": {**{table_id(record): _table(record) for record in tables()}, **_bucket(), **_backup()},
        "Outputs": {
            "Bucket": {"Value": ref("Files"), "Export": {"Name": named("bucket")}},
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


def _bucket() -> Json:
    properties: Json = {
        "BucketName": sub(BUCKET),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
            ]
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "files-come-and-go",
                    "Status": "Enabled",
                    "ExpirationInDays": FILES_KEPT_DAYS,
                    "NoncurrentVersionExpiration": {"NoncurrentDays": REPLACED_FILES_KEPT_DAYS},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_UPLOADS_KEPT_DAYS},
                },
            ]
        },
        "Tags": tag_list(),
    }
    only_tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [attribute("Files"), sub("${Files.Arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Bucket": ref("Files"), "PolicyDocument": {"Version": "2012-10-17", "Statement": [only_tls]}}
    return {
        "Files": {"Type": "AWS::S3::Bucket", **RETAINED, "Properties": properties},
        "FilesPolicy": {"Type": "AWS::S3::BucketPolicy", **RETAINED, "Properties": policy},
    }


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
