/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Calls of rdma-core 59 to 65. They are looked up, so that this runs on older
 * libraries too: "absent" there.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dma-heap.h>

#include "verb_errnos.h"

#define NEWER(call)                                             \
	__typeof__(call) *call##_ = dlsym(RTLD_DEFAULT, #call); \
	if (!call##_) {                                         \
		answer(#call, "absent");                        \
		return;                                         \
	}

static int alloc_heap_buffer(void)
{
	struct dma_heap_allocation_data data = {
		.len = 4 * PAGE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDWR);

	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		die("dma-heap");
	close(heap);
	return data.fd;
}

static void reg_mr_ex(const char *name, struct ibv_mr_init_attr attr)
{
	struct ibv_mr *m;
	NEWER(ibv_reg_mr_ex)

	m = ibv_reg_mr_ex_(pd, &attr);
	if (!m) {
		pointer(name, m);
		return;
	}
	answer(name, "ok, length %zu, addr %s", m->length,
	       m->addr == buf		 ? "buf"
	       : m->addr == (void *)PAGE ? "the offset"
	       : !m->addr		 ? "NULL"
					 : "another");
	ibv_dereg_mr(m);
	errno = 0;
}

struct mr_case {
	const char *name;
	struct ibv_mr_init_attr attr;
};

#define REG_MR_EX_ALL(cases) \
	reg_mr_ex_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void reg_mr_ex_all(const struct mr_case *cases, size_t num)
{
	size_t i;

	errno = 0;
	for (i = 0; i < num; i++)
		reg_mr_ex(cases[i].name, cases[i].attr);
}

/* What a registration may have, of memory and of a dma-buf. */
enum {
	IOVA = IBV_REG_MR_MASK_IOVA,
	ADDR = IBV_REG_MR_MASK_ADDR,
	FD = IBV_REG_MR_MASK_FD,
	OFFSET = IBV_REG_MR_MASK_FD_OFFSET,
	OPTIONAL = 1 << 21,
	RELAXED = IBV_ACCESS_RELAXED_ORDERING,
};

static void test_reg_mr_ex_of_memory(void)
{
	const uint64_t va = (uintptr_t)buf;
	const struct mr_case cases[] = {
		{ "reg_mr_ex.nothing", { PAGE, ACCESS, 0, .iova = 0 } },
		{ "reg_mr_ex.addr", { PAGE, ACCESS, ADDR, .addr = buf } },
		{ "reg_mr_ex.addr_iova",
		  { PAGE, ACCESS, ADDR | IOVA, .addr = buf, .iova = va } },
		{ "reg_mr_ex.addr_other_iova",
		  { PAGE, ACCESS, ADDR | IOVA, .addr = buf, .iova = 0x10000 } },
		{ "reg_mr_ex.addr_bad_iova",
		  { PAGE, ACCESS, ADDR | IOVA, .addr = buf, .iova = 1 } },
		{ "reg_mr_ex.iova", { PAGE, ACCESS, IOVA, .iova = va } },
		{ "reg_mr_ex.addr_empty",
		  { 0, ACCESS, ADDR | IOVA, .addr = buf, .iova = va } },
		{ "reg_mr_ex.addr_null",
		  { PAGE, ACCESS, ADDR | IOVA, .addr = NULL, .iova = 0 } },
		{ "reg_mr_ex.addr_unmapped",
		  { PAGE, ACCESS, ADDR | IOVA, .addr = (void *)PAGE,
		    .iova = PAGE } },
		{ "reg_mr_ex.addr_remote_only",
		  { PAGE, IBV_ACCESS_REMOTE_WRITE, ADDR | IOVA, .addr = buf,
		    .iova = va } },
		{ "reg_mr_ex.addr_unknown_access",
		  { PAGE, 1 << 15, ADDR | IOVA, .addr = buf, .iova = va } },
		{ "reg_mr_ex.addr_relaxed",
		  { PAGE, RELAXED, ADDR | IOVA, .addr = buf, .iova = va } },
		{ "reg_mr_ex.addr_optional",
		  { PAGE, OPTIONAL, ADDR | IOVA, .addr = buf, .iova = va } },
		{ "reg_mr_ex.unknown_mask",
		  { PAGE, ACCESS, ADDR | IOVA | 1 << 20, .addr = buf,
		    .iova = va } },
		{ "reg_mr_ex.addr_offset",
		  { PAGE, ACCESS, ADDR | IOVA | OFFSET, .addr = buf,
		    .iova = va } },
	};

	REG_MR_EX_ALL(cases);
}

static void test_reg_mr_ex_of_a_dmabuf(void)
{
	const uint64_t va = (uintptr_t)buf;
	const int heap = alloc_heap_buffer();
	const struct mr_case cases[] = {
		{ "reg_mr_ex.addr_fd",
		  { PAGE, ACCESS, ADDR | IOVA | FD, .addr = buf, .iova = va,
		    .fd = heap } },
		{ "reg_mr_ex.addr_fd_offset",
		  { PAGE, ACCESS, ADDR | IOVA | FD | OFFSET, .addr = buf,
		    .iova = va, .fd = heap } },
		{ "reg_mr_ex.fd_closed",
		  { PAGE, ACCESS, FD | IOVA | OFFSET, .fd = -1 } },
		{ "reg_mr_ex.fd_closed_empty",
		  { 0, ACCESS, FD | IOVA | OFFSET, .fd = -1 } },
		{ "reg_mr_ex.fd_alone", { PAGE, ACCESS, FD, .fd = heap } },
		{ "reg_mr_ex.fd_iova",
		  { PAGE, ACCESS, FD | IOVA, .fd = heap } },
		{ "reg_mr_ex.fd_offset",
		  { PAGE, ACCESS, FD | OFFSET, .fd = heap } },
		{ "reg_mr_ex.fd",
		  { PAGE, ACCESS, FD | IOVA | OFFSET, .fd = heap } },
		{ "reg_mr_ex.fd_at_page",
		  { PAGE, ACCESS, FD | IOVA | OFFSET, .fd = heap,
		    .fd_offset = PAGE, .iova = va } },
		{ "reg_mr_ex.fd_past_end",
		  { PAGE, ACCESS, FD | IOVA | OFFSET, .fd = heap,
		    .fd_offset = 4 * PAGE } },
		{ "reg_mr_ex.fd_empty",
		  { 0, ACCESS, FD | IOVA | OFFSET, .fd = heap } },
		{ "reg_mr_ex.fd_relaxed",
		  { PAGE, RELAXED, FD | IOVA | OFFSET, .fd = heap } },
		{ "reg_mr_ex.fd_optional",
		  { PAGE, OPTIONAL, FD | IOVA | OFFSET, .fd = heap } },
		{ "reg_mr_ex.fd_on_demand",
		  { PAGE, IBV_ACCESS_ON_DEMAND, FD | IOVA | OFFSET,
		    .fd = heap } },
		{ "reg_mr_ex.fd_misplaced",
		  { PAGE, ACCESS, FD | IOVA | OFFSET, .fd = heap, .iova = 1 } },
	};

	REG_MR_EX_ALL(cases);
	close(heap);
}

static void test_dmah(void)
{
	__typeof__(ibv_dealloc_dmah) *dealloc =
		dlsym(RTLD_DEFAULT, "ibv_dealloc_dmah");
	const struct {
		const char *name;
		struct ibv_dmah_init_attr attr;
	} cases[] = {
		{ "dmah.empty", { .comp_mask = 0 } },
		{ "dmah.cpu", { .comp_mask = 1, .cpu_id = 0 } },
		{ "dmah.no_cpu", { .comp_mask = 1, .cpu_id = 99999 } },
		{ "dmah.ph", { .comp_mask = 2, .ph = 1 } },
		{ "dmah.bad_ph", { .comp_mask = 2, .ph = 4 } },
		{ "dmah.mem", { .comp_mask = 4, .tph_mem_type = 1 } },
		{ "dmah.bad_mem", { .comp_mask = 4, .tph_mem_type = 9 } },
		{ "dmah.unknown_mask", { .comp_mask = 1 << 20 } },
	};
	size_t i;
	NEWER(ibv_alloc_dmah)

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ibv_dmah_init_attr attr = cases[i].attr;
		struct ibv_dmah *dmah = ibv_alloc_dmah_(context, &attr);

		pointer(cases[i].name, dmah);
		if (dmah)
			dealloc(dmah);
		errno = 0;
	}
}

