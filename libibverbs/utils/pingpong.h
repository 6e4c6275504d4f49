/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef UTILS_PINGPONG_H
#define UTILS_PINGPONG_H

/*
 * What ibv_{rc,uc,ud,srq,xsrq}_pingpong share: two programs meet over TCP, tell
 * each other their queue pairs, and then send a message to and fro. Each program
 * says in a struct pingpong_kind what is its own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <infiniband/verbs.h>

#define MAX_QPS 256
#define GRH_LEN 40
#define UD_QKEY 0x11111111

enum wr_id { RECV_ID = 1, SEND_ID = 2 };

struct pingpong_options {
	const char *server; /* NULL: be the server */
	const char *device;
	unsigned int tcp_port;
	int ib_port;
	unsigned int size;
	unsigned int mtu; /* bytes */
	int num_qp; /* XRC: pairs of them, one for each client */
	int rx_depth;
	int iters; /* of all queue pairs together */
	int iters_of_qp;
	int sl;
	int gid_index; /* -1: none */
	bool events;
	bool check;
	bool odp;
	bool implicit_odp;
	bool prefetch;
	bool timestamps;
	bool device_memory;
	bool new_send;
	bool allow_unprotected;
};

/* Where a queue pair is, for the other side. */
struct pingpong_address {
	unsigned int lid;
	unsigned int qpn;
	unsigned int psn;
	unsigned int recv_qpn; /* XRC only, as the next */
	unsigned int srqn;
	union ibv_gid gid;
};

struct pingpong_qp {
	struct ibv_qp *qp;
	struct ibv_qp *recv_qp; /* XRC only: the end that receives */
	struct ibv_ah *ah; /* UD only */
	int fd; /* XRC only: to the other side, until all is done */
	struct pingpong_address local;
	struct pingpong_address remote;
	bool sending;
	bool receiving;
	int sent; /* posted */
};

struct pingpong;

struct pingpong_kind {
	const char *letters; /* of the options beyond those of all */
	enum ibv_qp_type type;
	unsigned int size; /* unless there is a -s */
	int num_qp;
	int iters; /* likewise */
	bool srq;
	bool xrc; /* the server has the first turn */
	const char *odp_operations; /* for the message that there is no ODP */
	uint32_t odp_needed;
	/* These return 0, or -1 after having told on stderr what is wrong. */
	/* To RTS, towards qp->remote. */
	int (*connect)(struct pingpong *pp, struct pingpong_qp *qp);
	/* All addresses to and fro, and all queue pairs to RTS. */
	int (*meet)(struct pingpong *pp);
	/* What there is to say once all messages came. */
	int (*part)(struct pingpong *pp);
};

struct pingpong {
	const struct pingpong_kind *kind;
	struct pingpong_options options;
	struct ibv_context *context;
	struct ibv_comp_channel *channel;
	struct ibv_pd *base_pd; /* of pd, if that is a parent domain */
	struct ibv_pd *pd;
	struct ibv_xrcd *xrcd;
	uint8_t *buf;
	struct ibv_buf *buf_handle; /* NULL: it is of malloc() */
	size_t buf_len;
	struct ibv_dm *dm;
	struct ibv_mr *mr;
	struct ibv_cq *cq; /* the same as cq_ex, if there is that */
	struct ibv_cq_ex *cq_ex;
	struct ibv_srq *srq;
	struct pingpong_qp *qps;
	int num_slots; /* in qps, at least MAX_QPS */
	struct ibv_port_attr port;
	unsigned int events; /* not acknowledged */
	int posted; /* receives */
	double seconds; /* from first to last */
	int sent; /* posted */
	int sends_done;
	int recvs_done;
	/* Between receive completions, in cycles of the device's clock. */
	uint64_t last_stamp, sum_stamp, min_stamp, max_stamp;
	unsigned int num_stamps;
};

/* All of these: 0, or -1 after having told on stderr what is wrong. */

/* pingpong_options.c */
int pingpong_parse(int argc, char **argv, const struct pingpong_kind *kind,
		   struct pingpong_options *options);

/* pingpong_memory.c: the buffer, and how the device reaches it. */
int pingpong_register(struct pingpong *pp);
void pingpong_deregister(struct pingpong *pp);
int pingpong_check(struct pingpong *pp);
/* Address of the payload for work requests: device memory starts at 0. */
uint64_t pingpong_payload(const struct pingpong *pp);

/* pingpong_setup.c */
int pingpong_open(struct pingpong *pp);
int pingpong_close(struct pingpong *pp);

/* pingpong_connect.c */
int pingpong_connect_all(struct pingpong *pp);
int pingpong_find_local(struct pingpong *pp, union ibv_gid *gid);
int connect_rc(struct pingpong *pp, struct pingpong_qp *qp);
int connect_uc(struct pingpong *pp, struct pingpong_qp *qp);
int connect_ud(struct pingpong *pp, struct pingpong_qp *qp);
int connect_xrc(struct pingpong *pp, struct pingpong_qp *qp);

/* pingpong_wire.c: a socket that listens or is connected; -1 without one. */
int pingpong_socket(const struct pingpong *pp);
/* Numbers, the first of 4 digits and the others of 6, and a GID. */
int pingpong_send_numbers(int fd, const unsigned int *numbers, int num,
			  const union ibv_gid *gid);
int pingpong_recv_numbers(int fd, unsigned int *numbers, int num,
			  union ibv_gid *gid);

/* pingpong_xrc.c: what of a kind is different with XRC. */
int pingpong_meet_xrc(struct pingpong *pp);
int pingpong_part_xrc(struct pingpong *pp);

/* pingpong_tcp.c: addresses to and fro; ready() comes before the answer. */
int pingpong_exchange(struct pingpong *pp, int (*ready)(struct pingpong *pp));

/* pingpong_post.c */
int pingpong_post_recv(struct pingpong *pp, int num);
int pingpong_post_send(struct pingpong *pp, struct pingpong_qp *qp);

/* pingpong_loop.c */
int pingpong_loop(struct pingpong *pp);

/* pingpong_main.c: how long it took; the program, and its exit code. */
int pingpong_report(struct pingpong *pp);
int pingpong_main(int argc, char **argv, const struct pingpong_kind *kind);

#endif
