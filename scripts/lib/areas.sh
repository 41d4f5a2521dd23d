# Runs one area of tests/bench or tests/soak. Sourced by scripts/bench and scripts/soak after
# python.sh. An area is a module there that can be run; its first line says what it measures.

areas() { # kind
    local file
    for file in "$ROOT/tests/$1"/*.py; do
        if grep -q '^if __name__ == "__main__":' "$file" 2>/dev/null; then
            printf '  %-12s %s\n' "$(basename "$file" .py)" "$(sed -n '1s/^"""//p' "$file" | sed 's/"""$//')"
        fi
    done
}

run_area() { # kind area arguments...
    local kind=$1 area=${2:-}
    # Not `grep -q`: it hangs up at the first hit, and pipefail takes that for a failure.
    if [ -z "$area" ] || ! areas "$kind" | grep "^  $area " >/dev/null; then
        say "Usage: scripts/$kind AREA [--json]; the areas are:"
        say "$(areas "$kind")"
        exit 2
    fi
    shift 2
    ensure_venv dev
    cd "$ROOT"
    exec "$VENV/bin/python" -m "tests.$kind.$area" "$@"
}
