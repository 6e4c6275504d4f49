// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dmabuf_exporter.h"
#include "drm_dumb.h"

#if __has_include(<drm/drm.h>)
#include <drm/drm.h>

static void test_drm_calls_are_the_kernels(void **state)
{
	assert_int_equal(DUMB_IOCTL_VERSION, DRM_IOCTL_VERSION);
	assert_int_equal(DUMB_IOCTL_CREATE, DRM_IOCTL_MODE_CREATE_DUMB);
	assert_int_equal(DUMB_IOCTL_PRIME_EXPORT, DRM_IOCTL_PRIME_HANDLE_TO_FD);
	assert_int_equal(DUMB_PRIME_FLAGS, DRM_CLOEXEC | DRM_RDWR);
	assert_int_equal(offsetof(struct dumb_create, size),
			 offsetof(struct drm_mode_create_dumb, size));
	assert_int_equal(offsetof(struct dumb_prime, fd),
			 offsetof(struct drm_prime_handle, fd));
}
#else
static void test_drm_calls_are_the_kernels(void **state)
{
	printf("SKIP: <drm/drm.h>\n");
	skip();
}
#endif

static struct dmabuf_spec parse_ok(const char *text)
{
	struct dmabuf_error err = { 0 };
	struct dmabuf_spec spec;

	if (dmabuf_parse_spec(text, &spec, &err))
		fail_msg("%s: %s", text, err.text);
	return spec;
}

static void assert_refused(const char *text)
{
	struct dmabuf_error err = { 0 };
	struct dmabuf_spec spec;

	errno = 0;
	assert_int_equal(dmabuf_parse_spec(text, &spec, &err), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(err.code, EINVAL);
	assert_true(err.text[0]);
}

static void test_udmabuf_takes_no_argument(void **state)
{
	assert_int_equal(parse_ok("udmabuf").kind, DMABUF_UDMABUF);
	assert_refused("udmabuf:1");
}

static void test_heap_names_its_node(void **state)
{
	assert_int_equal(parse_ok("heap").kind, DMABUF_HEAP);
	assert_string_equal(parse_ok("heap").path, "/dev/dma_heap/system");
	assert_string_equal(parse_ok("heap:reserved").path,
			    "/dev/dma_heap/reserved");
}

static void test_heap_name_is_not_a_path(void **state)
{
	assert_refused("heap:../null");
	assert_refused("heap:..");
}

static void test_drm_wants_a_card(void **state)
{
	assert_int_equal(parse_ok("vgem").kind, DMABUF_VGEM);
	assert_int_equal(parse_ok("drm:/dev/dri/card7").kind, DMABUF_DRM);
	assert_string_equal(parse_ok("drm:/dev/dri/card7").path,
			    "/dev/dri/card7");
	assert_refused("drm");
	assert_refused("drm:card0");
}

static void test_drm_memory_of_the_system(void **state)
{
	struct dmabuf_spec spec = parse_ok("drm:/dev/dri/renderD128,gtt");

	assert_string_equal(spec.path, "/dev/dri/renderD128");
	assert_true(spec.gtt);
	assert_false(parse_ok("drm:/dev/dri/renderD128").gtt);
	assert_refused("drm:/dev/dri/renderD128,vram");
}

static void test_gpus_have_numbers(void **state)
{
	assert_int_equal(parse_ok("cuda").kind, DMABUF_CUDA);
	assert_int_equal(parse_ok("cuda").fd, 0);
	assert_int_equal(parse_ok("cuda:3").fd, 3);
	assert_int_equal(parse_ok("hip:1").kind, DMABUF_HIP);
	assert_int_equal(parse_ok("hip:1").fd, 1);
	assert_refused("cuda:-1");
	assert_refused("hip:first");
}

static bool any_library(const char *const *names)
{
	for (; *names; names++)
		if (dlopen(*names, RTLD_NOW))
			return true;
	return false;
}

/* Where the library is, as Debian's HIP may be, a GPU may be as well, or not. */
static void assert_named(const char *spec, const char *const *names)
{
	struct dmabuf_error err = { 0 };
	struct dmabuf_buf *buf;

	buf = dmabuf_alloc(spec, 4096, &err);
	if (buf) {
		dmabuf_free(buf);
	} else if (any_library(names)) {
		assert_int_equal(errno, ENODEV);
	} else {
		assert_int_equal(errno, ENOENT);
		assert_non_null(strstr(err.text, "needs"));
		assert_non_null(strstr(err.text, ".so"));
	}
}

static void test_missing_driver_is_named(void **state)
{
	static const char *const cuda[] = { "libcuda.so.1", NULL };
	static const char *const hip[] = { "libamdhip64.so.7",
					   "libamdhip64.so.6",
					   "libamdhip64.so.5", NULL };

	assert_named("cuda", cuda);
	assert_named("hip", hip);
}

static void test_testbuf_is_static_by_default(void **state)
{
	struct dmabuf_spec spec = parse_ok("testbuf");
	struct softhca_testbuf_create none = { 0 };

	assert_int_equal(spec.kind, DMABUF_TESTBUF);
	assert_memory_equal(&spec.testbuf, &none, sizeof(none));
}

static void test_testbuf_options(void **state)
{
	struct softhca_testbuf_create create;

	create = parse_ok("testbuf:dynamic,fail_map=ENOMEM,nth=2").testbuf;
	assert_int_equal(create.flags, SOFTHCA_TESTBUF_DYNAMIC);
	assert_int_equal(create.fail_map, ENOMEM);
	assert_int_equal(create.fail_nth, 2);
	assert_int_equal(create.fail_attach, 0);
	create = parse_ok("testbuf:fail_attach=95,delay=50").testbuf;
	assert_int_equal(create.fail_attach, 95);
	assert_int_equal(create.delay_us, 50);
	assert_int_equal(parse_ok("testbuf:fail_pin=EBUSY").testbuf.fail_pin,
			 EBUSY);
}

static void test_testbuf_bad_options(void **state)
{
	assert_refused("testbuf:static");
	assert_refused("testbuf:nth");
	assert_refused("testbuf:nth=");
	assert_refused("testbuf:nth=-1");
	assert_refused("testbuf:nth=2x");
	assert_refused("testbuf:fail_map=0");
	assert_refused("testbuf:fail_map=ENOSUCH");
	assert_refused("testbuf:fail_map=512");
	assert_refused("testbuf:delay=1000001");
	assert_refused("testbuf:fail_close=EIO");
}

static void test_inherited_descriptor(void **state)
{
	assert_int_equal(parse_ok("fd:17").kind, DMABUF_FD);
	assert_int_equal(parse_ok("fd:17").fd, 17);
	assert_refused("fd");
	assert_refused("fd:-1");
	assert_refused("fd:99999999999");
}

static void test_unknown_exporter(void **state)
{
	char text[200];

	assert_refused("");
	assert_refused("heaps");
	assert_refused("testbuffer");
	memset(text, 'u', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_refused(text);
}

static void test_missing_node_is_named(void **state)
{
	struct dmabuf_error err = { 0 };

	assert_null(dmabuf_alloc("heap:no_such_heap", 4096, &err));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, "/dev/dma_heap/no_such_heap"));
	assert_non_null(strstr(err.text, strerror(ENOENT)));
}

