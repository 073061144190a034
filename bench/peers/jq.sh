#!/bin/sh
# zcat | jq on one core, as most people begin; one process of each for every core would be the number of cores faster.
# Prints `[[caller, action, code, calls]]`.
find "$1" -name '*.gz' -print0 | sort -z | xargs -0 zcat | jq -c '
  .Records[] | select(.eventSource == "kms.amazonaws.com")
  | [.userIdentity.sessionContext.sessionIssuer.arn // .userIdentity.invokedBy, .eventName, .errorCode // ""]' \
  | sort | uniq -c | jq -cnR '[inputs | capture("^ *(?<count>[0-9]+) (?<call>.*)$") | (.call | fromjson) + [.count | tonumber]]'
