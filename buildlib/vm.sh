# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Boots the root file system's kernel and runs one command in it; or in several
# machines at once, which share /host and are told apart by $MACHINE. Sourced.

# The kernel patches its own code while it boots, and another emulated processor
# may still run what was there before ("Oops: int3", one boot in thirty): so it
# boots on one, and guest-init brings up the second. The clock is the host's
# for both, so the watchdog that patches later has nothing to find. An oops
# ends the machine; mitigations and measuring a delay loop only cost time. What
# every process has at the same address, qemu translates once: programs start
# in half the time. Tests often look for a listening port, which goes through a
# table that is sized for servers.
readonly KERNEL_ARGS="console=ttyS0 panic=-1 oops=panic mitigations=off
	maxcpus=1 tsc=reliable lpj=10000000 norandmaps
	thash_entries=512"
# What the initramfs needs before it sees the root file system.
readonly BOOT_MODULES=(virtio_pci virtio_console 9pnet_virtio 9p)
# shellcheck disable=SC2054	# the commas are qemu's
# Programs, their exit code and the kernel each have a channel of their own.
readonly QEMU_OPTS=(
	-nodefaults -no-user-config -no-reboot -display none
	-machine q35 -accel tcg,thread=multi -cpu max,-la57 -m 3072
	-device virtio-serial-pci
)

# Which of the root file system's kernels to boot, and to build modules for.
KERNEL_CHOICE=release

# How many machines the next boot() starts, the number of the first, and how many
# processors each of them has.
MACHINES=1
FIRST_MACHINE=1
PROCESSORS=2

choose_kernel() {
	case $1 in
	release | newest | debug) KERNEL_CHOICE=$1 ;;
	*) die "no kernel '$1': release, newest or debug" ;;
	esac
}

