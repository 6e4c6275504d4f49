/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The calls of the C library that lead to the null device; anything else goes
 * on to the C library.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "null.h"

#define EXPORT __attribute__((visibility("default")))
#define MAX_FD 1024
#define MAX_REQUEST 4096

/* What a descriptor stands for. A netlink socket is one end of a pair; `peer`
 * is the other one, where the kernel would be. */
static struct {
	bool is_uverbs;
	bool is_netlink;
	int peer;
} fds[MAX_FD];

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool is_uverbs(int fd)
{
	return fd >= 0 && fd < MAX_FD && fds[fd].is_uverbs;
}

static bool is_netlink(int fd)
{
	return fd >= 0 && fd < MAX_FD && fds[fd].is_netlink;
}

/* ---- The character device ------------------------------------------------------ */

static int open_uverbs(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd >= 0 && fd < MAX_FD)
		fds[fd].is_uverbs = true;
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	int (*call)(const char *, int, ...) = next("open");
	va_list args;
	mode_t mode;

	if (!strcmp(path, NULL_CHARDEV))
		return open_uverbs();
	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return call(path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	int (*call)(int, const char *, int, ...) = next("openat");
	va_list args;
	mode_t mode;

	if (!strcmp(path, NULL_CHARDEV))
		return open_uverbs();
	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return call(dir, path, flags, mode);
}

static int stat_uverbs(struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0666;
	st->st_rdev = NULL_RDEV;
	return 0;
}

EXPORT int stat(const char *path, struct stat *st)
{
	int (*call)(const char *, struct stat *) = next("stat");

	return strcmp(path, NULL_CHARDEV) ? call(path, st) : stat_uverbs(st);
}

EXPORT int fstat(int fd, struct stat *st)
{
	int (*call)(int, struct stat *) = next("fstat");

	return is_uverbs(fd) ? stat_uverbs(st) : call(fd, st);
}

static int uverbs_ioctl(unsigned long request, void *arg)
{
	int err = request == RDMA_VERBS_IOCTL ? null_ioctl(arg) : ENOTTY;

	if (!err)
		return 0;
	errno = err;
	return -1;
}

/* Looking up the next one is left until it is needed: this call is counted. */
EXPORT int ioctl(int fd, unsigned long request, ...)
{
	int (*call)(int, unsigned long, ...);
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (is_uverbs(fd))
		return uverbs_ioctl(request, arg);
	call = next("ioctl");
	return call(fd, request, arg);
}

/* Registers and clocks: memory that nobody reads. */
EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	void *(*call)(void *, size_t, int, int, int, off_t) = next("mmap");

	if (is_uverbs(fd))
		return call(addr, len, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return call(addr, len, prot, flags, fd, offset);
}

/* The names that 64-bit file offsets go by. */
EXPORT int open64(const char *, int, ...) __attribute__((alias("open")));
EXPORT int openat64(int, const char *, int, ...)
	__attribute__((alias("openat")));
EXPORT void *mmap64(void *, size_t, int, int, int, off_t)
	__attribute__((alias("mmap")));

/* On 64 bits the two structs are one. */
EXPORT int stat64(const char *path, struct stat64 *st)
{
	return stat(path, (struct stat *)st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

/* ---- Netlink ----------------------------------------------------------------------- */

EXPORT int socket(int domain, int type, int protocol)
{
	int (*call)(int, int, int) = next("socket");
	int pair[2];

	if (domain != AF_NETLINK || protocol != NETLINK_RDMA)
		return call(domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -1;
	fds[pair[0]].is_netlink = true;
	fds[pair[0]].peer = pair[1];
	return pair[0];
}

EXPORT int close(int fd)
{
	int (*call)(int) = next("close");

	if (is_netlink(fd))
		call(fds[fd].peer);
	if (fd >= 0 && fd < MAX_FD)
		fds[fd].is_netlink = fds[fd].is_uverbs = false;
	return call(fd);
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*call)(int, const struct sockaddr *, socklen_t) = next("bind");

	return is_netlink(fd) ? 0 : call(fd, addr, len);
}

static void fill_address(void *addr, socklen_t *len)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };

	if (!addr)
		return;
	memcpy(addr, &nl, *len < sizeof(nl) ? *len : sizeof(nl));
	*len = sizeof(nl);
}

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	int (*call)(int, struct sockaddr *, socklen_t *) = next("getsockname");

	if (!is_netlink(fd))
		return call(fd, addr, len);
	fill_address(addr, len);
	return 0;
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags,
		      const struct sockaddr *addr, socklen_t addr_len)
{
	ssize_t (*call)(int, const void *, size_t, int, const struct sockaddr *,
			socklen_t) = next("sendto");

	if (!is_netlink(fd))
		return call(fd, buf, len, flags, addr, addr_len);
	null_netlink(fds[fd].peer, buf, len);
	return len;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*call)(int, const struct msghdr *, int) = next("sendmsg");
	char buf[MAX_REQUEST];
	size_t i, len = 0;

	if (!is_netlink(fd))
		return call(fd, msg, flags);
	for (i = 0; i < msg->msg_iovlen; i++) {
		if (len + msg->msg_iov[i].iov_len > sizeof(buf))
			break;
		memcpy(buf + len, msg->msg_iov[i].iov_base,
		       msg->msg_iov[i].iov_len);
		len += msg->msg_iov[i].iov_len;
	}
	null_netlink(fds[fd].peer, buf, len);
	return len;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*call)(int, struct msghdr *, int) = next("recvmsg");
	socklen_t size = msg->msg_namelen;
	ssize_t len;

	if (!is_netlink(fd))
		return call(fd, msg, flags);
	len = call(fd, msg, flags);
	fill_address(msg->msg_name, &size);
	msg->msg_namelen = size;
	return len;
}
