"""How a line of the log looks: `LOG_FORMAT` chooses, for Django and for gunicorn."""

FORMATTERS = {
    # For people.
    "line": {
        "format": "{asctime} {levelname} {name} {message}",
        "style": "{",
    },
    # For programs: one object a line, errors with their traceback in it.
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "format": "{levelname} {name} {message}",
        "style": "{",
        "rename_fields": {"levelname": "level", "name": "logger"},
        "timestamp": "time",
    },
}
