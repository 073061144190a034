"""A case straight from AWS: the job, its baseline, their events, and what is known of the key.

    options   which profiles, which endpoint, how to fetch; light
    connection   the accounts and Regions that those stand for
    asking    one call, its answer as a document; what was refused becomes a note and the case goes on
    jobs      the job, those it could be compared with, its vaults and recovery points
    facts     the key's state, policy and grants
    elsewhere    events of a bucket or an engine, and which time of them is wanted
    further   calls of other jobs, where the answer stays open
    collect   all of it, in order → Collected
    job_lists    every job of many accounts and Regions
    readings    the windows of many jobs, each read once, from event history or an engine
    night     what many jobs that failed need, in order → CollectedNight

Only calls that read are made. Everything ends in what is collected, from which the offline path goes on.
"""
