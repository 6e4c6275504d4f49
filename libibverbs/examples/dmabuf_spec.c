// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Takes apart the strings that name exporters. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dmabuf_error.h"

/* Decimal digits and nothing else, up to max. */
static int parse_number(const char *text, unsigned long max, unsigned int *out)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end || errno || value > max)
		return -1;
	*out = value;
	return 0;
}

/* "ENOMEM" or "12"; 0 is no error. */
static int parse_errno(const char *text, unsigned int *out)
{
	const char *name;
	int code;

	if (!parse_number(text, SOFTHCA_TESTBUF_MAX_ERRNO, out))
		return *out ? 0 : -1;
	for (code = 1; code <= SOFTHCA_TESTBUF_MAX_ERRNO; code++) {
		name = strerrorname_np(code);
		if (name && !strcmp(name, text)) {
			*out = code;
			return 0;
		}
	}
	return -1;
}

static int parse_assignment(const char *key, const char *value,
			    struct softhca_testbuf_create *testbuf)
{
	if (!strcmp(key, "fail_attach"))
		return parse_errno(value, &testbuf->fail_attach);
	if (!strcmp(key, "fail_map"))
		return parse_errno(value, &testbuf->fail_map);
	if (!strcmp(key, "fail_pin"))
		return parse_errno(value, &testbuf->fail_pin);
	if (!strcmp(key, "nth"))
		return parse_number(value, UINT_MAX, &testbuf->fail_nth);
	if (!strcmp(key, "delay"))
		return parse_number(value, SOFTHCA_TESTBUF_MAX_DELAY_US,
				    &testbuf->delay_us);
	return -1;
}

/* Splits option at its '='. */
static int parse_option(char *option, struct softhca_testbuf_create *testbuf)
{
	char *value = strchr(option, '=');

	if (!strcmp(option, "dynamic")) {
		testbuf->flags |= SOFTHCA_TESTBUF_DYNAMIC;
		return 0;
	}
	if (!value)
		return -1;
	*value++ = '\0';
	return parse_assignment(option, value, testbuf);
}

static int parse_testbuf(const char *text, struct dmabuf_spec *spec,
			 struct dmabuf_error *err)
{
	char copy[sizeof(spec->path)], shown[sizeof(spec->path)];
	char *option, *rest;

	snprintf(copy, sizeof(copy), "%s", text);
	for (option = strtok_r(copy, ",", &rest); option;
	     option = strtok_r(NULL, ",", &rest)) {
		snprintf(shown, sizeof(shown), "%s", option);
		if (parse_option(option, &spec->testbuf))
			return dmabuf_fail(err, EINVAL,
					   "testbuf: bad option '%s'", shown);
	}
	return 0;
}

/* The argument behind "keyword:", "" without one, NULL for another keyword. */
static const char *spec_argument(const char *text, const char *keyword)
{
	size_t len = strlen(keyword);

	if (strncmp(text, keyword, len))
		return NULL;
	if (!text[len])
		return "";
	return text[len] == ':' ? text + len + 1 : NULL;
}

static int parse_heap(const char *name, struct dmabuf_spec *spec,
		      struct dmabuf_error *err)
{
	if (strchr(name, '/') || !strcmp(name, ".."))
		return dmabuf_fail(err, EINVAL, "heap: '%s' is not a name",
				   name);
	snprintf(spec->path, sizeof(spec->path), "/dev/dma_heap/%.64s",
		 *name ? name : "system");
	return 0;
}

static int parse_card(const char *path, struct dmabuf_spec *spec,
		      struct dmabuf_error *err)
{
	char *option;

	if (*path != '/')
		return dmabuf_fail(err, EINVAL,
				   "drm: wants a device, drm:/dev/dri/card0");
	snprintf(spec->path, sizeof(spec->path), "%s", path);
	option = strrchr(spec->path, ',');
	if (!option)
		return 0;
	if (strcmp(option, ",gtt"))
		return dmabuf_fail(err, EINVAL, "drm: bad option '%s'",
				   option + 1);
	*option = '\0';
	spec->gtt = true;
	return 0;
}

/* Without a number the first. */
static int parse_gpu(const char *text, struct dmabuf_spec *spec,
		     struct dmabuf_error *err)
{
	unsigned int ordinal = 0;

	if (*text && parse_number(text, INT_MAX, &ordinal))
		return dmabuf_fail(err, EINVAL, "'%s' is not a GPU's number",
				   text);
	spec->fd = ordinal;
	return 0;
}

static int parse_fd(const char *text, struct dmabuf_spec *spec,
		    struct dmabuf_error *err)
{
	unsigned int fd;

	if (parse_number(text, INT_MAX, &fd))
		return dmabuf_fail(err, EINVAL, "fd: '%s' is not a descriptor",
				   text);
	spec->fd = fd;
	return 0;
}

static const struct {
	const char *keyword;
	enum dmabuf_kind kind;
	int (*parse)(const char *argument, struct dmabuf_spec *spec,
		     struct dmabuf_error *err);
} keywords[] = {
	{ "udmabuf", DMABUF_UDMABUF, NULL },
	{ "heap", DMABUF_HEAP, parse_heap },
	{ "vgem", DMABUF_VGEM, NULL },
	{ "drm", DMABUF_DRM, parse_card },
	{ "testbuf", DMABUF_TESTBUF, parse_testbuf },
	{ "fd", DMABUF_FD, parse_fd },
	{ "cuda", DMABUF_CUDA, parse_gpu },
	{ "hip", DMABUF_HIP, parse_gpu },
};

int dmabuf_parse_spec(const char *text, struct dmabuf_spec *spec,
		      struct dmabuf_error *err)
{
	const char *argument;
	unsigned int i;

	memset(spec, 0, sizeof(*spec));
	spec->fd = -1;
	if (strlen(text) >= sizeof(spec->path))
		return dmabuf_fail(err, EINVAL, "exporter spec is too long");
	for (i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		argument = spec_argument(text, keywords[i].keyword);
		if (!argument)
			continue;
		spec->kind = keywords[i].kind;
		if (keywords[i].parse)
			return keywords[i].parse(argument, spec, err);
		if (!*argument)
			return 0;
		return dmabuf_fail(err, EINVAL, "%s: takes no argument",
				   keywords[i].keyword);
	}
	return dmabuf_fail(err, EINVAL, "no exporter is called '%s'", text);
}
