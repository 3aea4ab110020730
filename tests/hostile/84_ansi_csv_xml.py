# 84 ansi_csv_xml: commands to whoever reads the message
# expect: error
raise ValueError("\x1b[2J\x07 =HYPERLINK(1) ]]> <script> \ud800 \u202e ::set-output")


def answer(x):
    return 2 * x + 1
