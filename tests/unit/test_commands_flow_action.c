/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Flow actions, as they reach ioctl(2) of a kernel that has them: the numbers
 * are those of <rdma/ib_user_ioctl_cmds.h>, which still lists the methods.
 */
#include "expect.h"

static struct ib_uverbs_flow_action_esp esp = {
	.spi = 1,
	.seq = 2,
	.tfc_pad = 3,
	.flags = 4,
	.hard_limit_pkts = 5,
};
static const unsigned char esp_bytes[24] = {
	[0] = 1, [4] = 2, [8] = 3, [12] = 4, [16] = 5,
};
static unsigned char key[64] =
	"sixty-four bytes of a key and what belongs to it";

static struct ibv_flow_action_esp_attr esp_attr(void)
{
	return (struct ibv_flow_action_esp_attr){
		.esp_attr = &esp,
		.keymat_proto = IB_UVERBS_FLOW_ACTION_ESP_KEYMAT_AES_GCM,
		.keymat_len = sizeof(key),
		.keymat_ptr = key,
		.comp_mask = IBV_FLOW_ACTION_ESP_MASK_ESN,
		.esn = 0x1234,
	};
}

static void test_esp_action(void **state)
{
	struct ibv_flow_action_esp_attr attr = esp_attr();
	struct ibv_flow_action *action;

	fake_answer_handle(0, 0x61);
	action = verbs_create_flow_action_esp(fake_context(), &attr);
	assert_non_null(action);
	expect_method(OBJ_FLOW_ACTION, 0, 4);
	expect_inline(0, 0, 0, 0);
	expect_payload(1, 1, esp_bytes, sizeof(esp_bytes));
	expect_inline(2, 2, 4, 0x1234);
	expect_payload(3, 3, key, sizeof(key));
	assert_int_equal(fake_nth(3)->raw.attr_data.enum_data.elem_id, 0);
	fake_reset();
	attr.comp_mask = 0;
	attr.keymat_len = 0;
	assert_int_equal(verbs_modify_flow_action_esp(action, &attr), 0);
	expect_method(OBJ_FLOW_ACTION, 2, 2);
	expect_inline(0, 0, 0, 0x61);
	expect_payload(1, 1, esp_bytes, sizeof(esp_bytes));
	fake_reset();
	assert_int_equal(verbs_destroy_flow_action(action), 0);
	expect_method(OBJ_FLOW_ACTION, 1, 1);
	expect_inline(0, 0, 0, 0x61);
}

/* The choice travels beside its bytes. */
static void test_esp_action_against_replays(void **state)
{
	struct ib_uverbs_flow_action_esp_replay_bmp bmp = { .size = 64 };
	struct ib_uverbs_flow_action_esp_encap encap = { .len = 7 };
	struct ibv_flow_action_esp_attr attr = {
		.replay_proto = IB_UVERBS_FLOW_ACTION_ESP_REPLAY_BMP,
		.replay_len = sizeof(bmp),
		.replay_ptr = &bmp,
		.esp_encap = &encap,
	};
	struct verbs_flow_action action = {};
	const struct fake_attr *replay;

	assert_int_equal(ibv_cmd_create_flow_action_esp(fake_context(), &attr,
							&action, NULL),
			 0);
	expect_method(OBJ_FLOW_ACTION, 0, 3);
	replay = fake_nth(1);
	assert_int_equal(replay->raw.attr_id, 4);
	assert_int_equal(replay->raw.len, 4);
	assert_int_equal(replay->raw.attr_data.enum_data.elem_id, 1);
	assert_int_equal(replay->raw.data, 64);
	expect_payload(2, 5, &encap, sizeof(encap));
}

/* What a kernel answers that has lost the method. */
static void test_kernel_without_flow_actions(void **state)
{
	struct ibv_flow_action_esp_attr attr = esp_attr();

	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_null(verbs_create_flow_action_esp(fake_context(), &attr));
	assert_int_equal(errno, EPROTONOSUPPORT);
}

static void test_esp_attributes_nobody_knows(void **state)
{
	struct ibv_flow_action_esp_attr attr = { .comp_mask = 2 };
	struct verbs_flow_action action = {};

	assert_int_equal(ibv_cmd_create_flow_action_esp(fake_context(), &attr,
							&action, NULL),
			 EOPNOTSUPP);
	assert_int_equal(ibv_cmd_modify_flow_action_esp(&action, &attr, NULL),
			 EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

static void test_actions_are_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();
	const struct verbs_ops *ops = verbs_ops(context);
	struct ibv_flow_action action = { .context = context };

	errno = 0;
	assert_null(ops->create_flow_action_esp(context, NULL));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(ops->modify_flow_action_esp(&action, NULL),
			 EOPNOTSUPP);
	assert_int_equal(ops->destroy_flow_action(&action), EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_esp_action, setup),
		cmocka_unit_test_setup(test_esp_action_against_replays, setup),
		cmocka_unit_test_setup(test_kernel_without_flow_actions, setup),
		cmocka_unit_test_setup(test_esp_attributes_nobody_knows, setup),
		cmocka_unit_test_setup(test_actions_are_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
