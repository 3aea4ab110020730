"""Which statements of a submission are run: what defines something; not what trains.

Runs in the box too, so nothing but the standard library.
"""

import ast
import dis
import re
import warnings
from collections.abc import Iterator

TRAINS = {
    "fit",
    "fit_generator",
    "fit_transform",
    "train",
    "train_on_batch",
    "train_step",
    "test_on_batch",
    "test_step",
    "evaluate",
    "predict",
    "predict_on_batch",
    "adapt",
    "generate",
}
LOADS = {
    "get_file",
    "load_data",
    "load_dataset",
    "load_model",
    "load_weights",
    "from_preset",
    "from_pretrained",
    "image_dataset_from_directory",
    "fetch_openml",
    "urlopen",
    "urlretrieve",
    "open",
    "imread",
    "read_csv",
    "getoutput",
    "check_output",
    "system",
}
SHOWS = {"display", "imshow", "summary", "plot_model", "input", "print"}
PREFIXES = {
    "train_": TRAINS,
    "download": LOADS,
    "load_": LOADS,
    "plot": SHOWS,
    "show": SHOWS,
}
ROOTS = {
    **dict.fromkeys(("plt", "pylab", "matplotlib", "sns", "seaborn", "IPython"), SHOWS),
    **dict.fromkeys(("widgets", "ipywidgets", "wandb", "tqdm"), SHOWS),
    **dict.fromkeys(("files", "drive", "requests", "urllib", "tfds"), LOADS),
    **dict.fromkeys(("kagglehub", "gdown", "subprocess", "get_ipython"), LOADS),
}
REASONS = {
    id(TRAINS): "it trains or runs a model",
    id(LOADS): "it loads something from elsewhere",
    id(SHOWS): "it only shows something",
}
# Calls that change what is already defined, and so are part of a definition.
CHANGES = {"append", "extend", "insert", "update", "add", "setdefault", "register"}
CHANGING = {"setattr", "exec"}
NO_DEFINITION = "it defines nothing"
LENDS = "mine_or_ours"  # a notebook's way on where an exercise is open
# With one of these, no one can tell from the text which names are needed.
DYNAMIC = {"globals", "locals", "vars", "exec", "eval", "__name__"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = FUNCTIONS | ast.ClassDef | ast.Lambda
ALWAYS = FUNCTIONS | ast.ClassDef | ast.Import | ast.ImportFrom
VALUES = ast.Assign | ast.AnnAssign | ast.AugAssign
LOOPS = ast.For | ast.AsyncFor | ast.While
EMPTY = ast.Pass | ast.Break | ast.Continue
LOADS_NAME = re.compile(r"LOAD_(?!.*(ATTR|METHOD))")  # of Python's own instructions

Left = tuple[ast.AST, str]


def choose(statement: ast.stmt) -> tuple[ast.stmt | None, list[Left]]:
    """Keep of a top-level statement what defines something.

    Args:
        statement: its syntax tree; what a block keeps, it keeps in this very tree.

    Returns:
        The statement to run, or None; and each part that is left out, with the reason
        (empty where there is nothing to tell, as with a docstring).

    Example:
        >>> text = "try:\\n  import x\\nexcept ImportError:\\n  print('no x')"
        >>> kept, left = choose(ast.parse(text).body[0])
        >>> print(ast.unparse(kept))
        try:
            import x
        except ImportError:
            pass
        >>> [(part.lineno, reason) for part, reason in left]
        [(4, 'it only shows something')]
    """
    left = []
    return _kept(statement, left), left


def _kept(node: ast.stmt, left: list[Left]):
    if isinstance(node, ALWAYS | EMPTY) or type(node).__name__ == "TypeAlias":
        return node
    if isinstance(node, VALUES):
        return _kept_value(node, left)
    if isinstance(node, ast.Expr):
        return _kept_expression(node, left)
    if isinstance(node, ast.If | ast.Try | ast.With | ast.AsyncWith | LOOPS):
        return _kept_block(node, left)
    left.append((node, NO_DEFINITION))
    return None


def _kept_value(node, left: list[Left]):
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if any(_dotted(t).startswith(("os.environ", "environ[")) for t in targets):
        left.append((node, "the grader chooses the environment"))
    elif isinstance(node.value, ast.Call) and _dotted(node.value.func).endswith(LENDS):
        left.append((node, "grading takes what was written for it"))
    elif node.value is not None and (reason := _obvious(node.value)):
        left.append((node, reason))
    else:
        return node
    return None


def _kept_expression(node: ast.Expr, left: list[Left]):
    value = node.value
    if isinstance(value, ast.Constant):
        return None
    if any(isinstance(part, ast.NamedExpr) for part in ast.walk(value)):
        return node
    if isinstance(value, ast.Call) and _changes(value) and not _obvious(value):
        return node
    if isinstance(value, ast.Await):
        value = value.value
    if _dotted(getattr(value, "func", value)).startswith("keras_gen.check"):
        left.append((node, "grading checks it anyway"))
    else:
        left.append((node, _obvious(value) or NO_DEFINITION))
    return None


def _changes(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in CHANGING
    on_a_name = isinstance(call.func, ast.Attribute) and isinstance(
        call.func.value, ast.Name | ast.Call
    )
    if on_a_name and isinstance(call.func.value, ast.Call):
        return _dotted(call.func).startswith("globals().")
    return on_a_name and call.func.attr in CHANGES


def _kept_block(node, left: list[Left]):
    if isinstance(node, ast.If) and "__name__" in _names(node.test):
        left.append((node, "it is for running the file as a program"))
        return None
    if isinstance(node, LOOPS) and (reason := _loop_reason(node)):
        left.append((node, reason))
        return None
    for head in _heads(node):
        if reason := _obvious(head):
            left.append((node, reason))
            return None
    before = len(left)
    node.body = _kept_body(node.body, left)
    for handler in getattr(node, "handlers", ()):
        handler.body = _kept_body(handler.body, left)
    for part in ("orelse", "finalbody"):
        body = _kept_body(getattr(node, part, []), left)
        if hasattr(node, part):
            setattr(node, part, body if _defines(body) else [])
    if _defines(node.body) or _defines(getattr(node, "orelse", [])):
        return node
    if len(left) == before:
        left.append((node, NO_DEFINITION))
    return None


def _kept_body(body: list[ast.stmt], left: list[Left]) -> list[ast.stmt]:
    kept = [_kept(node, left) for node in body]
    found = [node for node in kept if node is not None]
    if found or not body:
        return found
    return [ast.copy_location(ast.Pass(), body[0])]


def _defines(body: list[ast.stmt]) -> bool:
    return any(not isinstance(node, EMPTY) for node in body)


def _loop_reason(node) -> str:
    for part in _here(node):
        if isinstance(part, ast.Call) and _kind(part) is TRAINS:
            return "it is a loop that trains or runs a model"
        if isinstance(part, ast.Attribute) and part.attr.startswith("apply_grad"):
            return "it is a loop that trains or runs a model"
    return ""


def _heads(node) -> Iterator[ast.expr]:
    """Expressions that a block needs before its body."""
    for name in ("test", "iter"):
        if hasattr(node, name):
            yield getattr(node, name)
    for item in getattr(node, "items", ()):
        yield item.context_expr


def _obvious(value: ast.expr) -> str:
    """Why a value is plainly none that a grade needs, or an empty string."""
    for part in _here(value):
        if isinstance(part, ast.Call) and (kind := _kind(part)):
            return REASONS[id(kind)]
    return ""


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it that is evaluated with it: no function's body."""
    yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _here(child)


def _kind(call: ast.Call):
    name = _dotted(call.func)
    root, last = name.split(".")[0].split("(")[0], name.split(".")[-1]
    if root in ROOTS:
        return ROOTS[root]
    for kind in (TRAINS, LOADS, SHOWS):
        if last in kind:
            return kind
    found = [kind for prefix, kind in PREFIXES.items() if last.startswith(prefix)]
    return found[0] if found else None


def _dotted(node: ast.AST) -> str:
    """`keras.utils.get_file` of the node that says so; the like for what is called."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_dotted(node.func)}()"
    if isinstance(node, ast.Subscript):
        return f"{_dotted(node.value)}[]"
    return ""


# ---------------------------------------------------------------------------- names


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _looked_up(statement: ast.stmt) -> set[str]:
    """Names that it takes from outside: no function's own variables, no attributes."""
    module = ast.Module([statement], [])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codes = [compile(module, "", "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return _names(statement)
    names = set()
    while codes:
        code = codes.pop()
        for step in dis.get_instructions(code):
            if step.opcode in dis.hasname and LOADS_NAME.match(step.opname):
                names.add(step.argval)
        codes += [one for one in code.co_consts if isinstance(one, type(code))]
    return names & _names(statement)  # a class also asks for `__name__`


def binds(node: ast.AST) -> set[str]:
    """Names that a statement defines or changes at the top level; `*` is any name.

    Example:
        >>> sorted(binds(ast.parse("a.b, c[0] = 1, 2")))
        ['a', 'c']
    """
    found = set()
    for part in _here_and_scopes(node):
        if isinstance(part, FUNCTIONS | ast.ClassDef | ast.ExceptHandler):
            found.add(part.name)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            names = (alias.asname or alias.name for alias in part.names)
            found |= {name.split(".")[0] for name in names}
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            found.add(part.id)
        elif isinstance(part, ast.Attribute | ast.Subscript):
            if not isinstance(part.ctx, ast.Load):
                found.add(_base(part))
        elif isinstance(part, ast.Call) and _changes(part):
            name = part.args[0] if part.args else part
            is_set = _dotted(part.func) == "setattr" and isinstance(name, ast.Name)
            is_method = isinstance(part.func, ast.Attribute)
            base = _base(part.func) if is_method else name.id if is_set else "*"
            found.add(base)
        elif type(part).__name__ == "TypeAlias":
            found.add(part.name.id)
    return found - {None}


def _here_and_scopes(node: ast.AST) -> Iterator[ast.AST]:
    """As `_here`, without what a definition evaluates."""
    yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _here_and_scopes(child)


def _base(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else "*"


def needed(statements: list[ast.stmt], wanted) -> list[bool]:
    """Tell for each statement whether the wanted names need it.

    Args:
        statements: those of the whole submission, in order.
        wanted: names that will be asked for; None where any may be.

    Example:
        >>> body = ast.parse("import a, b; x = a.f(); y = b.g(); z = x").body
        >>> needed(body, {"z"})
        [True, True, False, True]
    """
    bound = [binds(statement) for statement in statements]
    used = [_looked_up(statement) for statement in statements]
    if wanted is None or any(names & DYNAMIC for names in used):
        return [True] * len(statements)
    names, kept = set(wanted), ["*" in names for names in bound]
    for index, keep in enumerate(kept):
        if keep:
            names |= used[index]
    grown = True
    while grown:
        grown = False
        for index, keep in enumerate(kept):
            if not keep and bound[index] & names:
                kept[index] = grown = True
                names |= used[index]
    return kept
