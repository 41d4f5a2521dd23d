# Finds Python and keeps the virtual environment `.venv` in step with a lock. Sourced by the
# scripts; everything said goes to standard error, so that a command's output stays its own.
# The caller has set ROOT to the top of the source tree.

VENV="$ROOT/.venv"
STAMP="$VENV/.installed"

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# The newest Python that will do; $PYTHON, where set, is taken and no other.
find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or newer is needed, and ${PYTHON:-none such} was found." \
        "On Debian 12 or later, Raspberry Pi OS and Ubuntu 24.04: sudo apt install python3 python3-venv"
}

# What the environment must hold and where: Python, lock, the project's own declaration, place.
fingerprint() { # python lock
    { "$1" -VV; echo "$ROOT"; cat "$2" "$ROOT/pyproject.toml"; } | sha256sum | cut -d ' ' -f 1
}

make_venv() { # python
    "$1" -c 'import ensurepip, venv' 2>/dev/null ||
        die "Python's venv module is missing: sudo apt install python3-venv"
    say "Making .venv with $("$1" -V)..."
    "$1" -m venv --clear "$VENV" >&2 || die "The virtual environment could not be made in $VENV."
}

# Unfinished work is never taken for finished: the stamp goes first and comes back last.
# A person at a terminal sees pip's progress, a log does not.
fill_venv() { # name fingerprint
    local quiet=--quiet
    if [ -t 2 ]; then quiet=; fi
    rm -f "$STAMP"
    say "Installing requirements/$1.lock (once; some minutes on a Pi)..."
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input $quiet \
        --require-hashes -r "$ROOT/requirements/$1.lock" >&2 || die "The installation failed; see above."
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --quiet \
        --no-build-isolation --no-deps --no-index -e "$ROOT" >&2 || die "Installing the project failed; see above."
    printf '%s %s\n' "$1" "$2" >"$STAMP.new"
    mv "$STAMP.new" "$STAMP"
}

# ensure_venv NAME [WIDER...]: `.venv` holds requirements/NAME.lock. An up-to-date set of a
# WIDER lock, which holds all of it in the same versions, will do as well. Two callers at once
# wait for one another.
ensure_venv() {
    local python name
    python=$(find_python) || exit 1
    exec 9>"$ROOT/.venv.lock"
    flock 9
    for name in "$@"; do
        if [ "$(cat "$STAMP" 2>/dev/null)" = "$name $(fingerprint "$python" "$ROOT/requirements/$name.lock")" ]; then
            exec 9>&-
            return
        fi
    done
    same_python "$python" || make_venv "$python"
    fill_venv "$1" "$(fingerprint "$python" "$ROOT/requirements/$1.lock")"
    exec 9>&-
}

# Whether `.venv` is whole, made by this Python, and made here: its programs name their place,
# so a tree that was moved needs a new one.
same_python() { # python
    grep -qF -- " $VENV" "$VENV/pyvenv.cfg" 2>/dev/null &&
        [ "$("$VENV/bin/python" -VV 2>/dev/null)" = "$("$1" -VV)" ] &&
        "$VENV/bin/python" -m pip --version >/dev/null 2>&1
}
