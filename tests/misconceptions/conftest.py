"""What lies here is data, never imported by pytest: it is wrong on purpose."""

collect_ignore_glob = ["*.py"]
