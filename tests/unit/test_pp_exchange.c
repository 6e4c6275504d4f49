// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Both ends of a socket pair: what is small enough is sent without waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "pp.h"

static int fds[2];

static int set_up(void **state)
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int tear_down(void **state)
{
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	return 0;
}

static struct pp_peer some_peer(void)
{
	struct pp_peer peer;

	memset(&peer, 0, sizeof(peer));
	peer.qpn = 0xffffff;
	peer.psn = 0x123456;
	peer.rkey = 0xfedcba98;
	peer.lid = 0xffff;
	peer.iova = 0xfffffffffffff811;
	memset(peer.gid.raw, 0xfe, sizeof(peer.gid.raw));
	peer.gid.raw[15] = 0;
	peer.size = 1ull << 40;
	peer.iterations = 0xffffffff;
	peer.op = PP_SEND;
	return peer;
}

/* Has a message of self waiting at fds[0]; it finds no answer there. */
static void send_peer(const struct pp_peer *self)
{
	struct pp_result result = { 0 };
	struct pp_peer none;

	shutdown(fds[0], SHUT_WR);
	assert_int_equal(pp_tcp_exchange(fds[1], self, &none, &result), -1);
	assert_int_equal(result.status, PP_FAILED);
}

/* fds[0] cannot send any more, so look at the message through another pair. */
static int receive_peer(const struct pp_peer *self, struct pp_peer *peer,
			struct pp_result *result)
{
	char message[4096];
	int pair[2], ret;
	ssize_t len;

	len = read(fds[0], message, sizeof(message));
	assert_true(len > 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], message, len), len);
	ret = pp_tcp_exchange(pair[0], self, peer, result);
	close(pair[0]);
	close(pair[1]);
	return ret;
}

static void test_what_is_sent_arrives(void **state)
{
	struct pp_peer self = some_peer(), peer;
	struct pp_result result = { 0 };

	memset(&peer, 0, sizeof(peer));
	send_peer(&self);
	assert_int_equal(receive_peer(&self, &peer, &result), 0);
	assert_memory_equal(&peer, &self, sizeof(peer));
}

static void test_other_operation_is_refused(void **state)
{
	struct pp_peer self = some_peer(), other = some_peer(), peer;
	struct pp_result result = { 0 };

	other.op = PP_READ;
	send_peer(&self);
	assert_int_equal(receive_peer(&other, &peer, &result), -1);
	assert_non_null(strstr(result.error.text, "--op"));
}

static void test_other_size_is_refused(void **state)
{
	struct pp_peer self = some_peer(), other = some_peer(), peer;
	struct pp_result result = { 0 };

	other.size++;
	send_peer(&self);
	assert_int_equal(receive_peer(&other, &peer, &result), -1);
	assert_non_null(strstr(result.error.text, "-s"));
}

static void test_stranger_is_refused(void **state)
{
	static const char text[4096] = "GET / HTTP/1.1\r\n";
	struct pp_peer self = some_peer(), peer;
	struct pp_result result = { 0 };

	assert_int_equal(write(fds[1], text, sizeof(text)), sizeof(text));
	assert_int_equal(pp_tcp_exchange(fds[0], &self, &peer, &result), -1);
	assert_int_equal(result.status, PP_FAILED);
}

static void test_barrier_needs_the_other_side(void **state)
{
	struct pp_result result = { 0 };

	assert_int_equal(write(fds[1], ".", 1), 1);
	assert_int_equal(pp_tcp_barrier(fds[0], &result), 0);
	close(fds[1]);
	fds[1] = -1;
	assert_int_equal(pp_tcp_barrier(fds[0], &result), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_sent_arrives,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_operation_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_size_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stranger_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_barrier_needs_the_other_side, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
