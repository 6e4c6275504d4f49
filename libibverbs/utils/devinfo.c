// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_devinfo: what devices and their ports say of themselves. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devinfo.h"

/* Exit codes that scripts may know. */
enum { BAD_NUMBER = 1, NO_PORT = 4, BAD_OPTION = -1, NO_DEVICE = -1 };

struct choice {
	const char *device; /* NULL: all */
	unsigned int port; /* 0: all */
	int verbose;
	int list;
};

static const struct option long_options[] = {
	{ "ib-dev", required_argument, NULL, 'd' },
	{ "ib-port", required_argument, NULL, 'i' },
	{ "list", no_argument, NULL, 'l' },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static int usage(const char *program, int code)
{
	printf("Usage: %s             print the ca attributes\n"
	       "\n"
	       "Options:\n"
	       "  -d, --ib-dev=<dev>     use IB device <dev> (default all devices)\n"
	       "  -i, --ib-port=<port>   use port <port> of IB device (default all ports)\n"
	       "  -l, --list             print only the IB devices names\n"
	       "  -v, --verbose          print all the attributes of the IB device(s)\n",
	       program);
	return code;
}

static int list_devices(struct ibv_device **list, int num)
{
	int i;

	printf("%d HCA%s found:\n", num, num == 1 ? "" : "s");
	for (i = 0; i < num; i++)
		printf("\t%s\n", ibv_get_device_name(list[i]));
	printf("\n");
	return 0;
}

static int show_ports(struct ibv_context *context, const struct choice *choice,
		      uint32_t num)
{
	uint32_t port, last = choice->port ? choice->port : num;
	int ret = 0;

	for (port = choice->port ? choice->port : 1; port <= last && !ret;
	     port++)
		ret = print_port(context, port, choice->verbose);
	if (!ret)
		printf("\n");
	return ret;
}

static int show_open(struct ibv_context *context, const struct choice *choice)
{
	struct ibv_device_attr_ex attr;

	if (ibv_query_device_ex(context, NULL, &attr)) {
		fprintf(stderr, "Failed to query device props\n");
		return 2;
	}
	if (choice->port > attr.phys_port_cnt_ex) {
		fprintf(stderr, "Invalid port requested for device\n");
		return NO_PORT;
	}
	print_device(context, &attr);
	if (choice->verbose) {
		print_device_limits(context, &attr);
		print_odp_caps(&attr);
		print_extended_caps(&attr);
		printf("\tnum_comp_vectors:\t\t%d\n",
		       context->num_comp_vectors);
	}
	return show_ports(context, choice, attr.phys_port_cnt_ex);
}

static int show_device(struct ibv_device *device, const struct choice *choice)
{
	struct ibv_context *context = ibv_open_device(device);
	int ret;

	if (!context) {
		fprintf(stderr, "Failed to open device\n");
		return 1;
	}
	ret = show_open(context, choice);
	ibv_close_device(context);
	return ret;
}

static int show_chosen(struct ibv_device **list, const struct choice *choice)
{
	int found = 0, ret = 0;

	for (; *list; list++) {
		if (choice->device &&
		    strcmp(ibv_get_device_name(*list), choice->device))
			continue;
		found = 1;
		ret |= show_device(*list, choice);
	}
	if (found)
		return ret;
	if (choice->device)
		fprintf(stderr, "IB device '%s' wasn't found\n",
			choice->device);
	else
		fprintf(stderr, "No IB devices found\n");
	return NO_DEVICE;
}

/* 0, or what to exit with. -l is obeyed where it stands. */
static int parse(int argc, char **argv, struct choice *choice)
{
	int option;

	while (!choice->list) {
		option = getopt_long(argc, argv, "d:i:lv", long_options, NULL);
		if (option == -1)
			return 0;
		if (option == 'd')
			choice->device = optarg;
		else if (option == 'v')
			choice->verbose = 1;
		else if (option == 'l')
			choice->list = 1;
		else if (option != 'i')
			return usage(argv[0], BAD_OPTION);
		else if ((int)(choice->port = strtoul(optarg, NULL, 0)) <= 0)
			return usage(argv[0], BAD_NUMBER);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct choice choice = { .device = NULL };
	struct ibv_device **list;
	int num, ret;

	ret = parse(argc, argv, &choice);
	if (ret)
		return ret;
	list = ibv_get_device_list(&num);
	if (!list) {
		perror("Failed to get IB devices list");
		return -1;
	}
	ret = choice.list ? list_devices(list, num)
			  : show_chosen(list, &choice);
	ibv_free_device_list(list);
	return ret;
}
