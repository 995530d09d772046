"""Queues with their dead letters, and the way the mail service's events come back: SES, a topic, a queue."""

from __future__ import annotations

from chalicelib.wiring import DEAD_KEPT_S, MESSAGE_KEPT_S, QUEUES, SES_QUEUE, SES_TOPIC, Queue
from infra.package.places import REPLY_RULE, TemplateArns
from infra.package.words import Json, attribute, imported, logical, named, ref, sub, tag_list

# What became of a message. Opens and clicks are shown beside its status, and decide nothing.
MAIL_EVENTS = [
    "send", "delivery", "deliveryDelay", "bounce", "complaint", "reject", "renderingFailure", "open", "click",
]  # fmt: skip


def queue_id(queue: Queue) -> str:
    """Logical id of a queue."""
    return logical("queue", queue.name)


def dead_id(queue: Queue) -> str:
    """Logical id of a queue's dead letters."""
    return logical("queue", queue.dead_letter)


def topic_name() -> str:
    """The topic's name after the installation's prefix."""
    return SES_TOPIC.removeprefix("hospes-")


def resources() -> Json:
    """Queues, topic, configuration set."""
    made: Json = {}
    for queue in QUEUES:
        made |= _queue(queue)
    return made | _mail() | _replies()


def _queue(queue: Queue) -> Json:
    """Standard queues: a message's group is its chain, which makes them fair, so a noisy chain waits for itself."""
    redrive = {"deadLetterTargetArn": attribute(dead_id(queue)), "maxReceiveCount": queue.max_receives}
    properties = {
        "QueueName": named(queue.name),
        "VisibilityTimeout": queue.visibility_s,
        "MessageRetentionPeriod": MESSAGE_KEPT_S,
        "RedrivePolicy": redrive,
        "SqsManagedSseEnabled": True,
        "Tags": tag_list(),
    }
    dead = {
        "QueueName": named(queue.dead_letter),
        "MessageRetentionPeriod": DEAD_KEPT_S,
        "RedriveAllowPolicy": {
            "redrivePermission": "byQueue",
            # By name and not by reference: the queue itself refers to its dead letters.
            "sourceQueueArns": [sub(TemplateArns().queue(queue.name))],
        },
        "SqsManagedSseEnabled": True,
        "Tags": tag_list(),
    }
    return {
        dead_id(queue): {"Type": "AWS::SQS::Queue", "Properties": dead},
        queue_id(queue): {"Type": "AWS::SQS::Queue", "Properties": properties},
    }


def _mail() -> Json:
    heard = next(queue for queue in QUEUES if queue.name == SES_QUEUE)
    from_here = {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}
    may_publish = {
        "Sid": "MailServicePublishes",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": ref("MailTopic"),
        "Condition": from_here,
    }
    texts_come = {
        **may_publish,
        "Sid": "TextsComeBack",
        "Principal": {"Service": "sms-voice.amazonaws.com"},
    }
    return {
        "MailTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": named(topic_name()), "Tags": tag_list()},
        },
        "MailTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [ref("MailTopic")], "PolicyDocument": _document(may_publish, texts_come)},
        },
        "MailQueuePolicy": _taking(queue_id(heard)),
        "MailDeadPolicy": _taking(dead_id(heard)),
        "MailSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": ref("MailTopic"),
                "Protocol": "sqs",
                "Endpoint": attribute(queue_id(heard)),
                "RedrivePolicy": {"deadLetterTargetArn": attribute(dead_id(heard))},
            },
            "DependsOn": ["MailQueuePolicy", "MailDeadPolicy"],
        },
        "MailConfiguration": {
            "Type": "AWS::SES::ConfigurationSet",
            "Properties": {
                "Name": sub("hospes-${Stage}"),
                "ReputationOptions": {"ReputationMetricsEnabled": True},
                "SendingOptions": {"SendingEnabled": True},
            },
        },
        "MailEvents": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "Properties": {
                "ConfigurationSetName": ref("MailConfiguration"),
                "EventDestination": {
                    "Name": "topic",
                    "Enabled": True,
                    "MatchingEventTypes": MAIL_EVENTS,
                    "SnsDestination": {"TopicARN": ref("MailTopic")},
                },
            },
            "DependsOn": "MailTopicPolicy",
        },
    }


def _replies() -> Json:
    """Mails to the domain for answers are put into the intake bucket, and the topic tells of them.

    That is for up to 40 MB; what goes by the topic itself SES gives back beyond 150 kB, as a photograph is. A rule set
    works once it is made the account's active one, which no template can do (docs/deployment.md).
    """
    rule = {
        "Name": REPLY_RULE,
        "Enabled": True,
        "ScanEnabled": True,
        "TlsPolicy": "Optional",
        "Recipients": [ref("ReplyDomain")],
        "Actions": [{"S3Action": {"BucketName": imported("intake-bucket"), "TopicArn": ref("MailTopic")}}],
    }
    made: Json = {
        "ReplyRules": {"Type": "AWS::SES::ReceiptRuleSet", "Properties": {"RuleSetName": named("replies")}},
        "ReplyRule": {
            "Type": "AWS::SES::ReceiptRule",
            "Properties": {"RuleSetName": ref("ReplyRules"), "Rule": rule},
            # Whoever is to read what it stores has to be there first, in the version that can.
            "DependsOn": ["MailTopicPolicy", logical("function", heard_by())],
        },
    }
    return {name: {**one, "Condition": "WithReplies"} for name, one in made.items()}


def heard_by() -> str:
    """The function that takes in what the topic tells."""
    return next(queue.handler for queue in QUEUES if queue.name == SES_QUEUE)


def _taking(target: str) -> Json:
    """A queue takes what the topic sends."""
    may_send = {
        "Sid": "TopicSends",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attribute(target),
        "Condition": {"ArnEquals": {"aws:SourceArn": ref("MailTopic")}},
    }
    properties = {"Queues": [ref(target)], "PolicyDocument": _document(may_send)}
    return {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}


def _document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}
