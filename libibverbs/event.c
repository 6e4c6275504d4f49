/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Asynchronous events. */
#include <unistd.h>

#include "internal.h"

/* What an event is about: an object, by the handle it was created with, or a
 * port. */
enum subject {
	SUBJECT_CQ,
	SUBJECT_QP,
	SUBJECT_SRQ,
	SUBJECT_WQ,
	SUBJECT_PORT,
};

static enum subject subject_of(enum ibv_event_type type)
{
	switch (type) {
	case IBV_EVENT_CQ_ERR:
		return SUBJECT_CQ;
	case IBV_EVENT_QP_FATAL:
	case IBV_EVENT_QP_REQ_ERR:
	case IBV_EVENT_QP_ACCESS_ERR:
	case IBV_EVENT_COMM_EST:
	case IBV_EVENT_SQ_DRAINED:
	case IBV_EVENT_PATH_MIG:
	case IBV_EVENT_PATH_MIG_ERR:
	case IBV_EVENT_QP_LAST_WQE_REACHED:
		return SUBJECT_QP;
	case IBV_EVENT_SRQ_ERR:
	case IBV_EVENT_SRQ_LIMIT_REACHED:
		return SUBJECT_SRQ;
	case IBV_EVENT_WQ_FATAL:
		return SUBJECT_WQ;
	default:
		return SUBJECT_PORT;
	}
}

static void event_from_uapi(struct ibv_async_event *event,
			    const struct ib_uverbs_async_event_desc *desc)
{
	void *object = (void *)(uintptr_t)desc->element;

	event->event_type = (enum ibv_event_type)desc->event_type;
	switch (subject_of(event->event_type)) {
	case SUBJECT_CQ:
		event->element.cq = object;
		break;
	case SUBJECT_QP:
		event->element.qp = object;
		break;
	case SUBJECT_SRQ:
		event->element.srq = object;
		break;
	case SUBJECT_WQ:
		event->element.wq = object;
		break;
	case SUBJECT_PORT:
		event->element.port_num = (int)desc->element;
		break;
	}
}

VERBS_EXPORT
int ibv_get_async_event(struct ibv_context *context,
			struct ibv_async_event *event)
{
	struct ib_uverbs_async_event_desc desc;
	ssize_t len;

	if (!context || !event) {
		errno = EINVAL;
		return -1;
	}
	len = read(context->async_fd, &desc, sizeof(desc));
	if (len < 0)
		return -1;
	if (len != sizeof(desc)) {
		errno = EIO;
		return -1;
	}
	event_from_uapi(event, &desc);
	verbs_ops(context)->async_event(context, event);
	return 0;
}

static bool has_subject(const struct ibv_async_event *event)
{
	return event && (subject_of(event->event_type) == SUBJECT_PORT ||
			 event->element.cq);
}

static void acknowledge(pthread_mutex_t *mutex, pthread_cond_t *cond,
			uint32_t *completed)
{
	pthread_mutex_lock(mutex);
	(*completed)++;
	pthread_cond_signal(cond);
	pthread_mutex_unlock(mutex);
}

VERBS_EXPORT
void ibv_ack_async_event(struct ibv_async_event *event)
{
	struct ibv_srq *srq;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct ibv_wq *wq;

	if (!has_subject(event)) {
		errno = EINVAL;
		return;
	}
	srq = event->element.srq;
	cq = event->element.cq;
	qp = event->element.qp;
	wq = event->element.wq;
	switch (subject_of(event->event_type)) {
	case SUBJECT_CQ:
		acknowledge(&cq->mutex, &cq->cond, &cq->async_events_completed);
		break;
	case SUBJECT_QP:
		acknowledge(&qp->mutex, &qp->cond, &qp->events_completed);
		break;
	case SUBJECT_SRQ:
		acknowledge(&srq->mutex, &srq->cond, &srq->events_completed);
		break;
	case SUBJECT_WQ:
		acknowledge(&wq->mutex, &wq->cond, &wq->events_completed);
		break;
	case SUBJECT_PORT:
		break;
	}
}

void wait_acknowledged(pthread_mutex_t *mutex, pthread_cond_t *cond,
		       const uint32_t *completed, uint32_t reported)
{
	pthread_mutex_lock(mutex);
	while (*completed != reported)
		pthread_cond_wait(cond, mutex);
	pthread_mutex_unlock(mutex);
}
