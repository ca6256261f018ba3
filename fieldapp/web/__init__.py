"""Pages and protocol over HTTP: the only place that sees a request, a session or a signed-in person."""
