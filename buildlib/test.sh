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
# Each has one: on two, a program that polls takes the host's other processor
# from the machine beside it, and all takes longer by half.
choose_machines() {
	local files

	files=$(printf '%s\n' "${@%%::*}" | sort -u | wc -l)
	((files > 1 && $(nproc) > 1)) || return 0
	MACHINES=2
	# shellcheck disable=SC2034	# for boot()
	PROCESSORS=1
}

# pytest_in_vm TIMEOUT SWEEP TEST...: on the machines that are chosen.
pytest_in_vm() {
	local limit=$1 sweep=$2 marks='not sweep' i
	shift 2

	[[ $sweep == no ]] || marks=
	mkdir -p "$WORK_DIR/host/claims"
	# shellcheck disable=SC2016	# the guest knows which machine it is
	boot "tests in the VM" "$limit" no \
		sh -c 'exec "$@" --junitxml="/host/vm-$MACHINE.xml"' sh \
		python3 -B -m pytest -p no:cacheprovider --color=no --tb=short \
		-rfEs -m "$marks" --claims=/host/claims "$@"
	for i in $(machines); do
		RESULTS+=("$LOG_DIR/vm-$i.xml")
		cp "$WORK_DIR/host/vm-$i.xml" "$LOG_DIR/" 2>/dev/null || true
	done
	((GUEST_STATUS == 0)) || VM_STATUS=$GUEST_STATUS
	FIRST_MACHINE=$((FIRST_MACHINE + MACHINES))
}

# Those that are about what happens at the same time have a machine to
# themselves, with two processors; the others share two machines. softhca_cm is
# about two programs and a test that looks at them all the while, for which one
# processor of the debug kernel is too slow.
PARALLEL='^tests/test_(devx_race|hostile|motion|softhca_cm|threads)\.py'

# run_vm_tests TIMEOUT SWEEP
run_vm_tests() {
	local test parallel=() others=() VM_STATUS=0

	for test in "${VM_TESTS[@]}"; do
		if [[ $test =~ $PARALLEL ]]; then
			parallel+=("$test")
		else
			others+=("$test")
		fi
	done
	[[ ${parallel[*]} != *test_threads* ]] || build_tsan
	((${#parallel[@]} == 0)) || pytest_in_vm "$1" "$2" "${parallel[@]}"
	if ((${#others[@]} > 0)); then
		choose_machines "${others[@]}"
		pytest_in_vm "$1" "$2" "${others[@]}"
	fi
	# shellcheck disable=SC2034	# for the caller
	GUEST_STATUS=$VM_STATUS
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
