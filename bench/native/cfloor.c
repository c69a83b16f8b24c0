/*
 * The C floor: the least that any broker must do for a Produce and a Fetch, in one thread of C with epoll. It reads
 * frames, checks CRC-32C, patches base offset and leader epoch, writes to the page cache, answers; a Fetch reads the
 * file back. No replication, no groups, no limits: what a real broker needs beyond this is the price of its features.
 *
 * Usage: cfloor DIRECTORY   (listens on a free port of 127.0.0.1 and prints it)
 * Speaks Produce v8 (one topic, any partitions) and Fetch v11 (one topic, one partition) of the load generator.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

enum { PARTITIONS_MAX = 64, CONNECTIONS_MAX = 1024, FRAME_MAX = 8 << 20, FETCH_MAX = 8 << 20 };

struct batch { int64_t base_offset; int64_t position; int32_t size; };
struct partition { int fd; int64_t next_offset; int64_t size; struct batch *batches; size_t count, capacity; };
struct connection { int fd; uint8_t *frame; size_t have; };

static struct partition partitions[PARTITIONS_MAX];
static uint8_t fetch_buffer[FETCH_MAX + 512];

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }
static void put16(uint8_t *p, uint16_t v) { p[0] = v >> 8; p[1] = v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v); }
static void put64(uint8_t *p, uint64_t v) { put32(p, v >> 32); put32(p + 4, v); }

static uint32_t crc_table[256];

static void make_crc_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
    crc_table[i] = c;
  }
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
#endif
static uint32_t crc32c(const uint8_t *p, size_t n) {
#if defined(__x86_64__)
  uint64_t c = 0xffffffffu;
  while (n >= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    c = _mm_crc32_u64(c, v);
    p += 8;
    n -= 8;
  }
  uint32_t r = (uint32_t)c;
#else
  uint32_t r = 0xffffffffu;
#endif
  while (n--) r = crc_table[(r ^ *p++) & 255] ^ r >> 8;
  return ~r;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void send_all(int fd, const uint8_t *p, size_t n) {
  while (n > 0) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      return;
    }
    p += sent;
    n -= (size_t)sent;
  }
}

/* Appends one batch; returns its base offset, or -1 when its CRC is wrong. */
static int64_t append(struct partition *to, uint8_t *batch, int32_t size) {
  if (crc32c(batch + 21, (size_t)size - 21) != get32(batch + 17)) return -1;
  int64_t base = to->next_offset;
  put64(batch, (uint64_t)base);
  put32(batch + 12, 0);
  if (pwrite(to->fd, batch, (size_t)size, to->size) != size) fail("write");
  if (to->count == to->capacity) {
    to->capacity = to->capacity ? to->capacity * 2 : 1024;
    to->batches = realloc(to->batches, to->capacity * sizeof *to->batches);
    if (!to->batches) fail("realloc");
  }
  to->batches[to->count++] = (struct batch){base, to->size, size};
  to->size += size;
  to->next_offset = base + (int32_t)get32(batch + 23) + 1;
  return base;
}

static void produce(int fd, uint8_t *p, uint32_t correlation) {
  uint8_t answer[64 + PARTITIONS_MAX * 64], *out = answer + 4;
  int16_t transactional = (int16_t)get16(p);
  p += 2 + (transactional > 0 ? transactional : 0);
  p += 2 + 4 + 4; /* acks, timeout, one topic */
  uint16_t name = get16(p);
  put32(out, correlation); out += 4;
  put32(out, 1); out += 4;
  memcpy(out, p, 2u + name); out += 2 + name;
  p += 2 + name;
  uint32_t count = get32(p); p += 4;
  put32(out, count); out += 4;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t index = get32(p), size = get32(p + 4);
    p += 8;
    int64_t base = append(&partitions[index % PARTITIONS_MAX], p, (int32_t)size);
    p += size;
    put32(out, index); put16(out + 4, base < 0 ? 2 : 0); put64(out + 6, (uint64_t)base);
    put64(out + 14, (uint64_t)-1); put64(out + 22, 0);
    put32(out + 30, 0); put16(out + 34, (uint16_t)-1);
    out += 36;
  }
  put32(out, 0); out += 4;
  put32(answer, (uint32_t)(out - answer - 4));
  send_all(fd, answer, (size_t)(out - answer));
}