static void test_port_speed(void)
{
	uint32_t port;
	NEWER(ibv_query_port_speed)

	for (port = 0; port < 3; port++) {
		uint64_t speed = 0xdead;
		char name[24];
		int ret = ibv_query_port_speed_(context, port, &speed);

		snprintf(name, sizeof(name), "port_speed.%u", port);
		if (ret)
			status(name, ret);
		else
			answer(name, "%llu", (unsigned long long)speed);
		errno = 0;
	}
}

static void buf_mr(const void *base, const char *name, struct ibv_mr *m)
{
	if (!m) {
		pointer(name, m);
		return;
	}
	answer(name, "ok, addr %s",
	       !m->addr		 ? "NULL"
	       : m->addr == base ? "the base"
				 : "another");
	ibv_dereg_mr(m);
	errno = 0;
}

static void test_buf_region(struct ibv_buf *b, void *addr)
{
	__typeof__(ibv_reg_mr_ex) *reg_mr_ex =
		dlsym(RTLD_DEFAULT, "ibv_reg_mr_ex");
	struct ibv_mr_init_attr attr = { .length = PAGE,
					 .access = ACCESS,
					 .comp_mask = IBV_REG_MR_MASK_BUF,
					 .buf = b };
	NEWER(ibv_reg_buf_mr)

	buf_mr(addr, "buf.reg_mr", ibv_reg_buf_mr_(pd, b, addr, PAGE, ACCESS));
	buf_mr(addr, "buf.reg_mr_inside",
	       ibv_reg_buf_mr_(pd, b, (char *)addr + PAGE, PAGE, ACCESS));
	buf_mr(addr, "buf.reg_mr_past_end",
	       ibv_reg_buf_mr_(pd, b, (char *)addr + 4 * PAGE, PAGE, ACCESS));
	buf_mr(addr, "buf.reg_mr_before",
	       ibv_reg_buf_mr_(pd, b, (char *)addr - PAGE, PAGE, ACCESS));
	buf_mr(addr, "buf.reg_mr_too_long",
	       ibv_reg_buf_mr_(pd, b, addr, 5 * PAGE, ACCESS));
	buf_mr(addr, "buf.reg_mr_empty",
	       ibv_reg_buf_mr_(pd, b, addr, 0, ACCESS));
	buf_mr(addr, "buf.ex_no_addr", reg_mr_ex(pd, &attr));
	attr.comp_mask |= IBV_REG_MR_MASK_ADDR;
	attr.addr = addr;
	buf_mr(addr, "buf.ex_addr", reg_mr_ex(pd, &attr));
	attr.comp_mask |= IBV_REG_MR_MASK_IOVA;
	attr.iova = 0x10000;
	buf_mr(addr, "buf.ex_iova", reg_mr_ex(pd, &attr));
	attr.comp_mask |= IBV_REG_MR_MASK_FD_OFFSET;
	buf_mr(addr, "buf.ex_offset", reg_mr_ex(pd, &attr));
}

