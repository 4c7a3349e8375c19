"""Ask a server whether it is there: `python -P -m mathpal.doctor.request URL SECONDS`.

A process of its own can be ended while it waits for a name to be resolved; a thread cannot.
"""

from __future__ import annotations

import signal
import ssl
import sys
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from mathpal.doctor.child import tell


def main(url: str, seconds: float) -> None:
    """Tell the status with which a server answers, or why it does not."""
    signal.setitimer(signal.ITIMER_REAL, seconds)  # then SIGALRM ends this process
    begun = time.perf_counter()
    facts = _asked(url, seconds)
    tell(facts | {"seconds": time.perf_counter() - begun})


def _asked(url: str, seconds: float) -> dict[str, Any]:
    try:
        with urlopen(Request(url, method="HEAD"), timeout=seconds) as answer:
            return {"status": answer.status}
    except HTTPError as error:
        return {"status": error.code}
    except URLError as error:
        certificate = isinstance(error.reason, ssl.SSLCertVerificationError)
        return {"error": str(error.reason), "certificate": certificate}
    except (OSError, HTTPException, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}", "certificate": False}


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
