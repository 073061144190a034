"""What was pasted: recognised behind every argument and error, with what to do about it.

forms      what a text is by its form alone, and the id in it
arguments  what stands where something else is wanted, before anything is read
explain    what was asked about and not found, by what was read
wording    the sentences of all three
"""
