"""Every page of the site by the name of its address: who sees it, and where. What is no page says why."""

from __future__ import annotations

from tests.e2e.walk import LAB

EVERYBODY = {
    "home": "/",
    "weeks": "/weeks/",
    "week": "/weeks/transformer-architecture/",
    "map": "/map/",
    "start": "/start/",
    "search": "/search/?q=attention",
    "phases": "/phases/",
    "phase": "/phases/transformers-and-nlp/",
    "papers": "/papers/",
    "paper": "/papers/attention-is-all-you-need/",
    "topic": "/topics/spatial-and-semantic/",
    "labs:index": "/labs/",
    "status": "/status/",
    "style": "/style/",
}
VISITORS = {
    **EVERYBODY,
    "account_login": "/accounts/login/",
    "account_signup": "/accounts/signup/",
    "account_reset_password": "/accounts/password/reset/",
    "account_reset_password_done": "/accounts/password/reset/done/",
    "account_reset_password_from_key": "/accounts/password/reset/key/x-y/",
    "account_reset_password_from_key_done": "/accounts/password/reset/key/done/",
    "account_inactive": "/accounts/inactive/",
    "account_email_verification_sent": "/accounts/confirm-email/",
    "account_confirm_email": "/accounts/confirm-email/nonsense/",
}
# Of what everybody sees, what looks different to a learner. "" is an address that only the fixture's learner knows.
LEARNERS = {
    **{name: EVERYBODY[name] for name in ("home", "weeks", "week", "map", "start", "paper", "labs:index")},
    "search": "/search/?q=nothing-holds-this",
    "account_settings": "/accounts/settings/",
    "account_email": "/accounts/email/",
    "account_change_password": "/accounts/password/change/",
    "account_logout": "/accounts/logout/",
    "account_reauthenticate": "/accounts/reauthenticate/",
    "labs:lab": f"/labs/{LAB}/",
    "labs:history": f"/labs/{LAB}/history",
    "labs:give-up": f"/labs/{LAB}/give-up",
    "labs:solution": "/labs/lora-by-hand/solution",
    "labs:submission": "",
    "reviews:session": "/reviews/",
    "reviews:verdict": "",
    "reviews:quiz": "/reviews/papers/attention-is-all-you-need/",
    "reviews:topic-quiz": "/reviews/topics/spatial-and-semantic/",
    "reviews:preset": "/reviews/settings/",
    "reviews:statistics": "/reviews/statistics/",
}
# Months of history, as `residual demo` tells them: full tables and charts instead of empty ones.
OLD_HANDS = {
    "home": "/",
    "map": "/map/",
    "labs:lab": f"/labs/{LAB}/",
    "reviews:session": "/reviews/",
    "reviews:statistics": "/reviews/statistics/",
}
WORKBENCHES = {"labs:lab"}
NOT_PAGES = {
    "tick": "takes a POST",
    "theme": "takes a POST",
    "set_language": "takes a POST",
    "dismiss-guide": "takes a POST",
    "healthz": "JSON",
    "palette": "JSON",
    "account_set_password": "leads to account_change_password: everybody has a password",
    "account_confirm_login_code": "leads to account_login: login codes are off",
    "reviews:card": "the card that reviews:session shows",
    "reviews:run": "shown for the second in which code is judged; it leads to reviews:verdict",
    "labs:probe": "a Python file",
    "labs:points": "a CSV file",
    **dict.fromkeys(("labs:submit", "labs:draft", "labs:upload", "labs:reset", "labs:hint"), "takes a POST"),
    **dict.fromkeys(("labs:cancel", "labs:trace", "labs:download", "labs:restore"), "takes a POST"),
    **dict.fromkeys(("labs:panel", "labs:events", "labs:run", "labs:checks"), "part of labs:submission or labs:lab"),
    **{
        f"reviews:{name}": "takes a POST"
        for name in ("answer", "undo", "suspend", "resume", "bury", "rate", "start", "topic-start", "more")
    },
}
