/*
 * A plugin of librdkafka that gives every client the OAUTHBEARER token in MILLRACE_BEARER_TOKEN: programs that are built on
 * librdkafka and take no token themselves, kcat above all, log in by IAM with it.
 *
 *   kcat -X plugin.library.paths=bearer_token_plugin.so -X security.protocol=SASL_SSL -X sasl.mechanisms=OAUTHBEARER ...
 *
 * What it calls of librdkafka's C API is declared here, so that no header is needed: the program brings the library.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef int result_t;

typedef result_t on_new_t(rd_kafka_t *client, const rd_kafka_conf_t *conf, void *opaque, char *reason, size_t reason_size);
typedef result_t on_thread_start_t(rd_kafka_t *client, int thread, const char *name, void *opaque);
typedef void refresh_t(rd_kafka_t *client, const char *config, void *opaque);

extern result_t rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *conf, const char *name, on_new_t *on_new,
                                                     void *opaque);
extern result_t rd_kafka_interceptor_add_on_thread_start(rd_kafka_t *client, const char *name,
                                                         on_thread_start_t *on_thread_start, void *opaque);
extern void rd_kafka_conf_set_oauthbearer_token_refresh_cb(rd_kafka_conf_t *conf, refresh_t *refresh);
extern result_t rd_kafka_oauthbearer_set_token(rd_kafka_t *client, const char *token, int64_t expires_ms,
                                               const char *principal, const char **extensions, size_t extension_count,
                                               char *reason, size_t reason_size);
extern result_t rd_kafka_oauthbearer_set_token_failure(rd_kafka_t *client, const char *reason);

/* When librdkafka asks for the next token; the broker looks for itself when this one ends. */
static const int64_t LIFETIME_MS = 600 * 1000;

static const char NAME[] = "bearer-token";
static const int MAIN_THREAD = 0;

static void refresh(rd_kafka_t *client, const char *config, void *opaque) {
  char reason[256] = "MILLRACE_BEARER_TOKEN is not set";
  const char *token = getenv("MILLRACE_BEARER_TOKEN");
  int64_t expires_ms = (int64_t)time(NULL) * 1000 + LIFETIME_MS;
  (void)config;
  (void)opaque;
  if (token == NULL ||
      rd_kafka_oauthbearer_set_token(client, token, expires_ms, "iam", NULL, 0, reason, sizeof(reason)) != 0)
    rd_kafka_oauthbearer_set_token_failure(client, reason);
}

/* Programs ask for metadata before they poll, and only polling brings refresh events: the first token is there at once. */
static result_t on_thread_start(rd_kafka_t *client, int thread, const char *name, void *opaque) {
  (void)name;
  if (thread == MAIN_THREAD) refresh(client, NULL, opaque);
  return 0;
}

/* A client that is just being made has no place for a token yet; when its main thread starts it has. */
static result_t on_new(rd_kafka_t *client, const rd_kafka_conf_t *conf, void *opaque, char *reason, size_t reason_size) {
  (void)conf;
  (void)reason;
  (void)reason_size;
  return rd_kafka_interceptor_add_on_thread_start(client, NAME, on_thread_start, opaque);
}

/* What librdkafka looks for in a plugin. */
result_t conf_init(rd_kafka_conf_t *conf, void **opaque, char *reason, size_t reason_size) {
  (void)opaque;
  (void)reason;
  (void)reason_size;
  rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refresh);
  return rd_kafka_conf_interceptor_add_on_new(conf, NAME, on_new, NULL);
}