# The backports' kernel has a higher version than the release's own.
find_kernel() {
	local kernels end=1

	if [[ $KERNEL_CHOICE == debug ]]; then
		cat "$(debug_kernel)/build-vm/include/config/kernel.release"
		return
	fi
	mapfile -t kernels < <(cd "$1/boot" && printf '%s\n' vmlinuz-* |
		sort --version-sort)
	[[ -e $1/boot/${kernels[0]} ]] ||
		die "no kernel in $1; './dev clean --all' and a new run make it anew"
	[[ $KERNEL_CHOICE == release ]] || end=${#kernels[@]}
	printf '%s' "${kernels[end - 1]#vmlinuz-}"
}

kernel_image() {
	if [[ $KERNEL_CHOICE == debug ]]; then
		printf '%s' "$(debug_kernel)/build-vm/arch/x86/boot/bzImage"
	else
		printf '%s' "$ROOT/boot/vmlinuz-$KERNEL"
	fi
}

# The debug kernel has all that it needs built in.
make_initramfs() {
	local modules=("${BOOT_MODULES[@]}")

	[[ $KERNEL_CHOICE != debug ]] || modules=()
	python3 "$SRC/buildlib/initramfs.py" --root "$ROOT" \
		--kernel "$KERNEL" --init "$SRC/tests/vm/initramfs-init" \
		--out "$WORK_DIR/initramfs" "${modules[@]}"
}

share() {
	printf -- '-virtfs\nlocal,mount_tag=%s,path=%s,security_model=none,multidevs=remap%s\n' \
		"$1" "${2//,/,,}" "$3"
}

# kernel_log MACHINE, status_file MACHINE
kernel_log() {
	printf '%s/kernel-%s.log' "$LOG_DIR" "$1"
}

status_file() {
	printf '%s/status-%s' "$WORK_DIR" "$1"
}

# The numbers of the machines.
machines() {
	seq "$FIRST_MACHINE" "$((FIRST_MACHINE + MACHINES - 1))"
}

# run_qemu MACHINE TIMEOUT: stdin and stdout are the guest's. qemu goes away
# with us. The kernel gives its first process what it does not know itself.
run_qemu() {
	local machine=$1 limit=$2 shares
	shift 2

	mapfile -t shares < <(
		share root "$ROOT" ,readonly=on
		share source "$SRC" ,readonly=on
		share host "$WORK_DIR/host" ''
	)
	timeout --foreground --kill-after=5 "$limit" setpriv --pdeathsig KILL \
		qemu-system-x86_64 "${QEMU_OPTS[@]}" -smp "$PROCESSORS" \
		"${shares[@]}" \
		-kernel "$(kernel_image)" \
		-initrd "$WORK_DIR/initramfs" \
		-append "${KERNEL_ARGS//[[:space:]]/ } MACHINE=$machine" \
		-serial "file:$(kernel_log "$machine")" \
		-chardev "file,id=status,path=$(status_file "$machine")" \
		-device virtserialport,chardev=status,name=status \
		"$@"
}

# label MACHINE: what it prints comes in whole lines if there are others.
label() {
	if ((MACHINES == 1)); then
		cat
	else
		sed --unbuffered "s/^/$1| /"
	fi
}

# run_machine MACHINE TIMEOUT
run_machine() {
	run_qemu "$1" "$2" -chardev file,id=stdout,path=/dev/stdout \
		-device virtserialport,chardev=stdout,name=stdout \
		</dev/null | label "$1"
}

# run_batch TIMEOUT: all machines; fails as the last one that did.
run_batch() {
	local i ret=0 pids=()

	for i in $(machines); do
		run_machine "$i" "$1" &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i" || ret=$?
	done
	return "$ret"
}

run_terminal() {
	run_qemu 1 "$1" -chardev stdio,id=terminal,signal=off \
		-device virtconsole,chardev=terminal \
		-chardev null,id=stdout \
		-device virtserialport,chardev=stdout,name=stdout
}

# write_command ARG...: what the guest is to run, as a script.
write_command() {
	local size=

	mkdir -p "$WORK_DIR/host"
	if (($# == 0)); then
		: >"$WORK_DIR/host/interactive"
		size=$(stty size 2>/dev/null) || size="24 80"
		printf 'export TERM=%q\nstty rows %s cols %s\nexec bash\n' \
			"${TERM:-linux}" "${size% *}" "${size#* }"
	else
		printf '%q ' "$@"
	fi >"$WORK_DIR/host/command"
}

# check_guest MACHINE RET TIMEOUT: turns how its run ended into an exit code.
# Only a code that came through the status port counts as the command's.
check_guest() {
	local status='' trouble=$WORK_DIR/trouble

	if ! python3 "$SRC/buildlib/klog.py" "$(kernel_log "$1")" >"$trouble"; then
		printf 'the kernel complained:\n' >&2
		cat "$trouble" >&2
		printf '    full log: %s\n' "$(kernel_log "$1")" >&2
		GUEST_STATUS=98
	fi
	[[ ! -e $(status_file "$1") ]] ||
		read -r _ status <"$(status_file "$1")" || true
	if [[ -n $status ]]; then
		((status == 0)) || GUEST_STATUS=$status
	elif (($2 == 124 || $2 == 137)); then
		guest_lost "$1" "it did not finish in $3 s"
	else
		guest_lost "$1" "it ended without an exit code (qemu: $2)"
	fi
}

# shellcheck disable=SC2034	# GUEST_STATUS is for the caller
guest_lost() {
	printf 'the guest was lost: %s; the end of its kernel log:\n' "$2" >&2
	tail -n 15 "$(kernel_log "$1")" 2>/dev/null | sed 's/^/    /' >&2
	printf '    full log: %s\n' "$(kernel_log "$1")" >&2
	GUEST_STATUS=99
}

# boot TEXT TIMEOUT STOCK [ARG...]: sets GUEST_STATUS. Without ARG, a shell.
# STOCK is yes for Debian's libraries, no for what was built, or `installed` for
# what is installed, the module by DKMS included.
boot() {
	local text=$1 limit=$2 stock=$3 start i ret=0
	shift 3

	unlock_build
	KERNEL=$(find_kernel "$ROOT")
	write_command "$@"
	[[ $stock == no ]] || : >"$WORK_DIR/host/stock"
	[[ $stock != installed ]] || : >"$WORK_DIR/host/installed"
	make_initramfs || die "cannot make the initramfs"
	start=$(now)
	if (($# == 0)); then
		run_terminal "$limit" || ret=$?
	else
		run_child run_batch "$limit" || ret=$?
	fi
	say_took "$start" "$text"
	# shellcheck disable=SC2034	# for the caller
	GUEST_STATUS=0
	for i in $(machines); do
		check_guest "$i" "$ret" "$limit"
	done
}
