/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Thread domains and parent domains, which the kernel never hears of. */
#include <stdlib.h>

#include "expect.h"

static struct ibv_td *new_td(void)
{
	struct ibv_td_init_attr attr = {};

	return verbs_alloc_td(fake_context(), &attr);
}

static struct ibv_pd *new_parent(struct ibv_parent_domain_init_attr attr)
{
	errno = 0;
	return verbs_alloc_parent_domain(fake_context(), &attr);
}

static void test_parent_is_the_kernels_pd(void **state)
{
	struct ibv_pd *parent;

	parent = new_parent((struct ibv_parent_domain_init_attr){ .pd = pd() });
	assert_non_null(parent);
	assert_int_equal(parent->handle, 0x51);
	assert_ptr_equal(parent->context, fake_context());
	assert_int_equal(ibv_dealloc_pd(parent), 0);
	assert_int_equal(fake.calls, 0);
}

static void test_pd_outlives_its_parents(void **state)
{
	struct ibv_pd *parent;

	parent = new_parent((struct ibv_parent_domain_init_attr){ .pd = pd() });
	assert_int_equal(verbs_release_pd(pd()), EBUSY);
	assert_int_equal(fake.calls, 0);
	assert_int_equal(ibv_dealloc_pd(parent), 0);
	assert_int_equal(verbs_release_pd(pd()), 0);
	expect_method(OBJ_PD, 0, 1);
}

static void test_td_outlives_its_parents(void **state)
{
	struct ibv_td *td = new_td();
	struct ibv_pd *parent;

	assert_non_null(td);
	assert_ptr_equal(td->context, fake_context());
	parent = new_parent(
		(struct ibv_parent_domain_init_attr){ .pd = pd(), .td = td });
	assert_non_null(parent);
	errno = 0;
	assert_int_equal(verbs_dealloc_td(td), EBUSY);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ibv_dealloc_pd(parent), 0);
	assert_int_equal(verbs_dealloc_td(td), 0);
}

static void expect_refused(struct ibv_parent_domain_init_attr attr)
{
	assert_null(new_parent(attr));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(atomic_load(&to_vpd(pd())->parents), 0);
}

static void *take(struct ibv_pd *parent, void *arg, size_t size,
		  size_t alignment, uint64_t type)
{
	uint64_t *seen = arg;

	seen[0] = size;
	seen[1] = alignment;
	seen[2] = type;
	return seen;
}

static void give(struct ibv_pd *parent, void *arg, void *ptr, uint64_t type)
{
	((uint64_t *)arg)[3] = type;
}

static void test_bad_attributes_are_einval(void **state)
{
	const struct ibv_td_init_attr unknown = { .comp_mask = 1 };
	struct ibv_td_init_attr td_attr = unknown;

	expect_refused((struct ibv_parent_domain_init_attr){ .pd = NULL });
	expect_refused((struct ibv_parent_domain_init_attr){
		.pd = pd(), .comp_mask = 1u << 31 });
	expect_refused((struct ibv_parent_domain_init_attr){
		.pd = pd(),
		.alloc = take,
		.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS });
	errno = 0;
	assert_null(verbs_alloc_td(fake_context(), &td_attr));
	assert_int_equal(errno, EINVAL);
}

static void test_allocators_get_what_was_asked_for(void **state)
{
	uint64_t seen[4] = {};
	struct ibv_pd *parent = new_parent((struct ibv_parent_domain_init_attr){
		.pd = pd(),
		.alloc = take,
		.free = give,
		.pd_context = seen,
		.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS |
			     IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT });

	assert_ptr_equal(verbs_pd_alloc(parent, 100, 64, 9), seen);
	assert_int_equal(seen[0], 100);
	assert_int_equal(seen[1], 64);
	assert_int_equal(seen[2], 9);
	verbs_pd_free(parent, seen, 8);
	assert_int_equal(seen[3], 8);
	assert_int_equal(ibv_dealloc_pd(parent), 0);
}

static void test_without_allocators_the_provider_allocates(void **state)
{
	assert_ptr_equal(verbs_pd_alloc(pd(), 100, 64, 9),
			 IBV_ALLOCATOR_USE_DEFAULT);
}

static void test_domains_are_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();
	struct ibv_parent_domain_init_attr attr = { .pd = pd() };
	struct ibv_td_init_attr td_attr = {};

	errno = 0;
	assert_null(verbs_ops(context)->alloc_td(context, &td_attr));
	assert_int_equal(errno, EOPNOTSUPP);
	errno = 0;
	assert_null(verbs_ops(context)->alloc_parent_domain(context, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_parent_is_the_kernels_pd, setup),
		cmocka_unit_test_setup(test_pd_outlives_its_parents, setup),
		cmocka_unit_test_setup(test_td_outlives_its_parents, setup),
		cmocka_unit_test_setup(test_bad_attributes_are_einval, setup),
		cmocka_unit_test_setup(test_allocators_get_what_was_asked_for,
				       setup),
		cmocka_unit_test_setup(
			test_without_allocators_the_provider_allocates, setup),
		cmocka_unit_test_setup(test_domains_are_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
