# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# What every part of ./dev shares: steps with durations, logs, locks, clean-up.
# Sourced, with $SRC set to the top of the source tree.

# shellcheck disable=SC2034	# used where this is sourced
CACHE=${RDMA_DMABUF_CACHE:-/var/cache/rdma-dmabuf}
BUILD=$SRC/build-vm
RELEASE=trixie
LOG_DIR=
WORK_DIR=
CHILD=
readonly NO_MIRROR='Could not (resolve|connect)|Temporary failure|Unable to connect|[Cc]onnection (timed out|failed|refused)|does not have a Release file'

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# start_logs COMMAND: a folder for this run's logs; the newest 20 are kept.
start_logs() {
	local stamp

	stamp=$(date +%Y%m%d-%H%M%S)
	LOG_DIR=$BUILD/log/$stamp-$1-$$
	mkdir -p "$LOG_DIR" || die "cannot make $LOG_DIR"
	find "$BUILD/log" -mindepth 1 -maxdepth 1 -type d | sort -r |
		tail -n +21 | xargs -r -d '\n' rm -rf
	WORK_DIR=$(mktemp -d "${TMPDIR:-/tmp}/rdma-dmabuf.XXXXXX") ||
		die "cannot make a temporary folder in ${TMPDIR:-/tmp}"
	trap clean_up EXIT
	exec {STDERR}>&2
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
}

# The one EXIT trap: no process, no mount and no temporary file stays behind.
clean_up() {
	trap '' INT TERM HUP
	[[ -z $CHILD ]] || end_group "$CHILD"
	[[ -z $WORK_DIR ]] || rm -rf "$WORK_DIR"
}

# A group that does not go when asked to has three seconds.
end_group() {
	local i

	kill -TERM -- "-$1" 2>/dev/null || return 0
	for ((i = 0; i < 30; i++)); do
		kill -0 -- "-$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$1" 2>/dev/null || true
}

interrupted() {
	printf '\ninterrupted; the next run goes on from here\n' >&"$STDERR"
	exit "$1"
}

now() {
	printf '%s' "${EPOCHREALTIME/[.,]/}"
}

# say_took START TEXT: one line with the time since START.
say_took() {
	local ms=$((($(now) - $1) / 1000))

	printf '[%5d.%01ds] %s\n' $((ms / 1000)) $((ms % 1000 / 100)) "$2" >&2
}

# run_child COMMAND...: in the background, so that a signal to this shell is
# acted upon at once and not when the command is through; and in a process
# group of its own, so that all of it can be ended.
run_child() {
	local ret=0

	set -m
	"$@" &
	CHILD=$!
	set +m
	wait "$CHILD" || ret=$?
	CHILD=
	return "$ret"
}

# step TEXT LOG COMMAND...: runs it with its output in LOG, one line for the
# reader. On failure the end of LOG is shown and the script ends.
step() {
	local text=$1 log=$LOG_DIR/$2 start ret=0
	shift 2

	start=$(now)
	[[ ! -t 2 ]] || printf '[     … ] %s\r' "$text" >&2
	run_child "$@" </dev/null >>"$log" 2>&1 || ret=$?
	if ((ret == 0)); then
		say_took "$start" "$text"
		return
	fi
	say_took "$start" "$text: failed"
	tail -n 25 "$log" | sed 's/^/    /' >&2
	explain "$log"
	printf '    full log: %s\n' "$log" >&2
	exit 1
}

# explain LOG: the usual causes, in words.
explain() {
	if grep -qE 'No space left on device|enough free space' "$1"; then
		printf '    the disk is full:\n' >&2
		df -h "$SRC" "$CACHE" "${TMPDIR:-/tmp}" | sed 's/^/    /' >&2
	elif grep -qE "$NO_MIRROR" "$1"; then
		printf '    %s\n' "the package mirror this machine's apt is set up for did not answer" >&2
	fi
}

# lock FILE FD: waits for whoever holds it, and says so.
lock() {
	if ! flock --nonblock "$2"; then
		printf '          waiting for another run (%s)\n' "$1" >&2
		flock "$2"
	fi
}
