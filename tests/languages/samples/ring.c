/* A ring buffer of bytes. */
#include <stdio.h>
#include <stdlib.h>
#include "ring.h"

#define CAPACITY 64
#define MIN(a, b) ((a) < (b) ? (a) : (b))

typedef unsigned char byte;

/** A ring that never grows. */
struct ring {
    byte *bytes;
    size_t head, tail;
};

typedef struct {
    int x;
    int y;
} point_t;

enum state { EMPTY, FULL = 3 };

union word {
    int whole;
    char parts[4];
};

static int rings = 0;
const char *names[] = {"a", "b"};

int ring_push(struct ring *ring, byte value);

// Makes an empty ring.
struct ring *ring_new(size_t size)
{
    struct ring *ring = malloc(sizeof(struct ring));
    if (ring == NULL) {
        perror("ring");
        return NULL;
    }
    ring->bytes = calloc(MIN(size, CAPACITY), sizeof(byte));
    rings++;
    return ring;
}

int ring_push(struct ring *ring, byte value) {
    size_t next = (ring->tail + 1) % CAPACITY;
    switch (next == ring->head) {
    case 1:
        return FULL;
    default:
        break;
    }
    ring->bytes[ring->tail] = value;
    ring->tail = next;
    return EMPTY;
}

static inline void each(struct ring *ring, void (*visit)(byte)) {
    for (size_t i = ring->head; i != ring->tail; i = (i + 1) % CAPACITY) {
        visit(ring->bytes[i]);
    }
}
