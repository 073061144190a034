"""CloudTrail's own spelling of the field names that query engines write in lower case.

Source: AWS CloudTrail user guide, "CloudTrail record contents" and "userIdentity element"; the parameters of the KMS,
AWS Backup and CloudTrail calls that are read here, as the API references spell them.
"""

_NAMES = """
eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode
errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly resources
eventType apiVersion managementEvent recipientAccountId sharedEventID vpcEndpointId vpcEndpointAccountId
serviceEventDetails eventCategory eventContext requestContext type userName principalId arn accountId
accessKeyId sessionContext sessionIssuer attributes creationDate mfaAuthenticated webIdFederationData
invokedBy onBehalfOf userId identityStoreArn inScopeOf sourceArn sourceAccount identityProvider keyId
encryptionContext encryptionAlgorithm keySpec numberOfBytes granteePrincipal granteeServicePrincipal
retiringPrincipal operations constraints encryptionContextSubset encryptionContextEquals grantId
sourceEncryptionContext destinationEncryptionContext sourceKeyId destinationKeyId policyName policy
bypassPolicyLockoutSafetyCheck pendingWindowInDays deletionDate backupJobId copyJobId restoreJobId
backupVaultName backupVaultArn resourceArn resourceType iamRoleArn state statusMessage completionDate
percentDone recoveryPointArn eventSelectors advancedEventSelectors trailName excludeManagementEventSources
readWriteType includeManagementEvents fieldSelectors field equals notEquals
"""

SPELLING = {name.lower(): name for name in _NAMES.split()}
