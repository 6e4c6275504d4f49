/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include "expect.h"

int setup(void **state)
{
	fake_reset();
	return 0;
}

struct ibv_pd *pd(void)
{
	static struct verbs_pd vpd;

	vpd.pd.context = fake_context();
	vpd.pd.handle = 0x51;
	return &vpd.pd;
}

void expect_method(int object, int method, int num_attrs)
{
	assert_int_equal(fake.calls, 1);
	assert_int_equal(fake.fd, 77);
	assert_int_equal(fake.request, 0xc0181b01);
	assert_int_equal(fake.hdr.object_id, object);
	assert_int_equal(fake.hdr.method_id, method);
	assert_int_equal(fake.hdr.num_attrs, num_attrs);
	assert_int_equal(fake.hdr.length, 24 + 16 * num_attrs);
	assert_int_equal(fake.hdr.reserved1, 0);
	assert_int_equal(fake.hdr.reserved2, 0);
	assert_int_equal(fake.hdr.driver_id, 1); /* RDMA_DRIVER_MLX5 */
}

void expect_inline(int n, int id, int len, uint64_t data)
{
	const struct fake_attr *attr = fake_nth(n);

	assert_int_equal(attr->raw.attr_id, id);
	assert_int_equal(attr->raw.len, len);
	assert_int_equal(attr->raw.flags, 1); /* mandatory */
	assert_int_equal(attr->raw.attr_data.reserved, 0);
	assert_int_equal(attr->raw.data, data);
}

void expect_pointer(int n, int id, int len)
{
	const struct fake_attr *attr = fake_nth(n);

	assert_int_equal(attr->raw.attr_id, id);
	assert_int_equal(attr->raw.len, len);
	assert_int_equal(attr->raw.flags, 1);
	assert_true(attr->raw.data > 4096);
}

void expect_payload(int n, int id, const void *bytes, int len)
{
	expect_pointer(n, id, len);
	assert_memory_equal(fake_nth(n)->payload, bytes, len);
}

void expect_write_cmd(uint32_t command, int num_attrs, int cmd_at)
{
	expect_method(OBJ_DEVICE, 0, num_attrs);
	expect_inline(cmd_at, WRITE_CMD, 8, command);
}
