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
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# The one EXIT trap. A child that still runs gets TERM and is waited for, so
# that it leaves no process and no half-made root file system behind.
clean_up() {
	trap '' INT TERM HUP
	if [[ -n $CHILD ]]; then
		kill -TERM "$CHILD" 2>/dev/null || true
		wait "$CHILD" 2>/dev/null || true
	fi
	[[ -z $WORK_DIR ]] || rm -rf "$WORK_DIR"
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
# acted upon at once and not when the command is through.
run_child() {
	local ret=0

	"$@" &
	CHILD=$!
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
	printf '    full log: %s\n' "$log" >&2
	exit 1
}

# lock FILE FD: waits for whoever holds it, and says so.
lock() {
	if ! flock --nonblock "$2"; then
		printf '          waiting for another run (%s)\n' "$1" >&2
		flock "$2"
	fi
}
