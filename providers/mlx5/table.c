/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* From the number in a completion to its queue. */
#include <errno.h>
#include <stdlib.h>

#include "mlx5.h"

/* Never written to: set_locked() replaces it before it adds an entry. */
static struct mlx5_table_dir empty;

void mlx5_table_init(struct mlx5_table *table)
{
	pthread_mutex_init(&table->lock, NULL);
	table->dir = &empty;
}

void mlx5_table_fini(struct mlx5_table *table)
{
	uint32_t i;

	if (table->dir != &empty) {
		for (i = 0; i < MLX5_TABLE_CHUNK; i++)
			free(table->dir->chunk[i]);
		free(table->dir);
	}
	pthread_mutex_destroy(&table->lock);
}

/* The directory, or NULL when there is no memory for it. */
static struct mlx5_table_dir *own_dir_locked(struct mlx5_table *table)
{
	struct mlx5_table_dir *dir = table->dir;

	if (dir != &empty)
		return dir;
	dir = calloc(1, sizeof(*dir));
	if (dir)
		__atomic_store_n(&table->dir, dir, __ATOMIC_RELEASE);
	return dir;
}

static int set_locked(struct mlx5_table *table, uint32_t num, void *entry)
{
	struct mlx5_table_dir *dir = own_dir_locked(table);
	uint32_t i = num >> MLX5_TABLE_SHIFT;
	void **chunk;

	if (!dir)
		return ENOMEM;
	chunk = dir->chunk[i];
	if (!chunk) {
		chunk = calloc(MLX5_TABLE_CHUNK, sizeof(*chunk));
		if (!chunk)
			return ENOMEM;
		__atomic_store_n(&dir->chunk[i], chunk, __ATOMIC_RELEASE);
	}
	if (!chunk[num & MLX5_TABLE_MASK])
		dir->used[i]++;
	chunk[num & MLX5_TABLE_MASK] = entry;
	return 0;
}

int mlx5_table_set(struct mlx5_table *table, uint32_t num, void *entry)
{
	int ret;

	pthread_mutex_lock(&table->lock);
	ret = set_locked(table, num, entry);
	pthread_mutex_unlock(&table->lock);
	return ret;
}

/* The lowest number without an entry, or an impossible one if all are taken. */
static uint32_t find_free(const struct mlx5_table_dir *dir)
{
	uint32_t i;
	uint32_t j;

	for (i = 0; i < MLX5_TABLE_CHUNK; i++)
		if (dir->used[i] < MLX5_TABLE_CHUNK)
			break;
	if (i == MLX5_TABLE_CHUNK || !dir->chunk[i])
		return i << MLX5_TABLE_SHIFT;
	for (j = 0; dir->chunk[i][j]; j++)
		;
	return i << MLX5_TABLE_SHIFT | j;
}

int mlx5_table_add(struct mlx5_table *table, void *entry, uint32_t *num)
{
	uint32_t free_num;
	int ret = ENOMEM;

	pthread_mutex_lock(&table->lock);
	free_num = find_free(table->dir);
	if (free_num >> MLX5_TABLE_SHIFT < MLX5_TABLE_CHUNK)
		ret = set_locked(table, free_num, entry);
	pthread_mutex_unlock(&table->lock);
	if (!ret)
		*num = free_num;
	return ret;
}

void mlx5_table_del(struct mlx5_table *table, uint32_t num, void *entry)
{
	uint32_t i = num >> MLX5_TABLE_SHIFT;
	struct mlx5_table_dir *dir;
	void **chunk;

	pthread_mutex_lock(&table->lock);
	dir = table->dir;
	chunk = dir->chunk[i];
	if (chunk && chunk[num & MLX5_TABLE_MASK] == entry) {
		chunk[num & MLX5_TABLE_MASK] = NULL;
		dir->used[i]--;
	}
	pthread_mutex_unlock(&table->lock);
}
