"""One module per kind of question: how it is read from a form, judged, and shown."""
