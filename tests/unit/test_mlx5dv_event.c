/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DEVX: events and late answers. The kernel's file is a pipe of the test's. */
#include <errno.h>
#include <unistd.h>

#include "mlx5_dv.h"

/* The kernel's numbers (mlx5_user_ioctl_cmds.h). */
enum {
	DEVX = 0x1000,
	DEVX_OBJ = 0x1001,
	COMMAND_FD = 0x1004,
	EVENT_FD = 0x1005
};

static int writer; /* to the file given out last */

static int make_file(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	writer = fds[1];
	return fds[0];
}

static struct ibv_context *context(void)
{
	return &dv_context()->vctx.context;
}

static struct mlx5dv_devx_event_channel *new_channel(void)
{
	struct mlx5dv_devx_event_channel *channel;

	fake_answer_handle(0x1000, make_file());
	channel = mlx5dv_devx_create_event_channel(
		context(), MLX5DV_DEVX_CREATE_EVENT_CHANNEL_FLAGS_OMIT_EV_DATA);
	assert_non_null(channel);
	return channel;
}

static void close_channel(struct mlx5dv_devx_event_channel *channel)
{
	mlx5dv_devx_destroy_event_channel(channel);
	close(writer);
}

static void test_channel(void **state)
{
	struct mlx5dv_devx_event_channel *channel = new_channel();

	expect_method(EVENT_FD, 0x1000, 2);
	expect_inline(0, 0x1000, 0, 0);
	expect_inline(1, 0x1001, 4, 1);
	close_channel(channel);
}

static void test_no_channel(void **state)
{
	fake_fail(EMFILE);
	assert_no_object(EMFILE,
			 mlx5dv_devx_create_event_channel(context(), 0));
	assert_no_object(EMFILE, mlx5dv_devx_create_cmd_comp(context()));
}

static struct mlx5dv_devx_obj *object(struct ibv_context *ctx)
{
	uint8_t in[16] = { 0 }, out[16];

	fake_reset();
	fake_answer_handle(0x1000, 0x77);
	return mlx5dv_devx_obj_create(ctx, in, sizeof(in), out, sizeof(out));
}

static void free_object(struct mlx5dv_devx_obj *obj)
{
	fake_reset();
	assert_int_equal(mlx5dv_devx_obj_destroy(obj), 0);
}

static void test_events_of_an_object(void **state)
{
	struct mlx5dv_devx_event_channel *channel = new_channel();
	struct mlx5dv_devx_obj *obj = object(context());
	uint16_t events[] = { 0x0a, 0x0b, 0x0c, 0x0d, 0x0e };

	fake_reset();
	assert_int_equal(mlx5dv_devx_subscribe_devx_event(
				 channel, obj, sizeof(events), events, 0x5555),
			 0);
	expect_method(DEVX, 0x1003, 4);
	expect_inline(0, 0x1000, 0, channel->fd);
	expect_inline(1, 0x1001, 0, 0x77);
	expect_payload(2, 0x1002, events, sizeof(events));
	expect_inline(3, 0x1004, 8, 0x5555);
	free_object(obj);
	close_channel(channel);
}

static void test_events_of_the_device(void **state)
{
	struct mlx5dv_devx_event_channel *channel = new_channel();
	uint16_t event = 0x09;

	fake_reset();
	assert_int_equal(mlx5dv_devx_subscribe_devx_event(
				 channel, NULL, sizeof(event), &event, 1),
			 0);
	expect_method(DEVX, 0x1003, 3);
	expect_inline(1, 0x1002, 2, 0x09);
	expect_inline(2, 0x1004, 8, 1);
	close_channel(channel);
}

static void test_events_to_an_eventfd(void **state)
{
	struct mlx5dv_devx_event_channel *channel = new_channel();
	struct mlx5dv_devx_obj *obj = object(context());

	fake_reset();
	assert_int_equal(
		mlx5dv_devx_subscribe_devx_event_fd(channel, 9, obj, 0x13), 0);
	expect_method(DEVX, 0x1003, 4);
	expect_inline(1, 0x1001, 0, 0x77);
	expect_inline(2, 0x1002, 2, 0x13);
	expect_inline(3, 0x1003, 4, 9);
	free_object(obj);
	close_channel(channel);
}

static void test_event_is_read(void **state)
{
	struct mlx5dv_devx_event_channel *channel = new_channel();
	uint64_t sent[2] = { 0x5555, 0x6666 };
	union {
		struct mlx5dv_devx_async_event_hdr hdr;
		uint64_t words[2];
	} got;

	assert_int_equal(write(writer, sent, sizeof(sent)), sizeof(sent));
	assert_int_equal(mlx5dv_devx_get_event(channel, &got.hdr, sizeof(got)),
			 sizeof(got));
	assert_int_equal(got.hdr.cookie, 0x5555);
	assert_int_equal(got.words[1], 0x6666);

	assert_int_equal(write(writer, sent, 4), 4);
	errno = 0;
	assert_int_equal(mlx5dv_devx_get_event(channel, &got.hdr, sizeof(got)),
			 -1);
	assert_int_equal(errno, EINVAL);
	close_channel(channel);
}

static void test_late_answer(void **state)
{
	uint8_t in[16] = { 0x0b, 0x0b, [15] = 1 };
	struct mlx5dv_devx_cmd_comp *comp;
	struct mlx5dv_devx_async_cmd_hdr hdr;
	struct mlx5dv_devx_obj *obj = object(context());
	uint64_t sent = 0xabc;

	fake_reset();
	fake_answer_handle(0x1000, make_file());
	comp = mlx5dv_devx_create_cmd_comp(context());
	assert_non_null(comp);
	expect_method(COMMAND_FD, 0x1000, 1);
	expect_inline(0, 0x1000, 0, 0);

	fake_reset();
	assert_int_equal(mlx5dv_devx_obj_query_async(obj, in, sizeof(in), 64,
						     0xabc, comp),
			 0);
	expect_method(DEVX_OBJ, 0x1004, 5);
	expect_inline(0, 0x1000, 0, 0x77);
	expect_payload(1, 0x1001, in, sizeof(in));
	expect_inline(2, 0x1002, 0, comp->fd);
	expect_inline(3, 0x1003, 8, 0xabc);
	expect_inline(4, 0x1004, 8, 64);
	assert_status(EINVAL,
		      mlx5dv_devx_obj_query_async(obj, in, 16, 65536, 0, comp));

	assert_int_equal(write(writer, &sent, sizeof(sent)), sizeof(sent));
	assert_int_equal(
		mlx5dv_devx_get_async_cmd_comp(comp, &hdr, sizeof(hdr)), 0);
	assert_int_equal(hdr.wr_id, 0xabc);
	assert_int_equal(write(writer, &sent, 4), 4);
	assert_status(EINVAL,
		      mlx5dv_devx_get_async_cmd_comp(comp, &hdr, sizeof(hdr)));
	mlx5dv_devx_destroy_cmd_comp(comp);
	close(writer);
	free_object(obj);
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_channel),
		test(test_no_channel),
		test(test_events_of_an_object),
		test(test_events_of_the_device),
		test(test_events_to_an_eventfd),
		test(test_event_is_read),
		test(test_late_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
