/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Devices, protection domains, memory regions, address handles. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "errors.h"

#define PAGE 4096
#define LOCAL IBV_ACCESS_LOCAL_WRITE
#define NO_HANDLE 0xdead

/* ---------------------------------------------------------------- devices */

CALL(open_null, made_context(ibv_open_device(NULL)))
CALL(close_null, ibv_close_device(NULL))
CALL(name_null, ibv_get_device_name(NULL) != NULL)
CALL(guid_null, ibv_get_device_guid(NULL) ? 1 : -1)
CALL(index_null, ibv_get_device_index(NULL))

/* -------------------------------------------------------------------- PDs */

CALL(pd_null, made_pd(ibv_alloc_pd(NULL)))
CALL(pd_free_null, ibv_dealloc_pd(NULL))
CALL(pd_free_busy, ibv_dealloc_pd(w->pd))

static long pd_free_bad_handle(struct world *w)
{
	uint32_t handle = w->pd->handle;
	long ret;

	w->pd->handle = NO_HANDLE;
	ret = ibv_dealloc_pd(w->pd);
	w->pd->handle = handle;
	return ret;
}

static void pd_works(struct world *w)
{
	probe_say(made_mr(ibv_reg_mr(w->pd, w->page, PAGE, LOCAL))
			  ? " usable"
			  : " unusable");
}

/* -------------------------------------------------------------------- MRs */

static long reg(struct world *w, void *addr, size_t length, int access)
{
	return made_mr(ibv_reg_mr(w->pd, addr, length, access));
}

CALL(mr_null_pd, made_mr(ibv_reg_mr(NULL, w->page, PAGE, LOCAL)))
CALL(mr_null_addr, reg(w, NULL, PAGE, LOCAL))
CALL(mr_length_0, reg(w, w->page, 0, LOCAL))
CALL(mr_wraps, reg(w, w->page, SIZE_MAX, LOCAL))
CALL(mr_too_long, reg(w, w->page, 1ul << 46, LOCAL))
CALL(mr_remote_without_local, reg(w, w->page, PAGE, IBV_ACCESS_REMOTE_WRITE))
CALL(mr_bad_access, reg(w, w->page, PAGE, LOCAL | 1 << 15))
CALL(mr_optional_access, reg(w, w->page, PAGE, LOCAL | 1 << 29))
CALL(mr_huge_access, reg(w, w->page, PAGE, LOCAL | IBV_ACCESS_HUGETLB))
CALL(mr_on_demand, reg(w, w->page, PAGE, LOCAL | IBV_ACCESS_ON_DEMAND))
CALL(mr_zero_based, reg(w, w->page, PAGE, LOCAL | IBV_ACCESS_ZERO_BASED))
CALL(mr_bad_iova, made_mr(ibv_reg_mr_iova(w->pd, w->page, PAGE, 7, LOCAL)))
CALL(mr_iova_wraps,
     made_mr(ibv_reg_mr_iova(w->pd, w->page, PAGE, UINT64_MAX - 0xfff, LOCAL)))

static long mr_unmapped(struct world *w)
{
	void *hole =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	PROBE_NEED(hole != MAP_FAILED);
	munmap(hole, PAGE);
	return reg(w, hole, PAGE, LOCAL);
}

static long on_page(struct world *w, int protection)
{
	long ret;
	int err;

	void *page = mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	PROBE_NEED(page != MAP_FAILED);
	ret = reg(w, page, PAGE, LOCAL);
	err = errno;
	munmap(page, PAGE);
	errno = err;
	return ret;
}

CALL(mr_read_only, on_page(w, PROT_READ))
CALL(mr_no_access, on_page(w, PROT_NONE))

/* A user of no privilege whose pages may not be held. */
static void limit_locked(struct world *w)
{
	const struct rlimit limit = { 0, 0 };

	PROBE_NEED(!setrlimit(RLIMIT_MEMLOCK, &limit));
	PROBE_NEED(!setresuid(65534, 65534, 65534));
}

CALL(mr_over_memlock, reg(w, w->page, PAGE, LOCAL))
CALL(mr_free_null, ibv_dereg_mr(NULL))

static long mr_free_bad_handle(struct world *w)
{
	uint32_t handle = w->mr->handle;
	long ret;

	w->mr->handle = NO_HANDLE;
	ret = ibv_dereg_mr(w->mr);
	w->mr->handle = handle;
	return ret;
}

static void mr_works(struct world *w)
{
	probe_say(" dereg=%s", probe_errno(ibv_dereg_mr(w->mr)));
}

CALL(rereg_nothing, ibv_rereg_mr(w->mr, 0, NULL, NULL, 0, 0))
CALL(rereg_bad_flag, ibv_rereg_mr(w->mr, 1 << 10, NULL, NULL, 0, 0))
CALL(rereg_pd_null,
     ibv_rereg_mr(w->mr, IBV_REREG_MR_CHANGE_PD, NULL, NULL, 0, 0))
