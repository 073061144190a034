"""Who calls AWS KMS for which job, as data, and the calls to expect of a job according to it."""
