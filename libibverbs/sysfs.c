/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The few calls whose contract is a sysfs path. */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

int sysfs_read(const char *dir, const char *file, char *buf, size_t len)
{
	char path[512];
	ssize_t ret;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = read(fd, buf, len - 1);
	verbs_close_keep_errno(fd);
	if (ret < 0)
		return -1;
	if (ret && buf[ret - 1] == '\n')
		ret--;
	buf[ret] = '\0';
	return (int)ret;
}

const char *ibv_get_sysfs_path(void);
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf,
			size_t size);

VERBS_EXPORT
const char *ibv_get_sysfs_path(void)
{
	return "/sys";
}

VERBS_EXPORT
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf,
			size_t size)
{
	return sysfs_read(dir, file, buf, size);
}
