// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

/* At the start of a dma-buf, and across pages in the middle of one. */
static const uint64_t offsets[] = { 0, CONSUMER_PAGE + 0x810 };

int run_fail(struct run *run, const char *what, int code)
{
	snprintf(run->detail, sizeof(run->detail), "%s: %s", what,
		 strerror(code));
	return -1;
}

static int open_named(struct run *run, const char *name)
{
	struct ibv_device **list;
	int i;

	list = run->v.ibv_get_device_list(NULL);
	if (!list)
		return run_fail(run, "device list", errno);
	errno = ENODEV;
	for (i = 0; list[i] && !run->context; i++)
		if (!strcmp(run->v.ibv_get_device_name(list[i]), name))
			run->context = run->v.ibv_open_device(list[i]);
	run->v.ibv_free_device_list(list);
	return run->context ? 0 : run_fail(run, name, errno);
}

/* Reads sysfs, as consumers do: an IPv4 address of RoCE v2. */
static bool is_usable_gid(const char *device, int index)
{
	char path[160], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/class/infiniband/%s/ports/1/gid_attrs/types/%d", device,
		 index);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strncmp(text, "RoCE v2", 7);
}

static int choose_gid(struct run *run, const char *device)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	union ibv_gid gid;
	int i;

	for (i = 0; i < 32; i++) {
		if (!is_usable_gid(device, i) ||
		    run->v.ibv_query_gid(run->context, 1, i, &gid) ||
		    memcmp(gid.raw, prefix, sizeof(prefix)))
			continue;
		run->gid_index = i;
		return 0;
	}
	return run_fail(run, "no GID of RoCE v2 with an IPv4 address", ENODATA);
}

/* At every offset; run->detail then begins with the one that fails. */
static int move_from(struct run *run, const char *exporter)
{
	char why[sizeof(run->detail)];
	size_t i, len = strlen(run->exporters);

	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		if (!run_transfer(run, exporter, offsets[i]))
			continue;
		memcpy(why, run->detail, sizeof(why));
		snprintf(run->detail, sizeof(run->detail),
			 "%s at %#llx: %.400s", exporter,
			 (unsigned long long)offsets[i], why);
		return -1;
	}
	snprintf(run->exporters + len, sizeof(run->exporters) - len, "%s%s",
		 len ? " " : "", exporter);
	return 0;
}

static int move_bytes(struct run *run)
{
	const char *exporter;
	unsigned int i;

	for (i = 0; (exporter = dmabuf_known_spec(i)); i++)
		if (move_from(run, exporter))
			return -1;
	return 0;
}

static enum consumer_answer ask(struct run *run, const char *device)
{
	enum consumer_answer answer;

	if (run->consumer->look_up(&run->v)) {
		run_fail(run, "symbols", ENOSYS);
		return CONSUMER_ERROR;
	}
	if (open_named(run, device))
		return CONSUMER_ERROR;
	answer = run->consumer->probe(&run->v, run->context);
	if (answer == CONSUMER_ERROR)
		run_fail(run, "probe", errno);
	if (answer == CONSUMER_SUPPORTED &&
	    (choose_gid(run, device) || move_bytes(run)))
		answer = CONSUMER_ERROR;
	if (run->v.ibv_close_device(run->context))
		answer = CONSUMER_ERROR;
	return answer;
}

int consumer_main(const struct consumer *consumer, int argc, char **argv)
{
	static const char *const names[] = { "supported", "not supported",
					     "error" };
	bool json = argc == 3 && !strcmp(argv[1], "--json");
	struct run run = { .consumer = consumer };
	enum consumer_answer answer;

	if (argc != 2 + json) {
		fprintf(stderr, "Usage: consumer_%s [--json] DEVICE\n",
			consumer->name);
		return 2;
	}
	answer = ask(&run, argv[argc - 1]);
	if (json)
		printf("{\"consumer\": \"%s\", \"conclusion\": \"%s\", \"exporters\": \"%s\", \"detail\": \"%s\"}\n",
		       consumer->name, names[answer], run.exporters,
		       run.detail);
	else
		printf("%s %s\n", names[answer], run.detail);
	return answer;
}