CALL(rereg_length_0,
     ibv_rereg_mr(w->mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, w->page, 0, 0))
CALL(rereg_addr_null,
     ibv_rereg_mr(w->mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, NULL, PAGE, 0))
CALL(rereg_bad_access, ibv_rereg_mr(w->mr, IBV_REREG_MR_CHANGE_ACCESS, NULL,
				    NULL, 0, IBV_ACCESS_REMOTE_WRITE))

CALL(dmabuf_null_pd, made_mr(ibv_reg_dmabuf_mr(NULL, 0, PAGE, 0, -1, LOCAL)))
CALL(dmabuf_fd_minus_1, made_mr(ibv_reg_dmabuf_mr(w->pd, 0, 0, 0, -1, 0)))
CALL(dmabuf_fd_unused,
     made_mr(ibv_reg_dmabuf_mr(w->pd, 0, PAGE, 0, 999, LOCAL)))
CALL(dmabuf_fd_of_another_kind,
     made_mr(ibv_reg_dmabuf_mr(w->pd, 0, PAGE, 0, 0, LOCAL)))
CALL(dmabuf_bad_iova, made_mr(ibv_reg_dmabuf_mr(w->pd, 0, PAGE, 7, -1, LOCAL)))
CALL(dmabuf_bad_access,
     made_mr(ibv_reg_dmabuf_mr(w->pd, 0, PAGE, 0, -1, LOCAL | 1 << 15)))
CALL(dmabuf_wraps, made_mr(ibv_reg_dmabuf_mr(w->pd, UINT64_MAX - 0xfff,
					     2 * PAGE, 0, -1, LOCAL)))

/* -------------------------------------------------------------------- AHs */

static long make_ah(struct world *w, int is_global, uint8_t port, int sgid)
{
	struct ibv_ah_attr attr = {
		.is_global = (uint8_t)is_global,
		.port_num = port,
		.grh.hop_limit = 1,
	};
	int index = usable_gid(w->context, &attr.grh.dgid);

	attr.grh.sgid_index = (uint8_t)(sgid < 0 ? index : sgid);
	errno = 0;
	return made_ah(ibv_create_ah(w->pd, &attr));
}

static long ah_null_pd(struct world *w)
{
	struct ibv_ah_attr attr = { .port_num = 1 };

	return made_ah(ibv_create_ah(NULL, &attr));
}

CALL(ah_null_attr, made_ah(ibv_create_ah(w->pd, NULL)))
CALL(ah_no_grh, make_ah(w, 0, 1, -1))
CALL(ah_port_0, make_ah(w, 1, 0, -1))
CALL(ah_port_9, make_ah(w, 1, 9, -1))
CALL(ah_bad_sgid, make_ah(w, 1, 1, 255))
CALL(ah_good, make_ah(w, 1, 1, -1))
CALL(ah_free_null, ibv_destroy_ah(NULL))

/* ---------------------------------------------------------------- imports */

static long made_object(const void *object)
{
	return object != NULL;
}

CALL(import_pd_null, made_object(ibv_import_pd(NULL, NO_HANDLE)))
CALL(import_mr_null, made_object(ibv_import_mr(NULL, NO_HANDLE)))
CALL(import_dm_null, made_object(ibv_import_dm(NULL, NO_HANDLE)))
CALL(unimport_pd_null, (ibv_unimport_pd(NULL), 0))
CALL(unimport_mr_null, (ibv_unimport_mr(NULL), 0))
CALL(unimport_dm_null, (ibv_unimport_dm(NULL), 0))