static void test_size_that_cannot_be(void **state)
{
	struct dmabuf_error err = { 0 };

	assert_null(dmabuf_alloc("udmabuf", 0, &err));
	assert_int_equal(errno, EINVAL);
	assert_null(dmabuf_alloc("udmabuf", SIZE_MAX, &err));
	assert_int_equal(errno, EINVAL);
}

static void test_ordinary_file_is_no_dmabuf(void **state)
{
	struct dmabuf_error err = { 0 };
	int pipe_fds[2];
	char spec[32];

	assert_int_equal(pipe(pipe_fds), 0);
	snprintf(spec, sizeof(spec), "fd:%d", pipe_fds[0]);
	assert_null(dmabuf_alloc(spec, 4096, &err));
	assert_int_equal(errno, ESPIPE);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_known_specs_parse(void **state)
{
	unsigned int i;

	for (i = 0; dmabuf_known_spec(i); i++)
		parse_ok(dmabuf_known_spec(i));
	assert_true(i >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drm_calls_are_the_kernels),
		cmocka_unit_test(test_udmabuf_takes_no_argument),
		cmocka_unit_test(test_heap_names_its_node),
		cmocka_unit_test(test_heap_name_is_not_a_path),
		cmocka_unit_test(test_drm_wants_a_card),
		cmocka_unit_test(test_drm_memory_of_the_system),
		cmocka_unit_test(test_gpus_have_numbers),
		cmocka_unit_test(test_missing_driver_is_named),
		cmocka_unit_test(test_testbuf_is_static_by_default),
		cmocka_unit_test(test_testbuf_options),
		cmocka_unit_test(test_testbuf_bad_options),
		cmocka_unit_test(test_inherited_descriptor),
		cmocka_unit_test(test_unknown_exporter),
		cmocka_unit_test(test_missing_node_is_named),
		cmocka_unit_test(test_size_that_cannot_be),
		cmocka_unit_test(test_ordinary_file_is_no_dmabuf),
		cmocka_unit_test(test_known_specs_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
