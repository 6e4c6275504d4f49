// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Two ranks send each other messages of growing sizes and check every byte. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SIZE (256 * 1024)

static unsigned char out[MAX_SIZE], in[MAX_SIZE];

static unsigned char byte_at(int rank, int size, int i)
{
	return (unsigned char)(i * 7 + i / 256 + size + rank * 101);
}

static void exchange(int rank, int size)
{
	int peer = 1 - rank, i;

	for (i = 0; i < size; i++)
		out[i] = byte_at(rank, size, i);
	MPI_Sendrecv(out, size, MPI_BYTE, peer, size, in, size, MPI_BYTE, peer,
		     size, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	for (i = 0; i < size; i++) {
		if (in[i] == byte_at(peer, size, i))
			continue;
		fprintf(stderr, "message of %d: byte %d is wrong\n", size, i);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
}

int main(int argc, char **argv)
{
	int rank, ranks, size, count = 0;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (ranks != 2) {
		fprintf(stderr, "needs two ranks, not %d\n", ranks);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	for (size = 1; size <= MAX_SIZE; size *= 2) {
		exchange(rank, size);
		count++;
	}
	if (rank == 0)
		printf("%d messages each way\n", count);
	MPI_Finalize();
	return 0;
}