const struct error_case memory_cases[] = {
	{ "device.open_null", ANSWER_POINTER, open_null, NULL, NULL },
	{ "device.close_null", ANSWER_NUMBER, close_null, NULL, NULL },
	{ "device.name_null", ANSWER_POINTER, name_null, NULL, NULL },
	{ "device.guid_null", ANSWER_NUMBER, guid_null, NULL, NULL },
	{ "device.index_null", ANSWER_NUMBER, index_null, NULL, NULL },

	{ "pd.null_context", ANSWER_POINTER, pd_null, NULL, NULL },
	{ "pd.free_null", ANSWER_STATUS, pd_free_null, NULL, NULL },
	{ "pd.free_busy", ANSWER_STATUS, pd_free_busy, NULL, pd_works },
	{ "pd.free_bad_handle", ANSWER_STATUS, pd_free_bad_handle, NULL,
	  pd_works },

	{ "mr.null_pd", ANSWER_POINTER, mr_null_pd, NULL, NULL },
	{ "mr.null_addr", ANSWER_POINTER, mr_null_addr, NULL, NULL },
	{ "mr.length_0", ANSWER_POINTER, mr_length_0, NULL, NULL },
	{ "mr.wraps", ANSWER_POINTER, mr_wraps, NULL, NULL },
	{ "mr.too_long", ANSWER_POINTER, mr_too_long, NULL, NULL },
	{ "mr.remote_without_local", ANSWER_POINTER, mr_remote_without_local,
	  NULL, NULL },
	{ "mr.bad_access", ANSWER_POINTER, mr_bad_access, NULL, NULL },
	{ "mr.optional_access", ANSWER_POINTER, mr_optional_access, NULL,
	  NULL },
	{ "mr.huge_access", ANSWER_POINTER, mr_huge_access, NULL, NULL },
	{ "mr.on_demand", ANSWER_POINTER, mr_on_demand, NULL, NULL },
	{ "mr.zero_based", ANSWER_POINTER, mr_zero_based, NULL, NULL },
	{ "mr.bad_iova", ANSWER_POINTER, mr_bad_iova, NULL, NULL },
	{ "mr.iova_wraps", ANSWER_POINTER, mr_iova_wraps, NULL, NULL },
	{ "mr.unmapped", ANSWER_POINTER, mr_unmapped, NULL, NULL },
	{ "mr.read_only", ANSWER_POINTER, mr_read_only, NULL, NULL },
	{ "mr.no_access", ANSWER_POINTER, mr_no_access, NULL, NULL },
	{ "mr.over_memlock", ANSWER_POINTER, mr_over_memlock, limit_locked,
	  NULL },
	{ "mr.free_null", ANSWER_STATUS, mr_free_null, NULL, NULL },
	{ "mr.free_bad_handle", ANSWER_STATUS, mr_free_bad_handle, NULL,
	  mr_works },
	{ "mr.rereg_nothing", ANSWER_NUMBER, rereg_nothing, NULL, mr_works },
	{ "mr.rereg_bad_flag", ANSWER_NUMBER, rereg_bad_flag, NULL, mr_works },
	{ "mr.rereg_pd_null", ANSWER_NUMBER, rereg_pd_null, NULL, mr_works },
	{ "mr.rereg_length_0", ANSWER_NUMBER, rereg_length_0, NULL, mr_works },
	{ "mr.rereg_addr_null", ANSWER_NUMBER, rereg_addr_null, NULL,
	  mr_works },
	{ "mr.rereg_bad_access", ANSWER_NUMBER, rereg_bad_access, NULL,
	  mr_works },

	{ "dmabuf.null_pd", ANSWER_POINTER, dmabuf_null_pd, NULL, NULL },
	{ "dmabuf.fd_minus_1", ANSWER_POINTER, dmabuf_fd_minus_1, NULL, NULL },
	{ "dmabuf.fd_unused", ANSWER_POINTER, dmabuf_fd_unused, NULL, NULL },
	{ "dmabuf.fd_of_another_kind", ANSWER_POINTER,
	  dmabuf_fd_of_another_kind, NULL, NULL },
	{ "dmabuf.bad_iova", ANSWER_POINTER, dmabuf_bad_iova, NULL, NULL },
	{ "dmabuf.bad_access", ANSWER_POINTER, dmabuf_bad_access, NULL, NULL },
	{ "dmabuf.wraps", ANSWER_POINTER, dmabuf_wraps, NULL, NULL },

	{ "import.pd_null", ANSWER_POINTER, import_pd_null, NULL, NULL },
	{ "import.mr_null", ANSWER_POINTER, import_mr_null, NULL, NULL },
	{ "import.dm_null", ANSWER_POINTER, import_dm_null, NULL, NULL },
	{ "import.pd_drop_null", ANSWER_NUMBER, unimport_pd_null, NULL, NULL },
	{ "import.mr_drop_null", ANSWER_NUMBER, unimport_mr_null, NULL, NULL },
	{ "import.dm_drop_null", ANSWER_NUMBER, unimport_dm_null, NULL, NULL },

	{ "ah.null_pd", ANSWER_POINTER, ah_null_pd, NULL, NULL },
	{ "ah.null_attr", ANSWER_POINTER, ah_null_attr, NULL, NULL },
	{ "ah.no_grh", ANSWER_POINTER, ah_no_grh, NULL, NULL },
	{ "ah.port_0", ANSWER_POINTER, ah_port_0, NULL, NULL },
	{ "ah.port_9", ANSWER_POINTER, ah_port_9, NULL, NULL },
	{ "ah.bad_sgid", ANSWER_POINTER, ah_bad_sgid, NULL, NULL },
	{ "ah.good", ANSWER_POINTER, ah_good, NULL, NULL },
	{ "ah.free_null", ANSWER_STATUS, ah_free_null, NULL, NULL },
};
const size_t num_memory_cases = NUM_OF(memory_cases);
