"""The tools that a model may ask for, and what stands between its asking and their running.

A call goes one way: its arguments are checked (`schema`), the tool says what it would do without doing it (`request`),
`permission` decides, the person is asked if need be, and only what was approved runs (`runner`).
"""
