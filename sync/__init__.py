"""The rules of agreement between phone and office: pure, and the same in Python and JavaScript."""
