// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_asyncwatch: prints the asynchronous events of a device, for ever. */
#include <getopt.h>
#include <stdio.h>

#include "device.h"

static const struct option long_options[] = {
	{ "ib-dev", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_usage(const char *program)
{
	printf("Usage:\n"
	       "  %s            start an asyncwatch process\n"
	       "\n"
	       "Options:\n"
	       "  -d, --ib-dev=<dev>     use IB device <dev> (default first device found)\n"
	       "  -h, --help             print a help text and exit\n",
	       program);
}

static int watch(struct ibv_context *context)
{
	struct ibv_async_event event;

	/* Whoever reads them from a pipe waits for them. */
	setlinebuf(stdout);
	printf("%s: async event FD %d\n", ibv_get_device_name(context->device),
	       context->async_fd);
	while (!ibv_get_async_event(context, &event)) {
		printf("  event_type %s (%d), port %d\n",
		       ibv_event_type_str(event.event_type), event.event_type,
		       event.element.port_num);
		ibv_ack_async_event(&event);
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct ibv_context *context;
	const char *name = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "d:h", long_options, NULL)) !=
	       -1) {
		if (option != 'd') {
			print_usage(argv[0]);
			return option != 'h';
		}
		name = optarg;
	}
	context = open_device(name);
	return context ? watch(context) : 1;
}
