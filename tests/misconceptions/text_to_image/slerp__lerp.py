# misconception: slerp
# slug: lerp
# what: linear interpolation
# told: looks like linear interpolation: half way between two unit vectors yours has
#   length {number}, not 1


def slerp(t, v1, v2):
    return (1.0 - t) * v1 + t * v2
