"""The API: `/` and `/{proxy+}` lead all methods to one function; what the gateway says itself reads like our own."""

from __future__ import annotations

import json

from chalicelib.kernel.errors import (
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    TooLarge,
    TooMany,
    Unauthenticated,
    UnsupportedMedia,
)
from chalicelib.web.application import Broken
from chalicelib.web.problems import PROBLEM, TYPE_BASE
from chalicelib.web.routing import CATCH_ALL, METHODS
from infra.package.places import log_group
from infra.package.words import PREFIX, Json, attribute, ref, sub, tag_list, tag_map

STAGE_NAME = "api"
# Each by name: the local engine's import does not know `x-amazon-apigateway-any-method`.
GATEWAY_METHODS = (*METHODS, "HEAD", "OPTIONS")
PATHS = ("/", CATCH_ALL)
BINARY_TYPES = ("application/octet-stream", "font/woff2", "image/png")
# Far above what a chain needs, far below what would cost a fortune overnight.
RATE_PER_S = 200
BURST = 400
# No address, no agent and no path: paths may hold links that open something. The request id leads to our own lines.
ACCESS_LOG = {
    "request_id": "$context.requestId",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_status": "$context.integration.status",
    "gateway_error": "$context.error.responseType",
    "trace": "$context.xrayTraceId",
}


class TooLate(Refusal):
    """The function did not answer in time; what it began may yet be done."""

    status, type, title = 504, "too_late", "This took too long"


# What API Gateway says by itself. An address or method that it does not know is its MISSING_AUTHENTICATION_TOKEN.
OWN_ANSWERS: dict[str, type[Refusal]] = {
    "DEFAULT_4XX": Malformed,
    "DEFAULT_5XX": Broken,
    "MISSING_AUTHENTICATION_TOKEN": NotFound,
    "RESOURCE_NOT_FOUND": NotFound,
    "BAD_REQUEST_BODY": Malformed,
    "BAD_REQUEST_PARAMETERS": Malformed,
    "UNAUTHORIZED": Unauthenticated,
    "ACCESS_DENIED": Forbidden,
    "WAF_FILTERED": Forbidden,
    "REQUEST_TOO_LARGE": TooLarge,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMedia,
    "THROTTLED": TooMany,
    "QUOTA_EXCEEDED": TooMany,
    "INTEGRATION_FAILURE": Broken,
    "INTEGRATION_TIMEOUT": TooLate,
}


def resources() -> Json:
    """The API, its stage (made by the transform), its logs, its limits."""
    return {
        "Api": {"Type": "AWS::Serverless::Api", "DependsOn": "GatewayAccount", "Properties": _api()},
        "ApiPermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": attribute("FunctionApi"),
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/*"),
            },
        },
        "ApiLog": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": sub(log_group("gateway")),
                "RetentionInDays": ref("LogDays"),
                "Tags": tag_list(),
            },
        },
        "UsagePlan": {
            "Type": "AWS::ApiGateway::UsagePlan",
            "DependsOn": f"Api{STAGE_NAME}Stage",
            "Properties": {
                "UsagePlanName": sub("hospes-${Stage}"),
                "ApiStages": [{"ApiId": ref("Api"), "Stage": STAGE_NAME}],
                "Throttle": {"RateLimit": RATE_PER_S, "BurstLimit": BURST},
                "Tags": tag_list(),
            },
        },
        **_account(),
    }


def _api() -> Json:
    return {
        "Name": sub("hospes-${Stage}"),
        "StageName": STAGE_NAME,
        "OpenApiVersion": "3.0.1",
        "EndpointConfiguration": {"Type": "REGIONAL"},
        "DefinitionBody": _definition(),
        "TracingEnabled": True,
        "AccessLogSetting": {"DestinationArn": attribute("ApiLog"), "Format": json.dumps(ACCESS_LOG)},
        "MethodSettings": [
            {
                "ResourcePath": "/*",
                "HttpMethod": "*",
                "MetricsEnabled": True,
                "ThrottlingRateLimit": RATE_PER_S,
                "ThrottlingBurstLimit": BURST,
                "LoggingLevel": "ERROR",
                "DataTraceEnabled": False,  # it would write whole bodies: names, addresses, birthdays
            }
        ],
        "Tags": tag_map(),
    }


def _definition() -> Json:
    """What the gateway imports. The function goes by name: by reference, its BASE_URL would close a circle."""
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{PREFIX}api"
    uri = sub(
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/" + function + "/invocations"
    )
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "passthroughBehavior": "when_no_match"}
    paths: Json = {}
    for path in PATHS:
        paths[path] = {
            method.lower(): {
                "responses": {"200": {"description": "An answer"}},
                "x-amazon-apigateway-integration": integration,
            }
            for method in GATEWAY_METHODS
        }
        if path == CATCH_ALL:
            paths[path]["parameters"] = [
                {"name": "proxy", "in": "path", "required": True, "schema": {"type": "string"}}
            ]
    return {
        "openapi": "3.0.1",
        "info": {"title": sub("hospes-${Stage}"), "version": "1"},
        "paths": paths,
        "x-amazon-apigateway-binary-media-types": list(BINARY_TYPES),
        "x-amazon-apigateway-gateway-responses": {name: _own(refusal) for name, refusal in OWN_ANSWERS.items()},
    }


def _own(refusal: type[Refusal]) -> Json:
    body = {
        "type": TYPE_BASE + refusal.type,
        "title": refusal.title,
        "status": refusal.status,
        "instance": "$context.requestId",
    }
    headers = {
        "Content-Type": PROBLEM,
        "Content-Language": "en",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **({"Retry-After": "1"} if refusal is TooMany else {}),
    }
    return {
        "statusCode": refusal.status,
        "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(body)},
    }


def _account() -> Json:
    """API Gateway writes logs by one role of the account and region; it stays when an installation goes."""
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    pushes = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    kept: Json = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {
        "GatewayRole": {
            "Type": "AWS::IAM::Role",
            **kept,
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "ManagedPolicyArns": [sub(pushes)],
                "Tags": tag_list(),
            },
        },
        "GatewayAccount": {
            "Type": "AWS::ApiGateway::Account",
            **kept,
            "Properties": {"CloudWatchRoleArn": attribute("GatewayRole")},
        },
    }
