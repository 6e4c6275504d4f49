/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "find.h"
#include "probe.h"

#define LIMIT_SECONDS 20

const struct probe_case *probe_current;

void probe_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	/* What was said before a crash counts. */
	fflush(stdout);
}

const char *probe_errno(int err)
{
	static char text[16];
	const char *name = strerrorname_np(err);

	if (!err)
		return "0";
	if (name)
		return name;
	snprintf(text, sizeof(text), "%d", err);
	return text;
}

void probe_broken(const char *what)
{
	probe_say(" BROKEN: no %s (%s)", what, probe_errno(errno));
	exit(3);
}

static void run_child(const struct probe_case *c, struct ibv_device *device)
{
	struct ibv_context *context;

	alarm(LIMIT_SECONDS);
	probe_current = c;
	context = ibv_open_device(device);
	if (!context)
		probe_broken("context");
	c->run(context);
	exit(0);
}

/* Prints the case's line: its name, what it said and how it ended. */
static int run_case(const struct probe_case *c, struct ibv_device *device)
{
	int status;
	pid_t pid;

	printf("%s:", c->name);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid)
		run_child(c, device);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status))
		printf(" SIG%s", sigabbrev_np(WTERMSIG(status)));
	printf("\n");
	return 0;
}

static int is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc <= 2;
}

int probe_main(const struct probe_case *cases, size_t num, int argc,
	       char **argv)
{
	struct ibv_device *device;
	size_t i;

	if (argc < 2) {
		fprintf(stderr, "Usage: %s DEVICE [CASE...]\n", argv[0]);
		return 2;
	}
	device = find_device(argv[1]);
	if (!device) {
		fprintf(stderr, "%s: no such device\n", argv[1]);
		return 1;
	}
	for (i = 0; i < num; i++)
		if (is_wanted(cases[i].name, argc, argv) &&
		    run_case(&cases[i], device))
			return 1;
	return 0;
}
