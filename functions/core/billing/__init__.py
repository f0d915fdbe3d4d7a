"""What a hospital pays: cases, prices, corrections and monthly statements (LIFE-07, LIFE-08).

A **case** is an exam that has both images that can be looked at and a report of which a version was audited (or corrected). It is
earned at the moment when both are true for the first time, and stands on the bill of that month on the hospital's own calendar,
once for ever: a report sent again, audited again, corrected or retracted, an exam hidden or shown, and whatever people look at
add nothing, and take nothing away.

- Another accession number is another exam, and so another case.
- A study that moves to another exam takes its images along. The exam that it left keeps the line that it had earned, and earns
  none if it had not; the exam that it comes to earns its own. Where the first was only a mistake, a person cancels its line:
  `bill check` lists each line whose exam has no images any more.
- What comes after its month was closed stands on the first bill that is still open.
- A correction is an entry of its own on the bill of the month in which it is made.

`telling.py` makes the events, `ledger.py` the bill of them: whatever their order, and however often they come.
"""
