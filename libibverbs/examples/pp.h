/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef PP_H
#define PP_H

/*
 * The engine of ibv_dmabuf_pingpong and ibv_dmabuf_demo. Two ends, each with a
 * dma-buf registered as a memory region, take turns in writing a pattern of
 * their own to the other, and compare every byte they get.
 */
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dmabuf_exporter.h"
#include "pattern.h"

/* Also the exit codes of the programs. */
enum pp_status {
	PP_OK = 0,
	PP_FAILED = 1,
	PP_NO_IMPORT = 2, /* the device did not take the dma-buf */
	PP_WRONG_DATA = 3,
};

enum pp_op { PP_WRITE, PP_READ, PP_SEND };

struct pp_options {
	const char *device; /* NULL: the first there is */
	const char *server; /* NULL: be the server */
	const char *exporter;
	size_t size;
	size_t offset; /* of the region in the dma-buf */
	uint64_t iova; /* of the region for the device */
	enum pp_op op;
	int gid_index; /* -1: choose */
	unsigned int iterations;
	unsigned int moves;
	unsigned int tcp_port;
	unsigned int ib_port;
	bool iova_given;
	bool loopback;
	bool json;
};

/* What one run has to tell. On failure error says why, in words. */
struct pp_result {
	enum pp_status status;
	struct dmabuf_error error;
	char device[64];
	unsigned int gid_index;
	uint64_t iterations;
	uint64_t bytes; /* transferred */
	uint64_t nsec; /* from posting these bytes to their completion */
	uint64_t checked; /* bytes that were compared, canaries included */
	uint64_t moves;
	uint64_t faults; /* of the device, if faults_known */
	bool faults_known;
	/* The first wrong byte, if status is PP_WRONG_DATA. */
	const char *where;
	uint64_t position; /* in the dma-buf */
	uint64_t iteration;
	unsigned int side;
	uint8_t expected;
	uint8_t got;
};

/* An open device with what its ends share. */
struct pp_device {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_device_attr attr;
	struct ibv_port_attr port;
	union ibv_gid gid;
	unsigned int gid_index;
	unsigned int ib_port;
};

/* What an end has to know of the other. */
struct pp_peer {
	uint32_t qpn;
	uint32_t psn;
	uint32_t rkey;
	uint32_t lid;
	uint64_t iova;
	union ibv_gid gid;
	/* Both must have been started with the same. */
	uint64_t size;
	uint32_t iterations;
	uint32_t op;
};

struct pp_end {
	struct pp_device *device;
	struct dmabuf_buf *buf;
	struct ibv_mr *mr;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct pp_peer peer;
	enum pp_op op;
	unsigned int side; /* 0 has the first turn */
	size_t size;
	size_t offset;
	uint64_t iova;
	uint32_t psn;
	/* Completions that were polled and not waited for yet. */
	unsigned int sends_done;
	unsigned int recvs_done;
	uint32_t last_imm;
	int tcp_fd; /* to the other side, or -1 in loopback */
};

/* pp_rdma.c. What fails returns -1 and fills result. */
int pp_open_device(struct pp_device *device, const struct pp_options *options,
		   struct pp_result *result);
void pp_close_device(struct pp_device *device);
int pp_create_end(struct pp_end *end, struct pp_device *device,
		  unsigned int side, const struct pp_options *options,
		  struct pp_result *result);
void pp_destroy_end(struct pp_end *end);
/* How this end presents itself to the other. */
void pp_describe_end(const struct pp_end *end, const struct pp_options *options,
		     struct pp_peer *self);
int pp_connect_end(struct pp_end *end, struct pp_result *result);
int pp_post_recv(struct pp_end *end, struct pp_result *result);

/* pp_post.c */
int pp_post_data(struct pp_end *end, enum ibv_wr_opcode opcode, uint32_t imm,
		 struct pp_result *result);
int pp_post_signal(struct pp_end *end, uint32_t imm, struct pp_result *result);
int pp_wait_send(struct pp_end *end, struct pp_result *result);
int pp_wait_recv(struct pp_end *end, uint32_t imm, struct pp_result *result);

/* pp_data.c */
int pp_fill_canaries(struct pp_end *end, struct pp_result *result);
int pp_fill_turn(struct pp_end *end, uint64_t iteration,
		 struct pp_result *result);
/* The region holds the other side's turn, and the canaries are untouched. */
int pp_check_turn(struct pp_end *end, uint64_t iteration,
		  struct pp_result *result);
/* What the exporter itself has seen: its guards, and who broke its rules. */
int pp_check_exporter(struct pp_end *end, struct pp_result *result);

/*
 * pp_moves.c: a thread that moves the ends' buffers by turns, each somewhere
 * in another turn of the traffic: counting on while nothing flows is no test.
 */
struct pp_mover {
	struct dmabuf_buf *bufs[2];
	pthread_t thread;
	unsigned int wanted;
	atomic_uint turns; /* of the traffic so far, its thread counts */
	atomic_uint moved;
	atomic_bool stop;
	atomic_bool done;
	int error; /* of the thread, to be read after the join */
};

int pp_start_mover(struct pp_mover *mover, struct pp_end ends[2],
		   unsigned int moves, struct pp_result *result);
/* Ends the thread; result gets the number of moves and the thread's error. */
int pp_join_mover(struct pp_mover *mover, struct pp_result *result);
/* Page faults that the device took so far; false if it does not tell. */
bool pp_device_faults(const char *device, uint64_t *faults);

/* pp_run.c */
void pp_run(const struct pp_options *options, struct pp_result *result);
/* Both ends on a device that the caller opened. */
void pp_run_loopback(struct pp_device *device, const struct pp_options *options,
		     struct pp_result *result);

/* pp_exchange.c: fd is a connected socket. */
int pp_tcp_connect(const struct pp_options *options, struct pp_result *result);
int pp_tcp_exchange(int fd, const struct pp_peer *self, struct pp_peer *peer,
		    struct pp_result *result);
/* Returns when the other end came here, too. */
int pp_tcp_barrier(int fd, struct pp_result *result);
bool pp_tcp_closed(int fd);

/* pp_options.c: 0, or -1 after having printed what is wrong. */
int pp_parse_options(int argc, char **argv, struct pp_options *options);
void pp_default_options(struct pp_options *options);
const char *pp_op_name(enum pp_op op);

/* pp_report.c */
double pp_megabytes_per_second(const struct pp_result *result);
/* One object, without a newline behind it. */
void pp_print_json(const struct pp_options *options,
		   const struct pp_result *result);
void pp_print_text(const struct pp_options *options,
		   const struct pp_result *result);
/* The failure in one line, into text. */
void pp_describe_failure(const struct pp_result *result, char *text,
			 size_t size);

/* Sets status and error; returns -1 for the caller to return. */
int pp_fail(struct pp_result *result, enum pp_status status, int code,
	    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
