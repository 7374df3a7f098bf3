/*
 * Posts: the only way from other threads onto the loop. One lock guards who may post and the
 * queue; it is held for a few instructions only.
 */
#include <errno.h>
#include <pthread.h>

#include <glib.h>

#include "engine/loop/loop.h"

struct vane_post {
    struct vane_post *next;
    struct vane_self *self;
    uint64_t generation; /* of the plugin's life that it was posted in */
    void (*callback)(void *user);
    void *user;
};

struct vane_poster {
    uv_async_t async;
    struct vane_post *first, **last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct vane_post *take_all(struct vane_poster *poster)
{
    struct vane_post *all;

    pthread_mutex_lock(&lock);
    all = poster->first;
    poster->first = NULL;
    poster->last = &poster->first;
    pthread_mutex_unlock(&lock);
    return all;
}

static void run(struct vane_post *post)
{
    struct vane_call call;

    if (!post->self->poster || post->generation != post->self->generation)
        return;
    vane_call_begin(&call, post->self, "post");
    post->callback(post->user);
    vane_call_end(&call);
}

static void on_async(uv_async_t *async)
{
    struct vane_post *each = take_all(async->data);

    while (each) {
        struct vane_post *next = each->next;

        run(each);
        g_free(each);
        each = next;
    }
}

int vane_poster_start(struct vane_engine *engine)
{
    struct vane_poster *poster = g_new0(struct vane_poster, 1);
    int r = uv_async_init(&engine->loop, &poster->async, on_async);

    if (r < 0) {
        g_free(poster);
        return r;
    }
    poster->async.data = poster;
    poster->last = &poster->first;
    engine->poster = poster;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void vane_poster_stop(struct vane_engine *engine)
{
    struct vane_poster *poster = engine->poster;
    struct vane_post *left;

    if (!poster)
        return;
    engine->poster = NULL;
    left = take_all(poster);
    while (left) {
        struct vane_post *next = left->next;

        g_free(left);
        left = next;
    }
    uv_close((uv_handle_t *)&poster->async, on_closed);
}

void vane_poster_admit(struct vane_self *self)
{
    pthread_mutex_lock(&lock);
    self->generation++;
    self->poster = self->engine->poster;
    pthread_mutex_unlock(&lock);
}

void vane_poster_dismiss(struct vane_self *self)
{
    pthread_mutex_lock(&lock);
    self->poster = NULL;
    pthread_mutex_unlock(&lock);
}

static void enqueue(struct vane_poster *poster, struct vane_post *post)
{
    *poster->last = post;
    poster->last = &post->next;
    uv_async_send(&poster->async);
}

int vane_post(struct vane_self *self, void (*callback)(void *user), void *user)
{
    struct vane_post *post;
    int r = 0;

    if (!self || !callback)
        return -EINVAL;
    post = g_try_new0(struct vane_post, 1);
    if (!post)
        return -ENOMEM;
    post->self = self;
    post->callback = callback;
    post->user = user;
    pthread_mutex_lock(&lock);
    post->generation = self->generation;
    if (self->poster)
        enqueue(self->poster, post);
    else
        r = -ESHUTDOWN;
    pthread_mutex_unlock(&lock);
    if (r < 0)
        g_free(post);
    return r;
}
