# How many tests of a step's output passed, failed and were skipped: from GoogleTest's brief report,
# and from lines that begin with `ok`, `not ok` and `skip`.
/^\[  PASSED  \] [0-9]+ tests?\.$/ { passed += $4 }
/^\[  FAILED  \] .* \([0-9]+ ms\)$/ { failed++ }
/^\[  SKIPPED \] [0-9]+ tests?\.$/ { skipped += $4 }
/^ok / { passed++ }
/^not ok / { failed++ }
/^skip / { skipped++ }
END { print passed + 0, failed + 0, skipped + 0 }
