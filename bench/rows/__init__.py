"""The rows of the table, one file each; each has measure(bench), which gives Lines."""
from rows import behind, crash, drain, enqueue, history, idle, naps, pages, pickup, requests, schedule

ROWS = {"drain": drain, "pickup": pickup, "enqueue": enqueue, "naps": naps, "history": history, "idle": idle,
        "schedule": schedule, "behind": behind, "crash": crash, "pages": pages, "requests": requests}
