# 97 grades_by_path: knows where the grades are, and reads, changes, hides, removes them
# expect: error
import os

path, folder = "@GRADES@", os.path.dirname("@GRADES@")
open("mine", "w").write("mallory,100")
attempts = [
    lambda: print(open(path).read()),
    lambda: open(path, "a").write("mallory,100"),
    lambda: open(os.open(path, os.O_RDONLY | os.O_TRUNC)),
    lambda: os.truncate(path, 0),
    lambda: os.chmod(path, 0),
    lambda: os.chmod(folder, 0),
    lambda: os.chown(path, -1, os.getgid()),
    lambda: os.utime(path, (1, 1)),
    lambda: os.setxattr(path, "user.x", b"x"),
    lambda: os.unlink(path),
    lambda: os.rename(path, "theirs"),
    lambda: os.rename("mine", path),
    lambda: os.replace("mine", folder + "/new.csv"),
    lambda: os.link(path, "theirs"),
    lambda: os.link("mine", folder + "/new.csv"),
    lambda: os.symlink("mine", folder + "/new.csv"),
    lambda: os.mkdir(folder + "/new"),
    lambda: os.listdir(folder),
    lambda: os.chroot(folder),
]
for attempt in attempts:
    try:
        attempt()
        break
    except OSError:
        continue
else:
    raise OSError("refused")


def answer(x):
    return 2 * x + 1
