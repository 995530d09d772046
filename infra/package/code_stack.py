"""The template of what a deployment replaces: functions, roles, queues, API, alarms."""

from __future__ import annotations

from infra.package import functions, gateway, messaging, roles, watching
from infra.package.wheels import PYTHON_OTHERWISE, PYTHONS
from infra.package.words import FORMAT, Json, ref, stage_parameter

LOG_DAYS = 30
ARCHITECTURES = ["arm64", "x86_64"]
KEPT_LOG_DAYS = [7, 14, 30, 60, 90, 180, 365]


def template() -> Json:
    """The code stack."""
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "Hospes: functions, API, queues and alarms of one installation. Deleting it loses no data.",
        "Parameters": _parameters(),
        "Conditions": {
            "WithBaseUrl": {"Fn::Not": [{"Fn::Equals": [ref("BaseUrl"), ""]}]},
            "WithReplies": {"Fn::Not": [{"Fn::Equals": [ref("ReplyDomain"), ""]}]},
            "WithAlarmEmail": {"Fn::Not": [{"Fn::Equals": [ref("AlarmEmail"), ""]}]},
        },
        "Resources": {
            **roles.resources(),
            **messaging.resources(),
            **functions.resources(),
            **gateway.resources(),
            **watching.resources(),
        },
        "Outputs": {
            "ApiUrl": {"Value": functions.api_url()},
            "ApiId": {"Value": ref("Api")},
            "AlarmTopic": {"Value": ref("AlarmTopic")},
        },
    }


def _parameters() -> Json:
    return {
        "Stage": stage_parameter(),
        "Architecture": {
            "Type": "String",
            "Default": ARCHITECTURES[0],
            "AllowedValues": ARCHITECTURES,
            "Description": "What the zips were built for.",
        },
        "Runtime": {
            "Type": "String",
            "Default": f"python{PYTHON_OTHERWISE}",
            "AllowedValues": [f"python{version}" for version in PYTHONS],
            "Description": "The Python that the zips were built for.",
        },
        "CodeBucket": {"Type": "String", "Description": "Where the zips were uploaded to."},
        "ApiKey": {"Type": "String", "Description": "The zip of the API."},
        "WorkersKey": {"Type": "String", "Description": "The zip of the functions that no person waits for."},
        "SecretName": {
            "Type": "String",
            "Description": "Name of the secret in Secrets Manager that holds `secret` and `operator_key_hash`.",
        },
        "BaseUrl": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(https?://[^/?#]+(/[A-Za-z0-9._~-]+)*)?",
            "Description": "What links in mails begin with; empty for the API's own address.",
        },
        "MailSender": {
            "Type": "String",
            "AllowedPattern": "[^@\\s]+@[^@\\s]+",
            "Description": "Address that mails are from where a chain has none of its own.",
        },
        "ReplyDomain": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "([a-z0-9-]+\\.)+[a-z]{2,}|",
            "Description": "Domain whose mail SES takes in, for answers of guests; empty: answers go to the property.",
        },
        "ReplyNumbers": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(\\+[0-9]{6,15}=chn_[0-9a-z]{26}(,|$))*",
            "Description": "Which chain each number belongs to that texts come back to: +351910000000=chn_…,…",
        },
        "AlarmEmail": {"Type": "String", "Default": "", "Description": "Who is told of alarms."},
        "LogDays": {"Type": "Number", "Default": LOG_DAYS, "AllowedValues": KEPT_LOG_DAYS},
    }
