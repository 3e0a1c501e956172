"""The WSGI application granian serves."""

from __future__ import annotations

import os
import threading

from django.core.wsgi import get_wsgi_application

WARM_AFTER_S = 10.0
"""Once the rush of the start is over."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
application = get_wsgi_application()


def _warm() -> None:
    from yuanjian.platform.monitoring.power import warm  # needs the application

    warm()


_later = threading.Timer(WARM_AFTER_S, _warm)
_later.daemon = True
_later.start()