static int taken;

static void *count(struct ibv_pd *p, void *arg, size_t size, size_t align,
		   uint64_t type)
{
	taken++;
	return IBV_ALLOCATOR_USE_DEFAULT;
}

static void drop(struct ibv_pd *p, void *arg, void *ptr, uint64_t type)
{
}

static void test_buf_of_domain(void)
{
	struct ibv_parent_domain_init_attr attr = {
		.pd = pd,
		.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS,
		.alloc = count,
		.free = drop,
	};
	struct ibv_pd *domain = ibv_alloc_parent_domain(context, &attr);
	__typeof__(ibv_free_buf) *free_buf =
		dlsym(RTLD_DEFAULT, "ibv_free_buf");
	struct ibv_buf *b = NULL;
	NEWER(ibv_alloc_buf)

	errno = 0;
	if (!domain)
		return;
	pointer("buf.of_domain", ibv_alloc_buf_(domain, PAGE, &b));
	answer("buf.allocator_calls", "%d", taken);
	if (b)
		free_buf(b);
	ibv_dealloc_pd(domain);
	errno = 0;
}

static void test_buf(void)
{
	__typeof__(ibv_free_buf) *free_buf =
		dlsym(RTLD_DEFAULT, "ibv_free_buf");
	__typeof__(ibv_export_buf_dmabuf_fd) *export_fd =
		dlsym(RTLD_DEFAULT, "ibv_export_buf_dmabuf_fd");
	struct ibv_buf *b = NULL;
	void *addr;
	NEWER(ibv_alloc_buf)

	addr = ibv_alloc_buf_(pd, 0, &b);
	pointer("buf.empty", addr);
	if (addr)
		free_buf(b);
	errno = 0;
	addr = ibv_alloc_buf_(pd, 100, &b);
	pointer("buf.small", addr);
	if (addr) {
		answer("buf.aligned", "%s",
		       (uintptr_t)addr % PAGE ? "no" : "yes");
		free_buf(b);
	}
	errno = 0;
	addr = ibv_alloc_buf_(pd, 4 * PAGE, &b);
	pointer("buf.pages", addr);
	if (!addr)
		return;
	minus_one("buf.export", export_fd(b));
	test_buf_region(b, addr);
	free_buf(b);
}

static void test_comp_cntr(void)
{
	struct ibv_comp_cntr_init_attr attr = {};
	struct ibv_comp_cntr_caps caps = {};
	__typeof__(ibv_create_comp_cntr) *create =
		dlsym(RTLD_DEFAULT, "ibv_create_comp_cntr");
	int ret;
	NEWER(_ibv_query_comp_cntr_caps)

	ret = _ibv_query_comp_cntr_caps_(context, &caps, sizeof(caps));
	status("comp_cntr.caps", ret);
	pointer("comp_cntr.create", create(context, &attr));
	attr.comp_mask = 1u << 20;
	pointer("comp_cntr.unknown_mask", create(context, &attr));
}

void test_newest(void)
{
	test_reg_mr_ex_of_memory();
	test_reg_mr_ex_of_a_dmabuf();
	test_dmah();
	test_port_speed();
	test_buf();
	test_buf_of_domain();
	test_comp_cntr();
}
