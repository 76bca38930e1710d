"""What schemathesis cannot know of by itself: values of the formats of our own."""

from datetime import datetime

import schemathesis
from hypothesis import strategies as st

_MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31))  # noqa: DTZ001

schemathesis.openapi.format("date-time", _MOMENTS.map(lambda moment: f"{moment.isoformat()}Z"))
schemathesis.openapi.format("time-zone", st.sampled_from(["Asia/Shanghai", "Europe/Paris", "UTC"]))
