# 12 write_report: writes reports beside itself, now and at exit
# expect: failed
import atexit


def write():
    for name in ("results.json", "report.xml", "grades.csv"):
        with open(name, "w") as file:
            file.write('{"score": 100}')


write()
atexit.register(write)


def answer(x):
    return 2 * x
