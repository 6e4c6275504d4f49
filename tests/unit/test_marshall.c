// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What librdmacm has turned between the kernel's structs and ours, and files. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <infiniband/sa.h>
#include <infiniband/verbs.h>
#include <rdma/ib_user_sa.h>
#include <rdma/ib_user_verbs.h>

/* In no installed header. */
void ibv_copy_ah_attr_from_kern(struct ibv_ah_attr *dst,
				const struct ib_uverbs_ah_attr *src);
void ibv_copy_qp_attr_from_kern(struct ibv_qp_attr *dst,
				const struct ib_uverbs_qp_attr *src);
void ibv_copy_path_rec_from_kern(struct ibv_sa_path_rec *dst,
				 const struct ib_user_path_rec *src);
void ibv_copy_path_rec_to_kern(struct ib_user_path_rec *dst,
			       const struct ibv_sa_path_rec *src);
const char *ibv_get_sysfs_path(void);
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf,
			size_t size);

/* Every byte another, so that a member in the wrong place shows. */
static void fill(void *data, size_t size)
{
	uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = 0x11 + i;
}

static void assert_ah_attr(const struct ibv_ah_attr *attr,
			   const struct ib_uverbs_ah_attr *kernels)
{
	assert_memory_equal(attr->grh.dgid.raw, kernels->grh.dgid, 16);
	assert_int_equal(attr->grh.flow_label, kernels->grh.flow_label);
	assert_int_equal(attr->grh.sgid_index, kernels->grh.sgid_index);
	assert_int_equal(attr->grh.hop_limit, kernels->grh.hop_limit);
	assert_int_equal(attr->grh.traffic_class, kernels->grh.traffic_class);
	assert_int_equal(attr->dlid, kernels->dlid);
	assert_int_equal(attr->sl, kernels->sl);
	assert_int_equal(attr->src_path_bits, kernels->src_path_bits);
	assert_int_equal(attr->static_rate, kernels->static_rate);
	assert_int_equal(attr->is_global, kernels->is_global);
	assert_int_equal(attr->port_num, kernels->port_num);
}

static void test_address_from_the_kernel(void **state)
{
	struct ib_uverbs_ah_attr kernels;
	struct ibv_ah_attr attr;

	fill(&kernels, sizeof(kernels));
	memset(&attr, 0xff, sizeof(attr));
	ibv_copy_ah_attr_from_kern(&attr, &kernels);
	assert_ah_attr(&attr, &kernels);
}

static void test_numbers_of_a_qp_from_the_kernel(void **state)
{
	struct ib_uverbs_qp_attr kernels;
	struct ibv_qp_attr attr;

	fill(&kernels, sizeof(kernels));
	ibv_copy_qp_attr_from_kern(&attr, &kernels);
	assert_int_equal(attr.qkey, kernels.qkey);
	assert_int_equal(attr.rq_psn, kernels.rq_psn);
	assert_int_equal(attr.sq_psn, kernels.sq_psn);
	assert_int_equal(attr.dest_qp_num, kernels.dest_qp_num);
	assert_int_equal(attr.qp_access_flags, kernels.qp_access_flags);
	assert_int_equal(attr.cap.max_send_wr, kernels.max_send_wr);
	assert_int_equal(attr.cap.max_recv_wr, kernels.max_recv_wr);
	assert_int_equal(attr.cap.max_send_sge, kernels.max_send_sge);
	assert_int_equal(attr.cap.max_recv_sge, kernels.max_recv_sge);
	assert_int_equal(attr.cap.max_inline_data, kernels.max_inline_data);
	assert_int_equal(attr.pkey_index, kernels.pkey_index);
	assert_int_equal(attr.alt_pkey_index, kernels.alt_pkey_index);
	assert_ah_attr(&attr.ah_attr, &kernels.ah_attr);
	assert_ah_attr(&attr.alt_ah_attr, &kernels.alt_ah_attr);
}

static void test_bytes_of_a_qp_from_the_kernel(void **state)
{
	struct ib_uverbs_qp_attr kernels;
	struct ibv_qp_attr attr;

	fill(&kernels, sizeof(kernels));
	ibv_copy_qp_attr_from_kern(&attr, &kernels);
	assert_int_equal(attr.sq_draining, kernels.sq_draining);
	assert_int_equal(attr.max_rd_atomic, kernels.max_rd_atomic);
	assert_int_equal(attr.max_dest_rd_atomic, kernels.max_dest_rd_atomic);
	assert_int_equal(attr.min_rnr_timer, kernels.min_rnr_timer);
	assert_int_equal(attr.port_num, kernels.port_num);
	assert_int_equal(attr.timeout, kernels.timeout);
	assert_int_equal(attr.retry_cnt, kernels.retry_cnt);
	assert_int_equal(attr.rnr_retry, kernels.rnr_retry);
	assert_int_equal(attr.alt_port_num, kernels.alt_port_num);
	assert_int_equal(attr.alt_timeout, kernels.alt_timeout);
}

static void test_path_from_the_kernel(void **state)
{
	struct ib_user_path_rec kernels;
	struct ibv_sa_path_rec path;

	fill(&kernels, sizeof(kernels));
	kernels.mtu = 4;
	ibv_copy_path_rec_from_kern(&path, &kernels);
	assert_memory_equal(path.dgid.raw, kernels.dgid, 16);
	assert_memory_equal(path.sgid.raw, kernels.sgid, 16);
	assert_int_equal(path.dlid, kernels.dlid);
	assert_int_equal(path.slid, kernels.slid);
	assert_int_equal(path.pkey, kernels.pkey);
	assert_int_equal(path.mtu, 4);
	assert_int_equal(path.rate, kernels.rate);
	assert_int_equal(path.packet_life_time, kernels.packet_life_time);
}

/* To and fro nothing is lost; what the kernel's struct has between is zero. */
static void test_path_to_the_kernel_and_back(void **state)
{
	struct ib_user_path_rec kernels, again;
	struct ibv_sa_path_rec path, same;

	fill(&kernels, sizeof(kernels));
	kernels.mtu = 4;
	ibv_copy_path_rec_from_kern(&path, &kernels);
	ibv_copy_path_rec_to_kern(&again, &path);
	ibv_copy_path_rec_from_kern(&same, &again);
	assert_memory_equal(&same, &path, sizeof(path));
	assert_int_equal(again.preference, kernels.preference);
	assert_int_equal(again.flow_label, kernels.flow_label);
}

static void test_sysfs_is_where_it_always_is(void **state)
{
	assert_string_equal(ibv_get_sysfs_path(), "/sys");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_file_without_its_newline(void **state)
{
	char dir[] = "/tmp/test_marshallXXXXXX", path[64], buf[8];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/name", dir);
	write_file(path, "rxe0\n");
	assert_int_equal(ibv_read_sysfs_file(dir, "name", buf, sizeof(buf)), 4);
	assert_string_equal(buf, "rxe0");
	write_file(path, "longer than that");
	assert_int_equal(ibv_read_sysfs_file(dir, "name", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "longer ");
	unlink(path);
	assert_int_equal(ibv_read_sysfs_file(dir, "name", buf, sizeof(buf)),
			 -1);
	assert_int_equal(errno, ENOENT);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_from_the_kernel),
		cmocka_unit_test(test_numbers_of_a_qp_from_the_kernel),
		cmocka_unit_test(test_bytes_of_a_qp_from_the_kernel),
		cmocka_unit_test(test_path_from_the_kernel),
		cmocka_unit_test(test_path_to_the_kernel_and_back),
		cmocka_unit_test(test_sysfs_is_where_it_always_is),
		cmocka_unit_test(test_file_without_its_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
