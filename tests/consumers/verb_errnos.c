/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Makes calls that a device or kernel may not know, with good and bad
 * arguments, and prints how each ended: "case result" a line, where the result
 * is ok, the name of the errno value, or what the call answered. Takes the name
 * of a device. Calls of newer releases are looked up: "absent" without them.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "verb_errnos.h"

struct ibv_context *context, *context2;
struct ibv_pd *pd, *pd2;
struct ibv_cq *cq;
struct ibv_qp *qp;
struct ibv_mr *mr;
void *buf;

void answer(const char *name, const char *format, ...)
{
	va_list args;

	printf("%s ", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

const char *error_name(int err)
{
	const char *name = err ? strerrorname_np(abs(err)) : "ok";

	return name ? name : "unknown";
}

void status(const char *name, int ret)
{
	int err = errno;

	if (ret && err != abs(ret))
		answer(name, "%s%s, errno %s", ret < 0 ? "-" : "",
		       error_name(ret), error_name(err));
	else
		answer(name, "%s%s", ret < 0 ? "-" : "", error_name(ret));
	errno = 0;
}

void pointer(const char *name, const void *ptr)
{
	answer(name, "%s", ptr ? "ok" : error_name(errno));
	errno = 0;
}

void minus_one(const char *name, int ret)
{
	answer(name, "%s", ret >= 0 ? "ok" : error_name(errno));
	errno = 0;
}

void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct ibv_context *open_named(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;
	int i;

	for (i = 0; list && list[i] && !ctx; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			ctx = ibv_open_device(list[i]);
	if (!ctx)
		die(name);
	ibv_free_device_list(list);
	return ctx;
}

static void open_all(const char *name)
{
	struct ibv_qp_init_attr attr = { .qp_type = IBV_QPT_RC,
					 .cap = { 4, 4, 1, 1, 0 } };

	context = open_named(name);
	context2 = open_named(name);
	pd = ibv_alloc_pd(context);
	pd2 = ibv_alloc_pd(context2);
	cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	if (!pd || !pd2 || !cq || posix_memalign(&buf, PAGE, 4 * PAGE))
		die("objects");
	memset(buf, 0, 4 * PAGE);
	mr = ibv_reg_mr(pd, buf, PAGE, ACCESS | IBV_ACCESS_MW_BIND);
	if (!mr)
		mr = ibv_reg_mr(pd, buf, PAGE, ACCESS);
	attr.send_cq = attr.recv_cq = cq;
	qp = ibv_create_qp(pd, &attr);
	if (!mr || !qp)
		die("objects");
	errno = 0;
}

static void close_all(void)
{
	status("destroy_qp", ibv_destroy_qp(qp));
	status("dereg_mr", ibv_dereg_mr(mr));
	status("destroy_cq", ibv_destroy_cq(cq));
	status("dealloc_pd", ibv_dealloc_pd(pd));
	ibv_dealloc_pd(pd2);
	ibv_close_device(context);
	ibv_close_device(context2);
}

/* ------------------------------------------------------------- domains */

static void *take(struct ibv_pd *p, void *arg, size_t size, size_t align,
		  uint64_t type)
{
	return IBV_ALLOCATOR_USE_DEFAULT;
}

static void give(struct ibv_pd *p, void *arg, void *ptr, uint64_t type)
{
}

static void parent(const char *name, struct ibv_parent_domain_init_attr attr)
{
	struct ibv_pd *domain = ibv_alloc_parent_domain(context, &attr);

	pointer(name, domain);
	if (domain)
		ibv_dealloc_pd(domain);
	errno = 0;
}

static void test_domain_in_use(void)
{
	struct ibv_td_init_attr td_attr = {};
	struct ibv_td *td = ibv_alloc_td(context, &td_attr);
	struct ibv_pd *inner = ibv_alloc_pd(context), *domain, *nested;
	struct ibv_parent_domain_init_attr attr = { .pd = inner, .td = td };

	errno = 0;
	domain = ibv_alloc_parent_domain(context, &attr);
	pointer("parent_domain.with_td", domain);
	if (domain) {
		struct ibv_parent_domain_init_attr again = { .pd = domain };
		struct ibv_mr *own;

		status("parent_domain.dealloc_inner", ibv_dealloc_pd(inner));
		if (td)
			status("parent_domain.dealloc_td", ibv_dealloc_td(td));
		nested = ibv_alloc_parent_domain(context, &again);
		pointer("parent_domain.nested", nested);
		if (nested)
			ibv_dealloc_pd(nested);
		own = ibv_reg_mr(domain, buf, PAGE, ACCESS);
		pointer("parent_domain.reg_mr", own);
		if (own)
			status("parent_domain.dereg_mr", ibv_dereg_mr(own));
		status("parent_domain.dealloc", ibv_dealloc_pd(domain));
	}
	if (td)
		status("td.dealloc", ibv_dealloc_td(td));
	ibv_dealloc_pd(inner);
	errno = 0;
}

static void test_domains(void)
{
	struct ibv_td_init_attr attr = {}, unknown = { .comp_mask = 1u << 20 };
	struct ibv_td *td = ibv_alloc_td(context, &attr);

	pointer("td.alloc", td);
	if (td)
		ibv_dealloc_td(td);
	errno = 0;
	pointer("td.unknown_mask", ibv_alloc_td(context, &unknown));
	parent("parent_domain.plain",
	       (struct ibv_parent_domain_init_attr){ .pd = pd });
	parent("parent_domain.no_pd",
	       (struct ibv_parent_domain_init_attr){ .pd = NULL });
	parent("parent_domain.unknown_mask",
	       (struct ibv_parent_domain_init_attr){ .pd = pd,
						     .comp_mask = 1u << 20 });
	parent("parent_domain.allocators",
	       (struct ibv_parent_domain_init_attr){
		       .pd = pd,
		       .comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS,
		       .alloc = take,
		       .free = give });
	parent("parent_domain.no_free",
	       (struct ibv_parent_domain_init_attr){
		       .pd = pd,
		       .comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS,
		       .alloc = take });
	parent("parent_domain.pd_context",
	       (struct ibv_parent_domain_init_attr){
		       .pd = pd,
		       .comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT,
		       .pd_context = buf });
	parent("parent_domain.cc", (struct ibv_parent_domain_init_attr){
					   .pd = pd, .comp_mask = 1u << 2 });
	test_domain_in_use();
}

/* ------------------------------------------------------------- regions */

/*
 * Of memory on demand, where there is such: the rxe of Linux 7.3 takes every
 * region for one, and reads what others do not have.
 */
static void test_advice(void)
{
	struct ibv_mr *lazy = ibv_reg_mr(pd, buf, PAGE, IBV_ACCESS_ON_DEMAND);
	struct ibv_sge sge = { (uintptr_t)buf, PAGE, (lazy ?: mr)->lkey };

	status("advise_mr.plain",
	       ibv_advise_mr(pd, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &sge, 1));
	status("advise_mr.flush",
	       ibv_advise_mr(pd, IBV_ADVISE_MR_ADVICE_PREFETCH,
			     IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1));
	status("advise_mr.none",
	       ibv_advise_mr(pd, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &sge, 0));
	status("advise_mr.unknown", ibv_advise_mr(pd, 99, 0, &sge, 1));
	if (lazy)
		ibv_dereg_mr(lazy);
}

static void test_regions(void)
{
	struct ibv_mr *null_mr = ibv_alloc_null_mr(pd);

	pointer("null_mr", null_mr);
	if (null_mr)
		status("null_mr.dereg", ibv_dereg_mr(null_mr));
	test_advice();
	pointer("reg_mr.on_demand",
		ibv_reg_mr(pd, buf, PAGE, IBV_ACCESS_ON_DEMAND));
	pointer("reg_mr.unknown_access", ibv_reg_mr(pd, buf, PAGE, 1 << 15));
	pointer("reg_mr.remote_only",
		ibv_reg_mr(pd, buf, PAGE, IBV_ACCESS_REMOTE_WRITE));
	pointer("reg_mr_iova.other_place",
		ibv_reg_mr_iova(pd, buf, PAGE, 1, 0));
}

static void rereg(const char *name, int flags, struct ibv_pd *new_pd,
		  void *addr, size_t length, int access)
{
	struct ibv_mr *own = ibv_reg_mr(pd, buf, PAGE, ACCESS);
	int ret;

	if (!own)
		die("region");
	errno = 0;
	ret = ibv_rereg_mr(own, flags, new_pd, addr, length, access);
	answer(name, "%d %s", ret, ret ? error_name(errno) : "ok");
	ibv_dereg_mr(own);
	errno = 0;
}

static void test_rereg(void)
{
	struct ibv_pd *other = ibv_alloc_pd(context);

	rereg("rereg_mr.nothing", 0, pd, buf, PAGE, ACCESS);
	rereg("rereg_mr.unknown_flag", 1 << 5, pd, buf, PAGE, ACCESS);
	rereg("rereg_mr.access", IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 0);
	rereg("rereg_mr.bad_access", IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0,
	      IBV_ACCESS_REMOTE_WRITE);
	rereg("rereg_mr.translation", IBV_REREG_MR_CHANGE_TRANSLATION, NULL,
	      (char *)buf + PAGE, 2 * PAGE, 0);
	rereg("rereg_mr.no_addr", IBV_REREG_MR_CHANGE_TRANSLATION, NULL, NULL,
	      PAGE, 0);
	rereg("rereg_mr.no_length", IBV_REREG_MR_CHANGE_TRANSLATION, NULL, buf,
	      0, 0);
	rereg("rereg_mr.pd", IBV_REREG_MR_CHANGE_PD, other, NULL, 0, 0);
	rereg("rereg_mr.foreign_pd", IBV_REREG_MR_CHANGE_PD, pd2, NULL, 0, 0);
	rereg("rereg_mr.all", 7, other, buf, PAGE, ACCESS);
	ibv_dealloc_pd(other);
}

/* ------------------------------------------------------------- windows */

static void test_bind(struct ibv_mw *mw, enum ibv_mw_type type)
{
	struct ibv_mw_bind bind = {
		.wr_id = 1,
		.bind_info = { mr, (uintptr_t)buf, PAGE,
			       IBV_ACCESS_REMOTE_READ },
	};

	/* Of a QP that is not connected. */
	status(type == IBV_MW_TYPE_1 ? "mw.bind_type_1" : "mw.bind_type_2",
	       ibv_bind_mw(qp, mw, &bind));
}

static void window(const char *name, enum ibv_mw_type type)
{
	struct ibv_mw *mw = ibv_alloc_mw(pd, type);

	pointer(name, mw);
	if (!mw)
		return;
	test_bind(mw, type);
	status("mw.dealloc", ibv_dealloc_mw(mw));
}

static void test_windows(void)
{
	window("mw.type_0", 0);
	window("mw.type_1", IBV_MW_TYPE_1);
	window("mw.type_2", IBV_MW_TYPE_2);
	window("mw.type_3", 3);
}

/* ------------------------------------------------------- device memory */

static void device_memory(const char *name, struct ibv_alloc_dm_attr attr)
{
	struct ibv_dm *dm = ibv_alloc_dm(context, &attr);

	pointer(name, dm);
	if (dm)
		ibv_free_dm(dm);
	errno = 0;
}

static void test_device_memory(void)
{
	device_memory("dm.page", (struct ibv_alloc_dm_attr){ .length = PAGE });
	device_memory("dm.empty", (struct ibv_alloc_dm_attr){ .length = 0 });
	device_memory("dm.unknown_mask",
		      (struct ibv_alloc_dm_attr){ .length = PAGE,
						  .comp_mask = 1u << 20 });
	pointer("import_dm", ibv_import_dm(context, 0));
}

/* ------------------------------------------------------------------ ECE */

static void test_ece(void)
{
	struct ibv_ece ece = {}, masked = { .comp_mask = 1 };
	int ret = ibv_query_ece(qp, &ece);

	status("ece.query", ret);
	if (!ret)
		answer("ece.answer", "%#x %#x %#x", ece.vendor_id, ece.options,
		       ece.comp_mask);
	status("ece.query_mask", ibv_query_ece(qp, &masked));
	masked = (struct ibv_ece){ .comp_mask = 1 };
	status("ece.set_mask", ibv_set_ece(qp, &masked));
	ece = (struct ibv_ece){};
	status("ece.set_none", ibv_set_ece(qp, &ece));
	ece = (struct ibv_ece){ .vendor_id = 0x1234, .options = 1 };
	status("ece.set_foreign", ibv_set_ece(qp, &ece));
	ece = (struct ibv_ece){ .vendor_id = 0x2c9, .options = 1 };
	status("ece.set_mellanox", ibv_set_ece(qp, &ece));
}

static void test_order(void)
{
	static const enum ibv_wr_opcode ops[] = { IBV_WR_SEND,
						  IBV_WR_RDMA_WRITE,
						  IBV_WR_RDMA_READ };
	uint32_t flags;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		for (flags = 0; flags < 4; flags++) {
			char name[40];

			snprintf(name, sizeof(name), "in_order.%d_%u",
				 (int)ops[i], flags);
			answer(name, "%d",
			       ibv_query_qp_data_in_order(qp, ops[i], flags));
		}
}

/* --------------------------------------------------------------- import */

static void test_imported(struct ibv_context *imported)
{
	struct ibv_pd *p = ibv_import_pd(imported, pd->handle);
	struct ibv_mr *m;

	answer("import.fd", "%s",
	       imported->cmd_fd == context->cmd_fd ? "the same" : "another");
	answer("import.async_fd", "%s", imported->async_fd >= 0 ? "ok" : "-1");
	answer("import.vectors", "%s",
	       imported->num_comp_vectors == context->num_comp_vectors
		       ? "the same"
		       : "others");
	pointer("import.pd", p);
	if (!p)
		return;
	m = ibv_import_mr(p, mr->handle);
	pointer("import.mr", m);
	if (m) {
		answer("import.mr_keys", "%s",
		       m->lkey == mr->lkey && m->rkey == mr->rkey ? "the same"
								  : "others");
		answer("import.mr_length", "%zu", m->length);
		answer("import.mr_addr", "%s",
		       !m->addr		     ? "NULL"
		       : m->addr == mr->addr ? "the same"
					     : "another");
		ibv_unimport_mr(m);
	}
	errno = 0;
	pointer("import.unknown_mr", ibv_import_mr(p, 0x7777));
	ibv_unimport_pd(p);
	errno = 0;
	pointer("import.unknown_pd", ibv_import_pd(imported, 0x7777));
}

static void test_import(void)
{
	int null_fd = open("/dev/null", O_RDWR);
	struct ibv_context *imported;
	int fd;

	pointer("import.no_fd", ibv_import_device(-1));
	pointer("import.null_fd", ibv_import_device(null_fd));
	close(null_fd);
	fd = dup(context->cmd_fd);
	errno = 0;
	imported = ibv_import_device(fd);
	pointer("import.device", imported);
	if (imported) {
		answer("import.takes_fd", "%s",
		       imported->cmd_fd == fd ? "yes" : "no");
		test_imported(imported);
		ibv_close_device(imported);
		errno = 0;
	}
	answer("import.fd_afterwards", "%s",
	       fcntl(fd, F_GETFD) < 0 ? "closed" : "open");
	close(fd);
	errno = 0;
	/* Where devices cannot be imported, their objects may be. */
	pointer("import_pd.own_context", ibv_import_pd(context, pd->handle));
	pointer("import_mr.own_context", ibv_import_mr(pd, mr->handle));
	pointer("import_mr.unknown", ibv_import_mr(pd, 0x7777));
}

/* Whose answers these are. */
static void name_library(void)
{
	Dl_info info;

	if (!dladdr(ibv_open_device, &info))
		die("libibverbs");
	answer("library", "%s", info.dli_fname);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DEVICE\n", argv[0]);
		return 2;
	}
	name_library();
	open_all(argv[1]);
	test_domains();
	test_regions();
	test_rereg();
	test_windows();
	test_device_memory();
	test_ece();
	test_order();
	test_import();
	test_newest();
	close_all();
	return 0;
}
