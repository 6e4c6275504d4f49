// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * A program that tells the kernel anything: makes objects of a device through
 * the library, and changes some of the ioctls on their way.
 *   ioctl_noise DEVICE SEED ROUNDS
 * Each round is a process of its own, which may crash, for the kernel answers
 * where it is told to. It must end, though: exit 1 if one does not. Whether the
 * device and the kernel have survived is for the caller to see.
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "dmabuf_exporter.h"
#include "find.h"
#include "noise.h"

enum { ACTIONS = 200, RATE = 5, LIMIT_SECONDS = 20, BUF_SIZE = 131072 };

/* In the child. Half of them leave cleaning up to the kernel. */
static void run_round(const char *device, unsigned int seed)
{
	static const struct rlimit none = { 0, 0 };
	struct ibv_context *context;
	struct dmabuf_error error;
	struct dmabuf_buf *buf;

	setrlimit(RLIMIT_CORE, &none);
	srandom(seed);
	context = open_device(device);
	buf = dmabuf_alloc("udmabuf", BUF_SIZE, &error);
	if (!context || !buf)
		_exit(2);
	mutation_rate = RATE;
	run_actions(context, buf->fd, ACTIONS);
	mutation_rate = 0;
	if (noise(2))
		ibv_close_device(context);
	_exit(0);
}

/* Has the child ended by then? */
static int wait_for(pid_t pid, int *status, int seconds)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int i;

	for (i = 0; i < seconds * 500; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* How the round ended; -1: the kernel does not let it go. */
static int end_round(pid_t pid)
{
	int status;

	if (wait_for(pid, &status, LIMIT_SECONDS))
		return status;
	kill(pid, SIGKILL);
	return wait_for(pid, &status, LIMIT_SECONDS) ? status : -1;
}

int main(int argc, char **argv)
{
	int status, i, rounds, crashed = 0;
	unsigned int seed;
	pid_t pid;

	if (argc != 4)
		return 2;
	seed = (unsigned int)atoi(argv[2]);
	rounds = atoi(argv[3]);
	mutation_stats =
		mmap(NULL, sizeof(*mutation_stats), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mutation_stats == MAP_FAILED)
		return 2;
	for (i = 0; i < rounds; i++) {
		pid = fork();
		if (pid == 0)
			run_round(argv[1], seed + (unsigned int)i);
		status = end_round(pid);
		if (status < 0 || (WIFEXITED(status) && WEXITSTATUS(status))) {
			fprintf(stderr, "seed %u: %s\n", seed + (unsigned int)i,
				status < 0 ? "does not end" : "no device");
			return 1;
		}
		crashed += WIFSIGNALED(status);
	}
	printf("seed %u: %d rounds, %llu ioctls changed: %llu accepted, %llu refused; %d crashes\n",
	       seed, rounds,
	       (unsigned long long)(mutation_stats->accepted +
				    mutation_stats->refused),
	       (unsigned long long)mutation_stats->accepted,
	       (unsigned long long)mutation_stats->refused, crashed);
	return 0;
}
