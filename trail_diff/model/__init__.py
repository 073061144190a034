"""The vocabulary: frozen values that every stage speaks. No behaviour beyond what a value says of itself.

codes     closed sets of words: caller kinds, causes, layers, outcomes
reasons   every reason code
learnt    what is learnt: events, jobs, facts, the case
decisions how policies decide calls
report    what is concluded; its field names are the JSON contract, from which data/report.schema.json is generated
lists     the rows of the lists of jobs and of callers
what_if   what a new policy would do to calls
triage    which jobs failed for the same cause
"""
