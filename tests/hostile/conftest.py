"""What lies here is hostile: never imported by pytest, only graded in a box."""

collect_ignore_glob = ["*.py"]
