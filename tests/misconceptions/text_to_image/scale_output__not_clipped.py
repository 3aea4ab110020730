# misconception: scale_output
# slug: not_clipped
# what: no clipping, so values wrap
# told: looks like no clipping: values beyond the ends wrap round, so what is too bright
#   turns black

import numpy as np


def scale_output(x):
    values = np.round((np.asarray(x) + 1.0) * 127.5).astype("int64")
    return (values % 256).astype("uint8")