static void fetch(int fd, uint8_t *p, uint32_t correlation) {
  p += 4 + 4 + 4; /* replica, max wait, min bytes */
  uint32_t max_bytes = get32(p);
  p += 4 + 1 + 4 + 4 + 4; /* max bytes, isolation, session id and epoch, one topic */
  uint16_t name = get16(p);
  uint8_t *topic = p;
  p += 2 + name + 4; /* name, one partition */
  uint32_t index = get32(p);
  int64_t offset = (int64_t)get64(p + 8);
  struct partition *from = &partitions[index % PARTITIONS_MAX];
  uint8_t *out = fetch_buffer + 4;
  put32(out, correlation); put32(out + 4, 0); put16(out + 8, 0); put32(out + 10, 0); put32(out + 14, 1); out += 18;
  memcpy(out, topic, 2u + name); out += 2 + name;
  put32(out, 1); out += 4;
  put32(out, index); put16(out + 4, 0); put64(out + 6, (uint64_t)from->next_offset); put64(out + 14, (uint64_t)from->next_offset);
  put64(out + 22, 0); put32(out + 30, (uint32_t)-1); put32(out + 34, (uint32_t)-1); out += 38;
  size_t low = 0, high = from->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int64_t end = middle + 1 < from->count ? from->batches[middle + 1].base_offset : from->next_offset;
    if (end <= offset) low = middle + 1;
    else high = middle;
  }
  uint32_t bytes = 0;
  if (max_bytes > FETCH_MAX) max_bytes = FETCH_MAX;
  for (size_t at = low; at < from->count; at++) {
    if (bytes > 0 && bytes + (uint32_t)from->batches[at].size > max_bytes) break;
    bytes += (uint32_t)from->batches[at].size;
  }
  put32(out, bytes); out += 4;
  if (bytes > 0 && pread(from->fd, out, bytes, from->batches[low].position) != (ssize_t)bytes) fail("read");
  out += bytes;
  put32(fetch_buffer, (uint32_t)(out - fetch_buffer - 4));
  send_all(fd, fetch_buffer, (size_t)(out - fetch_buffer));
}

static void handle(int fd, uint8_t *frame) {
  uint16_t key = get16(frame);
  uint32_t correlation = get32(frame + 4);
  int16_t client = (int16_t)get16(frame + 8);
  uint8_t *body = frame + 10 + (client > 0 ? client : 0);
  if (key == 0) produce(fd, body, correlation);
  else if (key == 1) fetch(fd, body, correlation);
  else exit(2);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: cfloor DIRECTORY\n");
    return 64;
  }
  make_crc_table();
  for (int i = 0; i < PARTITIONS_MAX; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/floor-%d.log", argv[1], i);
    partitions[i].fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (partitions[i].fd < 0) fail(path);
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 128)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  int loop = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(loop, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == NULL) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c = calloc(1, sizeof *c);
        if (!c || !(c->frame = malloc(FRAME_MAX))) fail("malloc");
        c->fd = fd;
        event.data.ptr = c;
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      ssize_t got = recv(c->fd, c->frame + c->have, FRAME_MAX - c->have, 0);
      if (got <= 0) {
        close(c->fd);
        free(c->frame);
        free(c);
        continue;
      }
      c->have += (size_t)got;
      size_t at = 0;
      while (c->have - at >= 4) {
        uint32_t size = get32(c->frame + at);
        if (size > FRAME_MAX - 4) exit(3);
        if (c->have - at < 4 + size) break;
        handle(c->fd, c->frame + at + 4);
        at += 4 + size;
      }
      memmove(c->frame, c->frame + at, c->have - at);
      c->have -= at;
    }
  }
}
