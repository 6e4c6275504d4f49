# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Runs the tests. Sourced. Unit tests run in the root file system, everything
# else in the VM.

# select_tests NAME...: sets UNIT_TESTS and VM_TESTS.
select_tests() {
	local list

	in_root ctest --test-dir /src/build-vm --show-only=json-v1 \
		>"$WORK_DIR/ctest.json" || die "cannot list the unit tests"
	list=$(python3 "$SRC/buildlib/select_tests.py" --source "$SRC" \
		--ctest "$WORK_DIR/ctest.json" "$@") || die "nothing was run"
	mapfile -t UNIT_TESTS < <(sed -n 's/^unit //p' <<<"$list")
	mapfile -t VM_TESTS < <(sed -n 's/^pytest //p' <<<"$list")
}

join_names() {
	local IFS='|'

	printf '^(%s)$' "$*"
}

run_unit_tests() {
	build_sanitized
	run_child in_root ctest --test-dir /src/build-vm/sanitize \
		--output-on-failure --no-tests=error \
		--output-junit /src/build-vm/log/unit.xml \
		--tests-regex "$(join_names "${UNIT_TESTS[@]}")" </dev/null
}

# Most tests keep one processor busy, so two machines on two processors take half
# the time. Which runs what is for them to find out, file by file: tests/claims.py.
choose_machines() {
	local files

	files=$(printf '%s\n' "${VM_TESTS[@]%%::*}" | sort -u | wc -l)
	MACHINES=1
	((files < 2 || $(nproc) < 2)) || MACHINES=2
}

# run_vm_tests TIMEOUT SWEEP
run_vm_tests() {
	local marks='not sweep' i

	[[ $2 == no ]] || marks=
	[[ ${VM_TESTS[*]} != *test_threads* ]] || build_tsan
	choose_machines
	mkdir -p "$WORK_DIR/host/claims"
	# shellcheck disable=SC2016	# the guest knows which machine it is
	boot "tests in the VM" "$1" no \
		sh -c 'exec "$@" --junitxml="/host/vm-$MACHINE.xml"' sh \
		python3 -B -m pytest -p no:cacheprovider --color=no --tb=short \
		-rfEs -m "$marks" --claims /host/claims "${VM_TESTS[@]}"
	for ((i = 1; i <= MACHINES; i++)); do
		RESULTS+=("$LOG_DIR/vm-$i.xml")
		cp "$WORK_DIR/host/vm-$i.xml" "$LOG_DIR/" 2>/dev/null || true
	done
}

# run_tests TIMEOUT SWEEP: if SWEEP is yes, the slow ones as well. The tests' own
# output goes to stdout. A test that fails does not keep the others from
# running; summary.py finds it in the results.
run_tests() {
	RESULTS=()
	if ((${#UNIT_TESTS[@]} > 0)); then
		RESULTS+=("$LOG_DIR/unit.xml")
		run_unit_tests || true
		mv "$BUILD/log/unit.xml" "$LOG_DIR/" || true
	fi
	((${#VM_TESTS[@]} == 0)) || run_vm_tests "$1" "$2"
}
