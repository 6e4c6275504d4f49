// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <string.h>

#include "pattern.h"

/* Spreads each bit of x over all bits. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93;
	x ^= x >> 32;
	return x;
}

static uint64_t seed_of(const struct pattern *pattern)
{
	return mix(pattern->iteration * 2 + pattern->side + 1);
}

/* Eight bytes from position word * 8 on; the low one comes first. */
static uint64_t pattern_word(uint64_t seed, size_t word)
{
	return mix(seed + word * 0x9e3779b97f4a7c15);
}

static uint8_t byte_of(uint64_t seed, size_t position)
{
	return pattern_word(seed, position / 8) >> (position % 8 * 8);
}

uint8_t pattern_byte(const struct pattern *pattern, size_t position)
{
	return byte_of(seed_of(pattern), position);
}

/* The same bytes whatever the byte order of the machine. */
static uint64_t word_as_stored(uint64_t seed, size_t word)
{
	uint64_t value = pattern_word(seed, word);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	return value;
}

void pattern_fill(void *data, size_t first, size_t len,
		  const struct pattern *pattern)
{
	uint64_t seed = seed_of(pattern);
	uint8_t *bytes = data;
	uint64_t word;
	size_t i = 0;

	for (; i < len && (first + i) % 8; i++)
		bytes[i] = byte_of(seed, first + i);
	for (; i + 8 <= len; i += 8) {
		word = word_as_stored(seed, (first + i) / 8);
		memcpy(bytes + i, &word, 8);
	}
	for (; i < len; i++)
		bytes[i] = byte_of(seed, first + i);
}

/* Bytewise, where a word is known to differ or is cut. */
static bool check_bytes(const uint8_t *bytes, size_t first, size_t len,
			uint64_t seed, struct pattern_mismatch *wrong)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (bytes[i] == byte_of(seed, first + i))
			continue;
		wrong->position = first + i;
		wrong->expected = byte_of(seed, first + i);
		wrong->got = bytes[i];
		return false;
	}
	return true;
}

/* The length of the run of right words from data on, in bytes. */
static size_t right_words(const uint8_t *bytes, size_t first, size_t len,
			  uint64_t seed)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, bytes + i, 8);
		if (word != word_as_stored(seed, (first + i) / 8))
			break;
	}
	return i;
}

bool pattern_check(const void *data, size_t first, size_t len,
		   const struct pattern *pattern,
		   struct pattern_mismatch *wrong)
{
	uint64_t seed = seed_of(pattern);
	size_t head = -first % 8;
	const uint8_t *bytes = data;

	if (head > len)
		head = len;
	if (!check_bytes(bytes, first, head, seed, wrong))
		return false;
	head += right_words(bytes + head, first + head, len - head, seed);
	return check_bytes(bytes + head, first + head, len - head, seed, wrong);
}
